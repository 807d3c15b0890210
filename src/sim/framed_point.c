/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/framed_point.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

#define SECOND_MS    1000u
#define END_AGAIN    5u /* seconds until an end that was not acknowledged is said again */
#define ENDING_MAX   512u
#define PRICE_PRESET "0.30"

static const char *
state_of(const struct vs_sim_engine *engine)
{
	return engine->is_flowing ? "SUPPLYING" : engine->is_stopped ? "STOPPED" : "ACTIVATED";
}

static void
refresh(struct vs_sim_framed_point *point)
{
	const struct vs_sim_engine *engine = &point->engine;
	char energy[VS_FRAMED_DECIMAL_MAX], money[VS_FRAMED_DECIMAL_MAX];

	vs_framed_decimal_write(engine->energy, 6, energy);
	vs_framed_decimal_write(vs_framed_cost(engine->energy, engine->price), 2, money);
	vs_sim_view_set(&point->view, "Central", "%s",
	                point->link.is_open ? "connected, sealed" : "not connected");
	vs_sim_view_set(&point->view, "state", "%s%s", state_of(engine),
	                engine->is_ko ? ", not well" : "");
	if (engine->has_supply)
		vs_sim_view_set(&point->view, "charge", "%s  %s kWh  %s", engine->driver, energy,
		                money);
	else
		vs_sim_view_set(&point->view, "charge", "none");
	vs_sim_view_show(&point->view);
}

static void
tell(struct vs_sim_framed_point *point, const char *what)
{
	char energy[VS_FRAMED_DECIMAL_MAX];

	vs_framed_decimal_write(point->engine.energy, 6, energy);
	vs_sim_view_say(&point->view, "%s %s %s %s kWh", point->engine.identity, what,
	                point->engine.driver, energy);
	refresh(point);
}

/* What is to be reported if this is the last thing it does. */
static void
save(struct vs_sim_framed_point *point)
{
	struct vs_framed_message message;
	struct vs_buf text;

	if (point->state_file == NULL)
		return;
	if (!point->engine.has_supply) {
		(void)unlink(point->state_file);
		return;
	}
	vs_buf_init(&text, ENDING_MAX);
	vs_sim_engine_end(&point->engine, &message);
	if (vs_framed_write(&message, &text).code != VS_E_OK ||
	    vs_file_write(point->state_file, vs_buf_view(&text)).code != VS_E_OK)
		VS_LOG(ERROR, "charge.not_saved", vs_bytes_from_text(point->engine.identity));
	vs_buf_done(&text);
}

static void
say(struct vs_sim_framed_point *point, const struct vs_framed_message *message)
{
	/* What is lost with a connection is said again on the next one. */
	if (vs_sim_framed_say(&point->link, message).code != VS_E_OK)
		VS_LOG(DEBUG, "charge.unsaid", vs_bytes_from_text(point->engine.identity));
}

static void
say_end(struct vs_sim_framed_point *point)
{
	struct vs_framed_message message;

	point->since_end = 0;
	vs_sim_engine_end(&point->engine, &message);
	say(point, &message);
}

/* --- what comes ---------------------------------------------------------------------------------
 */

static void
opened(void *arg)
{
	struct vs_sim_framed_point *point = arg;
	struct vs_framed_message message = {.type = VS_FRAMED_REGISTER_MONITOR, .count = 2};

	message.fields[0] = message.fields[1] = vs_bytes_from_text(point->engine.identity);
	if (point->is_monitor_too)
		say(point, &message);
	message = (struct vs_framed_message){.type = VS_FRAMED_REGISTER_CP, .count = 4};
	message.fields[0] = vs_bytes_from_text(point->engine.identity);
	message.numbers[3] = point->engine.price;
	say(point, &message);
	if (point->engine.has_supply) {
		vs_sim_engine_start(&point->engine, &message);
		say(point, &message);
	}
	if (point->engine.has_supply && !point->engine.is_flowing)
		say_end(point);
	tell(point, "connected");
}

static void
heard(const struct vs_framed_message *message, void *arg)
{
	struct vs_sim_framed_point *point = arg;
	struct vs_sim_engine *engine = &point->engine;
	struct vs_framed_message start;

	if (message->type == VS_FRAMED_KEY_INVALID) {
		tell(point, "has no key any more");
		if (point->invalid != NULL)
			point->invalid(point->arg);
		return;
	}
	if (message->type == VS_FRAMED_ACKNOWLEDGE && engine->has_supply && !engine->is_flowing &&
	    vs_bytes_equal_text(message->fields[1], "SUPPLY_END")) {
		tell(point, "reported");
		vs_sim_engine_forget(engine);
		save(point);
		return;
	}
	if (!vs_sim_engine_heard(engine, message)) {
		refresh(point);
		return;
	}
	save(point);
	tell(point, engine->is_flowing ? "charging" : "ended");
	if (engine->is_flowing) {
		vs_sim_engine_start(engine, &start);
		say(point, &start);
	} else {
		say_end(point);
	}
}

