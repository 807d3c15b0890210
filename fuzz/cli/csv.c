/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a CSV file: each call goes on, fields lie within the room, lines only grow. */
#include <stdlib.h>

#include "cli/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_bytes rest = vs_bytes_from(data, size);
	struct vs_cli_csv_row row;
	size_t line = 0;

	vs_cli_csv_init(&row);
	for (;;) {
		size_t before = rest.size;
		vs_result r = vs_cli_csv_next(&row, &rest);

		if (r.code == VS_E_NOT_FOUND)
			break;
		if (rest.size >= before || row.line <= line)
			abort();
		line = row.line;
		for (size_t i = 0; r.code == VS_E_OK && i < row.count; i++)
			if (row.fields[i].size > row.room.size)
				abort();
	}
	if (rest.size != 0)
		abort();
	vs_cli_csv_done(&row);
	return 0;
}
