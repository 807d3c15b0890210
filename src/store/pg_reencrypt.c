/* SPDX-License-Identifier: Apache-2.0 */
/* reencrypt.h on PostgreSQL: windows of row numbers, where a table has such. */
#include <assert.h>
#include <string.h>

#include "core/record.h"
#include "store/pg_inside.h"
#include "store/reencrypt.h"

#define SQL_SIZE_MAX   1024u
#define ROW_BITS       56   /* of a cursor: number of the row; above them the cell */
#define WINDOW         4096 /* rows that are looked at in one step: the writer waits for it */
#define TX_WINDOW      128  /* transactions, of which each has its events */
#define PARAMETERS_MAX 16

/* Columns of the query; the row's key follows, then the value. */
enum { TENANT, STATION, KEY };

struct mover {
	struct vs_store_db *db;
	const struct vs_store_seal *seal;
	const struct vs_store_cell_info *cell;
	enum vs_store_cell number;
	const char *ordered; /* the column of row numbers; NULL: all rows at once */
	int64_t at_ms;
	struct vs_buf plain, room, update;
	size_t moved;
};

static bool
is_table(const struct mover *mover, const char *table)
{
	return strcmp(mover->cell->table, table) == 0;
}

static const char *
ordered_by(const struct mover *mover)
{
	static const char *const with_id[] = {"tx",           "event",   "session",
	                                      "meter_values", "reading", "token"};

	if (is_table(mover, "tx_event"))
		return "tx";
	for (size_t i = 0; i < sizeof(with_id) / sizeof(with_id[0]); i++)
		if (is_table(mover, with_id[i]))
			return "id";
	return NULL;
}

static vs_result
select_sql(const struct mover *mover, struct vs_buf *sql)
{
	bool has_tenant = !is_table(mover, "installation");
	const char *station = "''::text";

	if (is_table(mover, "station"))
		station = "t.identity";
	else if (is_table(mover, "operator"))
		station = "t.id";
	else if (mover->cell->subject == VS_STORE_SUBJECT_STATION)
		station = is_table(mover, "tx_event") ? "x.station" : "t.station";
	VS_TRY(vs_buf_printf(sql, "SELECT %s, %s, %s, t.%s FROM %s AS t%s",
	                     has_tenant ? "t.tenant" : "'" VS_CORE_TENANT_DEFAULT "'::text",
	                     station, mover->cell->key, mover->cell->column, mover->cell->table,
	                     is_table(mover, "tx_event") ? " JOIN tx AS x ON x.id = t.tx" : ""));
	VS_TRY(vs_buf_printf(sql, " WHERE substr(t.%s, 3, 4) = ? AND %s = ?", mover->cell->column,
	                     has_tenant ? "t.tenant" : "'" VS_CORE_TENANT_DEFAULT "'"));
	if (mover->ordered != NULL)
		VS_TRY(vs_buf_printf(sql, " AND t.%s > ? AND t.%s <= ?", mover->ordered,
		                     mover->ordered));
	/* Nobody changes a row between its reading and its writing. */
	return vs_buf_append_text(sql, " FOR UPDATE OF t");
}

/* tx_event is found by its transaction's names. */
static vs_result
update_sql(struct mover *mover)
{
	const char *name = mover->cell->key;

	if (is_table(mover, "tx_event"))
		return vs_buf_printf(
		    &mover->update,
		    "UPDATE tx_event AS t SET %s = ? FROM tx AS x WHERE x.id = t.tx"
		    " AND x.tenant = ? AND x.station = ? AND x.tx_id = ?"
		    " AND t.seq_no = ?",
		    mover->cell->column);
	VS_TRY(vs_buf_printf(&mover->update, "UPDATE %s SET %s = ? WHERE %s", mover->cell->table,
	                     mover->cell->column,
	                     is_table(mover, "installation") ? "? <> ''" : "tenant = ?"));
	while (*name != '\0') {
		size_t size = strcspn(name, ",");

		VS_TRY(vs_buf_printf(&mover->update, " AND %.*s = ?", (int)size, name));
		name += size;
		name += strspn(name, ", ");
	}
	return VS_OK;
}

static vs_result
save(struct mover *mover, const struct vs_store_statement *from, struct vs_store_value sealed,
     int count)
{
	struct vs_store_value values[PARAMETERS_MAX] = {
	    sealed, vs_store_text_bytes(vs_store_column_bytes(from, TENANT))};
	struct vs_store_statement none = {NULL, NULL, 0};
	char types[PARAMETERS_MAX + 1] = "st";
	size_t at = 2;
	vs_result r;

	assert(count <= PARAMETERS_MAX);
	for (int i = KEY; i < count - 1; i++, at++) {
		char type = vs_store_pg_letter(from, i);

		types[at] = type;
		if (type == 'i')
			values[at] = vs_store_number(vs_store_column_number(from, i));
		else if (type == 'b')
			values[at] = vs_store_blob(vs_store_column_bytes(from, i).data,
			                           vs_store_column_bytes(from, i).size);
		else
			values[at] = vs_store_text_bytes(vs_store_column_bytes(from, i));
	}
	r = vs_store_pg_query(mover->db, (const char *)mover->update.data, types, values, at,
	                      &none);
	vs_store_reset(&none);
	return r;
}

