/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/await.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "daemon/notify.h"

#define PAUSE_MIN_MS 250u
#define PAUSE_MAX_MS 5000u
#define EXTEND_MS    60000u /* beyond a pause: a try at a machine that is silent takes seconds */

uint64_t
vs_daemon_await_pause_ms(unsigned tries, uint64_t left_ms, uint32_t random)
{
	uint64_t pause_ms = tries < 5 ? (uint64_t)PAUSE_MIN_MS << tries : PAUSE_MAX_MS;

	pause_ms -= random % (pause_ms / 4); /* up to a quarter earlier */
	return pause_ms < left_ms ? pause_ms : left_ms;
}

/* systemd would end a start that takes longer than TimeoutStartSec= (90 s), unless it hears. */
static void
tell_systemd(const char *why, uint64_t pause_ms)
{
	char text[VS_DAEMON_REASON_SIZE];

	(void)snprintf(text, sizeof(text),
	               "STATUS=Waiting for the database: %.256s\nEXTEND_TIMEOUT_USEC=%" PRIu64, why,
	               (pause_ms + EXTEND_MS) * 1000);
	vs_daemon_notify(text);
}

static void
pause_for(uint64_t pause_ms)
{
	const struct timespec wait = {(time_t)(pause_ms / 1000), (long)(pause_ms % 1000) * 1000000};

	(void)nanosleep(&wait, NULL);
}

static vs_result
give_up(struct vs_daemon_system *system, const char *why)
{
	char what[sizeof(system->reason) / 2];

	(void)snprintf(what, sizeof(what),
	               "the database did not answer within [store] wait = %" PRId64 " s: %.256s",
	               system->options->number[VS_OPTION_store_wait], why);
	return vs_daemon_system_fail(system, VS_FAIL(STORE_AWAY), what, system->store_place.url);
}

static void
say_answers(const struct vs_daemon_system *system, uint64_t after_ms)
{
	VS_LOG(INFO, "store.answers", vs_bytes_from_text(system->store_place.url),
	       VS_LOG_NUM("after_ms", after_ms));
	vs_daemon_notify("STATUS=");
}

static void
say_awaited(const struct vs_daemon_system *system, const char *why)
{
	VS_LOG(WARN, "store.awaited", vs_bytes_from_text(system->store_place.url),
	       VS_LOG_ERR(VS_FAIL(STORE_AWAY)), VS_LOG_STR("why", why),
	       VS_LOG_NUM("seconds", system->options->number[VS_OPTION_store_wait]));
}

vs_result
vs_daemon_await_store(struct vs_daemon_system *system)
{
	const uint64_t begin_ms = vs_clock_mono_ms();
	const uint64_t end_ms =
	    begin_ms + (uint64_t)system->options->number[VS_OPTION_store_wait] * 1000;
	char why[VS_DAEMON_REASON_SIZE] = "";

	if (!system->is_postgres)
		return VS_OK;
	for (unsigned tries = 0;; tries++) {
		vs_result r = vs_store_pg_probe(&system->store_place, why, sizeof(why));
		uint64_t now_ms = vs_clock_mono_ms(), pause_ms;

		if (r.code != VS_E_STORE_AWAY) {
			if (tries > 0)
				say_answers(system, now_ms - begin_ms);
			return VS_OK;
		}
		if (now_ms >= end_ms)
			return give_up(system, why);
		if (tries == 0)
			say_awaited(system, why);
		pause_ms =
		    vs_daemon_await_pause_ms(tries, end_ms - now_ms, (uint32_t)vs_random_u64());
		tell_systemd(why, pause_ms);
		pause_for(pause_ms);
	}
}
