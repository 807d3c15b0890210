/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection for each identity, and who keeps it when a second one comes.
 *
 * The newcomer has authenticated fully before it gets here. The same credential from the same
 * address is the same station that lost its connection: it takes over at once. Anybody else has to
 * wait until the holder has been asked, by a WebSocket ping: a holder that lives stays, and the
 * newcomer is refused; a dead one is replaced. Replacing the dead again and again is not what a
 * station does: then the identity is in quarantine, and whoever holds the place keeps it.
 *
 * The decision is made in the holder's reactor, where its connection is; only ids travel.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "central/reactor.h"

#define LIVENESS_MS 5000u
#define DETAIL_SIZE 320

struct question {
	struct vs_central_reactor *owner, *asker;
	vs_conn_id holder, challenger;
	struct vs_central_origin origin; /* the challenger's */
	char identity[VS_CORE_IDENTITY_SIZE];
	char tuple[VS_NET_TUPLE_TEXT_SIZE];
	enum vs_central_place place; /* the answer */
};

/* A question that waits for the holder to prove that it lives. */
struct vs_central_contest {
	struct vs_timer timer;
	struct vs_central_session *session;
	struct question *question;
};

/* --- the answer ---------------------------------------------------------------------------------
 */

static void
deliver(struct vs_loop *loop, void *argument)
{
	struct question *question = argument;

	(void)loop;
	vs_central_reactor_wake(question->asker);
	vs_central_gate_placed(question->asker, question->challenger, question->place);
	free(question);
}

/* Takes the question. When it cannot be delivered the challenger is answered by its deadline. */
static void
reply(struct question *question, enum vs_central_place place)
{
	question->place = place;
	if (vs_loop_post(question->asker->loop, deliver, question).code != VS_E_OK)
		free(question);
}

/* --- what is told -------------------------------------------------------------------------------
 */

static void
tell(struct vs_central_reactor *owner, const struct vs_central_session *session, const char *type,
     enum vs_core_severity severity, const char *challenger)
{
	struct vs_conn *conn = vs_net_find(owner->net, session->conn);
	char tuple[VS_NET_TUPLE_TEXT_SIZE] = "", detail[DETAIL_SIZE];
	int size;

	if (conn != NULL)
		vs_conn_tuple_text(conn, tuple);
	VS_LOG(WARN, type, vs_bytes_from_text(session->identity), VS_LOG_STR("holder", tuple),
	       VS_LOG_STR("challenger", challenger));
	size = snprintf(detail, sizeof(detail), "{\"oldPeer\":\"%s\",\"newPeer\":\"%s\"}", tuple,
	                challenger);
	if (size > 0 && (size_t)size < sizeof(detail))
		vs_central_session_security(&owner->context, session, type, severity,
		                            vs_bytes_from(detail, (size_t)size));
}

/* --- in the holder's reactor --------------------------------------------------------------------
 */

static void
give_up(struct vs_central_reactor *owner, struct vs_central_session *session,
        const char *challenger)
{
	struct vs_conn *conn = vs_net_find(owner->net, session->conn);

	vs_metric_add(VS_METRIC_sessions_displaced_total, 1);
	tell(owner, session, "session.displaced", VS_CORE_NOTICE, challenger);
	vs_central_door_end(owner, session, "displaced", true);
	if (conn != NULL)
		vs_conn_ws_close(conn, 1008, "displaced by a newer connection");
}

static void
contest_end(struct vs_central_reactor *owner, struct vs_central_session *session,
            enum vs_central_place place)
{
	struct vs_central_contest *contest = session->contest;

	session->contest = NULL;
	vs_timer_cancel(owner->loop, &contest->timer);
	reply(contest->question, place);
	free(contest);
}

static bool
is_quarantined(const struct question *question)
{
	const struct vs_central_reactor *owner = question->owner;

	return vs_throttle_look(owner->central->options.throttle, VS_THROTTLE_FLIP,
	                        &question->origin.source, vs_bytes_from_text(question->identity),
	                        owner->context.mono_ms * 1000) > 0;
}

/* The holder is dead, and somebody else takes its place. */
static void
flip(const struct question *question, struct vs_central_session *session)
{
	struct vs_central_reactor *owner = question->owner;

	vs_throttle_charge(owner->central->options.throttle, VS_THROTTLE_FLIP,
	                   &question->origin.source, vs_bytes_from_text(question->identity),
	                   owner->context.mono_ms * 1000);
	if (is_quarantined(question))
		tell(owner, session, "session.flapping", VS_CORE_CRITICAL, question->tuple);
	give_up(owner, session, question->tuple);
}

