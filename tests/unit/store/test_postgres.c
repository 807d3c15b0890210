/* SPDX-License-Identifier: Apache-2.0 */
/* What only PostgreSQL does; that it does the rest as well is shown by all other tests, run beside
 * a server. */
#include "store/postgres.h"

#include "base/file.h"
#include "fixture.h"

static vs_result
check(const char *url, bool is_production)
{
	struct vs_store_pg_place place = {.is_production = is_production};
	char reason[256] = "";
	vs_result r;

	(void)snprintf(place.url, sizeof(place.url), "%s", url);
	r = vs_store_pg_place_check(&place, reason, sizeof(reason));
	CHECK((r.code == VS_E_OK) == (reason[0] == '\0'));
	CHECK(strstr(reason, "secret") == NULL);
	return r;
}

static void
places_that_are_refused(void)
{
	CHECK_OK(check("postgresql://v@db.example/v?sslmode=verify-full", true));
	CHECK_OK(check("postgresql://v@/v?host=/run/postgresql", true));
	CHECK_OK(check("host=/run/postgresql user=v", true));
	CHECK_OK(check("postgresql://v@127.0.0.1/v", false));
	CHECK_ERR(check("postgresql://v@db.example/v", true), CONFIG);
	CHECK_ERR(check("postgresql://v@db.example/v?sslmode=require", true), CONFIG);
	CHECK_ERR(check("postgresql://v@/v?host=/run&hostaddr=10.0.0.1", true), CONFIG);
	CHECK_ERR(check("postgresql://v@/v?host=/run,db.example", true), CONFIG);
	CHECK_ERR(check("postgresql://v:secret@db.example/v?sslmode=verify-full", false), CONFIG);
	CHECK_ERR(check("host=/run/postgresql passfile=/etc/secret", false), CONFIG);
	CHECK_ERR(check("postgresql://v@db.example/v?no_such=1", false), CONFIG);
}

/* --- beside a server -------------------------------------------------------------------------- */

static int64_t
number(PGconn *conn, const char *sql)
{
	PGresult *result = PQexec(conn, sql);
	int64_t got;

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		(void)fprintf(stderr, "%s: %s", sql, PQerrorMessage(conn));
	CHECK(PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1);
	got = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return got;
}

static void
put_station(struct fixture *f, const char *tenant, const char *identity)
{
	struct vs_core_record *record = record_new(VS_RECORD_station_put, identity, "");

	(void)snprintf(record->tenant, sizeof(record->tenant), "%s", tenant);
	(void)snprintf(record->u.station_put.tenant, sizeof(record->tenant), "%s", tenant);
	(void)snprintf(record->u.station_put.identity, sizeof(record->station), "%s", identity);
	fixture_put(f, record);
	CHECK(f->failed == 0);
}

/* A question that forgets the tenant, asked as the daemon's role. */
static void
the_wall_hides_what_is_foreign(void)
{
	struct fixture f;
	PGconn *conn;
	PGresult *result;

	fixture_start(&f);
	put_station(&f, VS_CORE_TENANT_DEFAULT, "CS1");
	put_station(&f, "acme", "CS2");
	put_station(&f, "acme", "CS3");
	conn = PQconnectdb(f.postgres.url);
	CHECK(PQstatus(conn) == CONNECTION_OK);
	PQclear(PQexec(conn, "SET search_path = voltseal"));
	CHECK(number(conn, "SELECT count(*) FROM station") == 0);
	PQclear(PQexec(conn, "SELECT set_config('voltseal.tenant', 'default', false)"));
	CHECK(number(conn, "SELECT count(*) FROM station") == 1);
	PQclear(PQexec(conn, "SELECT set_config('voltseal.tenant', 'acme,other', false)"));
	CHECK(number(conn, "SELECT count(*) FROM station") == 2);
	CHECK(number(conn, "SELECT count(*) FROM station WHERE identity = 'CS1'") == 0);
	result = PQexec(conn, "UPDATE station SET tenant = 'default' WHERE identity = 'CS2'");
	CHECK(strcmp(PQresultErrorField(result, PG_DIAG_SQLSTATE), "42501") == 0);
	PQclear(result);
	result = PQexec(conn, "DELETE FROM station WHERE identity = 'CS1'");
	CHECK(strcmp(PQcmdTuples(result), "0") == 0);
	PQclear(result);
	PQfinish(conn);
	/* Every table with a tenant, and every part of one, has a wall that its owner has, too. */
	conn = postgres_connect(f.database);
	CHECK(number(conn,
	             "SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
	             " WHERE c.relnamespace = 'voltseal'::regnamespace AND c.relkind IN ('r', 'p')"
	             " AND a.attname = 'tenant' AND NOT (c.relrowsecurity AND c.relforcerowsecurity"
	             " AND EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = c.oid))") == 0);
	CHECK(number(conn, "SELECT count(*) FROM pg_class WHERE relname LIKE 'meter_values_2%'"
	                   " AND relispartition AND relkind = 'r'") == 2);
	PQfinish(conn);
	fixture_done(&f);
}

