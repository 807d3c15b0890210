/* SPDX-License-Identifier: Apache-2.0 */
/* What central.c, door.c and port.c share: one vs_central, and what it keeps for each reactor.
 * Private to the folder. */
#pragma once

#include <stdatomic.h>

#include "central/admission.h"
#include "central/central.h"
#include "central/directory.h"
#include "central/session.h"

#define VS_CENTRAL_REACTORS 256u

/* Live sessions with a certificate: recheck.c. */
struct vs_central_recheck {
	struct vs_central_session *first;
	struct vs_timer timer;
	int64_t soonest_ms;   /* wall clock: the first of their ends */
	uint64_t walked_ms;   /* of the loop */
	bool is_wanted;       /* the timer is to walk over all */
	atomic_bool is_asked; /* by any thread */
};

struct vs_central_reactor {
	struct vs_central_context
	    context; /* first: the context's callbacks find the reactor by it */
	struct vs_central *central;
	struct vs_net *net;
	struct vs_loop *loop;
	struct vs_loop_hook hook; /* end of turn: submits the journal */
	struct vs_timer retry;    /* while the store says BUSY */
	struct vs_timer expiry;   /* while a call to a station is outstanding */
	struct vs_central_recheck recheck;
	uint64_t told_second; /* failed handshakes that were told: handshake.c */
	uint32_t told_count;
	uint8_t index;
};

struct vs_central {
	struct vs_central_options options;
	struct vs_central_directory *directory;
	struct vs_central_reactor *reactors[VS_CENTRAL_REACTORS];
};

/* What vs_conn_user points to: both begin with their kind. */
struct vs_central_visitor {
	enum vs_central_user kind;
	struct vs_central_credential credential;
};

/* Read the clocks for what is about to happen. */
void vs_central_reactor_wake(struct vs_central_reactor *reactor);
/* The session of a connection; NULL when either is gone. */
struct vs_central_session *vs_central_reactor_session(struct vs_central_reactor *reactor,
                                                      vs_conn_id conn);

/* --- door.c ----------------------------------------------------------------------------------- */

void vs_central_door_handler(struct vs_central_reactor *reactor,
                             struct vs_net_handler *handler_out);
/* Say goodbye once: calls fail, the entry of the directory goes, the end is recorded, logged and
 * published. is_displaced: a newer connection of the same station took over, so the station is not
 * gone. */
void vs_central_door_end(struct vs_central_reactor *reactor, struct vs_central_session *session,
                         const char *reason, bool is_displaced);
size_t vs_central_door_message_size(enum vs_core_registration registration);

/* --- handshake.c ------------------------------------------------------------------------------ */

/* A connection ended with VS_E_TLS_FAILED before it was a station's. */
void vs_central_handshake_failed(struct vs_central_reactor *reactor, struct vs_conn *conn,
                                 const struct vs_net_close *close);
