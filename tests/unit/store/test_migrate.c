/* SPDX-License-Identifier: Apache-2.0 */
#include "store/migrate.h"

#include "fixture.h"

static sqlite3 *
open_memory(void)
{
	sqlite3 *sqlite = NULL;

	CHECK(sqlite3_open(":memory:", &sqlite) == SQLITE_OK);
	return sqlite;
}

static int64_t
ask(sqlite3 *sqlite, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t number;

	CHECK(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK);
	CHECK(sqlite3_step(statement) == SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	CHECK(sqlite3_finalize(statement) == SQLITE_OK);
	return number;
}

static const struct vs_store_migration three[] = {
    {"0001_a", "CREATE TABLE a(x INTEGER) STRICT;"},
    {"0002_b", "CREATE TABLE b(x INTEGER) STRICT; INSERT INTO a VALUES (1);"},
    {"0003_bad", "CREATE TABLE c(x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);"},
};

static void
applies_each_once_and_in_order(void)
{
	sqlite3 *sqlite = open_memory();
	char reason[256] = "";

	CHECK_OK(
	    vs_store_migrate(sqlite, VS_STORE_APPLICATION_ID, three, 1, reason, sizeof(reason)));
	CHECK(ask(sqlite, "PRAGMA user_version") == 1);
	CHECK(ask(sqlite, "PRAGMA application_id") == VS_STORE_APPLICATION_ID);
	CHECK_OK(
	    vs_store_migrate(sqlite, VS_STORE_APPLICATION_ID, three, 2, reason, sizeof(reason)));
	CHECK_OK(
	    vs_store_migrate(sqlite, VS_STORE_APPLICATION_ID, three, 2, reason, sizeof(reason)));
	CHECK(ask(sqlite, "PRAGMA user_version") == 2);
	CHECK(ask(sqlite, "SELECT count(*) FROM a") == 1);
	(void)sqlite3_close(sqlite);
}

static void
a_failed_one_leaves_the_file_as_it_was(void)
{
	sqlite3 *sqlite = open_memory();
	char reason[256] = "";

	CHECK_OK(
	    vs_store_migrate(sqlite, VS_STORE_APPLICATION_ID, three, 1, reason, sizeof(reason)));
	CHECK(vs_store_migrate(sqlite, VS_STORE_APPLICATION_ID, three, 3, reason, sizeof(reason))
	          .code != VS_E_OK);
	CHECK(strstr(reason, "0003_bad") != NULL && strstr(reason, "nowhere") != NULL);
	CHECK(ask(sqlite, "PRAGMA user_version") == 1);
	CHECK(ask(sqlite, "SELECT count(*) FROM sqlite_schema WHERE name IN ('b', 'c')") == 0);
	CHECK(sqlite3_get_autocommit(sqlite) != 0);
	(void)sqlite3_close(sqlite);
}

static void
a_newer_file_is_refused_untouched(void)
{
	struct fixture f;
	sqlite3 *sqlite = NULL;

	fixture_start(&f);
	vs_store_close(&f.store);
	CHECK(sqlite3_open(f.path, &sqlite) == SQLITE_OK);
	CHECK(sqlite3_exec(sqlite, "PRAGMA user_version = 9999", NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(sqlite) == SQLITE_OK);
	CHECK_ERR(fixture_open(&f), CONFIG);
	CHECK(strstr(f.reason, "9999") != NULL && strstr(f.reason, "newer program") != NULL);
	CHECK(fixture_ask(&f, "PRAGMA user_version") == 9999);
	fixture_done(&f);
}

static void
every_table_is_strict_and_has_a_tenant(void)
{
	sqlite3 *sqlite = open_memory();
	char reason[256] = "";

	CHECK_OK(vs_store_migrate(sqlite, VS_STORE_APPLICATION_ID, vs_store_migrations,
	                          vs_store_migration_count, reason, sizeof(reason)));
	CHECK(ask(sqlite,
	          "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
	          " AND name NOT LIKE 'sqlite_%'") >= 14);
	CHECK(ask(sqlite,
	          "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
	          " AND name NOT LIKE 'sqlite_%' AND strict = 0") == 0);
	CHECK(ask(sqlite,
	          "SELECT count(*) FROM pragma_table_list AS t WHERE schema = 'main' AND "
	          "type = 'table'"
	          " AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'plain_%'"
	          " AND name NOT IN ('installation', 'keystore', 'keystore_mark', 'message_taken', "
	          "'node', 'spool_mark', 'total') "
	          "AND NOT EXISTS"
	          " (SELECT 1 FROM pragma_table_info(t.name) WHERE name = 'tenant' AND "
	          "\"notnull\" = 1)") == 0);
	(void)sqlite3_close(sqlite);
}

int
main(void)
{
	CASE(applies_each_once_and_in_order);
	CASE(a_failed_one_leaves_the_file_as_it_was);
	CASE(a_newer_file_is_refused_untouched);
	CASE(every_table_is_strict_and_has_a_tenant);
	return 0;
}
