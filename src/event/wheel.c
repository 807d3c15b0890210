/* SPDX-License-Identifier: Apache-2.0 */
#include "event/wheel.h"

#include <assert.h>
#include <stddef.h>

enum { DIGIT_BITS = 6, DIGIT_MASK = VS_WHEEL_SLOTS - 1 };

static const uint64_t TICK_MAX = ((uint64_t)1 << (VS_WHEEL_LEVELS * DIGIT_BITS)) - 1;

static unsigned
digit_of(uint64_t tick, unsigned level)
{
	return (unsigned)(tick >> (level * DIGIT_BITS)) & DIGIT_MASK;
}

static void
place(struct vs_wheel *wheel, struct vs_timer *timer)
{
	uint64_t differs = timer->due_tick ^ wheel->tick;
	unsigned level = differs == 0 ? 0 : (63U - (unsigned)__builtin_clzll(differs)) / DIGIT_BITS;
	unsigned slot = digit_of(timer->due_tick, level);
	struct vs_timer **head = &wheel->slots[level][slot];

	timer->next = *head;
	timer->link = head;
	if (timer->next != NULL)
		timer->next->link = &timer->next;
	*head = timer;
	wheel->occupied[level] |= (uint64_t)1 << slot;
}

void
vs_wheel_arm(struct vs_wheel *wheel, struct vs_timer *timer, uint64_t due_tick)
{
	assert(timer->fire != NULL);
	vs_wheel_cancel(wheel, timer);
	if (due_tick <= wheel->tick)
		due_tick = wheel->tick + 1;
	timer->due_tick = due_tick < TICK_MAX ? due_tick : TICK_MAX;
	place(wheel, timer);
}

void
vs_wheel_cancel(struct vs_wheel *wheel, struct vs_timer *timer)
{
	struct vs_timer **first = &wheel->slots[0][0];
	struct vs_timer **link = timer->link;

	if (link == NULL)
		return;
	*link = timer->next;
	if (timer->next != NULL)
		timer->next->link = link;
	timer->next = NULL;
	timer->link = NULL;
	if (*link == NULL && link >= first && link < first + VS_WHEEL_LEVELS * VS_WHEEL_SLOTS) {
		size_t index = (size_t)(link - first);

		wheel->occupied[index / VS_WHEEL_SLOTS] &=
		    ~((uint64_t)1 << (index % VS_WHEEL_SLOTS));
	}
}

bool
vs_wheel_next(const struct vs_wheel *wheel, uint64_t *tick_out)
{
	for (unsigned level = 0; level < VS_WHEEL_LEVELS; level++) {
		unsigned shift = level * DIGIT_BITS;

		if (wheel->occupied[level] == 0)
			continue;
		/* Digits above this level are those of now; digits below are zero. */
		*tick_out = (wheel->tick >> (shift + DIGIT_BITS) << (shift + DIGIT_BITS)) |
		            ((uint64_t)(unsigned)__builtin_ctzll(wheel->occupied[level]) << shift);
		return true;
	}
	return false;
}

/* The level whose digit changed to reach wheel->tick: the slot there is what has come near. */
static void
move_down(struct vs_wheel *wheel, unsigned level)
{
	struct vs_timer **head = &wheel->slots[level][digit_of(wheel->tick, level)];

	while (*head != NULL) {
		struct vs_timer *timer = *head;

		vs_wheel_cancel(wheel, timer);
		place(wheel, timer);
	}
}

static uint64_t
fire_due(struct vs_wheel *wheel, struct vs_loop *loop)
{
	struct vs_timer **head = &wheel->slots[0][digit_of(wheel->tick, 0)];
	uint64_t fired = 0;

	while (*head != NULL) {
		struct vs_timer *timer = *head;

		vs_wheel_cancel(wheel, timer);
		timer->fire(loop, timer);
		fired++;
	}
	return fired;
}

uint64_t
vs_wheel_advance(struct vs_wheel *wheel, struct vs_loop *loop, uint64_t tick)
{
	uint64_t fired = 0, next;

	while (vs_wheel_next(wheel, &next) && next <= tick) {
		wheel->tick = next;
		for (unsigned level = VS_WHEEL_LEVELS; level-- > 1;)
			move_down(wheel, level);
		fired += fire_due(wheel, loop);
	}
	if (tick > wheel->tick)
		wheel->tick = tick;
	return fired;
}
