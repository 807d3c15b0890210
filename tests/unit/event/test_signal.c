/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <unistd.h>

#include "event/loop.h"
#include "test.h"

static int caught[2], caught_count;

static void
note(struct vs_loop *loop, struct vs_signal_watch *watch, int signal_number)
{
	(void)watch;
	caught[caught_count++] = signal_number;
	if (caught_count == 2)
		vs_loop_stop(loop);
}

static void
signals_arrive_in_the_loop(void)
{
	static const int signals[] = {SIGUSR1, SIGTERM};
	struct vs_signal_watch watch = {.caught = note};
	struct vs_loop *loop = NULL;

	CHECK_OK(vs_signal_block(signals, 2));
	CHECK_OK(vs_loop_new(&loop));
	CHECK_OK(vs_signal_watch(loop, &watch, signals, 2));
	CHECK(kill(getpid(), SIGTERM) == 0 && kill(getpid(), SIGUSR1) == 0);
	CHECK_OK(vs_loop_run(loop));
	CHECK(caught[0] + caught[1] == SIGUSR1 + SIGTERM && caught[0] != caught[1]);
	vs_signal_unwatch(loop, &watch);
	vs_signal_unwatch(loop, &watch);
	vs_loop_free(&loop);
}

static void
bad_signal_number_is_refused(void)
{
	static const int bad[] = {4711};

	CHECK_ERR(vs_signal_block(bad, 1), IO);
}

int
main(void)
{
	CASE(signals_arrive_in_the_loop);
	CASE(bad_signal_number_is_refused);
	return 0;
}
