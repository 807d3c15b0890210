/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reseal_table.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/sqlite.h"

#define SQL_SIZE_MAX 4096u
#define COLUMNS_MAX  40

struct mover {
	sqlite3 *sqlite;
	const struct vs_store_reseal *how;
	const struct vs_store_source *source;
	int column_count; /* of the old table; what comes after is `more` */
	sqlite3_stmt *select, *insert, *remove;
	struct vs_buf room;
	int64_t at_ms;
};

vs_result
vs_store_run_sql(sqlite3 *sqlite, const char *sql)
{
	return vs_store_error(sqlite3_exec(sqlite, sql, NULL, NULL, NULL));
}

vs_result
vs_store_ask(sqlite3 *sqlite, const char *sql, const char *name, int64_t *number_out)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);

	if (rc == SQLITE_OK && name != NULL)
		rc = sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*number_out = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return vs_store_error(rc);
}

/* --- one row ---------------------------------------------------------------------------------- */

static int
column_named(sqlite3_stmt *statement, const char *name, size_t size)
{
	int count = sqlite3_column_count(statement);

	for (int i = 0; i < count; i++) {
		if (vs_bytes_equal_text(vs_bytes_from(name, size),
		                        sqlite3_column_name(statement, i)))
			return i;
	}
	return -1;
}

static void
text_of(const struct mover *mover, const char *column, char *text, size_t size)
{
	int at = column_named(mover->select, column, strlen(column));

	if (at >= 0)
		vs_store_sqlite_text(mover->select, at, text, size);
}

static enum vs_store_cell
cell_named(const char *table, const char *column)
{
	for (unsigned i = 0; i < VS_STORE_CELL_COUNT; i++)
		if (strcmp(vs_store_cells[i].table, table) == 0 &&
		    strcmp(vs_store_cells[i].column, column) == 0)
			return (enum vs_store_cell)i;
	return VS_STORE_CELL_COUNT;
}

/* The columns of sealed.def's key, taken from the old row. The only one that it has not is the
 * blind index. */
static void
row_key(const struct mover *mover, const char *key, const uint8_t index[VS_STORE_INDEX_SIZE],
        struct vs_store_row *row)
{
	vs_store_row_begin(row);
	for (const char *name = key; *name != '\0';) {
		size_t size = strcspn(name, ",");
		int at = column_named(mover->select, name, size);

		if (at < 0)
			vs_store_row_bytes(row, vs_bytes_from(index, VS_STORE_INDEX_SIZE));
		else if (sqlite3_column_type(mover->select, at) == SQLITE_INTEGER)
			vs_store_row_number(row, sqlite3_column_int64(mover->select, at));
		else
			vs_store_row_bytes(row, vs_store_sqlite_bytes(mover->select, at));
		name += size;
		name += strspn(name, ", ");
	}
}

/* The new row's values are the old one's, but for those of sealed.def. */
static vs_result
bind_row(struct mover *mover, const char *tenant, const char *station,
         const uint8_t index[VS_STORE_INDEX_SIZE])
{
	for (int i = 0; i < mover->column_count; i++) {
		enum vs_store_cell cell =
		    cell_named(mover->source->table, sqlite3_column_name(mover->select, i));
		struct vs_store_value value;
		struct vs_store_row row;
		int rc;

		if (cell == VS_STORE_CELL_COUNT) {
			rc = sqlite3_bind_value(mover->insert, i + 1,
			                        sqlite3_column_value(mover->select, i));
		} else {
			struct vs_bytes plain = vs_store_sqlite_bytes(mover->select, i);

			row_key(mover, vs_store_cells[cell].key, index, &row);
			VS_TRY(vs_store_room(&mover->room, plain.size, 1));
			VS_TRY(vs_store_seal_value(mover->how->seal, cell, tenant, station, &row,
			                           mover->at_ms, plain, &mover->room, &value));
			rc = sqlite3_bind_blob64(mover->insert, i + 1, value.bytes.data,
			                         value.bytes.size, SQLITE_TRANSIENT);
		}
		if (rc != SQLITE_OK)
			return vs_store_error(rc);
	}
	return VS_OK;
}

