/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This node is to serve no station any more: nobody is let in, and those that are here are closed
 * with 1012 (service restart), in any order, spread over a time, so that the nodes that take them
 * have as much time. One that has a command open, or a message whose answer waits for its commit,
 * is closed when that is done, within the grace that follows.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/random.h"
#include "central/reactor.h"

#define TICK_MS  50u
#define IDLE_MS  250u /* who was being let in when it began is looked for again */
#define REASON   "this node drains"
#define RESTARTS 1012u /* IANA WebSocket Close Code Number Registry: service restart */

/* conns[0..held) were due and are busy, conns[next..count) are not due. */
struct vs_central_drain {
	struct vs_timer timer;
	struct vs_central_reactor *reactor;
	uint64_t *conns;
	size_t held, next, count, capacity;
	uint64_t begun_ms, over_ms, grace_ms;
};

/* --- who is here ------------------------------------------------------------------------------ */

static bool
note(uint64_t conn, void *arg)
{
	struct vs_central_drain *drain = arg;

	if (vs_conn_id_reactor(conn) != drain->reactor->index)
		return true;
	if (drain->count == drain->capacity) {
		size_t capacity = drain->capacity == 0 ? 1024 : 2 * drain->capacity;
		uint64_t *conns = reallocarray(drain->conns, capacity, sizeof(*conns));

		if (conns == NULL)
			return false; /* the next look finds them */
		drain->conns = conns;
		drain->capacity = capacity;
	}
	drain->conns[drain->count++] = conn;
	return true;
}

/* In any order: what came in together does not go together. */
static void
collect(struct vs_central_drain *drain)
{
	drain->held = drain->next = drain->count = 0;
	vs_central_directory_each(drain->reactor->central->directory, note, drain);
	for (size_t i = drain->count; i > 1; i--) {
		size_t other = (size_t)vs_random_below(i);
		uint64_t conn = drain->conns[i - 1];

		drain->conns[i - 1] = drain->conns[other];
		drain->conns[other] = conn;
	}
}

/* --- closing ---------------------------------------------------------------------------------- */

static bool
is_busy(const struct vs_central_session *session)
{
	return session->calls.count > 0 || session->waiting > 0;
}

/* False: it is busy. */
static bool
try_close(struct vs_central_drain *drain, uint64_t id, bool is_grace_over)
{
	struct vs_central_reactor *reactor = drain->reactor;
	struct vs_central_session *session = vs_central_reactor_session(reactor, id);
	struct vs_conn *conn = vs_net_find(reactor->net, id);

	if (session == NULL || conn == NULL || session->has_ended)
		return true;
	if (!is_grace_over && is_busy(session))
		return false;
	vs_metric_add(VS_METRIC_sessions_drained_total, 1);
	vs_central_door_end(reactor, session, REASON, false);
	vs_conn_ws_close(conn, RESTARTS, REASON);
	return true;
}

static size_t
due(const struct vs_central_drain *drain, uint64_t since_ms)
{
	if (since_ms >= drain->over_ms)
		return drain->count;
	return (size_t)(drain->count * since_ms / drain->over_ms);
}

static void
close_due(struct vs_central_drain *drain, uint64_t since_ms)
{
	bool is_grace_over = since_ms >= drain->over_ms + drain->grace_ms;
	size_t until = due(drain, since_ms), held = 0;

	for (size_t i = 0; i < drain->held; i++) {
		uint64_t id = drain->conns[i];

		if (!try_close(drain, id, is_grace_over))
			drain->conns[held++] = id;
	}
	for (; drain->next < until; drain->next++) {
		uint64_t id = drain->conns[drain->next];

		if (!try_close(drain, id, is_grace_over))
			drain->conns[held++] = id;
	}
	drain->held = held;
}

static void
tick(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_central_drain *drain = (struct vs_central_drain *)(void *)timer;
	struct vs_central_reactor *reactor = drain->reactor;
	bool is_through = drain->next == drain->count && drain->held == 0;

	if (!atomic_load(&reactor->central->is_draining))
		return;
	vs_central_reactor_wake(reactor);
	if (is_through)
		collect(drain);
	close_due(drain, reactor->context.mono_ms - drain->begun_ms);
	vs_timer_arm(loop, timer, is_through && drain->count == 0 ? IDLE_MS : TICK_MS);
}

/* --- beginning and ending ----------------------------------------------------------------------
 */

static void
begin(struct vs_central_reactor *reactor)
{
	struct vs_central_drain *drain = reactor->drain;

	if (drain == NULL) {
		drain = calloc(1, sizeof(*drain));
		if (drain == NULL)
			return; /* nobody is let in; who is here stays until the end */
		drain->timer.fire = tick;
		drain->reactor = reactor;
		reactor->drain = drain;
	}
	drain->begun_ms = reactor->context.mono_ms;
	drain->over_ms = atomic_load(&reactor->central->drain_over_ms);
	drain->grace_ms = atomic_load(&reactor->central->drain_grace_ms);
	collect(drain);
	vs_timer_arm(reactor->loop, &drain->timer, 0);
}

void
vs_central_drain_poll(struct vs_central_reactor *reactor)
{
	if (!atomic_load_explicit(&reactor->is_drain_asked, memory_order_relaxed) ||
	    !atomic_exchange(&reactor->is_drain_asked, false))
		return;
	if (atomic_load(&reactor->central->is_draining))
		begin(reactor);
}

static void
poll_mail(struct vs_loop *loop, void *argument)
{
	struct vs_central_reactor *reactor = argument;

	(void)loop;
	vs_central_reactor_wake(reactor);
	vs_central_drain_poll(reactor);
}

void
vs_central_drain(struct vs_central *central, uint32_t over_ms, uint32_t grace_ms)
{
	assert(central != NULL);
	atomic_store(&central->drain_over_ms, over_ms);
	atomic_store(&central->drain_grace_ms, grace_ms);
	atomic_store(&central->is_draining, true);
	for (size_t i = 0; i < VS_CENTRAL_REACTORS; i++) {
		struct vs_central_reactor *reactor = central->reactors[i];

		if (reactor == NULL || atomic_exchange(&reactor->is_drain_asked, true))
			continue;
		/* Mail only wakes it: a reactor whose mailbox is full is awake, and polls itself.
		 */
		if (vs_loop_post(reactor->loop, poll_mail, reactor).code != VS_E_OK)
			continue;
	}
}

void
vs_central_resume(struct vs_central *central)
{
	assert(central != NULL);
	atomic_store(&central->is_draining, false);
}

void
vs_central_drain_done(struct vs_central_reactor *reactor)
{
	if (reactor->drain == NULL)
		return;
	vs_timer_cancel(reactor->loop, &reactor->drain->timer);
	free(reactor->drain->conns);
	free(reactor->drain);
	reactor->drain = NULL;
}
