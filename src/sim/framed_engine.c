/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/framed_engine.h"

#include <assert.h>
#include <string.h>

#include "base/random.h"

#define TX_SIZE     21
#define MS_PER_HOUR INT64_C(3600000)

static void
begin(struct vs_sim_engine *engine, const struct vs_framed_message *message)
{
	(void)vs_bytes_copy_text(message->fields[0], engine->driver, sizeof(engine->driver));
	vs_random_text(engine->tx, TX_SIZE);
	engine->has_supply = engine->is_flowing = true;
	engine->energy = engine->unsaid = 0;
	engine->wanted = message->numbers[2];
}

static bool
end(struct vs_sim_engine *engine)
{
	bool was_flowing = engine->is_flowing;

	engine->is_flowing = false;
	return was_flowing;
}

bool
vs_sim_engine_heard(struct vs_sim_engine *engine, const struct vs_framed_message *message)
{
	assert(engine != NULL && message != NULL);
	if (message->type == VS_FRAMED_AUTHORIZE && !engine->has_supply && !engine->is_stopped &&
	    vs_bytes_equal_text(message->fields[1], engine->identity)) {
		begin(engine, message);
		return true;
	}
	if (message->type == VS_FRAMED_STOP_COMMAND)
		engine->is_stopped = true;
	if (message->type == VS_FRAMED_RESUME_COMMAND)
		engine->is_stopped = false;
	if (message->type == VS_FRAMED_STOP_COMMAND || message->type == VS_FRAMED_END_SUPPLY)
		return end(engine);
	return false;
}

bool
vs_sim_engine_second(struct vs_sim_engine *engine, uint64_t elapsed_ms)
{
	int64_t more;

	assert(engine != NULL && elapsed_ms < (uint64_t)MS_PER_HOUR);
	if (!engine->is_flowing)
		return false;
	/* A watt-hour is a thousandth of a kWh: a thousand millionths. */
	more = engine->power_w * 1000 * (int64_t)elapsed_ms / MS_PER_HOUR;
	if (more > engine->wanted - engine->energy)
		more = engine->wanted - engine->energy;
	engine->energy += more;
	engine->unsaid += more;
	return engine->energy >= engine->wanted && end(engine);
}

void
vs_sim_engine_forget(struct vs_sim_engine *engine)
{
	engine->has_supply = engine->is_flowing = false;
	engine->tx[0] = engine->driver[0] = '\0';
	engine->energy = engine->unsaid = engine->wanted = 0;
}

void
vs_sim_engine_start(const struct vs_sim_engine *engine, struct vs_framed_message *out)
{
	*out = (struct vs_framed_message){.type = VS_FRAMED_SUPPLY_START, .count = 3};
	out->fields[0] = vs_bytes_from_text(engine->identity);
	out->fields[1] = vs_bytes_from_text(engine->driver);
	out->fields[2] = vs_bytes_from_text(engine->tx);
}

void
vs_sim_engine_update(struct vs_sim_engine *engine, struct vs_framed_message *out)
{
	*out = (struct vs_framed_message){.type = VS_FRAMED_SUPPLY_UPDATE, .count = 3};
	out->fields[0] = vs_bytes_from_text(engine->identity);
	out->numbers[1] = engine->unsaid;
	out->numbers[2] = vs_framed_cost(engine->energy, engine->price);
	engine->unsaid = 0;
}

void
vs_sim_engine_end(const struct vs_sim_engine *engine, struct vs_framed_message *out)
{
	*out = (struct vs_framed_message){.type = VS_FRAMED_SUPPLY_END, .count = 5};
	out->fields[0] = vs_bytes_from_text(engine->identity);
	out->fields[1] = vs_bytes_from_text(engine->driver);
	out->numbers[2] = engine->energy;
	out->numbers[3] = vs_framed_cost(engine->energy, engine->price);
	out->fields[4] = vs_bytes_from_text(engine->tx);
}

vs_result
vs_sim_engine_restore(struct vs_sim_engine *engine, struct vs_bytes text)
{
	struct vs_framed_message message;

	VS_TRY(vs_framed_read(text, &message));
	if (message.type != VS_FRAMED_SUPPLY_END || message.count != 5 ||
	    !vs_bytes_equal_text(message.fields[0], engine->identity))
		return VS_FAIL(BAD_MESSAGE);
	(void)vs_bytes_copy_text(message.fields[1], engine->driver, sizeof(engine->driver));
	(void)vs_bytes_copy_text(message.fields[4], engine->tx, sizeof(engine->tx));
	engine->energy = engine->wanted = message.numbers[2];
	engine->unsaid = 0;
	engine->has_supply = true;
	engine->is_flowing = false;
	return VS_OK;
}
