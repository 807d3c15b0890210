/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Central of the framed charging network (doc/protocol/framed.md): lets charge points and
 * drivers in, authorises, counts, writes down, and shows its charge points beside the OCPP
 * stations.
 *
 * All of it lives in the thread of one loop; only what says so is for any thread. Keys of charge
 * points are in memory and nowhere else.
 */
#pragma once

#include "core/ports.h"
#include "core/registry.h"
#include "event/pool.h"
#include "keys/keys.h"
#include "net/net.h"

struct vs_charge;

/* The listener decides the mode: nothing is negotiated downwards. */
#define VS_CHARGE_LISTENER_SEALED "framed"        /* A2 */
#define VS_CHARGE_LISTENER_COMPAT "framed-compat" /* A1 */

struct vs_charge_options {
	struct vs_core_registry *registry;
	struct vs_port_writer writer;
	struct vs_port_events events;
	struct vs_port_frames frames; /* hears every message; self NULL: nobody does */
	struct vs_port_pepper pepper;
	struct vs_keys *keys;
	struct vs_pool *pool; /* freed before this */
	struct vs_throttle *throttle;
	uint8_t hash_key[16];
	uint8_t origin;       /* of its records */
	const char *currency; /* "EUR", shown; borrowed */
	bool is_wrapped_only; /* A1: keys are given wrapped under psks, and no password is taken */
	bool shows_plain;     /* log what is inside of messages, without keys and passwords */
	uint32_t key_life_s;  /* A1: how long a key serves; 0: a day */
	/* Is it known here who was revoked? While it is not, nobody is let in. NULL: always. */
	bool (*is_current)(void *arg);
	void *is_current_arg;
	uint32_t tarpit_ms; /* how long a failed authentication is not answered, at most; 0: 250 */
};

VS_RESULT vs_charge_new(const struct vs_charge_options *options, struct vs_net *net,
                        struct vs_charge **charge_out);
/* After the net. */
void vs_charge_free(struct vs_charge **charge);
/* Before the loop runs: the charge points that are known, the charges that were under way, the
 * tickets that wait. Blocking. */
VS_RESULT vs_charge_load(struct vs_charge *charge, const struct vs_port_reader *reader);
struct vs_net_handler vs_charge_handler(struct vs_charge *charge);
/* Committed records of this origin, in the loop's thread; frees the list. */
void vs_charge_committed(struct vs_charge *charge, struct vs_core_record *list);

/* For the api, in the loop's thread. */
struct vs_port_charge vs_charge_port(struct vs_charge *charge);

/* --- any thread ---------------------------------------------------------------------------------
 */

/* Is a monitor or an engine of it connected? */
bool vs_charge_is_connected(const struct vs_charge *charge, const char *identity);
/* Likewise, or is it a driver with a psk that is? */
bool vs_charge_holds_psk(const struct vs_charge *charge, const char *identity);
/* STOP_COMMAND, RESUME_COMMAND, END_SUPPLY, KEY_UPDATE, KEY_INVALID, and their OCPP cousins
 * ChangeAvailability and RequestStopTransaction. UNKNOWN_ACTION, NOT_CONNECTED, BUSY. The states of
 * the command follow as records. */
VS_RESULT vs_charge_command(struct vs_charge *charge, const char *tenant, const char *identity,
                            const char *command_id, const char *action, struct vs_bytes payload);
/* What the key service asks for: bring the next psk to this device. NOT_CONNECTED. */
VS_RESULT vs_charge_rotate(struct vs_charge *charge, const struct vs_keys_device *device);
/* Is it an action that only this network has? */
bool vs_charge_is_own_action(const char *action);
void vs_charge_disconnect(struct vs_charge *charge, const char *tenant, const char *identity);
