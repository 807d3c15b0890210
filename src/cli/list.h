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
/* The same of `path`, filtered by --station and --active when these were given. */
int vs_cli_list_filtered(struct vs_cli *cli, const char *path, size_t limit,
                         const struct vs_cli_column *columns);
/* The answer that was just got (or its member `key`, unless NULL) as a card, or as JSON. */
int vs_cli_show(struct vs_cli *cli, const char *key, const struct vs_cli_column *columns);
/* BASE/ID, and BASE/ID/TAIL when tail is not NULL. */
VS_RESULT vs_cli_path(struct vs_buf *path, const char *base, const char *id, const char *tail);
/* A request about that; body empty: none. Returns the exit code. */
int vs_cli_ask(struct vs_cli *cli, const char *method, const char *base, const char *id,
               const char *tail, struct vs_bytes body);
/* "&name=value" when the option was given, else nothing; "&name=true" when it is a switch. */
VS_RESULT vs_cli_query(struct vs_buf *query, const struct vs_cli *cli, const char *option_name);
VS_RESULT vs_cli_query_switch(struct vs_buf *query, const struct vs_cli *cli,
                              const char *option_name);
/* The option as a text member of an open object, when it was given. */
void vs_cli_write_option(const struct vs_cli *cli, struct vs_json_writer *writer,
                         const char *option_name, const char *member);
/* A line "SUBJECT what" for people. Returns the exit code. */
int vs_cli_say(struct vs_cli *cli, const char *what);
/* The buffers as C strings. */
const char *vs_cli_c_text(struct vs_buf *buf);
int vs_cli_no_memory(struct vs_cli *cli);
