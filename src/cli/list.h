/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share: lists page by page, single things as a card, and bodies. */
#pragma once

#include "cli/cli.h"
#include "cli/table.h"

/* `path` without a query; query: "&name=value" pairs already escaped, or "". Follows the cursor
 * until limit rows, or
 * --limit. Returns the exit code. */
int vs_cli_list(struct vs_cli *cli, const char *path, const char *query, size_t limit,
                const struct vs_cli_column *columns);
/* The answer that was just got (or its member `key`, unless NULL) as a card, or as JSON. */
int vs_cli_show(struct vs_cli *cli, const char *key, const struct vs_cli_column *columns);
/* BASE/ID, and BASE/ID/TAIL when tail is not NULL. */
VS_RESULT vs_cli_path(struct vs_buf *path, const char *base, const char *id, const char *tail);
/* "&name=value" when the option was given, else nothing. */
VS_RESULT vs_cli_query(struct vs_buf *query, const struct vs_cli *cli, const char *option_name);
/* The buffers as C strings. */
const char *vs_cli_c_text(struct vs_buf *buf);
int vs_cli_no_memory(struct vs_cli *cli);
