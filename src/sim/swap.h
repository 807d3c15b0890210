/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The batteries of a simulated station that swaps them (OCPP 2.1 block S). Each EVSE is a slot; one
 * slot is empty, where the next battery is put in, and a charged one is then given out of another.
 * What stands there is charged meanwhile. Pure: time is an argument.
 */
#pragma once

#include "sim/auth.h"

enum { VS_SIM_BATTERY_SERIAL_SIZE = 24, VS_SIM_BATTERY_TYPE_SIZE = 81 };

struct vs_sim_battery {
	unsigned slot;
	uint32_t number; /* 0: the slot is empty */
	double soc_percent, soh_percent;
	uint64_t charged_ms; /* soc_percent is of then */
};

enum vs_sim_swap_stage { VS_SIM_SWAP_NONE, VS_SIM_SWAP_ASKED, VS_SIM_SWAP_TAKEN };

struct vs_sim_swap {
	struct vs_sim_battery *slots; /* NULL while nobody has asked */
	unsigned slot_count;
	uint32_t made;
	enum vs_sim_swap_stage stage;
	uint64_t due_ms;
	int64_t request_id;
	char token[VS_SIM_TOKEN_SIZE], token_type[VS_SIM_BATTERY_TYPE_SIZE];
};

void vs_sim_swap_done(struct vs_sim_swap *swap);
/* The token and the number of the request are set by the caller on OK. BUSY: another one is under
 * way, or no battery is charged; NO_MEMORY. */
VS_RESULT vs_sim_swap_begin(struct vs_sim_swap *swap, unsigned slots, uint64_t now_ms);
/* The next step when it is due: *battery_out was put in (true) or given out (false). */
bool vs_sim_swap_step(struct vs_sim_swap *swap, uint64_t now_ms, bool *is_in_out,
                      struct vs_sim_battery *battery_out);
void vs_sim_battery_serial(const struct vs_sim_battery *battery,
                           char text[static VS_SIM_BATTERY_SERIAL_SIZE]);
