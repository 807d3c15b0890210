/* SPDX-License-Identifier: Apache-2.0 */
#include "central/recheck.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "central/certificate.h"
#include "crypto/tls_identity.h"

#define LOOK_MS 30000u /* how often the soonest end is compared with the wall clock */
#define REST_MS 100u   /* between two walks over all sessions of a reactor */

/* --- one session ------------------------------------------------------------------------------ */

static enum vs_central_refusal
judge(const struct vs_central_reactor *reactor, struct vs_central_session *session)
{
	struct vs_central_rules rules = reactor->central->options.rules;
	struct vs_central_credential credential;
	enum vs_central_refusal refusal;
	struct vs_tls_peer peer;

	vs_tls_identity_get(session->certificate, &peer);
	vs_central_credential_read(&peer, &credential);
	session->excused_until_ms = vs_central_certificate_excuse(
	    reactor->context.registry, &credential, reactor->context.now_ms);
	credential.is_excused = session->excused_until_ms > 0;
	rules.is_lenient = true; /* who is in stays; who comes is refused (7.10) */
	refusal = vs_central_certificate_judge(&rules, &credential, reactor->context.now_ms);
	return refusal != VS_CENTRAL_ADMITTED
	           ? refusal
	           : vs_central_certificate_fits(&rules, session->tenant, &credential);
}

static void
end(struct vs_central_reactor *reactor, struct vs_central_session *session,
    enum vs_central_refusal refusal)
{
	const char *word = vs_central_refusal_text(refusal);
	struct vs_conn *conn = vs_net_find(reactor->net, session->conn);
	struct vs_tls_peer peer;
	char detail[160];
	int size;

	vs_tls_identity_get(session->certificate, &peer);
	vs_metric_add(VS_METRIC_sessions_revoked_total, 1);
	VS_LOG(WARN, "session.revoked", vs_bytes_from_text(session->identity),
	       VS_LOG_STR("reason", word), VS_LOG_STR("serial", peer.serial_hex),
	       VS_LOG_STR("peer", session->peer));
	size = snprintf(detail, sizeof(detail), "{\"reason\":\"%s\",\"serial\":\"%s\"}", word,
	                peer.serial_hex);
	if (size > 0 && (size_t)size < sizeof(detail))
		vs_central_session_security(&reactor->context, session, "session.revoked",
		                            VS_CORE_CRITICAL, vs_bytes_from(detail, (size_t)size));
	vs_central_door_end(reactor, session, word, false);
	if (conn == NULL)
		return;
	/* It is not waited for: whether it answers the close frame is not its choice any more. */
	vs_conn_ws_close(conn, 1008, "not authorised any more");
	vs_conn_close(conn, false);
}

/* --- all of a reactor ------------------------------------------------------------------------- */

static void
arm(struct vs_central_reactor *reactor, uint64_t delay_ms)
{
	vs_timer_arm(reactor->loop, &reactor->recheck.timer, delay_ms);
}

static void
arm_soonest(struct vs_central_reactor *reactor)
{
	int64_t left_ms = reactor->recheck.soonest_ms - reactor->context.now_ms;

	if (reactor->recheck.first == NULL || reactor->recheck.is_wanted)
		return;
	arm(reactor, left_ms < 0                  ? 0
	             : left_ms < (int64_t)LOOK_MS ? (uint64_t)left_ms + 1
	                                          : LOOK_MS);
}

static int64_t
end_of(const struct vs_central_session *session)
{
	int64_t not_after_ms = vs_tls_identity_not_after_s(session->certificate) * 1000;

	return session->excused_until_ms > not_after_ms ? session->excused_until_ms : not_after_ms;
}

static void
walk(struct vs_central_reactor *reactor)
{
	struct vs_central_recheck *recheck = &reactor->recheck;
	struct vs_central_session *next;

	recheck->soonest_ms = INT64_MAX;
	recheck->walked_ms = reactor->context.mono_ms;
	for (struct vs_central_session *session = recheck->first; session != NULL; session = next) {
		enum vs_central_refusal refusal = judge(reactor, session);

		next = session->watched_next;
		if (refusal != VS_CENTRAL_ADMITTED)
			end(reactor, session, refusal);
		else if (end_of(session) < recheck->soonest_ms)
			recheck->soonest_ms = end_of(session);
	}
}

