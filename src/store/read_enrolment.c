/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/reader.h"

#define TEXT(column, member) vs_store_column_text(statement, column, member, sizeof(member))

struct enrolment_rows {
	bool (*row)(const struct vs_core_enrolment *, void *);
	void *arg;
};

static void
take_row(struct vs_store_statement *statement, struct vs_core_enrolment *row)
{
	struct vs_bytes token = vs_store_column_bytes(statement, 2);

	memset(row, 0, sizeof(*row));
	TEXT(0, row->tenant);
	TEXT(1, row->id);
	if (token.size == sizeof(row->token_sha256))
		memcpy(row->token_sha256, token.data, token.size);
	TEXT(3, row->identity);
	row->auth = (enum vs_core_auth)vs_store_column_number(statement, 4);
	row->uses_left = vs_store_column_number(statement, 5);
	row->created_ms = vs_store_column_number(statement, 6);
	row->expires_ms = vs_store_column_number(statement, 7);
}

static bool
list_row(struct vs_store_statement *statement, void *arg)
{
	const struct enrolment_rows *rows = arg;
	struct vs_core_enrolment row;

	take_row(statement, &row);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_enrolments(void *self, const char *tenant, const char *after, size_t limit,
                         bool (*row)(const struct vs_core_enrolment *, void *), void *arg)
{
	struct enrolment_rows rows = {row, arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(after),
	                                        vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_enrolments, values, 3, list_row, &rows);
}

struct one {
	struct vs_core_enrolment row;
	bool is_found;
};

static bool
one_row(struct vs_store_statement *statement, void *arg)
{
	struct one *one = arg;

	take_row(statement, &one->row);
	one->is_found = true;
	return false;
}

vs_result
vs_store_read_enrolment(void *self, const uint8_t token_sha256[static 32],
                        struct vs_core_enrolment *row_out)
{
	const struct vs_store_value value = vs_store_blob(token_sha256, 32);
	struct one one = {.is_found = false};

	VS_TRY(vs_store_read(self, VS_QUERY_read_enrolment, &value, 1, one_row, &one));
	if (!one.is_found)
		return VS_FAIL(NOT_FOUND);
	*row_out = one.row;
	return VS_OK;
}