static void
second(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_sim_framed_point *point =
	    (struct vs_sim_framed_point *)((char *)timer -
	                                   offsetof(struct vs_sim_framed_point, second));
	struct vs_sim_engine *engine = &point->engine;
	uint64_t now_ms = vs_loop_now_ms(loop), elapsed_ms = now_ms - point->last_ms;
	struct vs_framed_message message = {.type = VS_FRAMED_HEARTBEAT, .count = 2};
	bool has_ended = vs_sim_engine_second(engine, elapsed_ms < 60000 ? elapsed_ms : 60000);

	point->last_ms = now_ms;
	vs_timer_arm(loop, timer, SECOND_MS);
	message.fields[0] = vs_bytes_from_text(engine->identity);
	message.fields[1] = vs_bytes_from_text(state_of(engine));
	say(point, &message);
	if (engine->is_flowing || has_ended)
		save(point);
	if (engine->is_flowing && point->link.is_open) {
		vs_sim_engine_update(engine, &message);
		say(point, &message);
	}
	if (has_ended)
		tell(point, "ended");
	if (has_ended ||
	    (engine->has_supply && !engine->is_flowing && ++point->since_end >= END_AGAIN))
		say_end(point);
	refresh(point);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void
lost(void *arg)
{
	tell(arg, "lost Central");
}

static void
poked(void *arg)
{
	struct vs_sim_framed_point *point = arg;

	point->engine.is_ko = !point->engine.is_ko;
	tell(point, point->engine.is_ko ? "is not well" : "is well");
}

static vs_result
restore(struct vs_sim_framed_point *point)
{
	struct vs_buf text;
	vs_result r;

	if (point->state_file == NULL)
		return VS_OK;
	vs_buf_init(&text, ENDING_MAX);
	r = vs_file_read(point->state_file, &text);
	if (r.code == VS_E_OK)
		r = vs_sim_engine_restore(&point->engine, vs_buf_view(&text));
	else if (r.code == VS_E_NOT_FOUND)
		r = VS_OK;
	vs_buf_done(&text);
	return r;
}

vs_result
vs_sim_framed_point_init(struct vs_sim_framed_point *point, const struct vs_sim_options *options,
                         enum vs_sim_seal_mode mode, const char *title, char *reason,
                         size_t reason_size)
{
	const char *price = options->text[VS_SIM_OPTION_PRICE];

	memset(point, 0, sizeof(*point));
	VS_TRY(vs_sim_framed_init(&point->link, options, mode, reason, reason_size));
	point->link.opened = opened;
	point->link.heard = heard;
	point->link.lost = lost;
	point->link.poked = poked;
	point->link.arg = point;
	point->second.fire = second;
	point->engine.power_w = options->number[VS_SIM_OPTION_POWER];
	point->state_file = options->text[VS_SIM_OPTION_STATE];
	vs_sim_view_init(&point->view, title, options->is_set[VS_SIM_OPTION_VIEW]);
	(void)snprintf(reason, reason_size, "--id or --price is no such thing");
	VS_TRY(vs_framed_decimal_read(vs_bytes_from_text(price != NULL ? price : PRICE_PRESET), 0,
	                              VS_FRAMED_PRICE_MAX, &point->engine.price));
	if (!vs_bytes_copy_text(vs_bytes_from_text(point->link.identity), point->engine.identity,
	                        sizeof(point->engine.identity)))
		return VS_FAIL(CONFIG);
	(void)snprintf(reason, reason_size, "--state holds no charge of this charge point");
	return restore(point);
}

vs_result
vs_sim_framed_point_run(struct vs_sim_framed_point *point)
{
	vs_result r;

	point->last_ms = vs_loop_now_ms(point->link.loop);
	vs_timer_arm(point->link.loop, &point->second, SECOND_MS);
	refresh(point);
	r = vs_sim_framed_run(&point->link);
	vs_timer_cancel(point->link.loop, &point->second);
	return r;
}

void
vs_sim_framed_point_done(struct vs_sim_framed_point *point)
{
	vs_sim_framed_done(&point->link);
}
