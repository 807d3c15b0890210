/* SPDX-License-Identifier: Apache-2.0 */
/* COPY ... (FORMAT binary): the rows as SQLite gives them, in the form that the server keeps. */
#include <assert.h>
#include <string.h>

#include "store/copy_inside.h"

#define BUFFER_SIZE_MAX (256u << 20)
#define BUFFER_FULL     (256u << 10)

static void
put_be(uint8_t *at, uint64_t number, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(number >> 8 * (size - 1 - i));
}

static vs_result
add_be(struct vs_buf *out, uint64_t number, unsigned size)
{
	uint8_t bytes[8];

	put_be(bytes, number, size);
	return vs_buf_append(out, bytes, size);
}

/* Its size (-1: NULL), then its bytes. STRICT tables hold what their columns say. */
static vs_result
add_value(struct vs_buf *out, sqlite3_stmt *row, int column)
{
	const void *data;
	int size;

	switch (sqlite3_column_type(row, column)) {
	case SQLITE_NULL:
		return add_be(out, UINT32_MAX, 4);
	case SQLITE_INTEGER:
		VS_TRY(add_be(out, 8, 4));
		return add_be(out, (uint64_t)sqlite3_column_int64(row, column), 8);
	case SQLITE_TEXT:
	case SQLITE_BLOB:
		data = sqlite3_column_blob(row, column);
		size = sqlite3_column_bytes(row, column);
		VS_TRY(add_be(out, (uint64_t)size, 4));
		return size == 0 ? VS_OK : vs_buf_append(out, data, (size_t)size);
	default:
		return VS_FAIL(BAD_VALUE);
	}
}

static vs_result
send(const struct vs_store_copy_side *side, struct vs_buf *out)
{
	if (out->size > 0 &&
	    PQputCopyData(side->pg->conn, (const char *)out->data, (int)out->size) != 1)
		return VS_FAIL(IO);
	vs_buf_reset(out);
	return VS_OK;
}

static vs_result
send_rows(const struct vs_store_copy_side *side, const struct vs_store_copy_table *table,
          sqlite3_stmt *row, struct vs_buf *out)
{
	const struct vs_store_copy *copy = side->copy;
	int64_t done = 0;
	int rc;

	VS_TRY(vs_buf_append(out, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19));
	while ((rc = sqlite3_step(row)) == SQLITE_ROW) {
		VS_TRY(add_be(out, table->column_count, 2));
		for (size_t i = 0; i < table->column_count; i++)
			VS_TRY(add_value(out, row, (int)i));
		if (out->size >= BUFFER_FULL)
			VS_TRY(send(side, out));
		if (++done % VS_STORE_COPY_PROGRESS == 0 && copy->progress != NULL)
			copy->progress(copy->progress_arg, table->name, false, done, table->rows);
	}
	if (rc != SQLITE_DONE)
		return VS_FAIL(IO);
	VS_TRY(add_be(out, UINT16_MAX, 2));
	return send(side, out);
}

/* What the server says to all of it. */
static vs_result
end_copy(const struct vs_store_copy_side *side, const struct vs_store_copy_table *table,
         vs_result sent)
{
	int ended = PQputCopyEnd(side->pg->conn, sent.code == VS_E_OK ? NULL : "it cannot be read");
	vs_result r = sent;
	PGresult *result;

	if (ended != 1 && r.code == VS_E_OK)
		r = VS_FAIL(IO);
	while ((result = PQgetResult(side->pg->conn)) != NULL) {
		if (PQresultStatus(result) != PGRES_COMMAND_OK) {
			char words[160];

			vs_store_pg_reason(PQresultErrorMessage(result), words, sizeof(words));
			r = vs_store_copy_fail(side, VS_FAIL(IO), table->name, words);
		}
		PQclear(result);
	}
	return r;
}

static vs_result
begin_copy(const struct vs_store_copy_side *side, const struct vs_store_copy_table *table)
{
	struct vs_buf sql;
	vs_result r;

	vs_buf_init(&sql, VS_STORE_COPY_SQL);
	r = vs_buf_printf(&sql, "COPY %s.\"%s\"(", table->schema, table->name);
	if (r.code == VS_E_OK)
		r = vs_store_copy_names(table, false, &sql);
	if (r.code == VS_E_OK)
		r = vs_buf_append(&sql, ") FROM STDIN (FORMAT binary)", 29);
	if (r.code == VS_E_OK) {
		PGresult *result = PQexec(side->pg->conn, (const char *)sql.data);

		if (PQresultStatus(result) != PGRES_COPY_IN)
			r = vs_store_copy_fail(side, VS_FAIL(IO), table->name,
			                       PQerrorMessage(side->pg->conn));
		PQclear(result);
	}
	vs_buf_done(&sql);
	return r;
}

vs_result
vs_store_copy_rows(const struct vs_store_copy_side *side, const struct vs_store_copy_table *table)
{
	sqlite3_stmt *row = NULL;
	struct vs_buf text;
	vs_result r;

	assert(side != NULL && table != NULL);
	vs_buf_init(&text, BUFFER_SIZE_MAX);
	r = vs_store_copy_select(table, NULL, &text);
	if (r.code == VS_E_OK &&
	    sqlite3_prepare_v2(side->sqlite, (const char *)text.data, -1, &row, NULL) != SQLITE_OK)
		r = vs_store_copy_fail(side, VS_FAIL(IO), table->name,
		                       sqlite3_errmsg(side->sqlite));
	vs_buf_reset(&text);
	if (r.code == VS_E_OK)
		r = begin_copy(side, table);
	if (r.code == VS_E_OK)
		r = end_copy(side, table, send_rows(side, table, row, &text));
	(void)sqlite3_finalize(row);
	vs_buf_done(&text);
	return r;
}
