/* SPDX-License-Identifier: Apache-2.0 */
/* How SQLite goes about what the API lists: by an index, in its order, and no row but those of the
 * page. */
#include "keystore_fixture.h"

/* They look at all of something small, or count: in no list of the API. */
static bool
may_scan(const char *name)
{
	static const char *const names[] = {
	    "read_counts",        /* one row for each total, and how many stations there are */
	    "read_files_awaited", /* at the start */
	    "keys_roots",         /* a handful */
	    "keys_rotation",      /* the last one, from the end */
	    "keys_oldest",        /* the first of an index */
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* Sorted from what was found: only what is little, and never a page of a long table. */
static bool
may_sort(const char *name)
{
	static const char *const names[] = {
	    "read_logins",         /* sessions of one tenant, at the start */
	    "read_sensor_windows", /* a few of one device */
	    "keys_roots",          /* a handful */
	    "keys_expired",        /* what is due, of all keys */
	    "keys_aged",           /* likewise */
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static void
check_plan(sqlite3 *db, const char *name, const char *sql)
{
	char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
	sqlite3_stmt *statement = NULL;

	CHECK(sqlite3_prepare_v2(db, explain, -1, &statement, NULL) == SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(statement, 3);
		bool is_scan = strncmp(step, "SCAN", 4) == 0 &&
		               strncmp(step, "SCAN CONSTANT", 13) != 0 && !may_scan(name);
		bool is_sort = strstr(step, "TEMP B-TREE") != NULL && !may_sort(name);

		if (is_scan || is_sort)
			(void)fprintf(stderr, "%s: %s\n", name, step);
		CHECK(!is_scan && !is_sort);
	}
	CHECK(sqlite3_finalize(statement) == SQLITE_OK);
	sqlite3_free(explain);
}

struct query {
	const char *name, *sql;
	bool is_list; /* a reader's: WRITE looks at one row, or at the start */
};

static void
check_all(const char *path, const struct query *queries, size_t count, size_t least)
{
	sqlite3 *db = NULL;
	size_t looked = 0;

	CHECK(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
	for (size_t i = 0; i < count; i++) {
		if (queries[i].sql == NULL || !queries[i].is_list ||
		    strncmp(queries[i].sql, "SELECT", 6) != 0)
			continue;
		check_plan(db, queries[i].name, queries[i].sql);
		looked++;
	}
	CHECK(looked > least);
	CHECK(sqlite3_close(db) == SQLITE_OK);
}

/* SQLite prepares a statement anew when a value is bound that its plan was made for; that costs
 * more than the statement. None of ours may be planned for a value. */
static void
check_stays_prepared(sqlite3 *db, const char *name, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int count, again;

	CHECK(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) ==
	      SQLITE_OK);
	count = sqlite3_bind_parameter_count(statement);
	for (int round = 0; count > 0 && round < 3; round++) {
		for (int i = 1; i <= count; i++)
			CHECK(sqlite3_bind_int(statement, i, round + i) == SQLITE_OK);
		(void)sqlite3_step(statement); /* many of them may not be written so */
		(void)sqlite3_reset(statement);
	}
	again = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_REPREPARE, 0);
	if (again > 0)
		(void)fprintf(stderr, "%s: prepared anew %d times\n", name, again);
	CHECK(again == 0);
	CHECK(sqlite3_finalize(statement) == SQLITE_OK);
}

static void
check_all_stay(const char *path, const struct query *queries, size_t count)
{
	sqlite3 *db = NULL;

	CHECK(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	CHECK(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
	for (size_t i = 0; i < count; i++) {
		if (queries[i].sql != NULL)
			check_stays_prepared(db, queries[i].name, queries[i].sql);
	}
	CHECK(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(db) == SQLITE_OK);
}

#define QUERY_WRITE(name, sql)    {#name, sql, false},
#define QUERY_READ(name, sql)     {#name, sql, true},
#define QUERY_READ_ALL(name, sql) {#name, sql, true},
#define QUERY_KEYS(name, sql)     {#name, sql, true},
#define QUERY_NODE(name, sql)     {#name, sql, true},

#define VS_QUERY(name, side, columns, types, sql)         QUERY_##side(name, sql)
#define VS_QUERY_TWO(name, side, columns, types, sql, pg) QUERY_##side(name, sql)
static const struct query queries[] = {
#include "store/queries.def"
};
#define VS_QUERY_TWO(name, side, columns, types, sql, pg) QUERY_##side(name, sql)
static const struct query keystore_queries[] = {
#include "store/keystore_queries.def"
};
#undef VS_QUERY

static void
no_list_walks_through_a_table(void)
{
	struct fixture f;

	fixture_start(&f);
	if (f.place.postgres == NULL) /* it plans by what is in its tables */
		check_all(f.path, queries, sizeof(queries) / sizeof(queries[0]), 30);
	fixture_done(&f);
}

static void
what_is_bound_prepares_nothing_anew(void)
{
	struct keystore_fixture k;
	struct fixture f;

	fixture_start(&f);
	if (f.place.postgres == NULL)
		check_all_stay(f.path, queries, sizeof(queries) / sizeof(queries[0]));
	fixture_done(&f);
	start(&k);
	if (k.f.place.postgres == NULL)
		check_all_stay(k.f.path, keystore_queries,
		               sizeof(keystore_queries) / sizeof(keystore_queries[0]));
	done(&k);
}

static void
nor_does_one_of_keys(void)
{
	struct keystore_fixture k;

	start(&k);
	if (k.f.place.postgres == NULL)
		check_all(k.f.path, keystore_queries,
		          sizeof(keystore_queries) / sizeof(keystore_queries[0]), 20);
	done(&k);
}

int
main(void)
{
	CASE(no_list_walks_through_a_table);
	CASE(nor_does_one_of_keys);
	CASE(what_is_bound_prepares_nothing_anew);
	return 0;
}