static void
look(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_central_reactor *reactor =
	    (struct vs_central_reactor *)((char *)timer -
	                                  offsetof(struct vs_central_reactor, recheck.timer));

	(void)loop;
	vs_central_reactor_wake(reactor);
	/* A certificate is good up to and including its last moment. */
	if (reactor->recheck.is_wanted || reactor->recheck.soonest_ms < reactor->context.now_ms) {
		reactor->recheck.is_wanted = false;
		walk(reactor);
	}
	arm_soonest(reactor);
}

void
vs_central_recheck_poll(struct vs_central_reactor *reactor)
{
	struct vs_central_recheck *recheck = &reactor->recheck;

	if (!atomic_load_explicit(&recheck->is_asked, memory_order_relaxed) ||
	    !atomic_exchange(&recheck->is_asked, false))
		return;
	/* Many revocations in a row are one walk. */
	recheck->is_wanted = recheck->first != NULL;
	if (recheck->is_wanted)
		arm(reactor, reactor->context.mono_ms - recheck->walked_ms < REST_MS ? REST_MS : 0);
}

static void
poll_mail(struct vs_loop *loop, void *argument)
{
	struct vs_central_reactor *reactor = argument;

	(void)loop;
	vs_central_reactor_wake(reactor);
	vs_central_recheck_poll(reactor);
}

void
vs_central_recheck(struct vs_central *central)
{
	assert(central != NULL);
	for (size_t i = 0; i < VS_CENTRAL_REACTORS; i++) {
		struct vs_central_reactor *reactor = central->reactors[i];

		if (reactor == NULL || atomic_exchange(&reactor->recheck.is_asked, true))
			continue;
		/* Mail only wakes it: a reactor whose mailbox is full is awake, and polls itself.
		 */
		if (vs_loop_post(reactor->loop, poll_mail, reactor).code != VS_E_OK)
			continue;
	}
}

/* --- coming and going ------------------------------------------------------------------------- */

bool
vs_central_recheck_add(struct vs_central_reactor *reactor, struct vs_central_session *session)
{
	struct vs_central_recheck *recheck = &reactor->recheck;
	struct vs_conn *conn = vs_net_find(reactor->net, session->conn);
	enum vs_central_refusal refusal;
	struct vs_tls_peer peer;

	assert(session->watched_link == NULL);
	if (conn == NULL || vs_conn_tls_peer(conn, &peer).code != VS_E_OK)
		return true;
	session->certificate = vs_tls_identity_ref(peer.identity);
	/* What was revoked between the handshake and now found no session. */
	refusal = judge(reactor, session);
	if (refusal != VS_CENTRAL_ADMITTED) {
		end(reactor, session, refusal);
		return false;
	}
	if (reactor->context.errands.self != NULL)
		reactor->context.errands.shown(reactor->context.errands.self, session->tenant,
		                               session->identity, peer.serial_hex);
	session->watched_next = recheck->first;
	session->watched_link = &recheck->first;
	if (recheck->first != NULL)
		recheck->first->watched_link = &session->watched_next;
	recheck->first = session;
	if (session->watched_next == NULL || end_of(session) < recheck->soonest_ms) {
		recheck->soonest_ms = end_of(session);
		arm_soonest(reactor);
	}
	return true;
}

void
vs_central_recheck_remove(struct vs_central_session *session)
{
	if (session->watched_link == NULL)
		return;
	*session->watched_link = session->watched_next;
	if (session->watched_next != NULL)
		session->watched_next->watched_link = session->watched_link;
	session->watched_link = NULL;
}

void
vs_central_recheck_init(struct vs_central_reactor *reactor)
{
	reactor->recheck.soonest_ms = INT64_MAX;
	reactor->recheck.timer.fire = look;
	atomic_init(&reactor->recheck.is_asked, false);
}

void
vs_central_recheck_done(struct vs_central_reactor *reactor)
{
	vs_timer_cancel(reactor->loop, &reactor->recheck.timer);
}
