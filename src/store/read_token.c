/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/reader.h"

#define TEXT(column, member) vs_store_column_text(statement, column, member, sizeof(member))

struct token_rows {
	const struct vs_store_seal *seal;
	vs_result result;
	bool (*row)(const struct vs_core_token_row *, void *);
	void *arg;
};

static vs_result
decode_token(const struct vs_store_seal *seal, struct vs_store_statement *statement,
             struct vs_core_token_row *row)
{
	struct vs_store_row place;

	memset(row, 0, sizeof(*row));
	(void)snprintf(row->cursor, sizeof(row->cursor), "%" PRId64,
	               vs_store_column_number(statement, 0));
	TEXT(1, row->tenant);
	TEXT(4, row->type);
	TEXT(5, row->status);
	row->expires_ms = vs_store_column_number(statement, 7);
	vs_store_row_begin(&place);
	vs_store_row_bytes(&place, vs_store_column_bytes(statement, 2));
	VS_TRY(vs_store_open_text(seal, VS_STORE_CELL_token_token, row->tenant, &place,
	                          vs_store_column_bytes(statement, 3), row->token,
	                          sizeof(row->token), &row->reading));
	return vs_store_open_text(seal, VS_STORE_CELL_token_group_id, row->tenant, &place,
	                          vs_store_column_bytes(statement, 6), row->group,
	                          sizeof(row->group), &row->reading);
}

static bool
token_row(struct vs_store_statement *statement, void *arg)
{
	struct token_rows *rows = arg;
	struct vs_core_token_row row;

	rows->result = decode_token(rows->seal, statement, &row);
	return rows->result.code == VS_E_OK && rows->row(&row, rows->arg);
}

/* Decimal digits only, as decode_token writes them. */
static vs_result
cursor_read(const char *after, int64_t *id_out)
{
	char *end = NULL;
	long long id = 0;

	if (after[0] != '\0') {
		id = strtoll(after, &end, 10);
		if (after[0] < '0' || after[0] > '9' || *end != '\0' ||
		    strlen(after) >= VS_CORE_CURSOR_SIZE)
			return VS_FAIL(BAD_VALUE);
	}
	*id_out = id;
	return VS_OK;
}

vs_result
vs_store_read_tokens(void *self, const char *tenant, const char *after, size_t limit,
                     bool (*row)(const struct vs_core_token_row *, void *), void *arg)
{
	struct token_rows rows = {vs_store_readers_seal(self), VS_OK, row, arg};
	int64_t after_id = 0;

	VS_TRY(cursor_read(after, &after_id));
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_number(after_id),
	                                        vs_store_number((int64_t)limit)};

	VS_TRY(vs_store_read(self, VS_QUERY_read_tokens, values, 3, token_row, &rows));
	return rows.result;
}
