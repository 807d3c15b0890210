/* SPDX-License-Identifier: Apache-2.0 */
#include "event/drain.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "test.h"

#define CONNS       40u
#define PATIENCE_MS 20000u

static struct {
	struct vs_loop *loop;
	struct vs_drain_order order;
	struct vs_drain drain;
	bool is_here[CONNS], is_busy[CONNS], was_asked[CONNS];
	size_t closed, stayed, most_at_once, in_turn;
	uint64_t first_order[2 * CONNS];
} world;

static void
collect(struct vs_drain *drain, void *arg)
{
	CHECK(drain == &world.drain && arg == &world);
	for (size_t i = 0; i < CONNS; i++)
		if (world.is_here[i])
			vs_drain_add(drain, i);
}

static bool
let_go(uint64_t conn, bool may_wait, void *arg)
{
	CHECK(arg == &world && conn < CONNS);
	world.was_asked[conn] = true;
	if (world.is_busy[conn] && may_wait)
		return false;
	if (world.is_here[conn]) {
		world.first_order[world.closed++] = conn;
		world.in_turn++;
	}
	world.is_here[conn] = false;
	return true;
}

static void
stay(uint64_t conn, void *arg)
{
	CHECK(arg == &world && world.is_busy[conn]);
	world.stayed++;
}

static void
begin(void)
{
	const struct vs_drain_options options = {.order = &world.order,
	                                         .collect = collect,
	                                         .close = let_go,
	                                         .stay = stay,
	                                         .arg = &world};
	struct vs_drain_options with_loop = options;

	memset(&world, 0, sizeof(world));
	CHECK_OK(vs_loop_new(&world.loop));
	with_loop.loop = world.loop;
	vs_drain_init(&world.drain, &with_loop);
	for (size_t i = 0; i < CONNS; i++)
		world.is_here[i] = true;
}

static void
end(void)
{
	vs_drain_done(&world.drain);
	vs_loop_free(&world.loop);
}

static void
turn(void)
{
	world.in_turn = 0;
	CHECK_OK(vs_loop_turn(world.loop, 5));
	if (world.in_turn > world.most_at_once)
		world.most_at_once = world.in_turn;
}

#define UNTIL(condition)                                                                           \
	do {                                                                                       \
		uint64_t begin_ = vs_clock_mono_ms();                                              \
		while (!(condition)) {                                                             \
			turn();                                                                    \
			CHECK(vs_clock_mono_ms() - begin_ < PATIENCE_MS);                          \
		}                                                                                  \
	} while (0)

static void
ask(uint32_t over_ms, uint32_t grace_ms)
{
	vs_drain_begin(&world.order, over_ms, grace_ms);
	vs_drain_wake(&world.drain);
}

static void
they_go_one_after_the_other(void)
{
	uint64_t begin_ms;
	bool is_in_order = true;

	begin();
	CHECK(!vs_drain_is_on(&world.order));
	begin_ms = vs_clock_mono_ms();
	ask(800, 0);
	CHECK(vs_drain_is_on(&world.order));
	UNTIL(world.closed > 0);
	CHECK(world.closed < CONNS);
	UNTIL(world.closed == CONNS);
	CHECK(vs_clock_mono_ms() - begin_ms >= 500);
	for (size_t i = 1; i < CONNS; i++)
		is_in_order = is_in_order && world.first_order[i - 1] < world.first_order[i];
	CHECK(!is_in_order); /* 1 in 40! of being wrong */
	/* One that was being let in meanwhile is found, too. */
	world.is_here[3] = true;
	UNTIL(!world.is_here[3]);
	end();
}

static void
what_is_busy_is_waited_for(void)
{
	begin();
	world.is_busy[7] = true;
	ask(0, 60000);
	UNTIL(world.closed == CONNS - 1 && world.was_asked[7]);
	for (int i = 0; i < 30; i++)
		turn();
	CHECK(world.is_here[7]);
	world.is_busy[7] = false;
	UNTIL(world.closed == CONNS);
	end();
}

static void
but_not_for_ever(void)
{
	begin();
	world.is_busy[7] = true;
	ask(0, 100);
	UNTIL(world.closed == CONNS);
	CHECK(world.first_order[CONNS - 1] == 7);
	end();
}

static void
what_waits_when_it_ends_stays(void)
{
	begin();
	world.is_busy[7] = true;
	ask(0, 60000);
	UNTIL(world.closed == CONNS - 1 && world.was_asked[7]);
	vs_drain_end(&world.order);
	vs_drain_wake(&world.drain);
	UNTIL(world.stayed == 1);
	world.is_busy[7] = false;
	for (int i = 0; i < 30; i++)
		turn();
	CHECK(world.is_here[7] && world.closed == CONNS - 1);
	/* And again. */
	ask(0, 0);
	UNTIL(world.closed == CONNS);
	CHECK(world.stayed == 1);
	end();
}

static void *
ask_from_outside(void *arg)
{
	(void)arg;
	for (int i = 0; i < 100; i++)
		ask(0, 0);
	return NULL;
}

static void
any_thread_asks(void)
{
	pthread_t thread;

	begin();
	CHECK(pthread_create(&thread, NULL, ask_from_outside, NULL) == 0);
	UNTIL(world.closed == CONNS);
	CHECK(pthread_join(thread, NULL) == 0);
	end();
}

static void
one_that_got_no_mail_is_polled(void)
{
	begin();
	vs_drain_begin(&world.order, 0, 0);
	vs_drain_poll(&world.drain); /* nobody asked */
	turn();
	CHECK(world.closed == 0);
	atomic_store(&world.drain.is_asked, true);
	vs_drain_poll(&world.drain);
	UNTIL(world.closed == CONNS);
	end();
	vs_drain_done(&(struct vs_drain){.held = 0}); /* one that was never made */
}

int
main(void)
{
	CASE(they_go_one_after_the_other);
	CASE(what_is_busy_is_waited_for);
	CASE(but_not_for_ever);
	CASE(what_waits_when_it_ends_stays);
	CASE(any_thread_asks);
	CASE(one_that_got_no_mail_is_polled);
	return 0;
}
