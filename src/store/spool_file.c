/* SPDX-License-Identifier: Apache-2.0 */
#include "store/spool_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "store/spool.h"

#define APPLICATION_ID  0x56535031 /* "VSP1" */
#define VERSION         1
#define BUSY_TIMEOUT_MS 1000
#define SQL_SIZE        1024

/* What is removed is zeroed: the file has lain on a disk of this machine alone, and its key goes,
 * too. */
static const char setup[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
    "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY";
static const char schema[] =
    "CREATE TABLE waiting(number INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;"
    "CREATE TABLE refused(number INTEGER PRIMARY KEY, why INTEGER NOT NULL, sealed BLOB NOT NULL)"
    " STRICT;"
    "CREATE TABLE file(id TEXT NOT NULL, last INTEGER NOT NULL) STRICT;";

vs_result
vs_store_spool_ask(sqlite3 *sqlite, const char *sql, int64_t *number_out)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*number_out = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	if (rc == SQLITE_NOTADB)
		return VS_FAIL(CONFIG);
	return rc == SQLITE_ROW ? VS_OK : VS_FAIL(IO);
}

/* One transaction: a file that is half made is empty. */
static vs_result
make(sqlite3 *sqlite)
{
	char sql[SQL_SIZE], id[VS_STORE_SPOOL_ID_SIZE];

	vs_random_text(id, sizeof(id));
	(void)snprintf(sql, sizeof(sql),
	               "BEGIN EXCLUSIVE; %s INSERT INTO file VALUES ('%s', 0);"
	               "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
	               schema, id, APPLICATION_ID, VERSION);
	return sqlite3_exec(sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ? VS_OK : VS_FAIL(IO);
}

static vs_result
check(sqlite3 *sqlite, char *reason, size_t reason_size)
{
	int64_t application = 0, version = 0, objects = 0;
	vs_result r = vs_store_spool_ask(sqlite, "PRAGMA application_id", &application);

	if (r.code == VS_E_OK)
		r = vs_store_spool_ask(sqlite, "PRAGMA user_version", &version);
	if (r.code == VS_E_OK)
		r = vs_store_spool_ask(sqlite, "SELECT count(*) FROM sqlite_schema", &objects);
	if (r.code == VS_E_OK && application == 0 && objects == 0)
		return make(sqlite);
	if (r.code != VS_E_OK) {
		(void)snprintf(reason, reason_size, "cannot read it: %s", sqlite3_errmsg(sqlite));
		return r;
	}
	if (application == APPLICATION_ID && version == VERSION)
		return VS_OK;
	(void)snprintf(reason, reason_size, "%s",
	               application == APPLICATION_ID ? "a newer program has made it"
	                                             : "it is a file of another program");
	return VS_FAIL(CONFIG);
}

static vs_result
make_private(const char *path, char *reason, size_t reason_size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	bool is_ours = fd >= 0 && fchmod(fd, 0600) == 0;

	if (!is_ours)
		(void)snprintf(reason, reason_size, "cannot open it for writing: %s",
		               strerrordesc_np(errno));
	if (fd >= 0)
		(void)close(fd);
	return is_ours ? VS_OK : VS_FAIL(IO);
}

vs_result
vs_store_spool_file_open(const char *path, char *reason, size_t reason_size,
                         struct sqlite3 **sqlite_out)
{
	sqlite3 *sqlite = NULL;
	vs_result r;

	assert(path != NULL && reason != NULL && sqlite_out != NULL);
	VS_TRY(make_private(path, reason, reason_size));
	r = VS_OK;
	if (sqlite3_open_v2(path, &sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	        SQLITE_OK ||
	    sqlite3_busy_timeout(sqlite, BUSY_TIMEOUT_MS) != SQLITE_OK ||
	    sqlite3_exec(sqlite, setup, NULL, NULL, NULL) != SQLITE_OK) {
		(void)snprintf(reason, reason_size, "cannot open it: %s",
		               sqlite != NULL ? sqlite3_errmsg(sqlite) : "out of memory");
		r = VS_FAIL(CONFIG);
	}
	if (r.code == VS_E_OK)
		r = check(sqlite, reason, reason_size);
	if (r.code == VS_E_OK)
		*sqlite_out = sqlite;
	else
		(void)sqlite3_close(sqlite);
	return r;
}
