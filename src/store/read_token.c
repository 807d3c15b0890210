/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>
#include <string.h>

#include "store/reader.h"

#define TEXT(column, member) vs_store_column_text(statement, column, member, sizeof(member))

struct token_rows {
	bool (*row)(const struct vs_core_token_row *, void *);
	void *arg;
};

static bool
token_row(sqlite3_stmt *statement, void *arg)
{
	const struct token_rows *rows = arg;
	struct vs_core_token_row row;

	memset(&row, 0, sizeof(row));
	TEXT(0, row.tenant);
	TEXT(1, row.token);
	TEXT(2, row.type);
	TEXT(3, row.status);
	TEXT(4, row.group);
	row.expires_ms = vs_store_column_number(statement, 5);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_tokens(void *self, const char *tenant, const char *after, size_t limit,
                     bool (*row)(const struct vs_core_token_row *, void *), void *arg)
{
	struct token_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(after),
	                                        vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_tokens, values, 3, token_row, &rows);
}
