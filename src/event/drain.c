/* SPDX-License-Identifier: Apache-2.0 */
#include "event/drain.h"

#include <assert.h>
#include <stdlib.h>

#include "base/random.h"

#define TICK_MS 50u
#define IDLE_MS 250u /* who was being let in when it began is looked for again */

/* --- who is here ------------------------------------------------------------------------------ */

void
vs_drain_add(struct vs_drain *drain, uint64_t conn)
{
	if (drain->count == drain->capacity) {
		size_t capacity = drain->capacity == 0 ? 1024 : 2 * drain->capacity;
		uint64_t *conns = reallocarray(drain->conns, capacity, sizeof(*conns));

		if (conns == NULL)
			return; /* the next look finds it */
		drain->conns = conns;
		drain->capacity = capacity;
	}
	drain->conns[drain->count++] = conn;
}

/* In any order: what came in together does not go together. */
static void
collect(struct vs_drain *drain)
{
	drain->held = drain->next = drain->count = 0;
	drain->options.collect(drain, drain->options.arg);
	for (size_t i = drain->count; i > 1; i--) {
		size_t other = (size_t)vs_random_below(i);
		uint64_t conn = drain->conns[i - 1];

		drain->conns[i - 1] = drain->conns[other];
		drain->conns[other] = conn;
	}
}

/* --- closing ---------------------------------------------------------------------------------- */

static size_t
due(const struct vs_drain *drain, uint64_t since_ms)
{
	if (since_ms >= drain->over_ms)
		return drain->count;
	return (size_t)(drain->count * since_ms / drain->over_ms);
}

static void
close_due(struct vs_drain *drain, uint64_t since_ms)
{
	const struct vs_drain_options *options = &drain->options;
	bool may_wait = since_ms < drain->over_ms + drain->grace_ms;
	size_t until = due(drain, since_ms), held = 0;

	for (size_t i = 0; i < drain->held; i++) {
		uint64_t conn = drain->conns[i];

		if (!options->close(conn, may_wait, options->arg))
			drain->conns[held++] = conn;
	}
	for (; drain->next < until; drain->next++) {
		uint64_t conn = drain->conns[drain->next];

		if (!options->close(conn, may_wait, options->arg))
			drain->conns[held++] = conn;
	}
	drain->held = held;
}

static void
tick(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_drain *drain = (struct vs_drain *)(void *)timer;
	bool is_through = drain->next == drain->count && drain->held == 0;

	if (!vs_drain_is_on(drain->options.order))
		return;
	if (is_through)
		collect(drain);
	close_due(drain, vs_loop_now_ms(loop) - drain->begun_ms);
	vs_timer_arm(loop, timer, is_through && drain->count == 0 ? IDLE_MS : TICK_MS);
}

/* --- beginning and ending --------------------------------------------------------------------- */

static void
stay(struct vs_drain *drain)
{
	const struct vs_drain_options *options = &drain->options;

	vs_timer_cancel(options->loop, &drain->timer);
	for (size_t i = 0; i < drain->held && options->stay != NULL; i++)
		options->stay(drain->conns[i], options->arg);
	drain->held = drain->next = drain->count = 0;
}

void
vs_drain_poll(struct vs_drain *drain)
{
	const struct vs_drain_options *options = &drain->options;

	if (!atomic_load_explicit(&drain->is_asked, memory_order_relaxed) ||
	    !atomic_exchange(&drain->is_asked, false))
		return;
	stay(drain);
	if (!vs_drain_is_on(options->order))
		return;
	drain->begun_ms = vs_loop_now_ms(options->loop);
	drain->over_ms = atomic_load(&options->order->over_ms);
	drain->grace_ms = atomic_load(&options->order->grace_ms);
	collect(drain);
	vs_timer_arm(options->loop, &drain->timer, 0);
}

void
vs_drain_init(struct vs_drain *drain, const struct vs_drain_options *options)
{
	assert(drain != NULL && options->collect != NULL && options->close != NULL);
	drain->options = *options;
	drain->timer.fire = tick;
}

void
vs_drain_done(struct vs_drain *drain)
{
	if (drain->options.loop == NULL)
		return;
	vs_timer_cancel(drain->options.loop, &drain->timer);
	free(drain->conns);
	drain->conns = NULL;
	drain->held = drain->next = drain->count = drain->capacity = 0;
}

/* --- any thread ------------------------------------------------------------------------------- */

void
vs_drain_begin(struct vs_drain_order *order, uint32_t over_ms, uint32_t grace_ms)
{
	atomic_store(&order->over_ms, over_ms);
	atomic_store(&order->grace_ms, grace_ms);
	atomic_store(&order->is_on, true);
}

void
vs_drain_end(struct vs_drain_order *order)
{
	atomic_store(&order->is_on, false);
}

bool
vs_drain_is_on(const struct vs_drain_order *order)
{
	return atomic_load(&order->is_on);
}

static void
poll_mail(struct vs_loop *loop, void *argument)
{
	(void)loop;
	vs_drain_poll(argument);
}

void
vs_drain_wake(struct vs_drain *drain)
{
	/* A mailbox that is full belongs to a loop that is awake, and whose owner polls. */
	if (!atomic_exchange(&drain->is_asked, true))
		(void)vs_loop_post(drain->options.loop, poll_mail, drain).code;
}
