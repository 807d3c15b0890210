/* SPDX-License-Identifier: Apache-2.0 */
#include "event/loop.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "test.h"

static struct vs_loop *loop;
static int count, hooks;
static uint64_t fired_ms;

static void
stop_on_timer(struct vs_loop *l, struct vs_timer *timer)
{
	(void)timer;
	fired_ms = vs_clock_mono_ms();
	vs_loop_stop(l);
}

static void
timer_is_never_early(void)
{
	static const uint64_t delays_ms[] = {0, 1, 9, 10, 11, 35};

	for (size_t i = 0; i < sizeof(delays_ms) / sizeof(delays_ms[0]); i++) {
		struct vs_timer timer = {.fire = stop_on_timer};
		uint64_t armed_ms;

		CHECK_OK(vs_loop_turn(loop, 0));
		armed_ms = vs_loop_now_ms(loop);
		vs_timer_arm(loop, &timer, delays_ms[i]);
		CHECK(vs_timer_is_armed(&timer));
		CHECK_OK(vs_loop_run(loop));
		CHECK(!vs_timer_is_armed(&timer));
		CHECK(fired_ms >= armed_ms + delays_ms[i]);
	}
}

struct pipe_watch {
	struct vs_loop_watch watch;
	struct vs_loop_watch *other;
	int calls;
};

static void
read_and_unwatch_other(struct vs_loop *l, struct vs_loop_watch *watch, uint32_t events)
{
	struct pipe_watch *self = (struct pipe_watch *)(void *)watch;

	CHECK((events & VS_LOOP_READ) != 0);
	self->calls++;
	vs_loop_unwatch(l, self->other);
}

static void
unwatched_is_not_called_in_the_same_turn(void)
{
	struct pipe_watch a = {0}, b = {0};
	int one[2], two[2];

	CHECK(pipe(one) == 0 && pipe(two) == 0);
	CHECK(write(one[1], "x", 1) == 1 && write(two[1], "x", 1) == 1);
	a = (struct pipe_watch){
	    {.fd = one[0], .events = VS_LOOP_READ, .ready = read_and_unwatch_other}, &b.watch, 0};
	b = (struct pipe_watch){
	    {.fd = two[0], .events = VS_LOOP_READ, .ready = read_and_unwatch_other}, &a.watch, 0};
	CHECK_OK(vs_loop_watch(loop, &a.watch));
	CHECK_OK(vs_loop_watch(loop, &b.watch));
	CHECK_OK(vs_loop_turn(loop, 1000));
	CHECK(a.calls + b.calls == 1);
	vs_loop_unwatch(loop, &a.watch);
	vs_loop_unwatch(loop, &b.watch);
	CHECK_OK(vs_loop_turn(loop, 0));
	CHECK(a.calls + b.calls == 1);
	for (int i = 0; i < 2; i++) {
		CHECK(close(one[i]) == 0);
		CHECK(close(two[i]) == 0);
	}
}

static uint32_t seen_events;

static void
see(struct vs_loop *l, struct vs_loop_watch *watch, uint32_t events)
{
	(void)l;
	(void)watch;
	seen_events = events;
}

static void
interest_can_change_and_hangup_is_seen(void)
{
	struct vs_loop_watch watch = {.ready = see};
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	watch.fd = pair[0];
	watch.events = VS_LOOP_READ | VS_LOOP_WRITE;
	CHECK_OK(vs_loop_watch(loop, &watch));
	CHECK_OK(vs_loop_turn(loop, 1000));
	CHECK(seen_events == VS_LOOP_WRITE);
	watch.events = VS_LOOP_READ;
	seen_events = 0;
	CHECK_OK(vs_loop_watch(loop, &watch));
	CHECK_OK(vs_loop_turn(loop, 0));
	CHECK(seen_events == 0);
	CHECK(close(pair[1]) == 0);
	watch.events = 0;
	CHECK_OK(vs_loop_watch(loop, &watch));
	CHECK_OK(vs_loop_turn(loop, 1000));
	CHECK((seen_events & VS_LOOP_HANGUP) != 0);
	vs_loop_unwatch(loop, &watch);
	CHECK(close(pair[0]) == 0);
}

static void
count_mail(struct vs_loop *l, void *argument)
{
	(void)l;
	(void)argument;
	count++;
}