static void
rows_go_to_the_part_of_their_month(void)
{
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, meter_record("CS1", 1));
	fixture_put(&f, record_new(VS_RECORD_event, "CS1", "{}"));
	CHECK(f.failed == 0);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == 1);
	PGconn *conn = postgres_connect(f.database);
	CHECK(number(conn, "SELECT count(*) FROM meter_values_other") == 0);
	CHECK(number(conn, "SELECT count(*) FROM event_other") == 0);
	PQfinish(conn);
	fixture_done(&f);
}

static void
who_may_pass_the_wall_is_refused(void)
{
	struct fixture f;

	fixture_init(&f);
	(void)snprintf(f.postgres.url, sizeof(f.postgres.url), "postgresql://postgres@/%s?host=%s",
	               f.database, getenv("VOLTSEAL_TEST_POSTGRES_FOLDER"));
	CHECK_ERR(fixture_open(&f), CONFIG);
	CHECK(strstr(f.reason, "row-level security") != NULL);
	(void)snprintf(f.postgres.url, sizeof(f.postgres.url), "postgresql://nobody@/%s?host=%s",
	               f.database, getenv("VOLTSEAL_TEST_POSTGRES_FOLDER"));
	CHECK_ERR(fixture_open(&f), IO);
	CHECK(strstr(f.reason, "nobody") != NULL);
	fixture_done(&f);
}

/* A password file is for its owner alone, and never told. */
static void
the_password_comes_from_a_file(void)
{
	struct fixture f;

	fixture_init(&f);
	(void)snprintf(f.postgres.password_file, sizeof(f.postgres.password_file), "%s/password",
	               f.dir);
	CHECK_ERR(fixture_open(&f), CONFIG);
	CHECK_OK(vs_file_write(f.postgres.password_file, VS_BYTES_LITERAL("geheim\n")));
	CHECK(chmod(f.postgres.password_file, 0644) == 0);
	CHECK_ERR(fixture_open(&f), CONFIG);
	CHECK(strstr(f.reason, "geheim") == NULL);
	CHECK(chmod(f.postgres.password_file, 0600) == 0);
	CHECK_OK(fixture_open(&f));
	fixture_done(&f);
}

/* Whatever becomes of the connection: what was reported stored is, once; and it comes back. */
static void
a_lost_connection_is_made_anew(void)
{
	struct fixture f;
	struct vs_core_counts counts;
	bool is_read = false;

	fixture_start(&f);
	fixture_put(&f, tx_record("CS1", "tx", 1, VS_CORE_TX_UPDATED));
	CHECK(f.failed == 0);
	postgres_exec(NULL, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
	                    " WHERE usename = 'voltseal'");
	for (int i = 0; i < 100 && (i == 0 || f.last_outcome != VS_E_OK); i++) {
		fixture_put(&f, tx_record("CS1", "tx", 2, VS_CORE_TX_UPDATED));
		if (f.last_outcome != VS_E_OK)
			(void)usleep(100000);
	}
	CHECK(f.last_outcome == VS_E_OK);
	for (int i = 0; i < 100 && !is_read; i++) {
		is_read = f.reader.counts(f.reader.self, &counts).code == VS_E_OK;
		if (!is_read)
			(void)usleep(100000);
	}
	CHECK(is_read && counts.tx_events == 2);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 2);
	CHECK(fixture_ask(&f, "SELECT event_count FROM tx") == 2);
	fixture_done(&f);
}

/* --- the same tables -------------------------------------------------------------------------- */

