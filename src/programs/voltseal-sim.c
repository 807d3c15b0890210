/* SPDX-License-Identifier: Apache-2.0 */
/* voltseal-sim: the device side: stations, charge points, drivers, sensors. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "crypto/memory.h"
#include "sim/attack.h"
#include "sim/fleet.h"
#include "sim/framed_run.h"
#include "sim/provision.h"
#include "sim/scenario.h"
#include "sim/sensor_run.h"

static int
list_scenarios(void)
{
	for (unsigned i = 0; i < VS_SIM_SCENARIO_COUNT; i++) {
		const struct vs_sim_scenario *row = vs_sim_scenario((enum vs_sim_scenario_id)i);

		(void)fprintf(stdout, "%-11s %s\n", row->name, row->help);
	}
	return EX_OK;
}

int
main(int argc, char **argv)
{
	struct vs_sim_options options;
	char reason[256];

	if (vs_crypto_memory_install().code != VS_E_OK)
		return EX_SOFTWARE;
	if (argc == 2 && (strcmp(argv[1], "version") == 0 || strcmp(argv[1], "--version") == 0)) {
		(void)fprintf(stdout, "voltseal-sim %s\n", VS_VERSION);
		return EX_OK;
	}
	if (vs_sim_options_parse(argc, argv, reason, sizeof(reason), &options).code != VS_E_OK) {
		(void)fprintf(stderr, "voltseal-sim: %s\n", reason);
		return EX_USAGE;
	}
	if (options.is_help) {
		vs_sim_options_help_subcommand(stdout, options.subcommand);
		return EX_OK;
	}
	switch (options.subcommand) {
	case VS_SIM_SUBCOMMAND_SCENARIOS:
		return list_scenarios();
	case VS_SIM_SUBCOMMAND_STATION:
	case VS_SIM_SUBCOMMAND_FLEET:
		return vs_sim_fleet_run(&options);
	case VS_SIM_SUBCOMMAND_PROVISION:
		return vs_sim_provision_run(&options);
	case VS_SIM_SUBCOMMAND_ATTACK:
		return vs_sim_attack_run(&options);
	case VS_SIM_SUBCOMMAND_ATTACKS:
		vs_sim_attack_list(stdout);
		return EX_OK;
	case VS_SIM_SUBCOMMAND_CHARGE:
		return vs_sim_framed_charge(&options);
	case VS_SIM_SUBCOMMAND_MONITOR:
		return vs_sim_framed_monitor(&options);
	case VS_SIM_SUBCOMMAND_ENGINE:
		return vs_sim_framed_supply(&options);
	case VS_SIM_SUBCOMMAND_DRIVER:
		return vs_sim_framed_driver(&options);
	case VS_SIM_SUBCOMMAND_SENSOR:
		return vs_sim_sensor_run(&options);
	case VS_SIM_SUBCOMMAND_COUNT:
		break;
	}
	return EX_USAGE;
}
