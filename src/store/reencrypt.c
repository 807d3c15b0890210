/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reencrypt.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "store/sqlite.h"

#define SQL_SIZE_MAX 1024u
#define ROW_BITS     56 /* of a cursor: number of the row; above them the cell */
#define ALL          INT64_MAX
#define WINDOW       16384 /* rows that are looked at in one step: the writer waits for it */

/* Columns of the query; the row's key follows, then the value. */
enum { ROWID, TENANT, STATION, KEY };

struct mover {
	sqlite3 *sqlite;
	const struct vs_store_seal *seal;
	enum vs_store_cell cell;
	bool has_rowid;
	int64_t at_ms;
	sqlite3_stmt *select, *update;
	struct vs_buf plain, room;
	int64_t last; /* rowid */
	size_t seen, moved;
};

static bool
is_table(const struct mover *mover, const char *table)
{
	return strcmp(vs_store_cells[mover->cell].table, table) == 0;
}

/* --- statements ------------------------------------------------------------------------------- */

static vs_result
prepare(struct mover *mover, const struct vs_buf *sql, sqlite3_stmt **statement_out)
{
	return vs_store_error(sqlite3_prepare_v2(mover->sqlite, (const char *)sql->data,
	                                         (int)sql->size, statement_out, NULL));
}

/* A sealed value has the number of its data key in its third to sixth byte. Where there is no rowid
 * to go on from, all of them are taken at once: they are of one subject and month. */
static vs_result
prepare_select(struct mover *mover, struct vs_buf *sql)
{
	const struct vs_store_cell_info *cell = &vs_store_cells[mover->cell];
	bool has_tenant = !is_table(mover, "installation");
	const char *station = "''";

	if (is_table(mover, "station"))
		station = "identity";
	else if (is_table(mover, "operator"))
		station = "id";
	else if (cell->subject == VS_STORE_SUBJECT_STATION)
		station = "station";
	VS_TRY(vs_buf_printf(sql, "SELECT %s, %s, %s, %s, t.%s FROM %s AS t%s",
	                     mover->has_rowid ? "t.rowid" : "0",
	                     has_tenant ? "t.tenant" : "'" VS_CORE_TENANT_DEFAULT "'", station,
	                     cell->key, cell->column, cell->table,
	                     is_table(mover, "tx_event") ? " JOIN tx AS x ON x.id = t.tx" : ""));
	VS_TRY(vs_buf_printf(sql, " WHERE substr(t.%s, 3, 4) = ?1 AND %s = ?2 AND %s LIMIT ?4",
	                     cell->column, has_tenant ? "t.tenant" : "'" VS_CORE_TENANT_DEFAULT "'",
	                     mover->has_rowid ? "t.rowid > ?3 AND t.rowid <= ?5 ORDER BY t.rowid"
	                                      : "?3 = ?3 AND ?5 = ?5"));
	return prepare(mover, sql, &mover->select);
}

static vs_result
prepare_update(struct mover *mover, struct vs_buf *sql)
{
	const struct vs_store_cell_info *cell = &vs_store_cells[mover->cell];

	VS_TRY(vs_buf_printf(sql, "UPDATE %s SET %s = ?1 WHERE ", cell->table, cell->column));
	if (mover->has_rowid) {
		VS_TRY(vs_buf_append_text(sql, "rowid = ?2"));
		return prepare(mover, sql, &mover->update);
	}
	VS_TRY(vs_buf_append_text(sql, is_table(mover, "installation") ? "?2 IS NOT NULL"
	                                                               : "tenant = ?2"));
	for (const char *name = cell->key; *name != '\0';) {
		int size = (int)strcspn(name, ",");

		VS_TRY(vs_buf_printf(sql, " AND %.*s = ?", size, name));
		name += size;
		name += strspn(name, ", ");
	}
	return prepare(mover, sql, &mover->update);
}

