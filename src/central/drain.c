/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This node is to serve no station any more: nobody is let in, and those that are here are closed
 * with 1012 (service restart), spread over a time (event/drain.h), so that the nodes that take them
 * have as much time. One that has a command open, or a message whose answer waits for its commit,
 * is closed when that is done, within the grace that follows.
 */
#include <assert.h>

#include "base/metric.h"
#include "central/reactor.h"

#define REASON   "this node drains"
#define RESTARTS 1012u /* IANA WebSocket Close Code Number Registry: service restart */

static bool
note(uint64_t conn, void *arg)
{
	struct vs_central_reactor *reactor = arg;

	if (vs_conn_id_reactor(conn) == reactor->index)
		vs_drain_add(&reactor->drain, conn);
	return true;
}

static void
collect(struct vs_drain *drain, void *arg)
{
	struct vs_central_reactor *reactor = arg;

	(void)drain;
	vs_central_directory_each(reactor->central->directory, note, reactor);
}

static bool
is_busy(const struct vs_central_session *session)
{
	return session->calls.count > 0 || session->waiting > 0;
}

static bool
let_go(uint64_t id, bool may_wait, void *arg)
{
	struct vs_central_reactor *reactor = arg;
	struct vs_central_session *session = vs_central_reactor_session(reactor, id);
	struct vs_conn *conn = vs_net_find(reactor->net, id);

	if (session == NULL || conn == NULL || session->has_ended)
		return true;
	if (may_wait && is_busy(session))
		return false;
	vs_central_reactor_wake(reactor);
	vs_metric_add(VS_METRIC_sessions_drained_total, 1);
	vs_central_door_end(reactor, session, REASON, false);
	vs_conn_ws_close(conn, RESTARTS, REASON);
	return true;
}

void
vs_central_drain_init(struct vs_central_reactor *reactor)
{
	const struct vs_drain_options options = {.loop = reactor->loop,
	                                         .order = &reactor->central->drain,
	                                         .collect = collect,
	                                         .close = let_go,
	                                         .arg = reactor};

	vs_drain_init(&reactor->drain, &options);
}

static void
wake_all(struct vs_central *central)
{
	for (size_t i = 0; i < VS_CENTRAL_REACTORS; i++) {
		if (central->reactors[i] != NULL)
			vs_drain_wake(&central->reactors[i]->drain);
	}
}

void
vs_central_drain(struct vs_central *central, uint32_t over_ms, uint32_t grace_ms)
{
	assert(central != NULL);
	vs_drain_begin(&central->drain, over_ms, grace_ms);
	wake_all(central);
}

void
vs_central_resume(struct vs_central *central)
{
	assert(central != NULL);
	vs_drain_end(&central->drain);
	wake_all(central);
}
