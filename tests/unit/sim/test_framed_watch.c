/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/framed_watch.h"

#include "test.h"

static struct vs_sim_watch watch;

static void
test_answers(void)
{
	memset(&watch, 0, sizeof(watch));
	vs_sim_watch_second(&watch, true);
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_NOTHING); /* it has time to answer */
	vs_sim_watch_answer(&watch, false);
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_NOTHING);
	vs_sim_watch_answer(&watch, true);
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_FAULT);
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_NOTHING); /* told once */
	vs_sim_watch_answer(&watch, false);
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_RECOVERY);
}

static void
test_silence(void)
{
	memset(&watch, 0, sizeof(watch));
	for (int i = 0; i < VS_SIM_WATCH_SILENCE; i++) {
		vs_sim_watch_second(&watch, true);
		CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_NOTHING);
	}
	vs_sim_watch_second(&watch, true);
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_FAULT);
	vs_sim_watch_answer(&watch, false);
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_RECOVERY);
}

static void
test_gone(void)
{
	memset(&watch, 0, sizeof(watch));
	vs_sim_watch_second(&watch, true);
	vs_sim_watch_answer(&watch, false);
	vs_sim_watch_second(&watch, false); /* gone: at once */
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_FAULT);
	vs_sim_watch_forget(&watch); /* Central was restarted, and is told again */
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_FAULT);
	vs_sim_watch_second(&watch, true); /* there again, and has not said that it is well */
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_NOTHING);
	vs_sim_watch_answer(&watch, false);
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_RECOVERY);
}

/* A monitor that is started before its engine waits for it, and not for ever. */
static void
test_not_there_yet(void)
{
	memset(&watch, 0, sizeof(watch));
	vs_sim_watch_second(&watch, false);
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_NOTHING);
	vs_sim_watch_second(&watch, true);
	vs_sim_watch_answer(&watch, false);
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_NOTHING);
	memset(&watch, 0, sizeof(watch));
	for (int i = 0; i < VS_SIM_WATCH_SILENCE; i++)
		vs_sim_watch_second(&watch, false);
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_NOTHING);
	vs_sim_watch_second(&watch, false);
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_FAULT);
	vs_sim_watch_second(&watch, true);
	vs_sim_watch_answer(&watch, false);
	CHECK(vs_sim_watch_news(&watch) == VS_SIM_WATCH_RECOVERY);
}

int
main(void)
{
	CASE(test_answers);
	CASE(test_silence);
	CASE(test_gone);
	CASE(test_not_there_yet);
	return 0;
}
