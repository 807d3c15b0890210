/* SPDX-License-Identifier: Apache-2.0 */
/* What station add and station set share. */
#pragma once

#include "cli/cli.h"

/* The options that are members of a station's policy, by the same names; NULL ends them. */
extern const char *const vs_cli_policy_options[];
/* Members of an open object, one for each of these options that was given. */
void vs_cli_put_options(struct vs_json_writer *writer, const struct vs_cli *cli,
                        const char *const *options);
