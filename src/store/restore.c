/* SPDX-License-Identifier: Apache-2.0 */
#include "store/restore.h"

#include <assert.h>
#include <sqlite3.h>

#include "store/db.h"

vs_result
vs_store_restore_mark(struct sqlite3 *sqlite, struct vs_store_mark *mark_out)
{
	struct vs_store_mark mark = {.audit_id = 0};
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(sqlite,
	                            "SELECT audit_id, audit_print, tombstone_id FROM keystore_mark",
	                            -1, &statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		mark.audit_id = vs_store_column_number(statement, 0);
		vs_store_column_text(statement, 1, mark.audit_print, sizeof(mark.audit_print));
		mark.tombstone_id = vs_store_column_number(statement, 2);
	}
	(void)sqlite3_finalize(statement);
	VS_TRY(vs_store_error(rc));
	*mark_out = mark;
	return VS_OK;
}

vs_result
vs_store_restore_each(struct sqlite3 *sqlite,
                      bool (*row)(const struct vs_keystore_tombstone *, void *), void *arg)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(
	    sqlite, "SELECT tenant, kind, owner, period, version, at_ms FROM erased ORDER BY at_ms",
	    -1, &statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	while (rc == SQLITE_ROW) {
		struct vs_keystore_tombstone stone = {.version = 0};

		vs_store_column_text(statement, 0, stone.tenant, sizeof(stone.tenant));
		vs_store_column_text(statement, 1, stone.kind, sizeof(stone.kind));
		vs_store_column_text(statement, 2, stone.owner, sizeof(stone.owner));
		vs_store_column_text(statement, 3, stone.period, sizeof(stone.period));
		stone.version = (uint32_t)vs_store_column_number(statement, 4);
		stone.at_ms = vs_store_column_number(statement, 5);
		if (!row(&stone, arg))
			break;
		rc = sqlite3_step(statement);
	}
	(void)sqlite3_finalize(statement);
	return vs_store_error(rc);
}

static int
put_stone(sqlite3_stmt *statement, const struct vs_keystore_tombstone *stone)
{
	const char *const texts[] = {stone->tenant, stone->kind, stone->owner, stone->period};
	int rc = SQLITE_OK;

	for (int i = 0; i < 4 && rc == SQLITE_OK; i++)
		rc = sqlite3_bind_text(statement, i + 1, texts[i], -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(statement, 5, stone->version);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(statement, 6, stone->at_ms);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	(void)sqlite3_reset(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
put_stones(struct sqlite3 *sqlite, const struct vs_keystore_tombstone *stones, size_t count)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(sqlite,
	                            "INSERT OR IGNORE INTO erased(tenant, kind, owner, period, "
	                            "version, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
	                            -1, &statement, NULL);

	for (size_t i = 0; i < count && rc == SQLITE_OK; i++)
		rc = put_stone(statement, &stones[i]);
	(void)sqlite3_finalize(statement);
	return rc;
}

static int
put_mark(struct sqlite3 *sqlite, const struct vs_store_mark *mark)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(
	    sqlite,
	    "INSERT OR REPLACE INTO keystore_mark(id, audit_id, audit_print, tombstone_id) "
	    "VALUES (1, ?, ?, ?)",
	    -1, &statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(statement, 1, mark->audit_id);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(statement, 2, mark->audit_print, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(statement, 3, mark->tombstone_id);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	(void)sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

vs_result
vs_store_restore_keep(struct sqlite3 *sqlite, const struct vs_store_mark *mark,
                      const struct vs_keystore_tombstone *stones, size_t count)
{
	int rc = sqlite3_exec(sqlite, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	assert(mark != NULL && (stones != NULL || count == 0));
	if (rc == SQLITE_OK)
		rc = put_stones(sqlite, stones, count);
	if (rc == SQLITE_OK)
		rc = put_mark(sqlite, mark);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(sqlite, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		(void)sqlite3_exec(sqlite, "ROLLBACK", NULL, NULL, NULL);
	return vs_store_error(rc);
}
