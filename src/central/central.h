/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our side of OCPP: lets stations in, hands their messages to the core, sends them commands.
 *
 * One vs_central for the process, one session for each connected station, owned by the reactor of
 * its connection. What all reactors share is the directory (identity -> connection) and the
 * registry. Between reactors only ids travel.
 */
#pragma once

#include "central/admission.h"
#include "central/signing.h"
#include "central/tenants.h"
#include "core/ports.h"
#include "core/registry.h"
#include "event/pool.h"
#include "keys/keys.h"
#include "net/net.h"

struct vs_central;

struct vs_central_options {
	struct vs_core_registry *registry;
	struct vs_port_writer writer;
	struct vs_port_events events;
	struct vs_port_frames frames; /* hears every message; self NULL: nobody does */
	struct vs_port_pepper pepper;
	struct vs_keys *keys;   /* for sealed sessions; NULL: they are not spoken */
	struct vs_pool *pool;   /* likewise; both borrowed, the pool is freed before central */
	struct vs_certs *certs; /* whose signatures are known; NULL: nobody's */
	struct vs_port_reader reader;    /* of the numbers that they have used */
	struct vs_central_signer signer; /* with which we sign */
	struct vs_port_errands errands;
	struct vs_port_contracts contracts;
	struct vs_port_presence presence; /* self NULL: there is one node, or no bus between them */
	bool has_nodes;                   /* others write to the same store */
	struct vs_throttle *throttle;     /* borrowed for the life of central; NULL: none */
	uint8_t hash_key[16];             /* of message hashes */
	uint32_t heartbeat_interval_s;    /* answered to BootNotification; 0: 300 */
	uint32_t liveness_ms; /* how long a connection may take to prove that it lives; 0: 5 000 */
	struct vs_central_tenant_limits tenant_limits; /* of each */
	uint32_t tarpit_ms; /* how long a failed authentication is not answered; 0: 500 */
	bool is_boot_pending_by_default;     /* new stations wait for an operator's accept */
	const struct vs_core_models *models; /* quirks by model; borrowed; NULL: none */
	const char *path_prefix;             /* "/ocpp/": the identity follows, percent-encoded */
	enum vs_core_auth
	    required_auth; /* of the listener, VS_CORE_AUTH_COUNT: each station's own policy */
	/* NULL: always. Whether who was removed or revoked elsewhere is known here; while it is not
	 * nobody is let in. Any thread, does not wait. */
	bool (*is_current)(void *arg);
	void *is_current_arg;
	struct vs_central_rules
	    rules; /* for client certificates; borrowed for the life of central */
};

VS_RESULT vs_central_new(const struct vs_central_options *options, struct vs_central **central_out);
/* After the nets, so that no connection is left, and before the loops. */
void vs_central_free(struct vs_central **central);
/* Before the reactors run: the charging profiles that the stations of a tenant held when the daemon
 * ended. */
VS_RESULT vs_central_recall(struct vs_central *central, const struct vs_port_reader *reader,
                            const char *tenant);
/* Before the reactors run: reactor `index` of vs_net_new. */
VS_RESULT vs_central_attach(struct vs_central *central, struct vs_net *net, uint8_t index);
/* Listeners of these names are of those kinds (admission.h); all others are TLS. */
#define VS_CENTRAL_LISTENER_CLEAR_NAME "ocpp-profile1"
#define VS_CENTRAL_LISTENER_OPEN_NAME  "ocpp-profile0"

/* For the OCPP listener of reactor `index`. */
struct vs_net_handler vs_central_handler(struct vs_central *central, uint8_t index);
/* Committed records of reactor `index`, in its thread: releases the replies that waited, frees the
 * list. */
void vs_central_committed(struct vs_central *central, uint8_t index, struct vs_core_record *list);
/* For vs_keys_set_rotator: psks travel over sealed sessions. */
struct vs_keys_rotator vs_central_rotator(struct vs_central *central);
/* What vs_port_errands.status found: DER, or empty when it failed. Any thread. */
void vs_central_status_answer(struct vs_central *central, uint64_t conn, struct vs_bytes message_id,
                              struct vs_bytes ocsp);
/* What vs_port_errands.chain found. Any thread. */
void vs_central_chain_answer(struct vs_central *central, uint64_t conn, struct vs_bytes message_id,
                             const struct vs_core_chain_item *items, size_t count);
/* What vs_port_contracts.ask found: the payload of the result, or empty. Any thread. */
void vs_central_contract_answer(struct vs_central *central, uint64_t conn,
                                struct vs_bytes message_id, struct vs_bytes payload);
/* From now on for whoever boots. Any thread. */
void vs_central_set_heartbeat(struct vs_central *central, uint32_t interval_s);
struct vs_port_commands vs_central_commands(struct vs_central *central);
/* Something in the rules has changed (revoked, a CA gone, another organisation): ask all live
 * sessions again, within a fraction of a second. Any thread. */
void vs_central_recheck(struct vs_central *central);
/* tenants.h: for who counts over several nodes. Any thread. */
struct vs_central_tenants *vs_central_get_tenants(struct vs_central *central);
/* From now on nobody is let in (503), and those that are here are closed over so long, or, busy, in
 * the grace after it; both may be 0. Again: as said last. Any thread. */
void vs_central_drain(struct vs_central *central, uint32_t over_ms, uint32_t grace_ms);
void vs_central_resume(struct vs_central *central);
size_t vs_central_connected_count(const struct vs_central *central); /* any thread */
