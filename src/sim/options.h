/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of voltseal-sim: subcommands.def and options.def, read strictly and printed as
 * help. */
#pragma once

#include <stdio.h>

#include "base/bytes.h"

enum vs_sim_subcommand {
#define VS_SIM_SUBCOMMAND(id, name, usage, help) VS_SIM_SUBCOMMAND_##id,
#include "sim/subcommands.def"
#undef VS_SIM_SUBCOMMAND
	VS_SIM_SUBCOMMAND_COUNT
};

enum vs_sim_option {
#define VS_SIM_OPTION(id, spelling, type, subcommands, value, preset, min, max, help)              \
	VS_SIM_OPTION_##id,
#include "sim/options.def"
#undef VS_SIM_OPTION
	VS_SIM_OPTION_COUNT
};

struct vs_sim_options {
	enum vs_sim_subcommand subcommand;
	bool is_help;       /* only help is wanted */
	const char *attack; /* NAME or "all"; NULL: not given */
	const char
	    *text[VS_SIM_OPTION_COUNT]; /* borrowed from argv; NULL: not given and no preset */
	uint32_t number[VS_SIM_OPTION_COUNT]; /* of NUMBER */
	bool is_set[VS_SIM_OPTION_COUNT];     /* of SWITCH, and of what was given */
};

/* CONFIG: `reason` says what is wrong and what would be right. `--name VALUE` and `--name=VALUE`.
 */
VS_RESULT vs_sim_options_parse(int argc, char *const *argv, char *reason, size_t reason_size,
                               struct vs_sim_options *options_out);
void vs_sim_options_help_subcommand(FILE *stream, enum vs_sim_subcommand subcommand);
