/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the station cli->subject something and waiting for what comes of it. */
#pragma once

#include "cli/cli.h"

/* --timeout, or 30. Returns the exit code. */
int vs_cli_take_timeout(struct vs_cli *cli, unsigned *seconds_out);
/* Send the action and wait for its end; the command is the answer that was got last. */
int vs_cli_ask_station(struct vs_cli *cli, const char *action, struct vs_bytes payload,
                       unsigned timeout_s);
/* The command whose id the answer that was got last has: wait for its end. */
int vs_cli_wait_command(struct vs_cli *cli, unsigned timeout_s);
/* Of that answer: 0, or the exit code of a station that has refused or not answered. */
int vs_cli_judge_answer(struct vs_cli *cli);
