/* SPDX-License-Identifier: Apache-2.0 */
#include "store/copy.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/copy_inside.h"
#include "store/lock.h"
#include "store/migrate.h"

#define MONTHS_MAX 240 /* parts of a table; what is older lies among the others */
#define SQL_SIZE   512

struct source {
	const char *path;
	struct vs_store_db db;
	int lock_fd;
};

struct copying {
	struct source store, keystore;
	struct vs_store_db target;
	struct vs_store_copy_side side;
	struct vs_store_copied copied;
};

/* --- opening ---------------------------------------------------------------------------------- */

/* What the daemon of this version would open without changing it. */
static vs_result
check_version(const struct source *source, int64_t application, int64_t version, char *reason,
              size_t reason_size)
{
	sqlite3 *sqlite = source->db.sqlite;
	int64_t is = vs_store_copy_number(sqlite, "PRAGMA user_version", -1);

	if (vs_store_copy_number(sqlite, "PRAGMA application_id", -1) != application) {
		(void)snprintf(reason, reason_size, "%s is none of ours", source->path);
		return VS_FAIL(CONFIG);
	}
	if (is != version ||
	    vs_store_copy_number(
		sqlite,
		"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name LIKE 'plain_%'",
		-1) != 0) {
		(void)snprintf(reason, reason_size,
		               "%s has version %" PRId64 ", this program %" PRId64
		               "; start and stop this voltseald on it once",
		               source->path, is, version);
		return VS_FAIL(CONFIG);
	}
	return VS_OK;
}

