/* SPDX-License-Identifier: Apache-2.0 */
#include "event/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/mailbox.h"
#include "event/wheel.h"

enum { TICK_MS = 10, TURN_EVENTS = 256, TURN_MAIL = 256, WARM_SIZE = 448, LINE_SIZE = 64 };

struct vs_loop {
	int epoll_fd, wake_fd;
	int event_count, event_at; /* what epoll reported in this turn, and how far we are */
	uint64_t start_ms, now_ms;
	bool is_hurried;
	atomic_bool is_stopped;
	struct vs_loop_hook *hooks;
	struct vs_mailbox mailbox;
	struct vs_wheel wheel;
	struct epoll_event events[TURN_EVENTS];
};

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_loop_new(struct vs_loop **loop_out)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = NULL};
	vs_result r = VS_FAIL(NO_MEMORY);
	/* The members of the mailbox are aligned to cache lines, and so must be the whole. */
	struct vs_loop *loop = aligned_alloc(_Alignof(struct vs_loop), sizeof(*loop));

	if (loop == NULL)
		return r;
	*loop = (struct vs_loop){.epoll_fd = -1, .wake_fd = -1};
	r = vs_mailbox_init(&loop->mailbox);
	if (r.code != VS_E_OK)
		goto out;
	r = VS_FAIL(IO);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->epoll_fd < 0 || loop->wake_fd < 0)
		goto out;
	/* Edge-triggered: each write is one event and nobody ever has to read it. */
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) != 0)
		goto out;
	loop->start_ms = loop->now_ms = vs_clock_mono_ms();
	*loop_out = loop;
	loop = NULL;
	r = VS_OK;
out:
	vs_loop_free(&loop);
	return r;
}

void
vs_loop_free(struct vs_loop **loop)
{
	struct vs_loop *gone = *loop;

	if (gone == NULL)
		return;
	*loop = NULL;
	if (gone->epoll_fd >= 0)
		(void)close(gone->epoll_fd);
	if (gone->wake_fd >= 0)
		(void)close(gone->wake_fd);
	vs_mailbox_done(&gone->mailbox);
	free(gone);
}

uint64_t
vs_loop_now_ms(const struct vs_loop *loop)
{
	return loop->now_ms;
}

static void
wake(struct vs_loop *loop)
{
	const uint64_t one = 1;

	/* It can fail only when the counter is full, and then the owner has been woken. */
	if (write(loop->wake_fd, &one, sizeof(one)) < 0)
		assert(errno == EAGAIN);
}

void
vs_loop_stop(struct vs_loop *loop)
{
	atomic_store(&loop->is_stopped, true);
	wake(loop);
}

/* --- a turn ----------------------------------------------------------------------------------- */

/* Milliseconds until the wheel has work, at most `timeout_ms`; -1 is for ever. */
static int
wait_ms(const struct vs_loop *loop, int timeout_ms)
{
	uint64_t next, due_ms, left_ms;

	if (!vs_wheel_next(&loop->wheel, &next))
		return timeout_ms;
	due_ms = loop->start_ms + next * TICK_MS;
	left_ms = due_ms > loop->now_ms ? due_ms - loop->now_ms : 0;
	if (left_ms > INT_MAX)
		left_ms = INT_MAX;
	return timeout_ms < 0 || (int)left_ms < timeout_ms ? (int)left_ms : timeout_ms;
}

static vs_result
wait_for_events(struct vs_loop *loop, int timeout_ms)
{
	int n;

	if (loop->is_hurried || atomic_load(&loop->is_stopped))
		timeout_ms = 0;
	if (timeout_ms != 0) {
		/* Time went on while the last turn worked. */
		loop->now_ms = vs_clock_mono_ms();
		timeout_ms = wait_ms(loop, timeout_ms);
		vs_mailbox_sleep(&loop->mailbox);
		if (vs_mailbox_has_mail(&loop->mailbox))
			timeout_ms = 0;
	}
	n = epoll_wait(loop->epoll_fd, loop->events, TURN_EVENTS, timeout_ms);
	vs_mailbox_awake(&loop->mailbox);
	loop->now_ms = vs_clock_mono_ms();
	loop->event_at = 0;
	loop->event_count = n > 0 ? n : 0;
	return n >= 0 || errno == EINTR ? VS_OK : VS_FAIL(IO);
}

static uint32_t
our_events(uint32_t events)
{
	return ((events & (EPOLLIN | EPOLLRDHUP)) != 0 ? (uint32_t)VS_LOOP_READ : 0) |
	       ((events & EPOLLOUT) != 0 ? (uint32_t)VS_LOOP_WRITE : 0) |
	       ((events & EPOLLRDHUP) != 0 ? (uint32_t)VS_LOOP_END : 0) |
	       ((events & (EPOLLERR | EPOLLHUP)) != 0 ? (uint32_t)VS_LOOP_HANGUP : 0);
}

/* With thousands of connections the next one is in no cache. What its watch names is asked for
 * while this one is served, the watch itself one step earlier. */
