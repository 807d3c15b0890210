/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration, certificates, keys, client CAs, CRLs and the trust file: read at the start,
 * and anew on SIGHUP, on the API's or the PKI's request, while everything runs.
 *
 * Each part is read and tried by itself, off the reactors. What is good takes the place of what was
 * in use; what is bad is told (log, event, answer) and changes nothing.
 */
#pragma once

#include "core/ports.h"
#include "core/reload.h"
#include "core/revocation.h"
#include "core/trust.h"
#include "crypto/tls.h"
#include "daemon/status.h"

struct vs_daemon_reload;

struct vs_daemon_reload_options {
	struct vs_tls_server_options ocpp_tls, api_tls; /* their texts are borrowed */
	const char *ca_file;                            /* by which our clients trust us */
	const char *crl_files;                          /* paths with commas between, or "" */
	const char *trust_file;                         /* or "" */
	const char *status_file;         /* or ""; as `status` has it, for when it changes */
	struct vs_daemon_status *status; /* or NULL: nobody else is asked about certificates */
	struct vs_core_revocations *revocations;
	struct vs_core_trusts *trusts;
	struct vs_port_events events;
	/* Reads the configuration anew, before the files; NULL: there is none to read. */
	vs_result (*configure)(void *arg, bool *is_changed_out, char *reason, size_t reason_size);
	void *configure_arg;
	/* Called with the reload's lock held. `swap`: the listener of this name is to take the
	 * context (borrowed) for new connections. `changed`: what live sessions were let in by may
	 * not hold any more. NULL until the reactors run. */
	void (*swap)(void *arg, const char *listener, struct vs_tls_server *server);
	void (*changed)(void *arg);
	void *arg;
};

/* Everything must be good: CONFIG and the `reason`. */
VS_RESULT vs_daemon_reload_new(const struct vs_daemon_reload_options *options, char *reason,
                               size_t reason_size, struct vs_daemon_reload **reload_out);
void vs_daemon_reload_free(struct vs_daemon_reload **reload);
/* Borrowed; before the reactors run. */
struct vs_tls_server *vs_daemon_reload_ocpp(const struct vs_daemon_reload *reload);
struct vs_tls_server *vs_daemon_reload_api(const struct vs_daemon_reload *reload);
/* vs_port_reload.reload; self is the reload. */
VS_RESULT vs_daemon_reload_run(void *self, void (*part)(const struct vs_core_reload_part *, void *),
                               void *arg);
/* Once a minute: is a CRL past its next update? A gauge, and an event when it begins. Any thread.
 */
void vs_daemon_reload_look(struct vs_daemon_reload *reload, int64_t now_ms);