static void
compare_table(PGconn *conn, sqlite3 *sqlite, const char *schema, const char *table)
{
	sqlite3_stmt *columns = NULL;
	char sql[512];
	int64_t count = 0;

	(void)snprintf(sql, sizeof(sql),
	               "SELECT name, CASE type WHEN 'INTEGER' THEN 'bigint' WHEN 'TEXT' THEN 'text'"
	               " ELSE 'bytea' END FROM pragma_table_info('%s')",
	               table);
	CHECK(sqlite3_prepare_v2(sqlite, sql, -1, &columns, NULL) == SQLITE_OK);
	for (; sqlite3_step(columns) == SQLITE_ROW; count++) {
		(void)snprintf(
		    sql, sizeof(sql),
		    "SELECT count(*) FROM information_schema.columns WHERE table_schema ="
		    " '%s' AND table_name = '%s' AND column_name = '%s' AND data_type ="
		    " '%s'",
		    schema, table, (const char *)sqlite3_column_text(columns, 0),
		    (const char *)sqlite3_column_text(columns, 1));
		if (number(conn, sql) != 1)
			(void)fprintf(stderr, "%s\n", sql);
		CHECK(number(conn, sql) == 1);
	}
	CHECK(sqlite3_finalize(columns) == SQLITE_OK && count > 0);
	(void)snprintf(sql, sizeof(sql),
	               "SELECT count(*) FROM information_schema.columns WHERE table_schema = '%s'"
	               " AND table_name = '%s'",
	               schema, table);
	CHECK(number(conn, sql) == count);
}

static void
compare(struct fixture *f, enum vs_store_side side, const char *schema)
{
	const struct vs_store_place file = {.path = f->path}, server = {.postgres = &f->postgres};
	struct vs_store_db ours = {0}, theirs = {0};
	PGconn *conn = postgres_connect(f->database);
	sqlite3_stmt *tables = NULL;
	char sql[256];
	int64_t count = 0;

	CHECK_OK(vs_store_db_open(&ours, &file, side, f->reason, sizeof(f->reason)));
	CHECK_OK(vs_store_db_migrate(&ours, f->reason, sizeof(f->reason)));
	CHECK_OK(vs_store_db_open(&theirs, &server, side, f->reason, sizeof(f->reason)));
	CHECK_OK(vs_store_db_migrate(&theirs, f->reason, sizeof(f->reason)));
	CHECK_OK(vs_store_db_migrate(&theirs, f->reason, sizeof(f->reason))); /* nothing to do */
	CHECK_OK(vs_store_db_prepare(&theirs, f->reason, sizeof(f->reason)));
	CHECK(sqlite3_prepare_v2(ours.sqlite,
	                         "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT"
	                         " LIKE 'sqlite_%' AND name NOT LIKE 'plain_%'",
	                         -1, &tables, NULL) == SQLITE_OK);
	for (; sqlite3_step(tables) == SQLITE_ROW; count++)
		compare_table(conn, ours.sqlite, schema,
		              (const char *)sqlite3_column_text(tables, 0));
	CHECK(sqlite3_finalize(tables) == SQLITE_OK && count > 5);
	(void)snprintf(sql, sizeof(sql),
	               "SELECT count(*) FROM pg_class WHERE relnamespace = '%s'::regnamespace AND"
	               " relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'version'",
	               schema);
	CHECK(number(conn, sql) == count);
	vs_store_db_close(&theirs);
	vs_store_db_close(&ours);
	CHECK(unlink(f->path) == 0);
	PQfinish(conn);
}

static void
both_engines_end_with_the_same_tables(void)
{
	struct fixture f;

	fixture_init(&f);
	compare(&f, VS_STORE_WRITE, "voltseal");
	compare(&f, VS_STORE_KEYS, "voltseal_keys");
	postgres_exec(f.database, "INSERT INTO voltseal.version VALUES (9999)");
	CHECK_ERR(fixture_open(&f), CONFIG);
	CHECK(strstr(f.reason, "version 9999") != NULL);
	fixture_done(&f);
}

int
main(void)
{
	CASE(places_that_are_refused);
	if (!on_postgres())
		return 0;
	CASE(the_wall_hides_what_is_foreign);
	CASE(rows_go_to_the_part_of_their_month);
	CASE(who_may_pass_the_wall_is_refused);
	CASE(the_password_comes_from_a_file);
	CASE(a_lost_connection_is_made_anew);
	CASE(both_engines_end_with_the_same_tables);
	return 0;
}
