/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine of a simulated charge point of the framed network does: a pure machine, seconds
 * and messages in, messages out. What has been delivered is never lost: at every moment it can say
 * the SUPPLY_END that would be reported if it stopped now, to be written down by whoever runs it.
 */
#pragma once

#include "framed/message.h"

#define VS_SIM_ENGINE_NAME 49

struct vs_sim_engine {
	char identity[VS_SIM_ENGINE_NAME];
	int64_t power_w, price; /* price: millionths for a kWh */
	bool is_stopped;        /* STOP_COMMAND */
	bool is_ko;             /* it is said not to be well */
	bool has_supply, is_flowing;
	char driver[VS_SIM_ENGINE_NAME], tx[VS_SIM_ENGINE_NAME];
	int64_t energy, wanted, unsaid; /* millionths of a kWh; unsaid: not in an update yet */
};

/* Each answers whether a charge began or ended: then say and save what changed. */
bool vs_sim_engine_heard(struct vs_sim_engine *engine, const struct vs_framed_message *message);
bool vs_sim_engine_second(struct vs_sim_engine *engine, uint64_t elapsed_ms);
/* It was acknowledged on disk: forget it. */
void vs_sim_engine_forget(struct vs_sim_engine *engine);

/* The messages of its state; fields point into the engine. */
void vs_sim_engine_start(const struct vs_sim_engine *engine, struct vs_framed_message *out);
void vs_sim_engine_update(struct vs_sim_engine *engine, struct vs_framed_message *out);
void vs_sim_engine_end(const struct vs_sim_engine *engine, struct vs_framed_message *out);
/* What was written down: a charge that is over. BAD_MESSAGE: not of this charge point. */
VS_RESULT vs_sim_engine_restore(struct vs_sim_engine *engine, struct vs_bytes text);
