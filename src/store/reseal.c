/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reseal.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/reseal_table.h"
#include "store/sqlite.h"

#define SUBJECTS 256u /* made ready together */

/* In this order: the rows of tx_event are found through those of tx. */
static const struct vs_store_source sources[] = {
    {"installation", "", ""},
    {"station", "", ""},
    {"token", "", ""},
    {"tx", "", ""},
    {"tx_event", ", x.station AS station, x.tx_id AS tx_id", " JOIN tx AS x ON x.id = p.tx"},
    {"event", "", ""},
    {"session", "", ""},
    {"command", "", ""},
    {"variable", "", ""},
    {"held", "", ""},
};
#define SOURCE_COUNT (sizeof(sources) / sizeof(sources[0]))

static vs_result
has_table(sqlite3 *sqlite, const char *prefix, const char *table, bool *has_out)
{
	char name[64];
	int64_t count = 0;

	(void)snprintf(name, sizeof(name), "%s%s", prefix, table);
	VS_TRY(vs_store_ask(sqlite,
	                    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?",
	                    name, &count));
	*has_out = count > 0;
	return VS_OK;
}

/* --- data keys: all of them before the first row, many in one transaction of the keystore -------
 */

struct subjects {
	char tenants[SUBJECTS][VS_CORE_TENANT_SIZE], stations[SUBJECTS][VS_CORE_IDENTITY_SIZE];
	struct vs_core_subject list[SUBJECTS];
	size_t count;
};

static vs_result
subjects_prepare(struct subjects *subjects, const struct vs_store_seal *seal)
{
	size_t count = subjects->count;

	subjects->count = 0;
	if (count == 0)
		return VS_OK;
	return seal->port.prepare(seal->port.self, subjects->list, count, vs_clock_wall_ms());
}

static vs_result
prepare_stations(sqlite3 *sqlite, const struct vs_store_seal *seal, const char *sql)
{
	struct subjects subjects;
	sqlite3_stmt *statement = NULL;
	vs_result r = VS_OK;
	int rc = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return vs_store_error(rc);
	subjects.count = 0;
	while (r.code == VS_E_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		size_t at = subjects.count++;

		vs_store_sqlite_text(statement, 0, subjects.tenants[at],
		                     sizeof(subjects.tenants[at]));
		vs_store_sqlite_text(statement, 1, subjects.stations[at],
		                     sizeof(subjects.stations[at]));
		subjects.list[at] = (struct vs_core_subject){
		    subjects.tenants[at],
		    subjects.stations[at][0] != '\0' ? subjects.stations[at] : VS_STORE_OF_CENTRAL};
		if (subjects.count == SUBJECTS)
			r = subjects_prepare(&subjects, seal);
	}
	(void)sqlite3_finalize(statement);
	if (r.code == VS_E_OK)
		r = vs_store_error(rc);
	return r.code == VS_E_OK ? subjects_prepare(&subjects, seal) : r;
}

static vs_result
move_all(sqlite3 *sqlite, const struct vs_store_reseal *how)
{
	bool is_there = false;

	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		const char *name = sources[i].table;
		bool is_of_stations = strcmp(name, "installation") != 0 &&
		                      strcmp(name, "token") != 0 && strcmp(name, "tx_event") != 0;
		char sql[128];

		VS_TRY(has_table(sqlite, "plain_", name, &is_there));
		if (!is_there)
			continue;
		(void)snprintf(sql, sizeof(sql), "SELECT DISTINCT tenant, %s FROM plain_%s",
		               strcmp(name, "station") == 0 ? "identity" : "station", name);
		if (is_of_stations)
			VS_TRY(prepare_stations(sqlite, how->seal, sql));
		VS_TRY(vs_store_move_table(sqlite, how, &sources[i]));
	}
	return VS_OK;
}

/* --- meter values, when they are to be sealed from now on ---------------------------------------
 */

static vs_result
seal_meter_row(const struct vs_store_reseal *how, sqlite3_stmt *select, sqlite3_stmt *update,
               struct vs_buf *room)
{
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	struct vs_bytes plain = vs_store_sqlite_bytes(select, 3);
	struct vs_store_value value;
	struct vs_store_row row;
	int rc;

	vs_store_sqlite_text(select, 1, tenant, sizeof(tenant));
	vs_store_sqlite_text(select, 2, station, sizeof(station));
	vs_store_row_begin(&row);
	vs_store_row_number(&row, sqlite3_column_int64(select, 0));
	VS_TRY(vs_store_room(room, plain.size, 1));
	VS_TRY(vs_store_seal_value(how->seal, VS_STORE_CELL_meter_values_sealed, tenant, station,
	                           &row, vs_clock_wall_ms(), plain, room, &value));
	rc = sqlite3_bind_blob64(update, 1, value.bytes.data, value.bytes.size, SQLITE_TRANSIENT);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(update, 2, sqlite3_column_int64(select, 0));
	if (rc == SQLITE_OK)
		rc = sqlite3_step(update);
	(void)sqlite3_reset(update);
	return vs_store_error(rc);
}