static vs_result
step_once(sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement);

	(void)sqlite3_reset(statement);
	return vs_store_error(rc);
}

static vs_result
move_row(struct mover *mover)
{
	char tenant[VS_CORE_TENANT_SIZE] = VS_CORE_TENANT_DEFAULT;
	char station[VS_CORE_IDENTITY_SIZE] = "";
	uint8_t index[VS_STORE_INDEX_SIZE] = {0};

	text_of(mover, "tenant", tenant, sizeof(tenant));
	text_of(mover, "station", station, sizeof(station));
	text_of(mover, "identity", station, sizeof(station));
	if (sqlite3_bind_parameter_count(mover->insert) > mover->column_count) {
		int at = column_named(mover->select, "token", 5);

		VS_TRY(vs_store_token_index(mover->how->seal, tenant,
		                            vs_store_sqlite_bytes(mover->select, at), index));
		if (sqlite3_bind_blob(mover->insert, mover->column_count + 1, index, sizeof(index),
		                      SQLITE_TRANSIENT) != SQLITE_OK)
			return VS_FAIL(NO_MEMORY);
	}
	VS_TRY(bind_row(mover, tenant, station, index));
	VS_TRY(step_once(mover->insert));
	for (int i = 1; i <= sqlite3_bind_parameter_count(mover->remove); i++) {
		const char *name = sqlite3_bind_parameter_name(mover->remove, i) + 1;
		int at = column_named(mover->select, name, strlen(name));
		int rc =
		    sqlite3_bind_value(mover->remove, i, sqlite3_column_value(mover->select, at));

		if (rc != SQLITE_OK)
			return vs_store_error(rc);
	}
	return step_once(mover->remove);
}

/* --- one table -------------------------------------------------------------------------------- */

static vs_result
append_columns(struct mover *mover, const char *sql, const char *separator, const char *format,
               struct vs_buf *text, int *count_out)
{
	char name[64], prefixed[64];
	sqlite3_stmt *statement = NULL;
	vs_result r = VS_OK;
	int rc, count = 0;