static vs_result
find_rowid(struct mover *mover)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(
	    mover->sqlite,
	    "SELECT wr = 0 FROM pragma_table_list WHERE schema = 'main' AND name = ?", -1,
	    &statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(statement, 1, vs_store_cells[mover->cell].table, -1,
		                       SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		mover->has_rowid = sqlite3_column_int(statement, 0) == 1;
	(void)sqlite3_finalize(statement);
	return vs_store_error(rc);
}

static vs_result
find_last(struct mover *mover, int64_t *last_out)
{
	sqlite3_stmt *statement = NULL;
	char sql[96];
	int rc;

	(void)snprintf(sql, sizeof(sql), "SELECT coalesce(max(rowid), 0) FROM %s",
	               vs_store_cells[mover->cell].table);
	rc = sqlite3_prepare_v2(mover->sqlite, sql, -1, &statement, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*last_out = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return vs_store_error(rc);
}

static vs_result
mover_init(struct mover *mover)
{
	vs_result (*const steps[])(struct mover *, struct vs_buf *) = {prepare_select,
	                                                               prepare_update};

	vs_buf_init(&mover->plain, VS_STORE_PLAIN_SIZE_MAX);
	vs_buf_init(&mover->room, VS_STORE_PLAIN_SIZE_MAX);
	VS_TRY(find_rowid(mover));
	for (size_t i = 0; i < 2; i++) {
		struct vs_buf sql;
		vs_result r;

		vs_buf_init(&sql, SQL_SIZE_MAX);
		r = steps[i](mover, &sql);
		vs_buf_done(&sql);
		if (r.code != VS_E_OK)
			return r;
	}
	return VS_OK;
}

static void
mover_done(struct mover *mover)
{
	(void)sqlite3_finalize(mover->select);
	(void)sqlite3_finalize(mover->update);
	vs_store_plain_done(&mover->plain);
	vs_buf_done(&mover->room);
}

/* --- rows ------------------------------------------------------------------------------------- */

static vs_result
save(struct mover *mover, const struct vs_store_value *value, int count)
{
	int rc = sqlite3_bind_blob64(mover->update, 1, value->bytes.data, value->bytes.size,
	                             SQLITE_TRANSIENT);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_value(
		    mover->update, 2,
		    sqlite3_column_value(mover->select, mover->has_rowid ? ROWID : TENANT));
	for (int i = KEY; i < count - 1 && !mover->has_rowid && rc == SQLITE_OK; i++)
		rc = sqlite3_bind_value(mover->update, i, sqlite3_column_value(mover->select, i));
	if (rc == SQLITE_OK)
		rc = sqlite3_step(mover->update);
	(void)sqlite3_reset(mover->update);
	return vs_store_error(rc);
}

/* What does not open was lost before, and stays as it is. */
static vs_result
move_row(struct mover *mover)
{
	enum vs_core_reading reading = VS_CORE_READ_WHOLE;
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	int count = sqlite3_column_count(mover->select);
	struct vs_store_value value;
	struct vs_store_row row;

	mover->last = sqlite3_column_int64(mover->select, ROWID);
	mover->seen++;
	vs_store_sqlite_text(mover->select, TENANT, tenant, sizeof(tenant));
	vs_store_sqlite_text(mover->select, STATION, station, sizeof(station));
	vs_store_row_begin(&row);
	for (int i = KEY; i < count - 1; i++) {
		if (sqlite3_column_type(mover->select, i) == SQLITE_INTEGER)
			vs_store_row_number(&row, sqlite3_column_int64(mover->select, i));
		else
			vs_store_row_bytes(&row, vs_store_sqlite_bytes(mover->select, i));
	}
	vs_buf_reset(&mover->plain);
	VS_TRY(vs_store_open_value(mover->seal, mover->cell, tenant, &row,
	                           vs_store_sqlite_bytes(mover->select, count - 1), &mover->plain,
	                           &reading));
	if (reading != VS_CORE_READ_WHOLE || mover->plain.size == 0)
		return VS_OK;
	VS_TRY(vs_store_room(&mover->room, mover->plain.size, 1));
	VS_TRY(vs_store_seal_value(mover->seal, mover->cell, tenant, station, &row, mover->at_ms,
	                           vs_buf_view(&mover->plain), &mover->room, &value));
	mover->moved++;
	return save(mover, &value, count);
}

static vs_result
move_rows(struct mover *mover, const char *tenant, uint32_t dek_id, int64_t after, size_t limit)
{
	const uint8_t number[4] = {(uint8_t)(dek_id >> 24), (uint8_t)(dek_id >> 16),
	                           (uint8_t)(dek_id >> 8), (uint8_t)dek_id};
	vs_result r = VS_OK;
	int rc = sqlite3_bind_blob(mover->select, 1, number, sizeof(number), SQLITE_TRANSIENT);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(mover->select, 2, tenant, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(mover->select, 3, mover->has_rowid ? after : 0);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(mover->select, 4, mover->has_rowid ? (int64_t)limit : ALL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(mover->select, 5, after + WINDOW);
	if (rc != SQLITE_OK)
		return vs_store_error(rc);
	while (r.code == VS_E_OK && (rc = sqlite3_step(mover->select)) == SQLITE_ROW)
		r = move_row(mover);
	(void)sqlite3_reset(mover->select);
	return r.code != VS_E_OK ? r : vs_store_error(rc);
}

vs_result
vs_store_reencrypt(struct sqlite3 *sqlite, const struct vs_store_seal *seal, const char *tenant,
                   uint32_t dek_id, int64_t at_ms, size_t limit, int64_t *cursor, size_t *count_out,
                   bool *is_over_out)
{
	struct mover mover = {.sqlite = sqlite,
	                      .seal = seal,
	                      .cell = (enum vs_store_cell)(*cursor >> ROW_BITS),
	                      .at_ms = at_ms};
	int64_t after = *cursor & ((INT64_C(1) << ROW_BITS) - 1), last = 0;
	vs_result r;

	assert(sqlite != NULL && seal != NULL && limit > 0 && count_out != NULL);
	if (mover.cell >= VS_STORE_CELL_COUNT)
		return VS_FAIL(BAD_VALUE);
	r = mover_init(&mover);
	if (r.code == VS_E_OK && mover.has_rowid)
		r = find_last(&mover, &last);
	if (r.code == VS_E_OK)
		r = vs_store_error(sqlite3_exec(sqlite, "BEGIN IMMEDIATE", NULL, NULL, NULL));
	if (r.code == VS_E_OK)
		r = move_rows(&mover, tenant, dek_id, after, limit);
	if (r.code == VS_E_OK)
		r = vs_store_error(sqlite3_exec(sqlite, "COMMIT", NULL, NULL, NULL));
	if (r.code != VS_E_OK && !sqlite3_get_autocommit(sqlite))
		(void)sqlite3_exec(sqlite, "ROLLBACK", NULL, NULL, NULL);
	mover_done(&mover);
	if (r.code != VS_E_OK)
		return r;
	after = mover.seen >= limit ? mover.last : after + WINDOW;
	*count_out = mover.moved;
	*is_over_out = false;
	if (mover.has_rowid && after < last)
		*cursor = ((int64_t)mover.cell << ROW_BITS) + after;
	else if (mover.cell + 1 < VS_STORE_CELL_COUNT)
		*cursor = ((int64_t)mover.cell + 1) << ROW_BITS;
	else
		*is_over_out = true;
	return VS_OK;
}
