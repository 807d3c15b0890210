/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/copy_inside.h"

vs_result
vs_store_copy_fail(const struct vs_store_copy_side *side, vs_result r, const char *table,
                   const char *what)
{
	(void)snprintf(side->reason, side->reason_size, "%s.%s: %s", side->schema, table, what);
	return r;
}

int64_t
vs_store_copy_number(sqlite3 *sqlite, const char *sql, int64_t preset)
{
	sqlite3_stmt *statement = NULL;
	int64_t number = preset;

	if (sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW &&
	    sqlite3_column_type(statement, 0) == SQLITE_INTEGER)
		number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return number;
}

vs_result
vs_store_copy_names(const struct vs_store_copy_table *table, bool is_key, struct vs_buf *text)
{
	const char *between = "";

	for (size_t i = 0; i < table->column_count; i++) {
		const struct vs_store_copy_column *column = &table->columns[i];

		for (size_t k = 0; is_key && k < table->column_count; k++)
			if (table->columns[k].key == (int)i + 1)
				column = &table->columns[k];
		if (is_key && column->key != (int)i + 1)
			break;
		VS_TRY(vs_buf_printf(text, "%s\"%s\"", between, column->name));
		between = ", ";
	}
	return VS_OK;
}

vs_result
vs_store_copy_select(const struct vs_store_copy_table *table, const char *schema,
                     struct vs_buf *sql)
{
	VS_TRY(vs_buf_append_text(sql, "SELECT "));
	VS_TRY(vs_store_copy_names(table, false, sql));
	if (schema == NULL)
		VS_TRY(vs_buf_printf(sql, " FROM \"%s\" ORDER BY ", table->name));
	else
		VS_TRY(vs_buf_printf(sql, " FROM %s.\"%s\" ORDER BY ", schema, table->name));
	VS_TRY(vs_store_copy_names(table, true, sql));
	return vs_buf_append_byte(sql, '\0');
}

/* --- what SQLite knows of it ------------------------------------------------------------------ */

static char
letter_of(const char *type)
{
	if (type == NULL)
		return '\0';
	if (strcmp(type, "INTEGER") == 0)
		return 'i';
	if (strcmp(type, "TEXT") == 0)
		return 't';
	return strcmp(type, "BLOB") == 0 ? 'b' : '\0';
}

static vs_result
take_column(const struct vs_store_copy_side *side, struct vs_store_copy_table *table,
            sqlite3_stmt *row)
{
	const char *name = (const char *)sqlite3_column_text(row, 0);
	struct vs_store_copy_column *column = &table->columns[table->column_count];

	if (table->column_count == VS_STORE_COPY_COLUMNS || name == NULL ||
	    !vs_bytes_copy_text(vs_bytes_from_text(name), column->name, sizeof(column->name)) ||
	    strchr(name, '"') != NULL)
		return vs_store_copy_fail(side, VS_FAIL(CONFIG), table->name,
		                          "it has too many columns, or one with an odd name");
	column->type = letter_of((const char *)sqlite3_column_text(row, 1));
	column->key = sqlite3_column_int(row, 2);
	if (column->type == '\0')
		return vs_store_copy_fail(side, VS_FAIL(CONFIG), table->name,
		                          "a column's type is none of ours");
	table->column_count++;
	return VS_OK;
}

static vs_result
load_columns(const struct vs_store_copy_side *side, struct vs_store_copy_table *table)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(side->sqlite, "SELECT name, type, pk FROM pragma_table_info(?)",
	                            -1, &statement, NULL);
	vs_result r = VS_OK;

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(statement, 1, table->name, -1, SQLITE_STATIC);
	while (rc == SQLITE_OK && r.code == VS_E_OK &&
	       (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		r = take_column(side, table, statement);
		rc = SQLITE_OK;
	}
	(void)sqlite3_finalize(statement);
	if (r.code == VS_E_OK && rc != SQLITE_DONE)
		r = vs_store_copy_fail(side, VS_FAIL(IO), table->name,
		                       sqlite3_errmsg(side->sqlite));
	return r;
}

/* --- what PostgreSQL knows of it -------------------------------------------------------------- */

static struct vs_store_copy_column *
column_of(struct vs_store_copy_table *table, const char *name)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			return &table->columns[i];
	return NULL;
}

/* The other side must have the same columns, of the same types. */
static vs_result
match_columns(const struct vs_store_copy_side *side, struct vs_store_copy_table *table,
              const PGresult *rows)
{
	if ((size_t)PQntuples(rows) != table->column_count)
		return vs_store_copy_fail(side, VS_FAIL(CONFIG), table->name,
		                          "its columns are not the same on both sides");
	for (int i = 0; i < PQntuples(rows); i++) {
		struct vs_store_copy_column *column = column_of(table, PQgetvalue(rows, i, 0));

		if (column == NULL || column->type != PQgetvalue(rows, i, 1)[0])
			return vs_store_copy_fail(side, VS_FAIL(CONFIG), table->name,
			                          "a column is not the same on both sides");
		column->is_identity = PQgetvalue(rows, i, 2)[0] == 't';
		table->is_walled = PQgetvalue(rows, i, 3)[0] == 't';
		table->is_parted = PQgetvalue(rows, i, 4)[0] == 't';
	}
	return VS_OK;
}

static vs_result
load_twin(const struct vs_store_copy_side *side, struct vs_store_copy_table *table)
{
	static const char sql[] =
	    "SELECT a.attname, CASE a.atttypid WHEN 20 THEN 'i' WHEN 25 THEN 't' WHEN 17 THEN 'b'"
	    " ELSE '?' END, a.attidentity <> '', c.relforcerowsecurity, c.relkind = 'p'"
	    " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
	    " WHERE c.oid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped";
	char name[2 * VS_STORE_COPY_NAME];
	const char *const values[] = {name};
	PGresult *rows;
	vs_result r;

	(void)snprintf(name, sizeof(name), "%s.\"%s\"", table->schema, table->name);
	rows = PQexecParams(side->pg->conn, sql, 1, NULL, values, NULL, NULL, 0);
	if (PQresultStatus(rows) == PGRES_TUPLES_OK)
		r = match_columns(side, table, rows);
	else
		r = vs_store_copy_fail(side, VS_FAIL(IO), table->name, PQresultErrorMessage(rows));
	PQclear(rows);
	return r;
}

vs_result
vs_store_copy_table_load(const struct vs_store_copy_side *side, const char *name,
                         struct vs_store_copy_table *table_out)
{
	struct vs_store_copy_table table = {.column_count = 0};
	char sql[2 * VS_STORE_COPY_NAME];

	assert(side != NULL && name != NULL && table_out != NULL);
	if (!vs_bytes_copy_text(vs_bytes_from_text(name), table.name, sizeof(table.name)) ||
	    strchr(name, '"') != NULL)
		return vs_store_copy_fail(side, VS_FAIL(CONFIG), name, "an odd name");
	(void)snprintf(table.schema, sizeof(table.schema), "%s", side->schema);
	VS_TRY(load_columns(side, &table));
	VS_TRY(load_twin(side, &table));
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM \"%s\"", table.name);
	table.rows = vs_store_copy_number(side->sqlite, sql, -1);
	if (table.rows < 0)
		return vs_store_copy_fail(side, VS_FAIL(IO), name, sqlite3_errmsg(side->sqlite));
	*table_out = table;
	return VS_OK;
}