	(void)snprintf(name, sizeof(name), "plain_%s", mover->source->table);
	rc = sqlite3_prepare_v2(mover->sqlite, sql, -1, &statement, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	while (rc == SQLITE_OK && r.code == VS_E_OK &&
	       (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		vs_store_sqlite_text(statement, 0, prefixed, sizeof(prefixed));
		if (count > 0)
			r = vs_buf_append_text(text, separator);
		for (const char *at = format; *at != '\0' && r.code == VS_E_OK; at++)
			r = *at == '%' ? vs_buf_append_text(text, prefixed)
			               : vs_buf_append_byte(text, (uint8_t)*at);
		count++;
		rc = SQLITE_OK;
	}
	(void)sqlite3_finalize(statement);
	*count_out = count;
	return r.code != VS_E_OK ? r : vs_store_error(rc);
}

static vs_result
prepare(struct mover *mover, const struct vs_buf *sql, sqlite3_stmt **statement_out)
{
	return vs_store_error(sqlite3_prepare_v2(mover->sqlite, (const char *)sql->data,
	                                         (int)sql->size, statement_out, NULL));
}

#define ALL_COLUMNS "SELECT name FROM pragma_table_info(?) ORDER BY cid"
#define KEY_COLUMNS "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk"

static vs_result
prepare_select(struct mover *mover, struct vs_buf *sql)
{
	VS_TRY(vs_buf_append_text(sql, "SELECT "));
	VS_TRY(append_columns(mover, ALL_COLUMNS, ", ", "p.% AS %", sql, &mover->column_count));
	VS_TRY(vs_buf_printf(sql, "%s FROM plain_%s AS p%s LIMIT %d", mover->source->more,
	                     mover->source->table, mover->source->join, VS_STORE_RESEAL_ROWS));
	return prepare(mover, sql, &mover->select);
}

static vs_result
prepare_insert(struct mover *mover, struct vs_buf *sql)
{
	bool has_index = false;

	for (unsigned i = 0; i < VS_STORE_CELL_COUNT; i++)
		has_index =
		    has_index || (vs_store_cells[i].is_blind &&
		                  strcmp(vs_store_cells[i].table, mover->source->table) == 0);
	VS_TRY(vs_buf_printf(sql, "INSERT INTO %s(", mover->source->table));
	VS_TRY(append_columns(mover, ALL_COLUMNS, ", ", "%", sql, &mover->column_count));
	VS_TRY(vs_buf_append_text(sql, has_index ? ", token_index) VALUES (?" : ") VALUES (?"));
	for (int i = 1; i < mover->column_count + has_index; i++)
		VS_TRY(vs_buf_append_text(sql, ", ?"));
	VS_TRY(vs_buf_append_text(sql, ")"));
	return prepare(mover, sql, &mover->insert);
}

static vs_result
prepare_remove(struct mover *mover, struct vs_buf *sql)
{
	int count = 0;

	VS_TRY(vs_buf_printf(sql, "DELETE FROM plain_%s WHERE ", mover->source->table));
	VS_TRY(append_columns(mover, KEY_COLUMNS, " AND ", "% = :%", sql, &count));
	assert(count > 0);
	return prepare(mover, sql, &mover->remove);
}

static vs_result
mover_init(struct mover *mover)
{
	vs_result (*const steps[])(struct mover *, struct vs_buf *) = {
	    prepare_select, prepare_insert, prepare_remove};
	vs_result r = VS_OK;

	vs_buf_init(&mover->room, VS_STORE_PLAIN_SIZE_MAX);
	for (size_t i = 0; i < 3 && r.code == VS_E_OK; i++) {
		struct vs_buf sql;

		vs_buf_init(&sql, SQL_SIZE_MAX);
		r = steps[i](mover, &sql);
		vs_buf_done(&sql);
	}
	return r;
}

static void
mover_done(struct mover *mover)
{
	(void)sqlite3_finalize(mover->select);
	(void)sqlite3_finalize(mover->insert);
	(void)sqlite3_finalize(mover->remove);
	vs_buf_done(&mover->room);
}

static vs_result
move_batch(struct mover *mover, int64_t *moved)
{
	vs_result r = vs_store_run_sql(mover->sqlite, VS_STORE_RESEAL_BEGIN);
	int rc = SQLITE_DONE;

	while (r.code == VS_E_OK && (rc = sqlite3_step(mover->select)) == SQLITE_ROW) {
		r = move_row(mover);
		(*moved)++;
	}
	if (r.code == VS_E_OK)
		r = vs_store_error(rc);
	(void)sqlite3_reset(mover->select);
	if (r.code == VS_E_OK)
		r = vs_store_run_sql(mover->sqlite, "COMMIT");
	if (r.code != VS_E_OK && !sqlite3_get_autocommit(mover->sqlite))
		(void)sqlite3_exec(mover->sqlite, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

vs_result
vs_store_move_table(sqlite3 *sqlite, const struct vs_store_reseal *how,
                    const struct vs_store_source *source)
{
	struct mover mover = {
	    .sqlite = sqlite, .how = how, .source = source, .at_ms = vs_clock_wall_ms()};
	int64_t count = 0, done = 0, before = -1;
	char sql[128];
	vs_result r;

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM plain_%s", source->table);
	VS_TRY(vs_store_ask(sqlite, sql, NULL, &count));
	r = count > 0 ? mover_init(&mover) : VS_OK;
	while (r.code == VS_E_OK && done < count && done != before) {
		before = done;
		r = move_batch(&mover, &done);
		if (r.code == VS_E_OK && how->progress != NULL)
			how->progress(how->arg, source->table, done, count);
	}
	mover_done(&mover);
	if (r.code != VS_E_OK)
		return r;
	(void)snprintf(sql, sizeof(sql), "DROP TABLE plain_%s", source->table);
	/* What is left has no transaction that it belongs to; that cannot be. */
	return done == count ? vs_store_run_sql(sqlite, sql) : VS_FAIL(CONFLICT);
}
