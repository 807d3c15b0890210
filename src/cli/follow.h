/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of the daemon, printed as it comes until it is interrupted: rows, or JSON lines. */
#pragma once

#include "cli/cli.h"
#include "cli/table.h"

/* station: only what is about it; NULL: all. Returns the exit code. */
int vs_cli_follow(struct vs_cli *cli, const char *path, const struct vs_cli_column *columns,
                  const char *station);
