/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop of one thread: epoll, a timer wheel, a mailbox, and a hook at the end of each
 * turn.
 *
 * A loop belongs to the thread that runs it. Only vs_loop_post and vs_loop_stop may be called from
 * another thread. A turn is: wait, mailbox, ready descriptors, due timers, turn-end hooks. Time
 * stands still within a turn: vs_loop_now_ms is read once for each.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

struct vs_loop;

VS_RESULT vs_loop_new(struct vs_loop **loop_out);
void vs_loop_free(struct vs_loop **loop);    /* mail that is still in the box is dropped */
VS_RESULT vs_loop_run(struct vs_loop *loop); /* until vs_loop_stop */
VS_RESULT vs_loop_turn(struct vs_loop *loop,
                       int timeout_ms);              /* one turn, for tests and blocking tools */
void vs_loop_stop(struct vs_loop *loop);             /* any thread, any time */
uint64_t vs_loop_now_ms(const struct vs_loop *loop); /* monotonic */

/* --- descriptors ------------------------------------------------------------------------------ */

enum {
	VS_LOOP_READ = 1,
	VS_LOOP_WRITE = 2,
	VS_LOOP_HANGUP = 4, /* reported only, always: broken, or closed in both directions */
	VS_LOOP_END = 8,    /* reported only, with READ: the peer has closed its half */
	VS_LOOP_EDGE = 16,  /* asked for only: report what arrives once, see vs_loop_again */
};

enum { VS_LOOP_WARM = 2 };

/* Embedded in its owner, zero before vs_loop_watch, not moved while watched. Level-triggered,
 * unless VS_LOOP_EDGE is among its events: that spares the kernel to look again at each descriptor
 * that was read empty (2 to 3 % of a message with a thousand connections). */
struct vs_loop_watch {
	int fd;
	uint32_t events;
	void (*ready)(struct vs_loop *loop, struct vs_loop_watch *watch, uint32_t events);
	/* What `ready` will touch: fetched into the cache a little before. A hint; may dangle. */
	const void *warm[VS_LOOP_WARM];
	uint16_t warm_size[VS_LOOP_WARM];
	bool is_watched;         /* the loop's own */
	uint32_t watched_events; /* the loop's own */
};

VS_RESULT vs_loop_watch(struct vs_loop *loop,
                        struct vs_loop_watch *watch); /* add, or change events */
/* EDGE: what was reported was not all taken; report it again. */
VS_RESULT vs_loop_again(struct vs_loop *loop, struct vs_loop_watch *watch);
/* After this `ready` is not called any more, not even for an event already fetched in this turn. */
void vs_loop_unwatch(struct vs_loop *loop, struct vs_loop_watch *watch);

/* --- timers ----------------------------------------------------------------------------------- */

/* Embedded in its owner, zero-filled before first use. Arm and cancel are O(1); a timer fires once,
 * not before its delay and at most one tick of the wheel (10 ms) plus the turn late. */
struct vs_timer {
	struct vs_timer *next, **link; /* link is NULL when not armed */
	uint64_t due_tick;
	void (*fire)(struct vs_loop *loop, struct vs_timer *timer);
};

void vs_timer_arm(struct vs_loop *loop, struct vs_timer *timer, uint64_t delay_ms); /* re-arms */
void vs_timer_cancel(struct vs_loop *loop, struct vs_timer *timer);
bool vs_timer_is_armed(const struct vs_timer *timer);

/* --- mailbox ---------------------------------------------------------------------------------- */

/* Run fn(loop, argument) in the loop's thread, in order of posting for each sender. The argument's
 * owner becomes fn. BUSY when VS_LIMIT_MAILBOX messages wait: the caller keeps the argument. Any
 * thread. */
typedef void vs_loop_mail_fn(struct vs_loop *loop, void *argument);
VS_RESULT vs_loop_post(struct vs_loop *loop, vs_loop_mail_fn *fn, void *argument);

/* --- end of turn ------------------------------------------------------------------------------ */

/* Called at the end of each turn in which something ran: the place to flush what the turn
 * collected. */
struct vs_loop_hook {
	struct vs_loop_hook *next;
	void (*run)(struct vs_loop *loop, struct vs_loop_hook *hook);
};
void vs_loop_hook_add(struct vs_loop *loop, struct vs_loop_hook *hook);
void vs_loop_hook_remove(struct vs_loop *loop,
                         struct vs_loop_hook *hook); /* not from within a hook */
/* There is work for the hooks: they run at the end of this turn, or of the next, which then does
 * not wait. */
void vs_loop_hurry(struct vs_loop *loop);

/* --- signals ---------------------------------------------------------------------------------- */

/* Deliver these signals to the callback in the loop's thread. The caller has blocked them in all
 * threads (vs_signal_block before the first thread starts). One watch for each loop and process. */
struct vs_signal_watch {
	struct vs_loop_watch watch;
	void (*caught)(struct vs_loop *loop, struct vs_signal_watch *watch, int signal_number);
};
VS_RESULT vs_signal_block(const int *signals, int count);
VS_RESULT vs_signal_watch(struct vs_loop *loop, struct vs_signal_watch *watch, const int *signals,
                          int count);
void vs_signal_unwatch(struct vs_loop *loop, struct vs_signal_watch *watch);
