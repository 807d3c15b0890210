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
	/* Several nodes: what a charge point is and charges is read when it comes. `transactions`
	 * NULL: this is the only one, and knows it. */
	struct vs_port_reader reader;
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
	/* A monitor (or a driver) has proven itself here: other nodes end older connections of that
	 * charge point (or driver). NULL: there are none. */
	void (*came)(void *arg, bool is_driver, const char *tenant, const char *name);
	void *came_arg;
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
/* Another node changed what is held of this charge point, its tickets among it. Blocking; any
 * thread.
 */
VS_RESULT vs_charge_changed(struct vs_charge *charge, const char *tenant, const char *identity);
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
/* It has come in at another node: end its connections here, when what it said is on disk. Any
 * thread, as all of these. */
void vs_charge_displace(struct vs_charge *charge, bool is_driver, const char *tenant,
                        const char *name);
/* From now on nobody is let in (EOT), and those that are here are closed over so long, each when
 * what it said is on disk and answered, or in the grace after it: for another node to have them.
 * Monitor and engine go together, drivers when all charge points have gone. */
void vs_charge_drain(struct vs_charge *charge, uint32_t over_ms, uint32_t grace_ms);
void vs_charge_resume(struct vs_charge *charge);
size_t vs_charge_connected_count(const struct vs_charge *charge); /* connections */
