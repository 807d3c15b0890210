/* SPDX-License-Identifier: Apache-2.0 */
/* The command line as a row of commands.def, its arguments and its options. Views of argv; nothing
 * is allocated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/result.h"

struct vs_cli;

#define VS_CLI_POSITIONALS 3

enum vs_cli_scope { VS_CLI_GLOBAL, VS_CLI_COMMAND };

struct vs_cli_option {
	const char *name;
	char letter;
	const char *value; /* NULL: a switch */
	enum vs_cli_scope scope;
	const char *help;
};
enum {
	VS_CLI_OPTION_COUNT = 0
#define VS_OPTION(name, letter, value, scope, help) +1
#include "cli/options.def"
#undef VS_OPTION
};
extern const struct vs_cli_option vs_cli_options[VS_CLI_OPTION_COUNT];

struct vs_cli_command {
	const char *noun, *verb;        /* verb "": none */
	int (*run)(struct vs_cli *cli); /* a sysexits code */
	const char *arguments, *options, *help, *example;
};
extern const struct vs_cli_command vs_cli_commands[];
extern const size_t vs_cli_command_count;

struct vs_cli_args {
	const struct vs_cli_command *command; /* NULL: none was given */
	const char *positionals[VS_CLI_POSITIONALS];
	size_t positional_count;
	const char *values[VS_CLI_OPTION_COUNT]; /* by the row of the option; NULL: not given, "": a
	                                            switch */
};

/* BAD_VALUE: `reason` says what is wrong, and what was probably meant. args->command is set when it
 * was understood, args->values always hold what was read so far. */
VS_RESULT vs_cli_args_parse(int argc, char *const *argv, struct vs_cli_args *args, char *reason,
                            size_t reason_size);
/* The value of an option by its long name; NULL when it was not given. */
const char *vs_cli_args_get(const struct vs_cli_args *args, const char *name);
bool vs_cli_command_takes(const struct vs_cli_command *command, const char *option_name);
