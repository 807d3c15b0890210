/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stations ask for and the CA has to do: done in the pool, then told to whom it concerns.
 *
 *   sign    issue, or find again what was issued for the same key; then CertificateSigned
 *   installed  the root that stations are brought is confirmed by whoever accepted it
 *   status  the responder's answer about a certificate: ours, or that of another CA
 *   chain   what responders and lists say of the certificates of a chain
 *
 * A request that cannot be granted was answered Accepted already (OCPP 2.0.1 A02): it becomes the
 * security event CertificateNotSigned. Limits: VS_LIMIT_ERRANDS under way, the throttle SIGN.
 */
#pragma once

#include "central/central.h"
#include "core/ports.h"
#include "daemon/rollout.h"
#include "daemon/status.h"
#include "event/pool.h"
#include "keys/certs.h"

struct vs_daemon_errands;

struct vs_daemon_errands_options {
	const struct vs_core_registry *registry;
	struct vs_certs *certs; /* all borrowed; certs NULL: there is no CA */
	struct vs_pool *pool, *fetch_pool;
	struct vs_daemon_status *status;               /* who asks other CAs; NULL: nobody */
	const struct vs_core_revocations *revocations; /* the lists of other CAs; NULL: none */
	struct vs_daemon_rollout *rollout;             /* NULL: there is no CA */
	struct vs_loop *loop;                          /* where jobs end */
	struct vs_throttle *throttle;
	struct vs_port_writer writer;
	int64_t (*now_ms)(void);
};

VS_RESULT vs_daemon_errands_new(const struct vs_daemon_errands_options *options,
                                struct vs_daemon_errands **errands_out);
/* After the pool has ended. */
void vs_daemon_errands_free(struct vs_daemon_errands **errands);
/* Before the reactors run: whom to tell. */
void vs_daemon_errands_serve(struct vs_daemon_errands *errands, struct vs_central *central);
bool vs_daemon_errands_are_done(const struct vs_daemon_errands *errands); /* none under way */
struct vs_port_errands vs_daemon_errands_port(struct vs_daemon_errands *errands);