static void
silent(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_central_contest *contest =
	    (struct vs_central_contest *)(void *)((char *)timer -
	                                          offsetof(struct vs_central_contest, timer));
	struct vs_central_session *session = contest->session;
	struct vs_central_reactor *owner = contest->question->owner;
	struct vs_conn *conn;

	(void)loop;
	vs_central_reactor_wake(owner);
	conn = vs_net_find(owner->net, session->conn);
	flip(contest->question, session); /* which ends the contest: the place is free */
	/* Its close frame would wait for a peer that does not answer. */
	if (conn != NULL)
		vs_conn_close(conn, true);
}

void
vs_central_place_alive(struct vs_central_reactor *reactor, struct vs_central_session *session)
{
	assert(session->contest != NULL);
	vs_metric_add(VS_METRIC_session_conflicts_total, 1);
	tell(reactor, session, "session.conflict", VS_CORE_CRITICAL,
	     session->contest->question->tuple);
	contest_end(reactor, session, VS_PLACE_HELD);
}

void
vs_central_place_left(struct vs_central_reactor *reactor, struct vs_central_session *session)
{
	if (session->contest != NULL)
		contest_end(reactor, session, VS_PLACE_FREE);
}

/* Takes the question when it is OK. */
static vs_result
contest_begin(struct question *question, struct vs_central_session *session, struct vs_conn *conn)
{
	struct vs_central_reactor *owner = question->owner;
	uint32_t liveness_ms = owner->central->options.liveness_ms;
	struct vs_central_contest *contest = calloc(1, sizeof(*contest));
	vs_result r;

	if (contest == NULL)
		return VS_FAIL(NO_MEMORY);
	contest->timer.fire = silent;
	contest->session = session;
	contest->question = question;
	session->contest = contest;
	vs_timer_arm(owner->loop, &contest->timer, liveness_ms != 0 ? liveness_ms : LIVENESS_MS);
	/* What cannot be sent is not answered either: that is an answer, too. */
	r = vs_conn_ws_ping(conn);
	if (r.code != VS_E_OK)
		VS_LOG(DEBUG, "session.ping", vs_bytes_from_text(session->identity), VS_LOG_ERR(r));
	return VS_OK;
}

static bool
is_same(const struct vs_central_origin *a, const struct vs_central_origin *b)
{
	return a->credential == b->credential && vs_source_equal(&a->source, &b->source);
}

static void
decide(struct vs_loop *loop, void *argument)
{
	struct question *question = argument;
	struct vs_central_reactor *owner = question->owner;
	struct vs_central_session *session = vs_central_reactor_session(owner, question->holder);
	struct vs_conn *conn = vs_net_find(owner->net, question->holder);

	(void)loop;
	vs_central_reactor_wake(owner);
	if (session == NULL || conn == NULL || session->has_ended) {
		reply(question, VS_PLACE_FREE);
	} else if (is_same(&session->origin, &question->origin)) {
		give_up(owner, session, question->tuple);
		reply(question, VS_PLACE_FREE);
	} else if (session->contest == NULL && is_quarantined(question)) {
		vs_throttle_count(VS_THROTTLE_FLIP);
		tell(owner, session, "session.conflict", VS_CORE_CRITICAL, question->tuple);
		reply(question, VS_PLACE_HELD);
	} else if (session->contest != NULL ||
	           contest_begin(question, session, conn).code != VS_E_OK) {
		reply(question, VS_PLACE_BUSY);
	}
}

/* --- asking -------------------------------------------------------------------------------------
 */

vs_result
vs_central_place_ask(struct vs_central_reactor *reactor, vs_conn_id old, vs_conn_id challenger,
                     const struct vs_central_origin *origin, const char *identity,
                     const char *tuple)
{
	struct vs_central_reactor *owner = reactor->central->reactors[vs_conn_id_reactor(old)];
	struct question *question;
	vs_result r;

	if (owner == NULL)
		return VS_FAIL(INTERNAL);
	question = calloc(1, sizeof(*question));
	if (question == NULL)
		return VS_FAIL(NO_MEMORY);
	question->owner = owner;
	question->asker = reactor;
	question->holder = old;
	question->challenger = challenger;
	question->origin = *origin;
	(void)snprintf(question->identity, sizeof(question->identity), "%s", identity);
	(void)snprintf(question->tuple, sizeof(question->tuple), "%s", tuple);
	r = vs_loop_post(owner->loop, decide, question);
	if (r.code != VS_E_OK)
		free(question);
	return r;
}
