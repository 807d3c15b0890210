/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "event/loop.h"

static bool
fill_set(const int *signals, int count, sigset_t *set)
{
	bool ok = sigemptyset(set) == 0;

	for (int i = 0; ok && i < count; i++)
		ok = sigaddset(set, signals[i]) == 0;
	return ok;
}

vs_result
vs_signal_block(const int *signals, int count)
{
	sigset_t set;

	if (!fill_set(signals, count, &set) || pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return VS_FAIL(IO);
	return VS_OK;
}

static void
read_signals(struct vs_loop *loop, struct vs_loop_watch *watch, uint32_t events)
{
	/* `watch` is the first member. */
	struct vs_signal_watch *self = (struct vs_signal_watch *)(void *)watch;
	struct signalfd_siginfo info;

	(void)events;
	while (watch->is_watched && read(watch->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		self->caught(loop, self, (int)info.ssi_signo);
}

vs_result
vs_signal_watch(struct vs_loop *loop, struct vs_signal_watch *watch, const int *signals, int count)
{
	vs_result r;
	sigset_t set;
	int fd;

	if (!fill_set(signals, count, &set))
		return VS_FAIL(IO);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return VS_FAIL(IO);
	watch->watch =
	    (struct vs_loop_watch){.fd = fd, .events = VS_LOOP_READ, .ready = read_signals};
	r = vs_loop_watch(loop, &watch->watch);
	if (r.code != VS_E_OK)
		(void)close(fd);
	return r;
}

void
vs_signal_unwatch(struct vs_loop *loop, struct vs_signal_watch *watch)
{
	if (!watch->watch.is_watched)
		return;
	vs_loop_unwatch(loop, &watch->watch);
	(void)close(watch->watch.fd);
}
