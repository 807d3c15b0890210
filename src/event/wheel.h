/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timer wheel of a loop: seven levels of 64 slots, counted in ticks. It reads no clock.
 *
 * A timer sits on the level of the highest digit (base 64) in which its due tick differs from now,
 * so the lowest occupied level always holds the next one. Arm and cancel are O(1); a timer moves
 * down at most once for each level on its way. Limit: 2^42 ticks since the start, far more than a
 * process lives.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "event/loop.h"

enum { VS_WHEEL_LEVELS = 7, VS_WHEEL_SLOTS = 64 };

struct vs_wheel {
	uint64_t tick; /* all timers due up to here have fired */
	uint64_t occupied[VS_WHEEL_LEVELS];
	struct vs_timer *slots[VS_WHEEL_LEVELS][VS_WHEEL_SLOTS];
};

/* due_tick is taken as at least wheel->tick + 1, so a timer never fires within the tick that arms
 * it. */
void vs_wheel_arm(struct vs_wheel *wheel, struct vs_timer *timer, uint64_t due_tick);
void vs_wheel_cancel(struct vs_wheel *wheel, struct vs_timer *timer);
/* Fire all that is due up to and including the tick; returns how many. Callbacks may arm and
 * cancel. */
uint64_t vs_wheel_advance(struct vs_wheel *wheel, struct vs_loop *loop, uint64_t tick);
/* The tick at which the wheel next has to be advanced; false when it is empty. */
bool vs_wheel_next(const struct vs_wheel *wheel, uint64_t *tick_out);