static vs_result
seal_meter_batch(sqlite3 *sqlite, const struct vs_store_reseal *how, sqlite3_stmt *select,
                 sqlite3_stmt *update, int64_t *last, int64_t *done)
{
	vs_result r = vs_store_run_sql(sqlite, VS_STORE_RESEAL_BEGIN);
	struct vs_buf room;
	int rc = sqlite3_bind_int64(select, 1, *last);

	vs_buf_init(&room, VS_STORE_PLAIN_SIZE_MAX);
	if (r.code == VS_E_OK)
		r = vs_store_error(rc);
	while (r.code == VS_E_OK && (rc = sqlite3_step(select)) == SQLITE_ROW) {
		*last = sqlite3_column_int64(select, 0);
		r = seal_meter_row(how, select, update, &room);
		(*done)++;
	}
	if (r.code == VS_E_OK)
		r = vs_store_error(rc);
	(void)sqlite3_reset(select);
	vs_buf_done(&room);
	if (r.code == VS_E_OK)
		r = vs_store_run_sql(sqlite, "COMMIT");
	if (r.code != VS_E_OK && !sqlite3_get_autocommit(sqlite))
		(void)sqlite3_exec(sqlite, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

static vs_result
seal_meter_values(sqlite3 *sqlite, const struct vs_store_reseal *how)
{
	sqlite3_stmt *select = NULL, *update = NULL;
	int64_t count = 0, done = 0, before = -1, last = 0;
	vs_result r;

	VS_TRY(vs_store_ask(sqlite, "SELECT count(*) FROM meter_values WHERE payload <> ''", NULL,
	                    &count));
	if (count == 0)
		return VS_OK;
	VS_TRY(prepare_stations(sqlite, how->seal,
	                        "SELECT DISTINCT tenant, station FROM meter_values"
	                        " WHERE payload <> ''"));
	r = vs_store_error(sqlite3_prepare_v2(
	    sqlite,
	    "SELECT id, tenant, station, payload FROM meter_values WHERE id > ? AND payload <> ''"
	    " ORDER BY id LIMIT 500",
	    -1, &select, NULL));
	if (r.code == VS_E_OK)
		r = vs_store_error(sqlite3_prepare_v2(
		    sqlite, "UPDATE meter_values SET payload = '', sealed = ? WHERE id = ?", -1,
		    &update, NULL));
	while (r.code == VS_E_OK && done < count && done != before) {
		before = done;
		r = seal_meter_batch(sqlite, how, select, update, &last, &done);
		if (r.code == VS_E_OK && how->progress != NULL)
			how->progress(how->arg, "meter_values", done, count);
	}
	(void)sqlite3_finalize(select);
	(void)sqlite3_finalize(update);
	return r;
}

/* --- the file -----------------------------------------------------------------------------------
 */

/* What was overwritten and freed is zero already (secure_delete); this takes it out of the file,
 * and out of the log, which still holds the pages as they were. */
static vs_result
write_anew(sqlite3 *sqlite, const struct vs_store_reseal *how)
{
	bool is_due = false;

	VS_TRY(has_table(sqlite, "", "vacuum_due", &is_due));
	if (!is_due)
		return VS_OK;
	if (how->progress != NULL)
		how->progress(how->arg, NULL, 0, 0);
	VS_TRY(vs_store_run_sql(sqlite, "PRAGMA wal_checkpoint(TRUNCATE)"));
	VS_TRY(vs_store_run_sql(sqlite, "VACUUM"));
	VS_TRY(vs_store_run_sql(sqlite, "PRAGMA wal_checkpoint(TRUNCATE)"));
	VS_TRY(vs_store_run_sql(sqlite, "DROP TABLE vacuum_due"));
	return vs_store_run_sql(sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
}

vs_result
vs_store_reseal(sqlite3 *sqlite, const struct vs_store_reseal *how, char *reason,
                size_t reason_size)
{
	vs_result r;

	assert(sqlite != NULL && how != NULL && how->seal != NULL && reason != NULL);
	r = vs_store_run_sql(sqlite, "PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON");
	if (r.code == VS_E_OK)
		r = move_all(sqlite, how);
	if (r.code == VS_E_OK && how->is_strict)
		r = seal_meter_values(sqlite, how);
	if (r.code == VS_E_OK)
		r = write_anew(sqlite, how);
	if (r.code != VS_E_OK)
		(void)snprintf(
		    reason, reason_size,
		    "the rows of an older version could not be sealed (%s; %s); what is done "
		    "stays, and the next start goes on",
		    vs_err_text(r.code), sqlite3_errmsg(sqlite));
	else
		r = vs_store_run_sql(sqlite,
		                     "PRAGMA foreign_keys = ON; PRAGMA secure_delete = OFF");
	return r;
}
