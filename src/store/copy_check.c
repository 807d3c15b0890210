/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides in the order of the key, which is the same on both: texts in that of their bytes. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "store/copy_inside.h"

#define KEY_SIZE     256u /* of the words about a row */
#define KEY_HEX      8u   /* bytes of a blob within them */
#define NUMBER_BYTES 8u

/* The rows of PostgreSQL, some at a time, in binary form. */
struct cursor {
	const struct vs_store_copy_side *side;
	const struct vs_store_copy_table *table;
	PGresult *rows;
	int at;
};

static vs_result
fetch(struct cursor *cursor)
{
	char sql[64];

	PQclear(cursor->rows);
	(void)snprintf(sql, sizeof(sql), "FETCH %d FROM copied", VS_STORE_COPY_AT_ONCE);
	cursor->rows = PQexec(cursor->side->pg->conn, sql);
	cursor->at = 0;
	if (PQresultStatus(cursor->rows) == PGRES_TUPLES_OK)
		return VS_OK;
	return vs_store_copy_fail(cursor->side, VS_FAIL(IO), cursor->table->name,
	                          PQerrorMessage(cursor->side->pg->conn));
}

static vs_result
next(struct cursor *cursor, bool *has_row_out)
{
	if (cursor->rows != NULL)
		cursor->at++;
	if (cursor->rows == NULL || (cursor->at == PQntuples(cursor->rows) &&
	                             PQntuples(cursor->rows) == VS_STORE_COPY_AT_ONCE))
		VS_TRY(fetch(cursor));
	*has_row_out = cursor->at < PQntuples(cursor->rows);
	return VS_OK;
}

static struct vs_bytes
value_of(const struct cursor *cursor, int column)
{
	if (PQgetisnull(cursor->rows, cursor->at, column) == 1)
		return vs_bytes_from(NULL, 0);
	return vs_bytes_from(PQgetvalue(cursor->rows, cursor->at, column),
	                     (size_t)PQgetlength(cursor->rows, cursor->at, column));
}

static int64_t
number_of(struct vs_bytes bytes)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < bytes.size && i < NUMBER_BYTES; i++)
		bits = bits << 8 | bytes.data[i];
	return (int64_t)bits;
}

/* As memcmp; NULL is the least. Those of a key are never NULL. */
static int
compare(sqlite3_stmt *row, const struct cursor *cursor, int column)
{
	struct vs_bytes there = value_of(cursor, column), here;
	int order;

	if (sqlite3_column_type(row, column) == SQLITE_NULL || there.data == NULL)
		return (sqlite3_column_type(row, column) != SQLITE_NULL) - (there.data != NULL);
	if (cursor->table->columns[column].type == 'i') {
		int64_t number = sqlite3_column_int64(row, column), other = number_of(there);

		return (number > other) - (number < other);
	}
	here = vs_bytes_from(sqlite3_column_blob(row, column),
	                     (size_t)sqlite3_column_bytes(row, column));
	order =
	    here.size == 0 || there.size == 0
		? 0
		: memcmp(here.data, there.data, here.size < there.size ? here.size : there.size);
	return order != 0 ? order : (here.size > there.size) - (here.size < there.size);
}

/* --- words ------------------------------------------------------------------------------------ */

/* One value of a key: what names a row is a number, a name, or a digest. */
static size_t
put_value(char *text, size_t size, char type, int64_t number, struct vs_bytes bytes)
{
	size_t at = 0;

	if (type == 'i')
		return (size_t)snprintf(text, size, "%lld", (long long)number);
	if (type == 't')
		return (size_t)snprintf(text, size, "'%.*s'", (int)bytes.size, bytes.data);
	for (size_t i = 0; i < bytes.size && i < KEY_HEX && at + 3 < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%02x", bytes.data[i]);
	return at;
}

/* The key of the row here (row is not NULL) or there. */
static void
name_row(sqlite3_stmt *row, const struct cursor *cursor, char text[static KEY_SIZE])
{
	const struct vs_store_copy_table *table = cursor->table;
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < table->column_count && at + 1 < KEY_SIZE; i++) {
		struct vs_bytes bytes;
		int64_t number;

		if (table->columns[i].key == 0)
			continue;
		bytes = row == NULL ? value_of(cursor, (int)i)
		                    : vs_bytes_from(sqlite3_column_blob(row, (int)i),
		                                    (size_t)sqlite3_column_bytes(row, (int)i));
		number =
		    row == NULL ? number_of(bytes) : (int64_t)sqlite3_column_int64(row, (int)i);
		at += (size_t)snprintf(text + at, KEY_SIZE - at, "%s%s=", at == 0 ? "" : " ",
		                       table->columns[i].name);
		if (at + 1 < KEY_SIZE)
			at += put_value(text + at, KEY_SIZE - at, table->columns[i].type, number,
			                bytes);
	}
}

