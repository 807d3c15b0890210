/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the daemon, one row of options.def each, read from the command line: --name VALUE or
 * --name=VALUE. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"

enum vs_daemon_option {
#define VS_OPTION(name, type, preset, min, max, help) VS_OPTION_##name,
#include "daemon/options.def"
#undef VS_OPTION
	VS_OPTION_COUNT
};

struct vs_daemon_options {
	const char *text[VS_OPTION_COUNT]; /* borrowed from argv or the table */
	int64_t number[VS_OPTION_COUNT];   /* of NUMBER and SWITCH rows */
};

/* CONFIG: `reason` says which option is wrong, why, and what would be right. */
VS_RESULT vs_daemon_options_parse(int argc, char *const *argv, char *reason, size_t reason_size,
                                  struct vs_daemon_options *options_out);
void vs_daemon_options_help(FILE *stream);
