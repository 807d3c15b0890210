/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/record.h"

#define BUSY_TIMEOUT_MS                                                                            \
	1000 /* only a person's sqlite3 shell can hold a lock that is in our way                   \
	      */

/* Pages of 8 KiB: a sixth less work for rows that are appended than with 4 KiB, and no more for
 * scattered ones. synchronous FULL: a commit has reached the disk when it returns. Checkpoints are
 * the writer's (writer.c). */
static const char writer_setup[] =
    "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA "
    "foreign_keys = ON;"
    "PRAGMA wal_autocheckpoint = 0; PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384";
/* What is deleted or overwritten in the keystore is zeroed in the file. */
static const char keys_setup[] =
    "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;"
    "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY";
static const char reader_setup[] =
    "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096";

static const char *const setups[] = {
    [VS_STORE_WRITE] = writer_setup, [VS_STORE_READ] = reader_setup, [VS_STORE_KEYS] = keys_setup};

vs_result
vs_store_error(int sqlite_code)
{
	switch (sqlite_code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return VS_OK;
	case SQLITE_CONSTRAINT:
		return VS_FAIL(CONFLICT);
	case SQLITE_ERROR: /* malformed JSON given to json_each, among others: it is about the
	                      values */
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
		return VS_FAIL(BAD_VALUE);
	case SQLITE_NOMEM:
		return VS_FAIL(NO_MEMORY);
	case SQLITE_NOTADB:
		return VS_FAIL(CONFIG);
	default:
		return VS_FAIL(IO);
	}
}

/* SQLite would make the file readable for all; its companions (-wal, -shm) take the mode of the
 * file. */
static vs_result
secure_file(const char *path, char *reason, size_t reason_size)
{
	vs_result r = VS_FAIL(IO);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd >= 0 && fchmod(fd, 0600) == 0)
		r = VS_OK;
	else
		(void)snprintf(reason, reason_size, "cannot open it for writing: %s",
		               strerrordesc_np(errno));
	if (fd >= 0)
		(void)close(fd);
	return r;
}

vs_result
vs_store_sqlite_open(struct vs_store_db *db, const char *path, char *reason, size_t reason_size)
{
	int flags = SQLITE_OPEN_NOMUTEX, rc;
	vs_result r = VS_OK;
	bool is_writer;

	assert(db != NULL && path != NULL && reason != NULL);
	is_writer = db->side != VS_STORE_READ;
	flags |= is_writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	if (is_writer)
		VS_TRY(secure_file(path, reason, reason_size));
	rc = sqlite3_open_v2(path, &db->sqlite, flags, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_extended_result_codes(db->sqlite, 1);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(db->sqlite, BUSY_TIMEOUT_MS);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db->sqlite, setups[db->side], NULL, NULL, NULL);
	if (rc != SQLITE_OK) {
		(void)snprintf(reason, reason_size, "cannot open it: %s",
		               db->sqlite != NULL ? sqlite3_errmsg(db->sqlite) : "out of memory");
		r = vs_store_error(rc);
		if (r.code == VS_E_BAD_VALUE)
			r = VS_FAIL(IO);
		vs_store_sqlite_close(db);
	}
	return r;
}

static const char *
check_statement(sqlite3_stmt *statement, size_t row)
{
	if ((size_t)sqlite3_bind_parameter_count(statement) != strlen(vs_store_queries[row].types))
		return "its types do not fit its parameters";
	if (sqlite3_column_count(statement) != vs_store_queries[row].columns)
		return "it has another number of columns";
	if (vs_store_query_is_of((enum vs_store_query)row, VS_STORE_READ) &&
	    !sqlite3_stmt_readonly(statement))
		return "a reader may not write";
	return NULL;
}

vs_result
vs_store_sqlite_prepare(struct vs_store_db *db, char *reason, size_t reason_size)
{
	assert(db != NULL && db->sqlite != NULL && reason != NULL);
	for (size_t i = 0; i < VS_QUERY_COUNT; i++) {
		const char *wrong;
		int rc;

		if (!vs_store_query_is_of((enum vs_store_query)i, db->side) ||
		    vs_store_queries[i].sqlite == NULL)
			continue;
		rc = sqlite3_prepare_v3(db->sqlite, vs_store_queries[i].sqlite, -1,
		                        SQLITE_PREPARE_PERSISTENT, &db->statements[i].sqlite, NULL);
		wrong = rc != SQLITE_OK ? sqlite3_errmsg(db->sqlite)
		                        : check_statement(db->statements[i].sqlite, i);
		if (wrong != NULL) {
			(void)snprintf(reason, reason_size, "query %s: %s",
			               vs_store_queries[i].name, wrong);
			return VS_FAIL(CONFIG);
		}
	}
	return VS_OK;
}

