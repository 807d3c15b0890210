/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may still come in: what is revoked, who is trusted, the TLS contexts, in one place for the
 * daemon, with the ways in which they change while it runs (SIGHUP, the API, a revocation).
 */
#pragma once

#include <stdatomic.h>

#include "central/central.h"
#include "daemon/reload.h"
#include "event/pool.h"
#include "keys/keys.h"
#include "keys/keystore.h"

struct vs_daemon_guard;

struct vs_daemon_guard_options {
	struct vs_tls_server_options ocpp_tls, api_tls;
	const char *ca_file, *crl_files, *trust_file, *status_file; /* as of the reload */
	const char *list_dir;    /* where downloaded lists are kept */
	bool is_stale_allowed;   /* revocation_fail=open */
	bool is_unknown_allowed; /* ocsp_fail=open */
	struct vs_port_events events;
	vs_result (*configure)(void *arg, bool *is_changed_out, char *reason, size_t reason_size);
	void *configure_arg;                /* as of the reload */
	const struct vs_keystore *keystore; /* whose revocation table it is; outlives the pool */
};

/* Reads the files and the revocation table. CONFIG: `reason` says what is bad. */
VS_RESULT vs_daemon_guard_new(const struct vs_daemon_guard_options *options, char *reason,
                              size_t reason_size, struct vs_daemon_guard **guard_out);
/* After the reactors, the pool and central. */
void vs_daemon_guard_free(struct vs_daemon_guard **guard);

struct vs_central_rules vs_daemon_guard_rules(const struct vs_daemon_guard *guard);
struct vs_tls_server *vs_daemon_guard_ocpp(const struct vs_daemon_guard *guard); /* borrowed */
struct vs_tls_server *vs_daemon_guard_api(const struct vs_daemon_guard *guard);

/* Other rules from now on. Any thread. */
void vs_daemon_guard_lenient(struct vs_daemon_guard *guard, bool is_stale_allowed,
                             bool is_unknown_allowed);
struct vs_daemon_status *vs_daemon_guard_status(const struct vs_daemon_guard *guard); /* borrowed */

/* Whom changes reach: the first reactor's loop has the timer. All borrowed until they are detached,
 * which is before any of them goes. */
struct vs_daemon_guard_reach {
	struct vs_central *central;
	struct vs_net *const *nets;
	size_t net_count;
	struct vs_pool *pool, *fetch_pool;
	const atomic_bool *is_down; /* no reactor takes mail any more */
};
void vs_daemon_guard_attach(struct vs_daemon_guard *guard,
                            const struct vs_daemon_guard_reach *reach);
void vs_daemon_guard_detach(struct vs_daemon_guard *guard);
/* SIGHUP, in the first reactor: read everything anew, in the pool. */
void vs_daemon_guard_hangup(struct vs_daemon_guard *guard);
struct vs_port_reload vs_daemon_guard_reload(struct vs_daemon_guard *guard);
/* For vs_keys_listen: rows may have come into the revocation table. They are read in the pool and
 * every session is asked again. Any thread, does not wait and does not call back; nothing before it
 * is attached. */
void vs_daemon_guard_hear(void *guard, const struct vs_keys_news *news);
/* Another node has revoked something: it is known here when this returns, and every session is
 * asked again. Blocks, so no reactor's thread. */
VS_RESULT vs_daemon_guard_catch_up(struct vs_daemon_guard *guard);
/* For vs_daemon_keys_on_revoked: has read the table when it returns. Blocks, so no reactor's
 * thread. */
void vs_daemon_guard_revoked(void *guard, const struct vs_keystore_revocation *row);
