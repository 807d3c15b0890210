/* SPDX-License-Identifier: Apache-2.0 */
/* `voltseal-sim monitor`: proves the charge point to Central, brings its engine the key, and asks
 * every second whether it is well. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "sim/framed_link.h"
#include "sim/framed_local.h"
#include "sim/framed_run.h"
#include "sim/framed_watch.h"
#include "sim/view.h"

#define SECOND_MS   1000u
#define REASON_SIZE 256
#define ANEW_S      3u /* at least, between two proofs that the engine's key was refused for */

struct monitor {
	struct vs_sim_framed link;
	struct vs_sim_local *local;
	struct vs_sim_watch watch;
	struct vs_sim_view view;
	struct vs_timer second;
	struct vs_sim_key key; /* what was handed over last; number 0: nothing yet */
	bool is_taken;         /* Central has acknowledged this connection */
	bool is_refused;       /* the engine says so of the last key */
	unsigned since_proof;  /* seconds */
};

static void
tell(struct monitor *monitor, const char *what)
{
	vs_sim_view_say(&monitor->view, "%s %s", monitor->link.identity, what);
}

static void
say(struct monitor *monitor, enum vs_framed_type type)
{
	struct vs_framed_message message = {.type = type, .count = 1};

	message.fields[0] = vs_bytes_from_text(monitor->link.identity);
	if (vs_sim_framed_say(&monitor->link, &message).code != VS_E_OK)
		VS_LOG(DEBUG, "monitor.unsaid", vs_bytes_from_text(monitor->link.identity));
}

/* --- the engine's key ---------------------------------------------------------------------------
 */

static void
hand_over(struct monitor *monitor)
{
	struct vs_sim_local_message message = {.word = VS_SIM_LOCAL_KEY, .key = monitor->key};

	if (monitor->key.number != 0 && vs_sim_local_is_up(monitor->local) &&
	    vs_sim_local_say(monitor->local, &message).code == VS_E_OK)
		vs_sim_view_say(&monitor->view, "%s handed key number %u to its engine",
		                monitor->link.identity, (unsigned)monitor->key.number);
	explicit_bzero(&message.key, sizeof(message.key));
}

/* Central has this connection's key now: the engine may use it. */
static void
take_key(struct monitor *monitor)
{
	struct vs_sim_key key = {.number = monitor->key.number + 1};

	if (vs_sim_seal_key(monitor->link.seal, &key).code == VS_E_OK) {
		/* Mode A1: the same key again while its session lives. */
		if (monitor->key.number != 0 &&
		    vs_bytes_equal(vs_bytes_from(key.key, sizeof(key.key)),
		                   vs_bytes_from(monitor->key.key, sizeof(key.key))))
			key.number = monitor->key.number;
		monitor->key = key;
		monitor->is_refused = false;
		vs_sim_view_set(&monitor->view, "key", "number %u, mode %s", (unsigned)key.number,
		                key.is_compat ? "A1" : "A2");
		hand_over(monitor);
	}
	explicit_bzero(&key, sizeof(key));
}

static void
on_bad(struct monitor *monitor, uint32_t number)
{
	if (!monitor->is_taken)
		return; /* it gets the next one */
	if (number != monitor->key.number) {
		hand_over(monitor);
	} else {
		monitor->is_refused = true;
	}
}

/* Not more often than every few seconds. */
static void
prove_anew(struct monitor *monitor)
{
	if (!monitor->is_refused || monitor->since_proof < ANEW_S)
		return;
	tell(monitor, "authenticates anew: its engine's key was refused");
	monitor->is_refused = false;
	monitor->since_proof = 0;
	vs_sim_framed_again(&monitor->link);
}

/* --- the engine ---------------------------------------------------------------------------------
 */

static void
say_news(struct monitor *monitor)
{
	enum vs_sim_watch_news news;

	if (!monitor->is_taken)
		return;
	news = vs_sim_watch_news(&monitor->watch);
	if (news == VS_SIM_WATCH_NOTHING)
		return;
	say(monitor, news == VS_SIM_WATCH_FAULT ? VS_FRAMED_FAULT : VS_FRAMED_RECOVERY);
	tell(monitor, news == VS_SIM_WATCH_FAULT ? "FAULT: its engine is not well"
	                                         : "RECOVERY: its engine is well");
}

static void
up(void *arg)
{
	struct monitor *monitor = arg;

	tell(monitor, "engine connected");
	hand_over(monitor);
}

static void
down(void *arg)
{
	struct monitor *monitor = arg;

	tell(monitor, "engine gone");
	vs_sim_watch_second(&monitor->watch, false);
	say_news(monitor);
}

static void
engine_heard(const struct vs_sim_local_message *message, void *arg)
{
	struct monitor *monitor = arg;

	if (message->word == VS_SIM_LOCAL_HEALTH_OK || message->word == VS_SIM_LOCAL_HEALTH_KO) {
		vs_sim_watch_answer(&monitor->watch, message->word == VS_SIM_LOCAL_HEALTH_KO);
		say_news(monitor);
	} else if (message->word == VS_SIM_LOCAL_KEY_BAD) {
		on_bad(monitor, message->key.number);
	}
}