void
vs_store_sqlite_close(struct vs_store_db *db)
{
	for (size_t i = 0; i < VS_QUERY_COUNT; i++)
		(void)sqlite3_finalize(db->statements[i].sqlite);
	(void)sqlite3_close(db->sqlite);
	db->sqlite = NULL;
}

static int
bind_one(sqlite3_stmt *statement, int position, const struct vs_store_value *value)
{
	const void *data = value->bytes.size == 0 ? "" : (const void *)value->bytes.data;

	switch (value->type) {
	case VS_STORE_TEXT:
		return sqlite3_bind_text(statement, position, data, (int)value->bytes.size,
		                         SQLITE_STATIC);
	case VS_STORE_PAYLOAD:
		return sqlite3_bind_text64(statement, position, data, value->bytes.size,
		                           SQLITE_STATIC, SQLITE_UTF8);
	case VS_STORE_BLOB:
	case VS_STORE_SEALED:
		if (value->bytes.data == NULL)
			return sqlite3_bind_null(statement, position);
		return sqlite3_bind_blob64(statement, position, data, value->bytes.size,
		                           SQLITE_STATIC);
	case VS_STORE_NUMBER:
		/* Where NULL has no meaning the column is NOT NULL, and the record is refused. */
		if (value->number == VS_CORE_ABSENT)
			return sqlite3_bind_null(statement, position);
		return sqlite3_bind_int64(statement, position, value->number);
	case VS_STORE_ARRAY:
		break;
	}
	return SQLITE_MISUSE;
}

vs_result
vs_store_sqlite_bind(struct vs_store_db *db, enum vs_store_query query,
                     const struct vs_store_value *values, size_t count)
{
	sqlite3_stmt *statement = db->statements[query].sqlite;
	const char *types = vs_store_queries[query].types;

	assert(statement != NULL && strlen(types) == count);
	for (size_t i = 0; i < count; i++) {
		int rc;

		vs_store_value_check(&values[i], types[i]);
		rc = bind_one(statement, (int)i + 1, &values[i]);
		if (rc != SQLITE_OK)
			return vs_store_error(rc);
	}
	return VS_OK;
}

vs_result
vs_store_sqlite_next(struct vs_store_statement *statement, bool *has_row_out)
{
	int rc = sqlite3_step(statement->sqlite);

	*has_row_out = rc == SQLITE_ROW;
	return vs_store_error(rc);
}

void
vs_store_sqlite_reset(struct vs_store_statement *statement)
{
	(void)sqlite3_reset(statement->sqlite);
}

vs_result
vs_store_sqlite_run(struct vs_store_db *db, enum vs_store_query query,
                    const struct vs_store_value *values, size_t count)
{
	int rc;

	VS_TRY(vs_store_sqlite_bind(db, query, values, count));
	rc = sqlite3_step(db->statements[query].sqlite);
	(void)sqlite3_reset(db->statements[query].sqlite);
	assert(rc != SQLITE_ROW);
	return vs_store_error(rc);
}

int64_t
vs_store_sqlite_changes(const struct vs_store_db *db)
{
	return sqlite3_changes(db->sqlite);
}

bool
vs_store_sqlite_is_open(const struct vs_store_db *db)
{
	return !sqlite3_get_autocommit(db->sqlite);
}

vs_result
vs_store_sqlite_checkpoint(struct vs_store_db *db)
{
	return vs_store_error(
	    sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

/* --- columns ---------------------------------------------------------------------------------- */

void
vs_store_sqlite_text(sqlite3_stmt *statement, int column, char *text, size_t size)
{
	(void)vs_bytes_copy_text(vs_store_sqlite_bytes(statement, column), text, size);
}

int64_t
vs_store_sqlite_number(sqlite3_stmt *statement, int column)
{
	if (sqlite3_column_type(statement, column) == SQLITE_NULL)
		return VS_CORE_ABSENT;
	return sqlite3_column_int64(statement, column);
}

struct vs_bytes
vs_store_sqlite_bytes(sqlite3_stmt *statement, int column)
{
	const void *data = sqlite3_column_blob(statement, column);

	return vs_bytes_from(data, (size_t)sqlite3_column_bytes(statement, column));
}

bool
vs_store_sqlite_is_null(sqlite3_stmt *statement, int column)
{
	return sqlite3_column_type(statement, column) == SQLITE_NULL;
}
