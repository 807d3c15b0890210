/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A running daemon's audit log as a folder here, so that whoever is away from the machine reads it
 * by the same code as from its disk. Full tiles are fetched once; nothing that comes is believed
 * before somebody verifies the folder.
 */
#pragma once

#include "base/file.h"
#include "cli/cli.h"

/* The folder that a command looks into. */
struct vs_cli_audit_place {
	char dir[VS_PATH_SIZE];
	bool is_mirror; /* made for this command */
};
/* `given`: the folder that was named; NULL: a mirror of the daemon's log, in a new folder of
 * $TMPDIR. Returns the exit code; _done in any case. */
int vs_cli_audit_place_open(struct vs_cli *cli, const char *given,
                            struct vs_cli_audit_place *place);
void vs_cli_audit_place_done(struct vs_cli_audit_place *place);