static vs_result
open_source(struct source *source, const char *path, int64_t application, int64_t version,
            char *reason, size_t reason_size)
{
	const struct vs_store_place place = {path, NULL};
	vs_result r;

	source->path = path;
	if (access(path, F_OK) != 0) {
		(void)snprintf(reason, reason_size, "there is no %s", path);
		return VS_FAIL(CONFIG);
	}
	VS_TRY(vs_store_lock_take(path, reason, reason_size, &source->lock_fd));
	r = vs_store_db_open(&source->db, &place, VS_STORE_READ, reason, reason_size);
	if (r.code == VS_E_OK)
		r = check_version(source, application, version, reason, reason_size);
	if (r.code == VS_E_OK &&
	    sqlite3_exec(source->db.sqlite, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		r = VS_FAIL(IO);
	return r;
}

/* As a writer, and as a keystore: neither is open elsewhere. */
static vs_result
open_target(struct copying *copying, char *reason, size_t reason_size)
{
	const struct vs_store_place place = {"", copying->side.copy->place};

	VS_TRY(vs_store_db_open(&copying->target, &place, VS_STORE_WRITE, reason, reason_size));
	copying->side.pg = copying->target.pg;
	VS_TRY(vs_store_pg_lock_keys(copying->target.pg, reason, reason_size));
	return vs_store_pg_exec(copying->target.pg, "BEGIN; SET LOCAL statement_timeout = 0",
	                        reason, reason_size);
}

static vs_result
open_both(struct copying *copying, const struct vs_store_copy *copy, char *reason,
          size_t reason_size)
{
	assert(copy->store_file != NULL && copy->keystore_file != NULL && copy->place != NULL);
	reason[0] = '\0';
	copying->store.lock_fd = copying->keystore.lock_fd = -1;
	copying->side =
	    (struct vs_store_copy_side){.copy = copy, .reason = reason, .reason_size = reason_size};
	VS_TRY(open_source(&copying->store, copy->store_file, VS_STORE_APPLICATION_ID,
	                   vs_store_migration_count, reason, reason_size));
	VS_TRY(open_source(&copying->keystore, copy->keystore_file, VS_STORE_KEYS_APPLICATION_ID,
	                   vs_store_keys_migration_count, reason, reason_size));
	return open_target(copying, reason, reason_size);
}

static vs_result
done(struct copying *copying, vs_result r, struct vs_store_copied *copied_out)
{
	if (r.code != VS_E_OK && copying->side.reason[0] == '\0')
		(void)snprintf(copying->side.reason, copying->side.reason_size, "%s",
		               vs_err_text(r.code));
	vs_store_db_close(&copying->target); /* what was not committed was never there */
	vs_store_db_close(&copying->keystore.db);
	vs_store_db_close(&copying->store.db);
	if (copying->keystore.lock_fd >= 0)
		(void)close(copying->keystore.lock_fd);
	if (copying->store.lock_fd >= 0)
		(void)close(copying->store.lock_fd);
	if (r.code == VS_E_OK)
		*copied_out = copying->copied;
	return r;
}

/* --- one schema ------------------------------------------------------------------------------- */

static void
turn_to(struct copying *copying, bool is_keys)
{
	copying->side.schema = is_keys ? "voltseal_keys" : "voltseal";
	copying->side.sqlite = is_keys ? copying->keystore.db.sqlite : copying->store.db.sqlite;
}

static vs_result
exec(const struct vs_store_copy_side *side, const char *sql)
{
	return vs_store_pg_exec(side->pg, sql, side->reason, side->reason_size);
}

/* In the order in which they were made: what others refer to comes first. */
static vs_result
each_table(struct copying *copying, vs_result (*run)(const struct vs_store_copy_side *side,
                                                     const struct vs_store_copy_table *table))
{
	static const char sql[] = "SELECT name FROM sqlite_master WHERE type = 'table'"
				  " AND name NOT LIKE 'sqlite#_%' ESCAPE '#' ORDER BY rowid";
	struct vs_store_copy_table table;
	sqlite3_stmt *names = NULL;
	vs_result r = VS_OK;
	int rc = sqlite3_prepare_v2(copying->side.sqlite, sql, -1, &names, NULL);

	while (rc == SQLITE_OK && r.code == VS_E_OK && sqlite3_step(names) == SQLITE_ROW) {
		r = vs_store_copy_table_load(&copying->side,
		                             (const char *)sqlite3_column_text(names, 0), &table);
		if (r.code == VS_E_OK)
			r = run(&copying->side, &table);
		copying->copied.tables++;
		copying->copied.rows += table.rows;
	}
	(void)sqlite3_finalize(names);
	return rc == SQLITE_OK ? r : VS_FAIL(IO);
}

/* The other side has no table more: nothing was forgotten. */
static vs_result
check_count(const struct copying *copying, int64_t before)
{
	int64_t count = 0;
	char sql[SQL_SIZE];

	(void)snprintf(sql, sizeof(sql),
	               "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = "
	               "c.relnamespace WHERE n.nspname = '%s' AND c.relkind IN ('r', 'p') AND NOT "
	               "c.relispartition AND c.relname NOT IN (%s)",
	               copying->side.schema, VS_STORE_PG_ONLY);
	VS_TRY(vs_store_pg_ask(copying->side.pg, sql, &count));
	if (count == copying->copied.tables - before)
		return VS_OK;
	(void)snprintf(copying->side.reason, copying->side.reason_size,
	               "the schema %s has %" PRId64 " tables, SQLite %" PRId64,
	               copying->side.schema, count, copying->copied.tables - before);
	return VS_FAIL(CONFIG);
}

/* --- copying ---------------------------------------------------------------------------------- */

static vs_result
is_empty(const struct vs_store_copy_side *side)
{
	int64_t count = 0;

	VS_TRY(vs_store_pg_ask(side->pg,
	                       "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = "
	                       "c.relnamespace WHERE n.nspname IN ('voltseal', 'voltseal_keys')",
	                       &count));
	if (count == 0)
		return VS_OK;
	(void)snprintf(side->reason, side->reason_size,
	               "there is a store in this database: a copy goes into an empty one");
	return VS_FAIL(EXISTS);
}

static void
tell(const struct vs_store_copy_side *side, const struct vs_store_copy_table *table, bool is_check,
     int64_t rows)
{
	const struct vs_store_copy *copy = side->copy;

	if (copy->progress != NULL)
		copy->progress(copy->progress_arg, table->name, is_check, rows, table->rows);
}

/* A part for each month that has rows. */
static vs_result
make_parts(const struct vs_store_copy_side *side, const struct vs_store_copy_table *table)
{
	char sql[SQL_SIZE];
	sqlite3_stmt *months = NULL;
	vs_result r = VS_OK;

	(void)snprintf(sql, sizeof(sql),
	               "SELECT min(received_ms) FROM \"%s\" GROUP BY strftime('%%Y-%%m', "
	               "received_ms / 1000, 'unixepoch') ORDER BY 1 DESC LIMIT %d",
	               table->name, MONTHS_MAX);
	if (sqlite3_prepare_v2(side->sqlite, sql, -1, &months, NULL) != SQLITE_OK)
		return vs_store_copy_fail(side, VS_FAIL(IO), table->name,
		                          sqlite3_errmsg(side->sqlite));
	while (r.code == VS_E_OK && sqlite3_step(months) == SQLITE_ROW) {
		(void)snprintf(sql, sizeof(sql), "SELECT voltseal.part('%s', %lld)", table->name,
		               (long long)sqlite3_column_int64(months, 0));
		r = exec(side, sql);
	}
	(void)sqlite3_finalize(months);
	return r;
}

/* Behind the largest that was ever given. */
static vs_result
set_sequence(const struct vs_store_copy_side *side, const struct vs_store_copy_table *table)
{
	for (size_t i = 0; i < table->column_count; i++) {
		const char *column = table->columns[i].name;
		char sql[SQL_SIZE];
		int64_t last, given;

		if (!table->columns[i].is_identity)
			continue;
		(void)snprintf(sql, sizeof(sql), "SELECT max(\"%s\") FROM \"%s\"", column,
		               table->name);
		last = vs_store_copy_number(side->sqlite, sql, 0);
		(void)snprintf(sql, sizeof(sql),
		               "SELECT seq FROM sqlite_sequence WHERE name = '%s'", table->name);
		given = vs_store_copy_number(side->sqlite, sql, 0);
		if (given > last)
			last = given;
		(void)snprintf(sql, sizeof(sql),
		               "SELECT setval(pg_get_serial_sequence('%s.\"%s\"', '%s'), %" PRId64
		               ")",
		               table->schema, table->name, column, last);
		if (last > 0)
			VS_TRY(exec(side, sql));
	}
	return VS_OK;
}

/* What a migration has put there is of the origin, too. Triggers guard what a daemon does, and COPY
 * does not go through the wall: both are put aside, for this transaction, which nobody else sees
 * into. */
static vs_result
copy_table(const struct vs_store_copy_side *side, const struct vs_store_copy_table *table)
{
	const char *wall = table->is_walled ? "FORCE ROW LEVEL SECURITY," : "";
	char sql[SQL_SIZE];

	tell(side, table, false, 0);
	if (table->is_parted)
		VS_TRY(make_parts(side, table));
	(void)snprintf(sql, sizeof(sql),
	               "ALTER TABLE %s.\"%s\" %s%s DISABLE TRIGGER USER; DELETE FROM %s.\"%s\"",
	               table->schema, table->name, table->is_walled ? "NO " : "", wall,
	               table->schema, table->name);
	VS_TRY(exec(side, sql));
	if (table->rows > 0)
		VS_TRY(vs_store_copy_rows(side, table));
	(void)snprintf(sql, sizeof(sql),
	               "ALTER TABLE %s.\"%s\" %s ENABLE TRIGGER USER; ANALYZE %s.\"%s\"",
	               table->schema, table->name, wall, table->schema, table->name);
	VS_TRY(exec(side, sql));
	tell(side, table, false, table->rows);
	return set_sequence(side, table);
}

static vs_result
check_table(const struct vs_store_copy_side *side, const struct vs_store_copy_table *table)
{
	tell(side, table, true, 0);
	VS_TRY(vs_store_copy_compare(side, table));
	tell(side, table, true, table->rows);
	return VS_OK;
}

static vs_result
copy_schema(struct copying *copying, bool is_keys)
{
	struct vs_store_copied counted = copying->copied;

	turn_to(copying, is_keys);
	VS_TRY(exec(&copying->side, is_keys ? "SET LOCAL search_path = voltseal_keys"
	                                    : "SET LOCAL search_path = voltseal"));
	VS_TRY(vs_store_pg_migrate_within(copying->side.pg, is_keys, copying->side.reason,
	                                  copying->side.reason_size));
	VS_TRY(each_table(copying, copy_table));
	VS_TRY(check_count(copying, counted.tables));
	copying->copied = counted; /* each is counted when it is checked */
	return each_table(copying, check_table);
}

static vs_result
check_schema(struct copying *copying, bool is_keys)
{
	int64_t before = copying->copied.tables;

	turn_to(copying, is_keys);
	VS_TRY(each_table(copying, check_table));
	return check_count(copying, before);
}

/* The keystore first: what is sealed in the store is of it. */
static vs_result
go_over(struct copying *copying, vs_result (*schema)(struct copying *copying, bool is_keys))
{
	VS_TRY(schema(copying, true));
	return schema(copying, false);
}

static vs_result
copy_all(struct copying *copying)
{
	VS_TRY(is_empty(&copying->side));
	VS_TRY(go_over(copying, copy_schema));
	return exec(&copying->side, "COMMIT");
}

static vs_result
check_all(struct copying *copying)
{
	return go_over(copying, check_schema);
}

static vs_result
with_both(const struct vs_store_copy *copy, vs_result (*run)(struct copying *copying), char *reason,
          size_t reason_size, struct vs_store_copied *copied_out)
{
	struct copying copying = {.copied = {0, 0}};
	vs_result r;

	assert(copy != NULL && reason != NULL && reason_size > 0 && copied_out != NULL);
	r = open_both(&copying, copy, reason, reason_size);
	if (r.code == VS_E_OK)
		r = run(&copying);
	/* cppcheck-suppress returnDanglingLifetime ; what it returns is a code, and holds no
	 * address */
	return done(&copying, r, copied_out);
}

vs_result
vs_store_copy_run(const struct vs_store_copy *copy, char *reason, size_t reason_size,
                  struct vs_store_copied *copied_out)
{
	return with_both(copy, copy_all, reason, reason_size, copied_out);
}

vs_result
vs_store_copy_check(const struct vs_store_copy *copy, char *reason, size_t reason_size,
                    struct vs_store_copied *copied_out)
{
	return with_both(copy, check_all, reason, reason_size, copied_out);
}