/* What does not open was lost before, and stays as it is. */
static vs_result
move_row(struct mover *mover, const struct vs_store_statement *from)
{
	enum vs_core_reading reading = VS_CORE_READ_WHOLE;
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	int count = vs_store_pg_columns(from);
	struct vs_store_value value;
	struct vs_store_row row;

	vs_store_column_text(from, TENANT, tenant, sizeof(tenant));
	vs_store_column_text(from, STATION, station, sizeof(station));
	vs_store_row_begin(&row);
	for (int i = KEY; i < count - 1; i++) {
		if (vs_store_pg_letter(from, i) == 'i')
			vs_store_row_number(&row, vs_store_column_number(from, i));
		else
			vs_store_row_bytes(&row, vs_store_column_bytes(from, i));
	}
	vs_buf_reset(&mover->plain);
	VS_TRY(vs_store_open_value(mover->seal, mover->number, tenant, &row,
	                           vs_store_column_bytes(from, count - 1), &mover->plain,
	                           &reading));
	if (reading != VS_CORE_READ_WHOLE || mover->plain.size == 0)
		return VS_OK;
	VS_TRY(vs_store_room(&mover->room, mover->plain.size, 1));
	VS_TRY(vs_store_seal_value(mover->seal, mover->number, tenant, station, &row, mover->at_ms,
	                           vs_buf_view(&mover->plain), &mover->room, &value));
	mover->moved++;
	return save(mover, from, value, count);
}

static vs_result
move_rows(struct mover *mover, const char *tenant, uint32_t dek_id, int64_t after, int64_t to)
{
	const uint8_t number[4] = {(uint8_t)(dek_id >> 24), (uint8_t)(dek_id >> 16),
	                           (uint8_t)(dek_id >> 8), (uint8_t)dek_id};
	const struct vs_store_value values[] = {vs_store_blob(number, sizeof(number)),
	                                        vs_store_text(tenant), vs_store_number(after),
	                                        vs_store_number(to)};
	struct vs_store_statement from = {NULL, NULL, 0};
	bool has_row = false;
	struct vs_buf sql;
	vs_result r;

	vs_buf_init(&sql, SQL_SIZE_MAX);
	r = select_sql(mover, &sql);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&sql, '\0');
	if (r.code == VS_E_OK)
		r = vs_store_pg_query(mover->db, (const char *)sql.data,
		                      mover->ordered == NULL ? "bt" : "btii", values,
		                      mover->ordered == NULL ? 2 : 4, &from);
	while (r.code == VS_E_OK && (r = vs_store_next(&from, &has_row)).code == VS_E_OK && has_row)
		r = move_row(mover, &from);
	vs_store_reset(&from);
	vs_buf_done(&sql);
	return r;
}

static vs_result
find_last(struct mover *mover, int64_t *last_out)
{
	struct vs_store_statement got = {NULL, NULL, 0};
	bool has_row = false;
	struct vs_buf sql;
	vs_result r;

	vs_buf_init(&sql, SQL_SIZE_MAX);
	r = vs_buf_printf(&sql, "SELECT coalesce(max(%s), 0) FROM %s", mover->ordered,
	                  mover->cell->table);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&sql, '\0');
	if (r.code == VS_E_OK)
		r = vs_store_pg_query(mover->db, (const char *)sql.data, "", NULL, 0, &got);
	if (r.code == VS_E_OK)
		r = vs_store_next(&got, &has_row);
	if (r.code == VS_E_OK && has_row)
		*last_out = vs_store_column_number(&got, 0);
	vs_store_reset(&got);
	vs_buf_done(&sql);
	return r;
}

static vs_result
move_window(struct mover *mover, const char *tenant, uint32_t dek_id, int64_t after, int64_t to)
{
	vs_result r = update_sql(mover);

	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&mover->update, '\0');
	if (r.code != VS_E_OK)
		return r;
	r = vs_store_begin(mover->db, tenant);
	if (r.code == VS_E_OK)
		r = move_rows(mover, tenant, dek_id, after, to);
	if (r.code == VS_E_OK)
		r = vs_store_commit(mover->db);
	if (r.code != VS_E_OK)
		vs_store_rollback(mover->db);
	return r;
}

vs_result
vs_store_pg_reencrypt(struct vs_store_db *db, const struct vs_store_seal *seal, const char *tenant,
                      uint32_t dek_id, int64_t at_ms, int64_t *cursor, size_t *count_out,
                      bool *is_over_out)
{
	struct mover mover = {.db = db,
	                      .seal = seal,
	                      .number = (enum vs_store_cell)(*cursor >> ROW_BITS),
	                      .at_ms = at_ms};
	int64_t after = *cursor & ((INT64_C(1) << ROW_BITS) - 1), last = 0, to;
	vs_result r = VS_OK;

	if (mover.number >= VS_STORE_CELL_COUNT)
		return VS_FAIL(BAD_VALUE);
	mover.cell = &vs_store_cells[mover.number];
	mover.ordered = ordered_by(&mover);
	to = after + (is_table(&mover, "tx_event") ? TX_WINDOW : WINDOW);
	vs_buf_init(&mover.plain, VS_STORE_PLAIN_SIZE_MAX);
	vs_buf_init(&mover.room, VS_STORE_PLAIN_SIZE_MAX);
	vs_buf_init(&mover.update, SQL_SIZE_MAX);
	if (mover.ordered != NULL)
		r = find_last(&mover, &last);
	if (r.code == VS_E_OK)
		r = move_window(&mover, tenant, dek_id, after, to);
	vs_store_plain_done(&mover.plain);
	vs_buf_done(&mover.room);
	vs_buf_done(&mover.update);
	if (r.code != VS_E_OK)
		return r;
	*count_out = mover.moved;
	*is_over_out = false;
	if (mover.ordered != NULL && to < last)
		*cursor = ((int64_t)mover.number << ROW_BITS) + to;
	else if (mover.number + 1 < VS_STORE_CELL_COUNT)
		*cursor = ((int64_t)mover.number + 1) << ROW_BITS;
	else
		*is_over_out = true;
	return VS_OK;
}
