/* SPDX-License-Identifier: Apache-2.0 */
/* What can go in and out by the line: which members of which objects of the API. */
#pragma once

#include "cli/cli.h"

#define VS_CLI_COLUMNS_IN_OUT 12

struct vs_cli_member {
	const char *name; /* of the API's objects, and of the columns of a CSV file */
	enum { VS_CLI_MEMBER_TEXT, VS_CLI_MEMBER_TRUTH } type;
	bool is_in_only; /* a secret: it goes in and never comes out */
};
struct vs_cli_line_kind {
	const char *path, *shown; /* shown: the member of an answer that is shown once */
	struct vs_cli_member members[VS_CLI_COLUMNS_IN_OUT]; /* the first is the id */
};
extern const struct vs_cli_line_kind vs_cli_kind_station, vs_cli_kind_sensor;

size_t vs_cli_kind_count(const struct vs_cli_line_kind *kind);
/* Its place; vs_cli_kind_count(): there is none of that name. */
size_t vs_cli_kind_find(const struct vs_cli_line_kind *kind, struct vs_bytes name);
/* --format, else the file's own ending; 0, or a usage error was said. */
int vs_cli_kind_format(struct vs_cli *cli, const char *file, bool *is_csv_out);
