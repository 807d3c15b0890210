/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast one station may talk: the rules MESSAGE, BYTES and INVALID of net/throttles.def, and the
 * rate of its tenant (tenants.h). Who is too fast is not read for a while, so that TCP slows it
 * down and nothing that it says is lost; who says too much that breaks the rules is closed.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "central/reactor.h"

struct vs_central_pace {
	struct vs_timer timer;
	struct vs_central_reactor *reactor;
	vs_conn_id conn;
};

static void
go_on(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_central_pace *pace =
	    (struct vs_central_pace *)(void *)((char *)timer -
	                                       offsetof(struct vs_central_pace, timer));
	struct vs_central_session *session = vs_central_reactor_session(pace->reactor, pace->conn);
	struct vs_conn *conn = vs_net_find(pace->reactor->net, pace->conn);

	(void)loop;
	if (session != NULL && conn != NULL)
		vs_conn_resume(conn);
}

static void
wait(struct vs_central_reactor *reactor, struct vs_central_session *session, struct vs_conn *conn,
     uint64_t wait_us)
{
	if (session->pace == NULL) {
		session->pace = calloc(1, sizeof(*session->pace));
		if (session->pace == NULL)
			return; /* it goes on; the next message asks again */
		session->pace->reactor = reactor;
		session->pace->conn = session->conn;
		session->pace->timer.fire = go_on;
	}
	vs_conn_pause(conn);
	vs_timer_arm(reactor->loop, &session->pace->timer, wait_us / 1000 + 1);
}

static uint64_t
charge(struct vs_central_reactor *reactor, const struct vs_central_session *session,
       enum vs_throttle_rule rule)
{
	struct vs_throttle *throttle = reactor->central->options.throttle;
	struct vs_bytes identity = vs_bytes_from_text(session->identity);
	uint64_t now_us = reactor->context.mono_ms * 1000;

	vs_throttle_charge(throttle, rule, &session->origin.source, identity, now_us);
	return vs_throttle_look(throttle, rule, &session->origin.source, identity, now_us);
}

void
vs_central_pace_note(struct vs_central_reactor *reactor, struct vs_central_session *session,
                     struct vs_conn *conn, size_t size, uint32_t faults_before)
{
	uint64_t wait_us, bytes_us = 0, tenant_us;

	assert(reactor != NULL && session != NULL && conn != NULL);
	if (session->has_ended)
		return;
	if (session->faults != faults_before && charge(reactor, session, VS_THROTTLE_INVALID) > 0) {
		vs_throttle_count(VS_THROTTLE_INVALID);
		vs_central_session_security(&reactor->context, session, "InvalidMessages",
		                            VS_CORE_WARNING, VS_BYTES_LITERAL("{}"));
		vs_central_door_hang_up(&reactor->context, session, "too many invalid messages");
		return;
	}
	wait_us = vs_throttle_charge_own(reactor->central->options.throttle, VS_THROTTLE_MESSAGE,
	                                 &session->origin.source, &session->pace_us,
	                                 reactor->context.mono_ms * 1000);
	tenant_us = vs_central_tenant_message(reactor->central->tenants, session->house,
	                                      reactor->context.mono_ms * 1000);
	/* The first KiB of a message is in its MESSAGE. */
	for (size_t kib = size / 1024; kib > 0; kib--)
		bytes_us = vs_throttle_charge_own(
		    reactor->central->options.throttle, VS_THROTTLE_BYTES, &session->origin.source,
		    &session->pace_bytes_us, reactor->context.mono_ms * 1000);
	if (wait_us > 0 || bytes_us > 0)
		vs_throttle_count(wait_us >= bytes_us ? VS_THROTTLE_MESSAGE : VS_THROTTLE_BYTES);
	if (bytes_us > wait_us)
		wait_us = bytes_us;
	if (tenant_us > wait_us)
		wait_us = tenant_us;
	if (wait_us > 0)
		wait(reactor, session, conn, wait_us);
}

void
vs_central_pace_end(struct vs_central_session *session)
{
	assert(session != NULL);
	if (session->pace == NULL)
		return;
	vs_timer_cancel(session->pace->reactor->loop, &session->pace->timer);
	free(session->pace);
	session->pace = NULL;
}
