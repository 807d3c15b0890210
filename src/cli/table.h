/* SPDX-License-Identifier: Apache-2.0 */
/* JSON objects as what people read: aligned columns, or one member per line; times and energies in
 * human form. */
#pragma once

#include "base/bytes.h"
#include "wire/json.h"

enum vs_cli_kind {
	VS_CLI_TEXT,
	VS_CLI_NUMBER,
	VS_CLI_TIME, /* "2026-11-20 13:38:25" UTC */
	VS_CLI_AGO,  /* "3 min ago" */
	VS_CLI_YES,  /* yes or no */
	/* Numbers with a unit; the last is SPAN. */
	VS_CLI_ENERGY, /* Wh as "12.34 kWh" */
	VS_CLI_POWER,  /* W as "7.20 kW" */
	VS_CLI_PERCENT,
	VS_CLI_PERMILLE, /* as "4 %" */
	VS_CLI_BYTES,    /* as "34 MiB" */
	VS_CLI_SPAN,     /* seconds as "12 h" */
	VS_CLI_JSON,     /* as it is */
	VS_CLI_ERROR     /* {"code","text"} as one text */
};

struct vs_cli_column {
	const char *title; /* NULL ends the columns */
	const char *key;
	enum vs_cli_kind kind;
};

#define VS_CLI_CELL_SIZE   512u
#define VS_CLI_COLUMNS_MAX 12u

/* One value as text; "-" when it is missing or null. Control characters become '?': what a station
 * says must not move the cursor of whoever looks. */
void vs_cli_cell(const struct vs_json_tape *tape, const struct vs_json_node *value,
                 enum vs_cli_kind kind, int64_t now_ms, char text[static VS_CLI_CELL_SIZE]);
/* The items of an array as rows. widths: zero before the first page, kept from page to page. */
VS_RESULT vs_cli_table(struct vs_buf *out, const struct vs_json_tape *tape,
                       const struct vs_json_node *items, const struct vs_cli_column *columns,
                       bool has_titles, int64_t now_ms, size_t widths[static VS_CLI_COLUMNS_MAX]);
/* One object: a line "title  value" for each column. */
VS_RESULT vs_cli_card(struct vs_buf *out, const struct vs_json_tape *tape,
                      const struct vs_json_node *object, const struct vs_cli_column *columns,
                      int64_t now_ms);
