/* SPDX-License-Identifier: Apache-2.0 */
/* The same tests on PostgreSQL: under tests/with_postgres.py each fixture is a database of its own.
 */
#pragma once

#include <postgresql/libpq-fe.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "store/postgres.h"
#include "test.h"

static inline bool
on_postgres(void)
{
	return getenv("VOLTSEAL_TEST_POSTGRES") != NULL;
}

/* A case about files. */
#define CASE_OF_SQLITE(name)                                                                       \
	do {                                                                                       \
		if (!on_postgres())                                                                \
			CASE(name);                                                                \
	} while (0)

/* Of the superuser: no wall holds for it. */
static inline PGconn *
postgres_connect(const char *database)
{
	const char *const names[] = {"host", "user", "dbname", "options", NULL};
	const char *const values[] = {getenv("VOLTSEAL_TEST_POSTGRES_FOLDER"), "postgres",
	                              database == NULL ? "postgres" : database,
	                              "-c search_path=voltseal,voltseal_keys,public", NULL};
	PGconn *conn = PQconnectdbParams(names, values, 0);

	CHECK(PQstatus(conn) == CONNECTION_OK);
	return conn;
}

static inline bool
postgres_try(const char *database, const char *sql)
{
	PGconn *conn = postgres_connect(database);
	PGresult *result = PQexec(conn, sql);
	bool is_done =
	    PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;

	if (!is_done)
		(void)fprintf(stderr, "%s", PQerrorMessage(conn));
	PQclear(result);
	PQfinish(conn);
	return is_done;
}

static inline void
postgres_exec(const char *database, const char *sql)
{
	CHECK(postgres_try(database, sql));
}

static inline void
postgres_make(struct vs_store_pg_place *place, char name[static 64])
{
	static unsigned number;
	char sql[256];

	(void)snprintf(name, 64, "t%d_%u", (int)getpid(), number++);
	(void)snprintf(sql, sizeof(sql),
	               "CREATE DATABASE %s OWNER voltseal TEMPLATE template0 STRATEGY file_copy",
	               name);
	postgres_exec(NULL, sql);
	(void)snprintf(place->url, sizeof(place->url), "postgresql://voltseal@/%s?host=%s", name,
	               getenv("VOLTSEAL_TEST_POSTGRES_FOLDER"));
}

static inline void
postgres_drop(const char *name)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "DROP DATABASE %s WITH (FORCE)", name);
	postgres_exec(NULL, sql);
}

/* --- into SQLite, so that the tests may ask in one language -------------------------------------
 */

static inline void
postgres_copy_value(sqlite3_stmt *insert, const PGresult *rows, int row, int column)
{
	const char *value = PQgetvalue(rows, row, column);
	int rc = SQLITE_OK;

	if (PQgetisnull(rows, row, column)) {
		rc = sqlite3_bind_null(insert, column + 1);
	} else if (PQftype(rows, column) == 20) {
		rc = sqlite3_bind_int64(insert, column + 1, strtoll(value, NULL, 10));
	} else if (PQftype(rows, column) == 17) {
		size_t size = 0;
		unsigned char *bytes = PQunescapeBytea((const unsigned char *)value, &size);

		rc = sqlite3_bind_blob64(insert, column + 1, bytes, size, SQLITE_TRANSIENT);
		PQfreemem(bytes);
	} else {
		rc = sqlite3_bind_text(insert, column + 1, value, -1, SQLITE_TRANSIENT);
	}
	CHECK(rc == SQLITE_OK);
}

static inline void
postgres_copy_table(PGconn *conn, sqlite3 *sqlite, const char *table)
{
	char sql[2048];
	PGresult *rows;
	sqlite3_stmt *insert = NULL;
	size_t at;
	int columns;

	(void)snprintf(sql, sizeof(sql), "SELECT * FROM %s", table);
	rows = PQexec(conn, sql);
	CHECK(PQresultStatus(rows) == PGRES_TUPLES_OK);
	columns = PQnfields(rows);
	at = (size_t)snprintf(sql, sizeof(sql), "CREATE TABLE %s(", table);
	for (int i = 0; i < columns; i++)
		at += (size_t)snprintf(sql + at, sizeof(sql) - at, "%s\"%s\"", i > 0 ? "," : "",
		                       PQfname(rows, i));
	(void)snprintf(sql + at, sizeof(sql) - at, ")");
	CHECK(sqlite3_exec(sqlite, sql, NULL, NULL, NULL) == SQLITE_OK);
	at = (size_t)snprintf(sql, sizeof(sql), "INSERT INTO %s VALUES (?", table);
	for (int i = 1; i < columns; i++)
		at += (size_t)snprintf(sql + at, sizeof(sql) - at, ",?");
	(void)snprintf(sql + at, sizeof(sql) - at, ")");
	CHECK(sqlite3_prepare_v2(sqlite, sql, -1, &insert, NULL) == SQLITE_OK);
	for (int row = 0; row < PQntuples(rows); row++) {
		for (int i = 0; i < columns; i++)
			postgres_copy_value(insert, rows, row, i);
		CHECK(sqlite3_step(insert) == SQLITE_DONE);
		CHECK(sqlite3_reset(insert) == SQLITE_OK);
	}
	(void)sqlite3_finalize(insert);
	PQclear(rows);
}

static inline sqlite3 *
postgres_copy(const char *database)
{
	PGconn *conn = postgres_connect(database);
	PGresult *tables = PQexec(
	    conn, "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
		  " WHERE n.nspname LIKE 'voltseal%' AND c.relkind IN ('r', 'p')"
		  " AND NOT c.relispartition AND c.relname <> 'version'");
	sqlite3 *sqlite = NULL;

	CHECK(PQresultStatus(tables) == PGRES_TUPLES_OK);
	CHECK(sqlite3_open(":memory:", &sqlite) == SQLITE_OK);
	for (int i = 0; i < PQntuples(tables); i++)
		postgres_copy_table(conn, sqlite, PQgetvalue(tables, i, 0));
	PQclear(tables);
	PQfinish(conn);
	/* Those that a test names; a keystore has no such table. */
	(void)sqlite3_exec(sqlite,
	                   "CREATE INDEX tx_by_time ON tx(tenant, order_ms);"
	                   "CREATE INDEX tx_running ON tx(tenant, order_ms) WHERE is_active = 1",
	                   NULL, NULL, NULL);
	return sqlite;
}
