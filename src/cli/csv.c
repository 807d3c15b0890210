/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/csv.h"

#include <string.h>

#define ROW_SIZE_MAX 65536

void
vs_cli_csv_init(struct vs_cli_csv_row *row)
{
	*row = (struct vs_cli_csv_row){.line = 0};
	vs_buf_init(&row->room, ROW_SIZE_MAX);
}

void
vs_cli_csv_done(struct vs_cli_csv_row *row)
{
	if (row->room.data != NULL)
		explicit_bzero(row->room.data, row->room.capacity);
	vs_buf_done(&row->room);
}

static bool
is_end(struct vs_bytes rest)
{
	return rest.size == 0 || rest.data[0] == '\n' ||
	       (rest.data[0] == '\r' && (rest.size == 1 || rest.data[1] == '\n'));
}

static void
move(struct vs_bytes *rest, size_t size)
{
	*rest = vs_bytes_from(rest->data + size, rest->size - size);
}

/* Behind the quote that ends it; line ends within are counted. */
static vs_result
quoted_read(struct vs_cli_csv_row *row, struct vs_bytes *rest, size_t *lines)
{
	move(rest, 1);
	while (rest->size > 0) {
		uint8_t byte = rest->data[0];

		move(rest, 1);
		if (byte == '"') {
			if (rest->size == 0 || rest->data[0] != '"')
				return is_end(*rest) || rest->data[0] == ',' ? VS_OK
				                                             : VS_FAIL(BAD_MESSAGE);
			move(rest, 1);
		}
		*lines += byte == '\n';
		VS_TRY(vs_buf_append_byte(&row->room, byte));
	}
	return VS_FAIL(BAD_MESSAGE);
}

static vs_result
field_read(struct vs_cli_csv_row *row, struct vs_bytes *rest, size_t *lines)
{
	if (rest->size > 0 && rest->data[0] == '"')
		return quoted_read(row, rest, lines);
	while (!is_end(*rest) && rest->data[0] != ',') {
		if (rest->data[0] == '"')
			return VS_FAIL(BAD_MESSAGE);
		VS_TRY(vs_buf_append_byte(&row->room, rest->data[0]));
		move(rest, 1);
	}
	return VS_OK;
}

/* To the start of the next line. */
static void
line_skip(struct vs_bytes *rest, size_t *lines)
{
	const uint8_t *end = rest->size == 0 ? NULL : memchr(rest->data, '\n', rest->size);

	*lines += end != NULL;
	move(rest, end == NULL ? rest->size : (size_t)(end - rest->data) + 1);
}

static vs_result
row_read(struct vs_cli_csv_row *row, struct vs_bytes *rest, size_t *lines)
{
	size_t ends[VS_CLI_CSV_FIELDS], begin = 0;

	for (;;) {
		if (row->count == VS_CLI_CSV_FIELDS)
			return VS_FAIL(TOO_LONG);
		VS_TRY(field_read(row, rest, lines));
		ends[row->count++] = row->room.size;
		if (rest->size == 0 || rest->data[0] != ',')
			break;
		move(rest, 1);
	}
	for (size_t i = 0; i < row->count; i++) {
		row->fields[i] = ends[i] == begin
		                     ? (struct vs_bytes){NULL, 0}
		                     : vs_bytes_from(row->room.data + begin, ends[i] - begin);
		begin = ends[i];
	}
	return VS_OK;
}

vs_result
vs_cli_csv_next(struct vs_cli_csv_row *row, struct vs_bytes *rest)
{
	vs_result r;

	vs_buf_reset(&row->room);
	row->count = 0;
	while (rest->size > 0 && is_end(*rest))
		line_skip(rest, &row->seen);
	if (rest->size == 0)
		return VS_FAIL(NOT_FOUND);
	row->line = row->seen + 1;
	r = row_read(row, rest, &row->seen);
	line_skip(rest, &row->seen);
	return r;
}
