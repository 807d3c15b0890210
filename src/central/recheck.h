/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live sessions that were let in by a certificate: each keeps what the certificate said, and is
 * asked again when something is revoked, a CA goes, or a certificate ends.
 *
 * For each reactor one list and one timer. Nothing is done while nothing changes but to compare the
 * soonest end with the clock every half a minute, so an end is noticed at most that much late, also
 * when the wall clock jumps.
 */
#pragma once

#include "central/reactor.h"

/* From now on the session is asked again. False: it must not go on even now, and has been ended. */
bool vs_central_recheck_add(struct vs_central_reactor *reactor, struct vs_central_session *session);
void vs_central_recheck_remove(struct vs_central_session *session);
/* End of turn: somebody asked for a recheck of all. */
void vs_central_recheck_poll(struct vs_central_reactor *reactor);
void vs_central_recheck_init(struct vs_central_reactor *reactor);
void vs_central_recheck_done(struct vs_central_reactor *reactor);
