/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/scenario.h"

#include <assert.h>

#define RANGE(min, max)                                                                            \
	{                                                                                          \
		min, max                                                                           \
	}
static const struct vs_sim_scenario rows[] = {
#define VS_SCENARIO(name, curve, evses, idle, session, meter, all, link, up, down, fault, every,   \
                    help)                                                                          \
	[VS_SIM_SCENARIO_##name] = {                                                               \
	    #name, VS_SIM_CURVE_##curve, evses, idle, session, meter, all, VS_SIM_LINK_##link, up, \
	    down,  VS_SIM_FAULT_##fault, every, help},
#include "sim/scenarios.def"
#undef VS_SCENARIO
};
#undef RANGE

#define VS_SCENARIO(name, curve, evses, idle, session, meter, all, link, up, down, fault, every,   \
                    help)                                                                          \
	_Static_assert((evses) >= 1 && (evses) <= VS_SIM_EVSES_MAX, #name ": too many EVSEs");
#include "sim/scenarios.def"
#undef VS_SCENARIO

static const enum vs_sim_scenario_id demo_turn[] = {
    VS_SIM_SCENARIO_home,   VS_SIM_SCENARIO_fast,    VS_SIM_SCENARIO_depot,
    VS_SIM_SCENARIO_faulty, VS_SIM_SCENARIO_carpark,
};

const struct vs_sim_scenario *
vs_sim_scenario(enum vs_sim_scenario_id id)
{
	assert(id < VS_SIM_SCENARIO_COUNT);
	return &rows[id];
}

static bool
is_name(const char *name, const char *wanted)
{
	for (; *name != 0 && *wanted != 0; name++, wanted++)
		if (*name != *wanted && !(*name == '_' && *wanted == '-'))
			return false;
	return *name == *wanted;
}

VS_RESULT
vs_sim_scenario_find(const char *name, enum vs_sim_scenario_id *id_out)
{
	for (unsigned i = 0; i < VS_SIM_SCENARIO_COUNT; i++) {
		if (is_name(rows[i].name, name)) {
			*id_out = (enum vs_sim_scenario_id)i;
			return VS_OK;
		}
	}
	return VS_FAIL(NOT_FOUND);
}

const struct vs_sim_scenario *
vs_sim_scenario_for(enum vs_sim_scenario_id id, uint32_t index)
{
	if (id == VS_SIM_SCENARIO_demo)
		id = demo_turn[index % (sizeof(demo_turn) / sizeof(demo_turn[0]))];
	return vs_sim_scenario(id);
}
