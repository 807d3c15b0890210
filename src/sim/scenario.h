/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of scenarios.def: what a simulated station does all day. Constant data. */
#pragma once

#include "base/bytes.h"
#include "sim/curve.h"

enum vs_sim_scenario_id {
#define VS_SCENARIO(name, curve, evses, idle, session, meter, all, link, up, down, fault, every,   \
                    help)                                                                          \
	VS_SIM_SCENARIO_##name,
#include "sim/scenarios.def"
#undef VS_SCENARIO
	VS_SIM_SCENARIO_COUNT
};

enum vs_sim_link_rule {
	VS_SIM_LINK_STEADY,
	VS_SIM_LINK_OFFLINE,  /* gone for a while, the station goes on */
	VS_SIM_LINK_FLAPPING, /* reset, and made again at once */
	VS_SIM_LINK_SLOW,     /* not read for a while */
	VS_SIM_LINK_STORM,    /* the station restarts */
};

enum vs_sim_fault_rule {
	VS_SIM_FAULT_NOTHING,
	VS_SIM_FAULT_CONNECTOR,
	VS_SIM_FAULT_BOTH, /* a connector, or the power of the whole station */
};

struct vs_sim_range {
	uint16_t min_s, max_s;
};

struct vs_sim_scenario {
	const char *name;
	enum vs_sim_curve_kind curve;
	uint8_t evses;
	struct vs_sim_range idle, session;
	uint16_t meter_s, all_meters_s;
	enum vs_sim_link_rule link;
	struct vs_sim_range up, down;
	enum vs_sim_fault_rule fault;
	uint16_t fault_s;
	const char *help;
};

#define VS_SIM_EVSES_MAX 4

const struct vs_sim_scenario *vs_sim_scenario(enum vs_sim_scenario_id id);
/* By name; '-' counts as '_'. NOT_FOUND. */
VS_RESULT vs_sim_scenario_find(const char *name, enum vs_sim_scenario_id *id_out);
/* What the index-th station of a fleet does: the same for all, except in `demo`. */
const struct vs_sim_scenario *vs_sim_scenario_for(enum vs_sim_scenario_id id, uint32_t index);
