/* SPDX-License-Identifier: Apache-2.0 */
#include "store/migrate.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>

#define PRAGMA_SIZE 64

static vs_result
read_number(sqlite3 *sqlite, const char *sql, int64_t *number_out)
{
	sqlite3_stmt *statement = NULL;
	vs_result r = VS_FAIL(IO);
	int rc = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		*number_out = sqlite3_column_int64(statement, 0);
		r = VS_OK;
	} else if (rc == SQLITE_NOTADB) {
		r = VS_FAIL(CONFIG);
	}
	(void)sqlite3_finalize(statement);
	return r;
}

/* Whose file it is, and of which version; an empty file is version 0 of ours. */
static vs_result
check_file(sqlite3 *sqlite, int expected, int count, int64_t *version_out, char *reason,
           size_t reason_size)
{
	int64_t application = 0, objects = 0, version = 0;
	vs_result r = read_number(sqlite, "PRAGMA application_id", &application);

	if (r.code == VS_E_OK)
		r = read_number(sqlite, "PRAGMA user_version", &version);
	if (r.code == VS_E_OK)
		r = read_number(sqlite, "SELECT count(*) FROM sqlite_schema", &objects);
	if (r.code != VS_E_OK) {
		(void)snprintf(reason, reason_size, "cannot read it: %s", sqlite3_errmsg(sqlite));
		return r;
	}
	if (application != expected && (application != 0 || objects != 0)) {
		(void)snprintf(reason, reason_size,
		               "it is a database of another program (application_id %lld)",
		               (long long)application);
		return VS_FAIL(CONFIG);
	}
	if (version > count) {
		(void)snprintf(
		    reason, reason_size,
		    "it has version %lld and this program knows up to %d; start the newer "
		    "program, or restore a copy made before the upgrade",
		    (long long)version, count);
		return VS_FAIL(CONFIG);
	}
	*version_out = version;
	return VS_OK;
}

vs_result
vs_store_migrate(struct sqlite3 *sqlite, int application,
                 const struct vs_store_migration *migrations, int count, char *reason,
                 size_t reason_size)
{
	char pragma[PRAGMA_SIZE];
	int64_t version = 0;
	const char *doing = "BEGIN";
	vs_result r = VS_FAIL(IO);

	assert(sqlite != NULL && migrations != NULL && reason != NULL);
	VS_TRY(check_file(sqlite, application, count, &version, reason, reason_size));
	if (version == count)
		return VS_OK;
	if (sqlite3_exec(sqlite, "BEGIN EXCLUSIVE", NULL, NULL, NULL) != SQLITE_OK)
		goto out;
	for (int64_t i = version; i < count; i++) {
		doing = migrations[i].name;
		if (sqlite3_exec(sqlite, migrations[i].sql, NULL, NULL, NULL) != SQLITE_OK)
			goto out;
	}
	doing = "COMMIT";
	(void)snprintf(pragma, sizeof(pragma),
	               "PRAGMA application_id = %d; PRAGMA user_version = %d", application, count);
	if (sqlite3_exec(sqlite, pragma, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(sqlite, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		goto out;
	r = VS_OK;
out:
	if (r.code != VS_E_OK)
		(void)snprintf(reason, reason_size, "migration %s failed: %s", doing,
		               sqlite3_errmsg(sqlite));
	if (!sqlite3_get_autocommit(sqlite))
		(void)sqlite3_exec(sqlite, "ROLLBACK", NULL, NULL, NULL);
	return r;
}
