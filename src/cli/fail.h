/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong, for a person: what, where, why, the way out (hints.def), the stable code. And
 * for a script: sysexits. */
#pragma once

#include "cli/cli.h"

/* Both print to stderr and return the exit code. */
int vs_cli_fail(struct vs_cli *cli, enum vs_err err, const char *why);
/* The problem+json in cli->tape, or what the HTTP status says when there is none. */
int vs_cli_fail_problem(struct vs_cli *cli, long http_status);
/* The command line is wrong: 64. */
int vs_cli_fail_usage(struct vs_cli *cli, const char *why);

/* The text without printing it. `code` is the stable one, e.g. 1211. */
VS_RESULT vs_cli_fail_text(struct vs_buf *out, const struct vs_cli *cli, int code, const char *why);
int vs_cli_fail_exit(int code); /* without a row: 65 when it is about data, else 70 */
