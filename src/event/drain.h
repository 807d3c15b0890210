/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of one loop that are to go, for another node to have them: in any order, evenly over
 * a time, each when it has nothing open, or when the grace behind that time is over.
 *
 * One vs_drain_order is asked by any thread and obeyed by the drains of several loops; all else is
 * for the thread of the drain's loop.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>

#include "event/loop.h"

/* Zero: nobody drains. */
struct vs_drain_order {
	atomic_bool is_on;
	_Atomic uint32_t over_ms, grace_ms;
};

struct vs_drain;

struct vs_drain_options {
	struct vs_loop *loop;
	const struct vs_drain_order *order; /* borrowed */
	/* Say vs_drain_add of each connection that is here. */
	void (*collect)(struct vs_drain *drain, void *arg);
	/* Close it. False: it is busy (only while may_wait), and is
	 * asked for again soon. One that is gone is true. */
	bool (*close)(uint64_t conn, bool may_wait, void *arg);
	/* It was asked to go, was busy, and may stay. NULL: nothing was done to it. */
	void (*stay)(uint64_t conn, void *arg);
	void *arg;
};

/* Zero-filled before vs_drain_init, not moved. conns[0..held) were due and are busy,
 * conns[next..count) are not due. */
struct vs_drain {
	struct vs_timer timer; /* first */
	struct vs_drain_options options;
	atomic_bool is_asked;
	uint64_t *conns;
	size_t held, next, count, capacity;
	uint64_t begun_ms, over_ms, grace_ms;
};

void vs_drain_init(struct vs_drain *drain, const struct vs_drain_options *options);
void vs_drain_done(struct vs_drain *drain);
void vs_drain_add(struct vs_drain *drain, uint64_t conn);
/* Asked of this one since? For who looks at the end of each turn, or now and then: mail that finds
 * the mailbox full is lost. */
void vs_drain_poll(struct vs_drain *drain);

/* --- any thread ------------------------------------------------------------------------------- */

/* Then vs_drain_wake of each. Said again it begins anew. */
void vs_drain_begin(struct vs_drain_order *order, uint32_t over_ms, uint32_t grace_ms);
void vs_drain_end(struct vs_drain_order *order); /* likewise */
void vs_drain_wake(struct vs_drain *drain);
bool vs_drain_is_on(const struct vs_drain_order *order);