static void
second(struct vs_loop *loop, struct vs_timer *timer)
{
	struct monitor *monitor =
	    (struct monitor *)((char *)timer - offsetof(struct monitor, second));
	struct vs_sim_local_message message = {.word = VS_SIM_LOCAL_HEALTH_CHECK};

	vs_timer_arm(loop, timer, SECOND_MS);
	monitor->since_proof++;
	prove_anew(monitor);
	vs_sim_local_try(monitor->local);
	vs_sim_watch_second(&monitor->watch, vs_sim_local_is_up(monitor->local));
	(void)snprintf(message.name, sizeof(message.name), "%s", monitor->link.identity);
	if (vs_sim_local_is_up(monitor->local) &&
	    vs_sim_local_say(monitor->local, &message).code != VS_E_OK)
		VS_LOG(DEBUG, "monitor.unasked", vs_bytes_from_text(monitor->link.identity));
	say_news(monitor);
	vs_sim_view_set(&monitor->view, "Central", "%s",
	                monitor->is_taken ? "connected, sealed" : "not connected");
	vs_sim_view_set(&monitor->view, "engine", "%s",
	                !vs_sim_local_is_up(monitor->local) ? "gone"
	                : monitor->watch.is_unwell          ? "not well"
	                                                    : "well");
	vs_sim_view_show(&monitor->view);
}

/* --- Central ------------------------------------------------------------------------------------
 */

static void
opened(void *arg)
{
	struct monitor *monitor = arg;
	struct vs_framed_message message = {.type = VS_FRAMED_REGISTER_MONITOR, .count = 2};

	message.fields[0] = message.fields[1] = vs_bytes_from_text(monitor->link.identity);
	if (vs_sim_framed_say(&monitor->link, &message).code != VS_E_OK)
		VS_LOG(DEBUG, "monitor.unsaid", vs_bytes_from_text(monitor->link.identity));
}

static void
heard(const struct vs_framed_message *message, void *arg)
{
	struct monitor *monitor = arg;

	switch ((unsigned)message->type) {
	case VS_FRAMED_ACKNOWLEDGE:
		monitor->is_taken = true;
		monitor->since_proof = 0;
		tell(monitor, "authenticated");
		vs_sim_watch_forget(&monitor->watch);
		take_key(monitor);
		say_news(monitor);
		break;
	case VS_FRAMED_KEY_INVALID:
		tell(monitor, "its key was taken back; authenticates anew");
		break;
	case VS_FRAMED_DRIVER_START:
		vs_sim_view_set(&monitor->view, "driver", "%.*s",
		                VS_BYTES_PRINTF(message->fields[1]));
		tell(monitor, "a driver charges");
		break;
	case VS_FRAMED_CHARGING_COMPLETE:
		vs_sim_view_set(&monitor->view, "driver", "none");
		tell(monitor, "the charge is over");
		break;
	default:
		break;
	}
}

static void
lost(void *arg)
{
	struct monitor *monitor = arg;

	monitor->is_taken = false;
	tell(monitor, "lost Central");
}

static void
renewed(void *arg)
{
	struct monitor *monitor = arg;

	tell(monitor, "has a new key");
	if (monitor->is_taken)
		take_key(monitor);
}

static void
refused(void *arg)
{
	tell(arg, "was refused by Central");
}

/* --- life ---------------------------------------------------------------------------------------
 */

static vs_result
prepare(struct monitor *monitor, const struct vs_sim_options *options, char *reason,
        size_t reason_size)
{
	const struct vs_sim_local_handler handler = {
	    .up = up, .down = down, .heard = engine_heard, .arg = monitor};
	const char *socket = options->text[VS_SIM_OPTION_SOCKET];
	enum vs_sim_seal_mode mode = options->text[VS_SIM_OPTION_PASSWORD_FILE] != NULL
	                                 ? VS_SIM_SEAL_PASSWORD
	                             : options->is_set[VS_SIM_OPTION_COMPAT] ? VS_SIM_SEAL_WRAPPED
	                                                                     : VS_SIM_SEAL_PSK;

	VS_TRY(vs_sim_framed_init(&monitor->link, options, mode, reason, reason_size));
	monitor->link.opened = opened;
	monitor->link.heard = heard;
	monitor->link.lost = lost;
	monitor->link.renewed = renewed;
	monitor->link.refused = refused;
	monitor->link.arg = monitor;
	monitor->second.fire = second;
	monitor->since_proof = ANEW_S;
	vs_sim_view_init(&monitor->view, "Monitor of a charge point",
	                 options->is_set[VS_SIM_OPTION_VIEW]);
	(void)snprintf(reason, reason_size, "--socket is needed: that of the engine");
	if (socket == NULL)
		return VS_FAIL(CONFIG);
	return vs_sim_local_client(monitor->link.loop, socket, monitor->link.identity, &handler,
	                           &monitor->local);
}

int
vs_sim_framed_monitor(const struct vs_sim_options *options)
{
	struct monitor monitor;
	char reason[REASON_SIZE] = "";
	vs_result r;

	memset(&monitor, 0, sizeof(monitor));
	r = prepare(&monitor, options, reason, sizeof(reason));
	if (r.code == VS_E_OK) {
		vs_timer_arm(monitor.link.loop, &monitor.second, 0);
		r = vs_sim_framed_run(&monitor.link);
		vs_timer_cancel(monitor.link.loop, &monitor.second);
	} else {
		(void)fprintf(stderr, "voltseal-sim: %s\n", reason);
	}
	vs_sim_local_free(&monitor.local);
	vs_sim_framed_done(&monitor.link);
	explicit_bzero(&monitor.key, sizeof(monitor.key));
	return r.code == VS_E_OK ? EX_OK : EX_CONFIG;
}
