/* SPDX-License-Identifier: Apache-2.0 */
/* Help texts, printed from commands.def and options.def. */
#pragma once

#include "base/bytes.h"
#include "cli/args.h"

VS_RESULT vs_cli_help_all(struct vs_buf *out);
VS_RESULT vs_cli_help_command(struct vs_buf *out, const struct vs_cli_command *command);
