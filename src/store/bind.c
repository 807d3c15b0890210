/* SPDX-License-Identifier: Apache-2.0 */
#include "store/bind.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>

#include "store/db.h"

/* One statement with the identity as its only parameter, and the number in its first column. */
static vs_result
ask(struct sqlite3 *sqlite, const char *sql, const char *identity, int *number_out)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(statement, 1, identity, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*number_out = sqlite3_column_int(statement, 0);
	(void)sqlite3_finalize(statement);
	return vs_store_error(rc);
}

vs_result
vs_store_bind_keystore(struct sqlite3 *sqlite, const char *path, const char *identity, char *reason,
                       size_t reason_size)
{
	int is_same = 0;

	assert(sqlite != NULL && path != NULL && identity != NULL && identity[0] != '\0');
	assert(reason != NULL);
	VS_TRY(ask(sqlite, "INSERT OR IGNORE INTO keystore(id, identity) VALUES (1, ?)", identity,
	           &is_same));
	VS_TRY(ask(sqlite, "SELECT identity = ? FROM keystore", identity, &is_same));
	if (is_same)
		return VS_OK;
	(void)snprintf(
	    reason, reason_size,
	    "%s was sealed with the keys of another keystore; put that keystore.db back. "
	    "If it is lost, what was sealed cannot be read by anybody: begin with a new "
	    "state folder",
	    path);
	return VS_FAIL(CONFIG);
}
