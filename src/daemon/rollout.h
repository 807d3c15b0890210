/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stations have to be brought, and what they confirm by what they do:
 *
 *   a new root   while a rotation waits each connected station is sent InstallCertificate (OCPP
 * M05); its Accepted is its confirmation a renewal    a station that connects with its new
 * certificate has it; when it has not come back with the old one for the overlap, the old one is
 * revoked as superseded
 *
 * A round of both runs every two seconds in the pool; nothing is kept but in memory, and what a
 * restart forgets is seen again when the station connects.
 */
#pragma once

#include "central/central.h"
#include "core/ports.h"
#include "core/registry.h"
#include "event/pool.h"
#include "keys/certs.h"

struct vs_daemon_rollout;

struct vs_daemon_rollout_options {
	const struct vs_core_registry *registry; /* all borrowed */
	struct vs_certs *certs;
	struct vs_pool *pool;
	struct vs_loop *loop; /* where jobs end and the timer is */
	_Atomic int64_t *overlap_ms;
	int64_t (*now_ms)(void);
	/* A rotation has begun or ended: other CAs are to be trusted and shown. In the pool. */
	void (*rotated)(void *arg);
	void *arg;
};

VS_RESULT vs_daemon_rollout_new(const struct vs_daemon_rollout_options *options,
                                struct vs_daemon_rollout **rollout_out);
/* After the pool has ended. */
void vs_daemon_rollout_free(struct vs_daemon_rollout **rollout);
/* In the first reactor's thread, or before it runs. */
void vs_daemon_rollout_start(struct vs_daemon_rollout *rollout, struct vs_central *central);
void vs_daemon_rollout_stop(struct vs_daemon_rollout *rollout);
bool vs_daemon_rollout_is_idle(const struct vs_daemon_rollout *rollout); /* no round is running */

/* A station has more than one certificate that is good. Any thread. */
void vs_daemon_rollout_renewed(struct vs_daemon_rollout *rollout, const char *station);
/* It has connected with this one. Any thread, does not wait. */
void vs_daemon_rollout_shown(struct vs_daemon_rollout *rollout, const char *tenant,
                             const char *station, const char *serial);
/* In the pool: it has accepted this root (PEM). NOT_FOUND: it is not the one that is waited for. */
VS_RESULT vs_daemon_rollout_installed(struct vs_daemon_rollout *rollout, const char *tenant,
                                      const char *station, struct vs_bytes pem,
                                      const struct vs_core_behalf *behalf);
