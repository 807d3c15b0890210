/* SPDX-License-Identifier: Apache-2.0 */
#include "event/wheel.h"

#include "test.h"

static struct vs_wheel wheel;
static uint64_t fired_at[4096];
static size_t fired_count;

struct owner {
	struct vs_timer timer;
	int number;
};

static void
note(struct vs_loop *loop, struct vs_timer *timer)
{
	(void)loop;
	CHECK(timer->link == NULL);
	CHECK(timer->due_tick == wheel.tick);
	fired_at[fired_count++] = wheel.tick;
}

static void
arm_again(struct vs_loop *loop, struct vs_timer *timer)
{
	note(loop, timer);
	vs_wheel_arm(&wheel, timer, wheel.tick); /* taken as the next tick: no endless loop */
}

static void
reset(void)
{
	memset(&wheel, 0, sizeof(wheel));
	fired_count = 0;
}

static void
empty_wheel_never_wakes(void)
{
	uint64_t next = 77;

	reset();
	CHECK(!vs_wheel_next(&wheel, &next));
	CHECK(vs_wheel_advance(&wheel, NULL, 1000000) == 0);
	CHECK(wheel.tick == 1000000);
}

static void
fires_at_its_tick_on_each_level(void)
{
	static const uint64_t delays[] = {1,    2,    63,     64,     65,      4095,
	                                  4096, 4097, 262143, 262144, 99999999};

	for (size_t start = 0; start < 5; start++) {
		for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
			struct vs_timer timer = {.fire = note};
			uint64_t due, next, turns = 0;

			reset();
			(void)vs_wheel_advance(&wheel, NULL, start * 1237);
			due = wheel.tick + delays[i];
			vs_wheel_arm(&wheel, &timer, due);
			while (vs_wheel_next(&wheel, &next)) {
				CHECK(next > wheel.tick && next <= due);
				(void)vs_wheel_advance(&wheel, NULL, next);
				CHECK(++turns <= VS_WHEEL_LEVELS); /* idle: no busy ticks */
			}
			CHECK(fired_count == 1 && fired_at[0] == due);
		}
	}
}

static void
one_jump_fires_all_in_order(void)
{
	enum { COUNT = 2000 };
	static struct vs_timer timers[COUNT];
	uint64_t seed = 42;

	reset();
	memset(timers, 0, sizeof(timers));
	for (int i = 0; i < COUNT; i++) {
		seed = seed * 6364136223846793005U + 1442695040888963407U;
		timers[i].fire = note;
		vs_wheel_arm(&wheel, &timers[i], 1 + (seed >> 33) % 300000);
	}
	CHECK(vs_wheel_advance(&wheel, NULL, 150000) == fired_count);
	CHECK(fired_count > 0 && fired_count < COUNT);
	CHECK(vs_wheel_advance(&wheel, NULL, 300000) + 0 > 0);
	CHECK(fired_count == COUNT);
	for (size_t i = 1; i < COUNT; i++)
		CHECK(fired_at[i - 1] <= fired_at[i]);
}

static void
cancelled_timer_does_not_fire(void)
{
	struct vs_timer a = {.fire = note}, b = {.fire = note}, c = {.fire = note};
	uint64_t next;

	reset();
	vs_wheel_arm(&wheel, &a, 100);
	vs_wheel_arm(&wheel, &b, 100);
	vs_wheel_arm(&wheel, &c, 100);
	vs_wheel_cancel(&wheel, &b);
	vs_wheel_cancel(&wheel, &b);
	CHECK(b.link == NULL);
	(void)vs_wheel_advance(&wheel, NULL, 100);
	CHECK(fired_count == 2);
	vs_wheel_arm(&wheel, &a, 5000);
	vs_wheel_arm(&wheel, &a, 200); /* re-armed, earlier */
	(void)vs_wheel_advance(&wheel, NULL, 6000);
	CHECK(fired_count == 3 && fired_at[2] == 200);
	vs_wheel_arm(&wheel, &a, 7000);
	vs_wheel_cancel(&wheel, &a);
	CHECK(!vs_wheel_next(&wheel, &next)); /* the slot is known to be empty again */
}

static struct vs_timer victim;

static void
cancel_victim(struct vs_loop *loop, struct vs_timer *timer)
{
	note(loop, timer);
	vs_wheel_cancel(&wheel, &victim);
}

static void
callback_may_cancel_its_neighbour(void)
{
	struct vs_timer killer = {.fire = cancel_victim};

	reset();
	victim = (struct vs_timer){.fire = note};
	vs_wheel_arm(&wheel, &victim, 9);
	vs_wheel_arm(&wheel, &killer, 9); /* fires first: the newest of a tick does */
	(void)vs_wheel_advance(&wheel, NULL, 20);
	CHECK(fired_count == 1 && victim.link == NULL);
}

static void
rearming_itself_is_no_endless_loop(void)
{
	struct vs_timer timer = {.fire = arm_again};

	reset();
	vs_wheel_arm(&wheel, &timer, 1);
	CHECK(vs_wheel_advance(&wheel, NULL, 1) == 1);
	CHECK(vs_wheel_advance(&wheel, NULL, 1) == 0);
	CHECK(vs_wheel_advance(&wheel, NULL, 11) == 10);
	vs_wheel_cancel(&wheel, &timer);
}

static void
due_in_the_past_or_beyond_the_wheel(void)
{
	struct vs_timer timer = {.fire = note};

	reset();
	(void)vs_wheel_advance(&wheel, NULL, 500);
	vs_wheel_arm(&wheel, &timer, 3);
	CHECK(timer.due_tick == 501);
	vs_wheel_arm(&wheel, &timer, UINT64_MAX);
	CHECK(timer.due_tick == ((uint64_t)1 << 42) - 1);
	vs_wheel_cancel(&wheel, &timer);
}

int
main(void)
{
	CASE(empty_wheel_never_wakes);
	CASE(fires_at_its_tick_on_each_level);
	CASE(one_jump_fires_all_in_order);
	CASE(cancelled_timer_does_not_fire);
	CASE(callback_may_cancel_its_neighbour);
	CASE(rearming_itself_is_no_endless_loop);
	CASE(due_in_the_past_or_beyond_the_wheel);
	return 0;
}