static void
stop_mail(struct vs_loop *l, void *argument)
{
	(void)argument;
	vs_loop_stop(l);
}

static void *
post_many(void *argument)
{
	for (int i = 0; i < 20000; i++)
		CHECK_OK(vs_loop_post(loop, count_mail, argument));
	CHECK_OK(vs_loop_post(loop, stop_mail, NULL));
	return NULL;
}

static void
mail_wakes_a_sleeping_loop(void)
{
	pthread_t thread;

	count = 0;
	CHECK(pthread_create(&thread, NULL, post_many, NULL) == 0);
	CHECK_OK(vs_loop_run(loop));
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK_OK(vs_loop_turn(loop, 0));
	CHECK(count == 20000);
}

static void
count_hook(struct vs_loop *l, struct vs_loop_hook *hook)
{
	(void)hook;
	if (++hooks == 2)
		vs_loop_hurry(l);
}

static void
hooks_run_when_something_ran(void)
{
	struct vs_loop_hook hook = {.run = count_hook};

	hooks = 0;
	vs_loop_hook_add(loop, &hook);
	CHECK_OK(vs_loop_turn(loop, 0));
	CHECK(hooks == 0);
	CHECK_OK(vs_loop_post(loop, count_mail, NULL));
	CHECK_OK(vs_loop_turn(loop, -1));
	CHECK(hooks == 1);
	vs_loop_hurry(loop); /* asks for a second run, which hurries once more */
	CHECK_OK(vs_loop_turn(loop, -1));
	CHECK_OK(vs_loop_turn(loop, -1));
	CHECK(hooks == 3);
	CHECK_OK(vs_loop_turn(loop, 0));
	CHECK(hooks == 3);
	vs_loop_hook_remove(loop, &hook);
	vs_loop_hurry(loop);
	CHECK_OK(vs_loop_turn(loop, -1));
	CHECK(hooks == 3);
}

static void
stop_before_run_ends_it_at_once(void)
{
	vs_loop_stop(loop);
	CHECK_OK(vs_loop_run(loop));
	CHECK_OK(vs_loop_post(loop, stop_mail, NULL)); /* and the next run is a new one */
	CHECK_OK(vs_loop_run(loop));
}

static uint32_t last_events;

static void
read_one_byte(struct vs_loop *l, struct vs_loop_watch *watch, uint32_t events)
{
	struct pipe_watch *self = (struct pipe_watch *)(void *)watch;
	char byte;

	(void)l;
	self->calls++;
	last_events = events;
	CHECK(read(watch->fd, &byte, 1) >= 0);
}

/* What is left is reported again only when asked for; the end of the stream is told apart. */
static void
an_edge_is_reported_once(void)
{
	struct pipe_watch a = {.watch = {.ready = read_one_byte}};
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	a.watch.fd = fds[0];
	a.watch.events = VS_LOOP_READ | VS_LOOP_EDGE;
	CHECK_OK(vs_loop_watch(loop, &a.watch));
	CHECK(write(fds[1], "abc", 3) == 3);
	CHECK_OK(vs_loop_turn(loop, 0));
	CHECK_OK(vs_loop_turn(loop, 0));
	CHECK(a.calls == 1 && last_events == VS_LOOP_READ);
	CHECK_OK(vs_loop_again(loop, &a.watch));
	CHECK_OK(vs_loop_turn(loop, 0));
	CHECK_OK(vs_loop_turn(loop, 0));
	CHECK(a.calls == 2);
	CHECK(shutdown(fds[1], SHUT_WR) == 0);
	CHECK_OK(vs_loop_turn(loop, 0));
	CHECK(a.calls == 3 && (last_events & VS_LOOP_END) != 0);
	vs_loop_unwatch(loop, &a.watch);
	CHECK(close(fds[0]) == 0 && close(fds[1]) == 0);
}

int
main(void)
{
	CHECK_OK(vs_loop_new(&loop));
	CASE(timer_is_never_early);
	CASE(unwatched_is_not_called_in_the_same_turn);
	CASE(interest_can_change_and_hangup_is_seen);
	CASE(mail_wakes_a_sleeping_loop);
	CASE(hooks_run_when_something_ran);
	CASE(stop_before_run_ends_it_at_once);
	CASE(an_edge_is_reported_once);
	vs_loop_free(&loop);
	CHECK(loop == NULL);
	vs_loop_free(&loop);
	return 0;
}
