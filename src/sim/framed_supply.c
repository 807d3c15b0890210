/* SPDX-License-Identifier: Apache-2.0 */
/* `voltseal-sim engine`: what charges. It has no secret of its own: its monitor brings it the key
 * of the session, which lives in its memory alone. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "sim/framed_local.h"
#include "sim/framed_point.h"
#include "sim/framed_run.h"

#define REASON_SIZE 256

struct engine {
	struct vs_sim_framed_point point;
	struct vs_sim_local *local;
	uint32_t number; /* of the key; 0: none */
};

static void
say(struct engine *engine, struct vs_sim_local_message *message)
{
	(void)snprintf(message->name, sizeof(message->name), "%s", engine->point.engine.identity);
	/* What is lost with the socket is asked again on the next one. */
	if (vs_sim_local_say(engine->local, message).code != VS_E_OK)
		vs_sim_view_say(&engine->point.view, "%s has no monitor", message->name);
}

static void
say_bad(struct engine *engine)
{
	struct vs_sim_local_message message = {.word = VS_SIM_LOCAL_KEY_BAD,
	                                       .key.number = engine->number};

	vs_sim_seal_drop(engine->point.link.seal);
	engine->number = 0;
	if (vs_sim_local_is_up(engine->local))
		say(engine, &message);
}

/* Central does not take the key, or has taken it back. */
static void
bad(void *arg)
{
	struct engine *engine = arg;

	if (engine->number != 0)
		say_bad(engine);
}

static void
up(void *arg)
{
	struct engine *engine = arg;

	vs_sim_view_say(&engine->point.view, "%s monitor connected", engine->point.engine.identity);
	vs_sim_view_set(&engine->point.view, "monitor", "connected");
	if (engine->number == 0)
		say_bad(engine);
}

static void
down(void *arg)
{
	struct engine *engine = arg;

	vs_sim_view_set(&engine->point.view, "monitor", "gone");
	vs_sim_view_say(&engine->point.view, "%s monitor gone", engine->point.engine.identity);
}

static void
heard(const struct vs_sim_local_message *message, void *arg)
{
	struct engine *engine = arg;
	struct vs_sim_local_message answer = {
	    .word = engine->point.engine.is_ko ? VS_SIM_LOCAL_HEALTH_KO : VS_SIM_LOCAL_HEALTH_OK};

	if (message->word == VS_SIM_LOCAL_HEALTH_CHECK) {
		say(engine, &answer);
	} else if (message->word == VS_SIM_LOCAL_KEY) {
		engine->number = message->key.number;
		vs_sim_view_set(&engine->point.view, "key", "number %u, mode %s",
		                (unsigned)engine->number, message->key.is_compat ? "A1" : "A2");
		vs_sim_view_say(&engine->point.view, "%s Received encryption key: number %u",
		                engine->point.engine.identity, (unsigned)engine->number);
		vs_sim_framed_use(&engine->point.link, &message->key);
	}
}

int
vs_sim_framed_supply(const struct vs_sim_options *options)
{
	struct engine engine;
	const struct vs_sim_local_handler handler = {
	    .up = up, .down = down, .heard = heard, .arg = &engine};
	const char *socket = options->text[VS_SIM_OPTION_SOCKET];
	char reason[REASON_SIZE] = "";
	vs_result r;

	memset(&engine, 0, sizeof(engine));
	r = vs_sim_framed_point_init(&engine.point, options, VS_SIM_SEAL_HANDED,
	                             "Engine of a charge point", reason, sizeof(reason));
	engine.point.invalid = bad;
	engine.point.arg = &engine;
	engine.point.link.refused = bad;
	if (r.code == VS_E_OK) {
		(void)snprintf(reason, sizeof(reason), "--socket is needed, and can be made there");
		r = socket != NULL
		        ? vs_sim_local_listen(engine.point.link.loop, socket,
		                              engine.point.link.identity, &handler, &engine.local)
		        : VS_FAIL(CONFIG);
	}
	if (r.code == VS_E_OK)
		r = vs_sim_framed_point_run(&engine.point);
	else
		(void)fprintf(stderr, "voltseal-sim: %s\n", reason);
	vs_sim_local_free(&engine.local);
	vs_sim_framed_point_done(&engine.point);
	return r.code == VS_E_OK ? EX_OK : EX_CONFIG;
}
