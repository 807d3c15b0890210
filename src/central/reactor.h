/* SPDX-License-Identifier: Apache-2.0 */
/* What central.c, gate.c, place.c, door.c and port.c share: one vs_central, and what it keeps for
 * each reactor. Private to the folder. */
#pragma once

#include <stdatomic.h>

#include "central/admission.h"
#include "central/central.h"
#include "central/channel.h"
#include "central/directory.h"
#include "central/floor.h"
#include "central/noise.h"
#include "central/session.h"
#include "central/signing.h"
#include "central/verdict.h"
#include "event/drain.h"
#include "event/jobs.h"

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
	struct vs_jobs jobs; /* in the pool: of sealed sessions, of certificates for signatures */
	struct vs_buf sign_in, sign_out; /* of the message that is being verified or signed */
	struct vs_jose_key *sign_key;    /* our own; NULL: nothing is signed */
	uint64_t sign_message;           /* of the last signed message: core/record.h */
	struct vs_buf seal_in, seal_out; /* of the message that is being opened or sealed */
	struct vs_noise noise; /* throttled requests, told once a minute for each source */
	struct vs_drain drain; /* drain.c */
	uint8_t index;
};

struct vs_central {
	struct vs_central_options options;
	_Atomic uint32_t heartbeat_s; /* told to stations that boot */
	struct vs_central_directory *directory;
	struct vs_verdicts *verdicts;
	struct vs_central_floors *floors; /* of signers, for the sessions of this process */
	struct vs_central_known *known;
	struct vs_central_streams *streams;
	struct vs_central_tenants *tenants;
	struct vs_drain_order drain;
	struct vs_central_reactor *reactors[VS_CENTRAL_REACTORS];
};

/* What vs_conn_user points to: both begin with their kind. A visitor is a connection that is not
 * let in yet. */
struct vs_central_visitor {
	enum vs_central_user kind;
	struct vs_central_credential credential;
	struct vs_central_reactor *reactor;
	vs_conn_id conn;
	struct vs_source source;
	uint64_t asked_ms;
	struct vs_verdict *verdict; /* its request; under way while is_asked, else ours */
	bool is_asked;
	uint8_t rounds;        /* how often it asked for its place */
	struct vs_timer timer; /* until a failed authentication is answered */
	uint64_t retry_us;     /* of that answer, 0: none */
};

/* Read the clocks for what is about to happen. */
void vs_central_reactor_wake(struct vs_central_reactor *reactor);
/* The session of a connection; NULL when either is gone. */
struct vs_central_session *vs_central_reactor_session(struct vs_central_reactor *reactor,
                                                      vs_conn_id conn);

/* --- visitor.c: connections that are not let in ------------------------------------------------
 */

/* The connection's visitor, made when there is none; NULL: no memory. */
struct vs_central_visitor *vs_central_visitor_of(struct vs_central_reactor *reactor,
                                                 struct vs_conn *conn);
void vs_central_visitor_free(struct vs_central_visitor **visitor);
/* Answer what its admission says: a failed authentication after the tarpit, all else at once. */
void vs_central_visitor_refuse(struct vs_central_visitor *visitor, struct vs_conn *conn);
/* retry_us: 0, or when it may come again. */
void vs_central_visitor_refuse_as(struct vs_central_visitor *visitor, struct vs_conn *conn,
                                  enum vs_central_refusal why, const char *detail,
                                  uint64_t retry_us);
/* 503: come again in [wait, 2 wait]. */
void vs_central_visitor_overloaded(struct vs_central_visitor *visitor, struct vs_conn *conn,
                                   uint64_t wait_ms);
/* The same because this node drains: another one is to have it, so it may come again soon. */
void vs_central_visitor_draining(struct vs_central_visitor *visitor, struct vs_conn *conn);
/* The same because its tenant has all its connections: in half a minute to a minute. */
void vs_central_visitor_tenant_full(struct vs_central_visitor *visitor, struct vs_conn *conn);
/* Log and publish: its certificate was refused; a rule throttles it. */
void vs_central_visitor_tell(struct vs_central_visitor *visitor, struct vs_conn *conn,
                             enum vs_central_refusal refusal);
void vs_central_visitor_throttled(struct vs_central_visitor *visitor, struct vs_conn *conn,
                                  enum vs_throttle_rule rule);

/* --- gate.c ----------------------------------------------------------------------------------- */

vs_result vs_central_gate_peer(struct vs_conn *conn, const struct vs_tls_peer *peer, void *arg);
void vs_central_gate_request(struct vs_conn *conn, const struct vs_http_request *request,
                             struct vs_bytes body, void *arg);
void vs_central_gate_closed(struct vs_central_reactor *reactor, struct vs_conn *conn,
                            const struct vs_net_close *close);
/* What became of vs_central_place_ask: the visitor may still be there or not. */
enum vs_central_place { VS_PLACE_FREE, VS_PLACE_HELD, VS_PLACE_BUSY };
void vs_central_gate_placed(struct vs_central_reactor *reactor, vs_conn_id id,
                            enum vs_central_place place);

/* End the session in order: what is queued, then a close frame. */
void vs_central_door_hang_up(struct vs_central_context *context, struct vs_central_session *session,
                             const char *reason);

/* --- pace.c: how fast a station may talk -------------------------------------------------------
 */

/* After a message of it of so many bytes; faults_before: session->faults before the message. */
void vs_central_pace_note(struct vs_central_reactor *reactor, struct vs_central_session *session,
                          struct vs_conn *conn, size_t size, uint32_t faults_before);
void vs_central_pace_end(struct vs_central_session *session); /* with the session */

/* --- place.c: one connection for each identity --------------------------------------------------
 */

/* `old` holds the place that an authenticated connection wants: is it given up? Answered by
 * vs_central_gate_placed, not within this call. */
VS_RESULT vs_central_place_ask(struct vs_central_reactor *reactor, vs_conn_id old,
                               vs_conn_id challenger, const struct vs_central_origin *origin,
                               const char *identity, const char *tuple);
/* The holder has proved that it lives. */
void vs_central_place_alive(struct vs_central_reactor *reactor, struct vs_central_session *session);
/* The holder has gone. */
void vs_central_place_left(struct vs_central_reactor *reactor, struct vs_central_session *session);

/* --- door.c ----------------------------------------------------------------------------------- */

void vs_central_door_handler(struct vs_central_reactor *reactor,
                             struct vs_net_handler *handler_out);
/* Say goodbye once: calls fail, the entry of the directory goes, the end is recorded, logged and
 * published. is_displaced: a newer connection of the same station took over, so the station is not
 * gone. */
void vs_central_door_end(struct vs_central_reactor *reactor, struct vs_central_session *session,
                         const char *reason, bool is_displaced);
/* One message of the station, in clear: on to whoever checks signatures, or to the session. */
void vs_central_door_deliver(struct vs_central_reactor *reactor, struct vs_central_session *session,
                             struct vs_bytes text);
size_t vs_central_door_message_size(enum vs_core_registration registration, bool is_sealed);

/* --- drain.c ---------------------------------------------------------------------------------- */

void vs_central_drain_init(struct vs_central_reactor *reactor);

/* --- handshake.c ------------------------------------------------------------------------------ */

/* A connection ended with VS_E_TLS_FAILED before it was a station's. */
void vs_central_handshake_failed(struct vs_central_reactor *reactor, struct vs_conn *conn,
                                 const struct vs_net_close *close);