static vs_result
differ(const struct cursor *cursor, sqlite3_stmt *row, const char *how)
{
	char key[KEY_SIZE], words[KEY_SIZE + VS_STORE_COPY_NAME + 64];

	name_row(row, cursor, key);
	(void)snprintf(words, sizeof(words), "the row %s %s", key, how);
	return vs_store_copy_fail(cursor->side, VS_FAIL(CONFLICT), cursor->table->name, words);
}

/* --- comparing -------------------------------------------------------------------------------- */

static int
compare_keys(sqlite3_stmt *row, const struct cursor *cursor)
{
	const struct vs_store_copy_table *table = cursor->table;

	for (int place = 1; place <= (int)table->column_count; place++) {
		for (size_t i = 0; i < table->column_count; i++) {
			int order =
			    table->columns[i].key == place ? compare(row, cursor, (int)i) : 0;

			if (order != 0)
				return order;
		}
	}
	return 0;
}

static vs_result
compare_row(sqlite3_stmt *row, const struct cursor *cursor)
{
	int order = compare_keys(row, cursor);

	if (order < 0)
		return differ(cursor, row, "is not in PostgreSQL");
	if (order > 0)
		return differ(cursor, NULL, "is in PostgreSQL only");
	for (size_t i = 0; i < cursor->table->column_count; i++) {
		char how[VS_STORE_COPY_NAME + 32];

		if (compare(row, cursor, (int)i) == 0)
			continue;
		(void)snprintf(how, sizeof(how), "has another %s there",
		               cursor->table->columns[i].name);
		return differ(cursor, row, how);
	}
	return VS_OK;
}

static vs_result
compare_all(struct cursor *cursor, sqlite3_stmt *row)
{
	const struct vs_store_copy *copy = cursor->side->copy;
	int64_t done = 0;
	bool has_row = false;
	int rc;

	while ((rc = sqlite3_step(row)) == SQLITE_ROW) {
		VS_TRY(next(cursor, &has_row));
		if (!has_row)
			return differ(cursor, row, "is not in PostgreSQL");
		VS_TRY(compare_row(row, cursor));
		if (++done % VS_STORE_COPY_PROGRESS == 0 && copy->progress != NULL)
			copy->progress(copy->progress_arg, cursor->table->name, true, done,
			               cursor->table->rows);
	}
	if (rc != SQLITE_DONE)
		return vs_store_copy_fail(cursor->side, VS_FAIL(IO), cursor->table->name,
		                          sqlite3_errmsg(cursor->side->sqlite));
	VS_TRY(next(cursor, &has_row));
	return has_row ? differ(cursor, NULL, "is in PostgreSQL only") : VS_OK;
}

static vs_result
open_cursor(const struct vs_store_copy_side *side, const struct vs_store_copy_table *table)
{
	char words[160];
	struct vs_buf sql;
	vs_result r;

	vs_buf_init(&sql, VS_STORE_COPY_SQL);
	r = vs_buf_append_text(&sql, "DECLARE copied BINARY NO SCROLL CURSOR FOR ");
	if (r.code == VS_E_OK)
		r = vs_store_copy_select(table, table->schema, &sql);
	if (r.code == VS_E_OK) {
		r = vs_store_pg_exec(side->pg, (const char *)sql.data, words, sizeof(words));
		if (r.code != VS_E_OK)
			r = vs_store_copy_fail(side, r, table->name, words);
	}
	vs_buf_done(&sql);
	return r;
}

vs_result
vs_store_copy_compare(const struct vs_store_copy_side *side,
                      const struct vs_store_copy_table *table)
{
	struct cursor cursor = {.side = side, .table = table};
	sqlite3_stmt *row = NULL;
	struct vs_buf sql;
	vs_result r;

	assert(side != NULL && table != NULL);
	vs_buf_init(&sql, VS_STORE_COPY_SQL);
	r = vs_store_copy_select(table, NULL, &sql);
	if (r.code == VS_E_OK &&
	    sqlite3_prepare_v2(side->sqlite, (const char *)sql.data, -1, &row, NULL) != SQLITE_OK)
		r = vs_store_copy_fail(side, VS_FAIL(IO), table->name,
		                       sqlite3_errmsg(side->sqlite));
	vs_buf_done(&sql);
	if (r.code == VS_E_OK)
		r = open_cursor(side, table);
	if (r.code == VS_E_OK)
		r = compare_all(&cursor, row);
	PQclear(cursor.rows);
	(void)sqlite3_finalize(row);
	if (r.code == VS_E_OK)
		r = vs_store_pg_exec(side->pg, "CLOSE copied", side->reason, side->reason_size);
	return r;
}
