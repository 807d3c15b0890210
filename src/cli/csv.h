/* SPDX-License-Identifier: Apache-2.0 */
/* Comma-separated values (RFC 4180), line ends CR LF or LF. No I/O. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

#define VS_CLI_CSV_FIELDS 32

struct vs_cli_csv_row {
	struct vs_buf room; /* of the fields that follow; borrowed until the next row */
	struct vs_bytes fields[VS_CLI_CSV_FIELDS];
	size_t count;
	size_t line; /* where it begins, from 1 */
	size_t seen; /* line ends so far */
};

void vs_cli_csv_init(struct vs_cli_csv_row *row);
void vs_cli_csv_done(struct vs_cli_csv_row *row); /* wipes: there may be passwords in it */
/* The next row of *rest, which moves on. NOT_FOUND: there is none. BAD_MESSAGE: a quote that does
 * not end, or something behind it; TOO_LONG: too many fields or bytes. After these *rest stands
 * behind the line. Empty lines are left out. */
VS_RESULT vs_cli_csv_next(struct vs_cli_csv_row *row, struct vs_bytes *rest);
