/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/scenario.h"

#include "test.h"

static void
test_rows_make_sense(void)
{
	for (unsigned i = 0; i < VS_SIM_SCENARIO_COUNT; i++) {
		const struct vs_sim_scenario *row = vs_sim_scenario((enum vs_sim_scenario_id)i);
		enum vs_sim_scenario_id found;

		CHECK_OK(vs_sim_scenario_find(row->name, &found));
		CHECK(found == i);
		CHECK(row->help[0] != 0 && row->meter_s > 0 && row->session.min_s > 0);
		CHECK(row->idle.min_s <= row->idle.max_s &&
		      row->session.min_s <= row->session.max_s);
		CHECK(row->up.min_s <= row->up.max_s && row->down.min_s <= row->down.max_s);
		CHECK((row->link == VS_SIM_LINK_STEADY) == (row->up.max_s == 0));
		CHECK((row->fault == VS_SIM_FAULT_NOTHING) == (row->fault_s == 0));
	}
}

static void
test_names(void)
{
	enum vs_sim_scenario_id found = VS_SIM_SCENARIO_busy;

	CHECK_OK(vs_sim_scenario_find("boot-storm", &found));
	CHECK(found == VS_SIM_SCENARIO_boot_storm);
	CHECK_OK(vs_sim_scenario_find("boot_storm", &found));
	CHECK_ERR(vs_sim_scenario_find("", &found), NOT_FOUND);
	CHECK_ERR(vs_sim_scenario_find("boot", &found), NOT_FOUND);
	CHECK_ERR(vs_sim_scenario_find("boot_storms", &found), NOT_FOUND);
	CHECK(found == VS_SIM_SCENARIO_boot_storm); /* untouched on failure */
}

static void
test_demo_takes_turns(void)
{
	const char *names[] = {"home", "fast", "depot", "faulty", "carpark", "home"};

	for (uint32_t i = 0; i < 6; i++)
		CHECK(strcmp(vs_sim_scenario_for(VS_SIM_SCENARIO_demo, i)->name, names[i]) == 0);
	CHECK(vs_sim_scenario_for(VS_SIM_SCENARIO_busy, 3) ==
	      vs_sim_scenario(VS_SIM_SCENARIO_busy));
}

int
main(void)
{
	CASE(test_rows_make_sense);
	CASE(test_names);
	CASE(test_demo_takes_turns);
	return 0;
}