static void
warm_up(const struct vs_loop *loop)
{
	int next = loop->event_at;
	const struct vs_loop_watch *watch;

	if (next + 1 < loop->event_count)
		for (size_t at = 0; at < WARM_SIZE; at += LINE_SIZE)
			__builtin_prefetch((const char *)loop->events[next + 1].data.ptr + at);
	watch = next < loop->event_count ? loop->events[next].data.ptr : NULL;
	if (watch == NULL)
		return;
	for (size_t i = 0; i < VS_LOOP_WARM; i++)
		for (size_t at = 0; at < watch->warm_size[i]; at += LINE_SIZE)
			__builtin_prefetch((const char *)watch->warm[i] + at);
}

static bool
serve_descriptors(struct vs_loop *loop)
{
	bool did_work = false;

	while (loop->event_at < loop->event_count) {
		const struct epoll_event *event = &loop->events[loop->event_at++];
		struct vs_loop_watch *watch = event->data.ptr;

		warm_up(loop);
		if (watch == NULL)
			continue;
		did_work = true;
		watch->ready(loop, watch, our_events(event->events));
	}
	return did_work;
}

vs_result
vs_loop_turn(struct vs_loop *loop, int timeout_ms)
{
	bool did_work;

	VS_TRY(wait_for_events(loop, timeout_ms));
	did_work = loop->is_hurried;
	loop->is_hurried = false;
	did_work |= vs_mailbox_run(&loop->mailbox, loop, TURN_MAIL) > 0;
	did_work |= serve_descriptors(loop);
	did_work |=
	    vs_wheel_advance(&loop->wheel, loop, (loop->now_ms - loop->start_ms) / TICK_MS) > 0;
	did_work |= loop->is_hurried;
	if (!did_work)
		return VS_OK;
	loop->is_hurried = false;
	for (struct vs_loop_hook *hook = loop->hooks; hook != NULL; hook = hook->next)
		hook->run(loop, hook);
	return VS_OK;
}

vs_result
vs_loop_run(struct vs_loop *loop)
{
	while (!atomic_load(&loop->is_stopped))
		VS_TRY(vs_loop_turn(loop, -1));
	atomic_store(&loop->is_stopped, false);
	return VS_OK;
}

/* --- what runs in it -------------------------------------------------------------------------- */

/* The kernel looks at the descriptor when this is called, also when nothing is changed by it. */
static vs_result
tell_kernel(struct vs_loop *loop, struct vs_loop_watch *watch)
{
	struct epoll_event event = {.data.ptr = watch};

	if ((watch->events & VS_LOOP_READ) != 0)
		event.events |= EPOLLIN | EPOLLRDHUP;
	if ((watch->events & VS_LOOP_WRITE) != 0)
		event.events |= EPOLLOUT;
	if ((watch->events & VS_LOOP_EDGE) != 0)
		event.events |= EPOLLET;
	if (epoll_ctl(loop->epoll_fd, watch->is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, watch->fd,
	              &event) != 0)
		return VS_FAIL(IO);
	watch->is_watched = true;
	watch->watched_events = watch->events;
	return VS_OK;
}

vs_result
vs_loop_watch(struct vs_loop *loop, struct vs_loop_watch *watch)
{
	assert(watch->ready != NULL);
	if (watch->is_watched && watch->watched_events == watch->events)
		return VS_OK;
	return tell_kernel(loop, watch);
}

vs_result
vs_loop_again(struct vs_loop *loop, struct vs_loop_watch *watch)
{
	assert(watch->is_watched);
	return tell_kernel(loop, watch);
}

void
vs_loop_unwatch(struct vs_loop *loop, struct vs_loop_watch *watch)
{
	if (!watch->is_watched)
		return;
	watch->is_watched = false;
	(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	for (int i = loop->event_at; i < loop->event_count; i++)
		if (loop->events[i].data.ptr == watch)
			loop->events[i].data.ptr = NULL;
}

void
vs_timer_arm(struct vs_loop *loop, struct vs_timer *timer, uint64_t delay_ms)
{
	const uint64_t delay_max_ms = (uint64_t)1 << 40;
	uint64_t since_start_ms = loop->now_ms - loop->start_ms;

	if (delay_ms > delay_max_ms)
		delay_ms = delay_max_ms;
	vs_wheel_arm(&loop->wheel, timer, (since_start_ms + delay_ms + TICK_MS - 1) / TICK_MS);
}

void
vs_timer_cancel(struct vs_loop *loop, struct vs_timer *timer)
{
	vs_wheel_cancel(&loop->wheel, timer);
}

bool
vs_timer_is_armed(const struct vs_timer *timer)
{
	return timer->link != NULL;
}

vs_result
vs_loop_post(struct vs_loop *loop, vs_loop_mail_fn *fn, void *argument)
{
	bool must_wake = false;

	VS_TRY(vs_mailbox_put(&loop->mailbox, fn, argument, &must_wake));
	if (must_wake)
		wake(loop);
	return VS_OK;
}

void
vs_loop_hook_add(struct vs_loop *loop, struct vs_loop_hook *hook)
{
	struct vs_loop_hook **end = &loop->hooks;

	while (*end != NULL)
		end = &(*end)->next;
	hook->next = NULL;
	*end = hook;
}

void
vs_loop_hook_remove(struct vs_loop *loop, struct vs_loop_hook *hook)
{
	for (struct vs_loop_hook **at = &loop->hooks; *at != NULL; at = &(*at)->next)
		if (*at == hook) {
			*at = hook->next;
			return;
		}
}

void
vs_loop_hurry(struct vs_loop *loop)
{
	loop->is_hurried = true;
}
