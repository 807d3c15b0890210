/* SPDX-License-Identifier: Apache-2.0 */
/*
 * voltseal: what a person or a script asks of a running daemon, over its REST API.
 *
 * commands.def lists the commands, options.def the options; each command is a function
 * vs_cli_run_<handler>. What it prints for people are tables, with --output json it is what the API
 * answered. Errors go to stderr and say what, where, why, the way out and the stable code; the exit
 * code is of sysexits.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cli/args.h"
#include "cli/connection.h"
#include "wire/json.h"

#define VS_CLI_BODY_SIZE (16u << 20)

struct vs_cli {
	struct vs_cli_args args;
	struct vs_cli_connection connection; /* loaded by the first request */
	bool is_json, is_quiet;
	bool is_trying; /* what fails now is tried again: nothing is said yet */
	int64_t now_ms;
	struct vs_buf out;        /* to stdout at the end, or when vs_cli_flush is called */
	struct vs_buf body;       /* of the last answer */
	struct vs_json_tape tape; /* of the last answer */
	const char *subject;      /* what the command is about, for errors */
	void *transport;          /* of http.c: connections are used again */
};

/* The whole program. */
int vs_cli_main(int argc, char *const *argv);

void vs_cli_flush(struct vs_cli *cli);
const char *vs_cli_option(const struct vs_cli *cli, const char *name); /* NULL: not given */

/* The commands. Each returns a sysexits code. */
#define VS_COMMAND(noun, verb, handler, arguments, options, help, example)                         \
	int vs_cli_run_##handler(struct vs_cli *cli);
#include "cli/commands.def"
#undef VS_COMMAND
