/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/proof_postgres.h"

#include <assert.h>
#include <postgresql/libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SQL_SIZE  1024
#define WALL      "SET voltseal.tenant = '*'; SET default_transaction_read_only = on; SET search_path = "
#define OWNER_MAX 2

/* Tables whose rows are of somebody, and their sealed columns; parts of a table are seen through
 * it. */
#define COLUMNS                                                                                    \
	"SELECT t.relname, c.attname, o.attname FROM pg_class t JOIN pg_attribute c ON"            \
	" c.attrelid = t.oid AND c.atttypid = 'bytea'::regtype JOIN pg_attribute o ON"             \
	" o.attrelid = t.oid AND (o.attname = 'station' OR (t.relname = 'station' AND"             \
	" o.attname = 'identity') OR (t.relname = 'operator' AND o.attname = 'id')) JOIN "         \
	"pg_attribute n ON n.attrelid = t.oid AND"                                                 \
	" n.attname = 'tenant' WHERE t.relnamespace = 'voltseal'::regnamespace AND"                \
	" t.relkind IN ('r', 'p') AND NOT t.relispartition"
#define KEYS                                                                                       \
	"SELECT key_id, tenant, kind, owner, period, state, destroyed_ms, CASE WHEN wrapped ="     \
	" decode(repeat('00', length(wrapped)), 'hex') THEN 1 ELSE 0 END FROM key WHERE"           \
	" tenant = $1 AND (owner = $2 OR kind = 'dek')"
#define RECORDS                                                                                    \
	"SELECT id, at_ms, event, actor, object, detail, tenant FROM audit WHERE tenant = $1 AND"  \
	" event IN ('erase.begin', 'erase.done') AND object = 'device ' || $2 ORDER BY id"
#define LAST "SELECT last_value FROM key_key_id_seq"

/* What key_proof.c asks of files. */
#define COPY                                                                                       \
	"ATTACH ':memory:' AS keystore;"                                                           \
	"CREATE TABLE keystore.key(key_id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT, kind"    \
	" TEXT, owner TEXT, period TEXT, state TEXT, destroyed_ms INTEGER, wrapped BLOB);"         \
	"CREATE TABLE keystore.audit(id INTEGER PRIMARY KEY, at_ms INTEGER, event TEXT, actor"     \
	" TEXT, object TEXT, detail TEXT, tenant TEXT);"

struct copy {
	sqlite3 *sqlite;
	const char *owner[OWNER_MAX]; /* tenant, owner */
	char *reason;
	size_t reason_size;
};

bool
vs_cli_proof_is_postgres(const char *place)
{
	return strncmp(place, "postgresql://", 13) == 0 || strncmp(place, "postgres://", 11) == 0;
}

static bool
fail(struct copy *copy, const char *what)
{
	size_t size = strcspn(what, "\n");

	(void)snprintf(copy->reason, copy->reason_size, "PostgreSQL: %.*s", (int)size, what);
	return false;
}

static bool
run(struct copy *copy, const char *sql)
{
	return sqlite3_exec(copy->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       fail(copy, sqlite3_errmsg(copy->sqlite));
}

/* A connection that only reads, in this schema; NULL. */
static PGconn *
connect_to(struct copy *copy, const char *url, const char *schema)
{
	PGconn *conn = PQconnectdb(url);
	char sql[SQL_SIZE];
	PGresult *set;
	bool is_set;

	if (PQstatus(conn) != CONNECTION_OK) {
		(void)fail(copy, PQerrorMessage(conn));
		PQfinish(conn);
		return NULL;
	}
	(void)snprintf(sql, sizeof(sql), WALL "%s", schema);
	set = PQexec(conn, sql);
	is_set = PQresultStatus(set) == PGRES_COMMAND_OK;
	PQclear(set);
	if (is_set)
		return conn;
	(void)fail(copy, PQerrorMessage(conn));
	PQfinish(conn);
	return NULL;
}

/* The rows of a query; NULL: it failed. */
static PGresult *
ask(struct copy *copy, PGconn *conn, const char *sql, int count)
{
	PGresult *rows = PQexecParams(conn, sql, count, NULL, copy->owner, NULL, NULL, 0);

	if (PQresultStatus(rows) == PGRES_TUPLES_OK)
		return rows;
	(void)fail(copy, PQerrorMessage(conn));
	PQclear(rows);
	return NULL;
}

/* Each row into a statement whose parameters are its columns, as texts. */
static bool
take(struct copy *copy, PGconn *conn, const char *sql, int count, const char *into)
{
	sqlite3_stmt *insert = NULL;
	PGresult *rows = ask(copy, conn, sql, count);
	bool is_good =
	    rows != NULL && sqlite3_prepare_v2(copy->sqlite, into, -1, &insert, NULL) == SQLITE_OK;

	for (int i = 0; is_good && i < PQntuples(rows); i++) {
		for (int column = 0; column < PQnfields(rows); column++)
			if (!PQgetisnull(rows, i, column))
				(void)sqlite3_bind_text(insert, column + 1,
				                        PQgetvalue(rows, i, column), -1,
				                        SQLITE_STATIC);
		is_good = sqlite3_step(insert) == SQLITE_DONE;
		(void)sqlite3_reset(insert);
		(void)sqlite3_clear_bindings(insert);
	}
	if (rows != NULL && !is_good)
		(void)fail(copy, sqlite3_errmsg(copy->sqlite));
	(void)sqlite3_finalize(insert);
	PQclear(rows);
	return is_good;
}

/* What a sealed value begins with says by which key; one row for each. */
static bool
take_column(struct copy *copy, PGconn *conn, const char *table, const char *column, const char *who)
{
	char sql[SQL_SIZE], into[SQL_SIZE], make[SQL_SIZE];

	(void)sqlite3_snprintf(sizeof(make), make,
	                       "CREATE TABLE IF NOT EXISTS \"%w\"(tenant TEXT, \"%w\" TEXT);"
	                       "ALTER TABLE \"%w\" ADD COLUMN \"%w\" BLOB",
	                       table, who, table, column);
	(void)sqlite3_snprintf(sizeof(into), into,
	                       "INSERT INTO \"%w\"(tenant, \"%w\", \"%w\") VALUES (?, ?, unhex(?))",
	                       table, who, column);
	(void)sqlite3_snprintf(
	    sizeof(sql), sql,
	    "SELECT tenant, \"%w\", encode(substr(\"%w\", 1, 6), 'hex') FROM \"%w\""
	    " WHERE tenant = $1 AND \"%w\" = $2 AND \"%w\" IS NOT NULL",
	    who, column, table, who, column);
	return run(copy, make) && take(copy, conn, sql, OWNER_MAX, into);
}

static bool
take_store(struct copy *copy, const char *url)
{
	PGconn *conn = connect_to(copy, url, "voltseal");
	PGresult *columns = conn != NULL ? ask(copy, conn, COLUMNS, 0) : NULL;
	bool is_good = columns != NULL;

	for (int i = 0; is_good && i < PQntuples(columns); i++)
		is_good = take_column(copy, conn, PQgetvalue(columns, i, 0),
		                      PQgetvalue(columns, i, 1), PQgetvalue(columns, i, 2));
	PQclear(columns);
	PQfinish(conn);
	return is_good;
}

static bool
take_keystore(struct copy *copy, const char *url)
{
	PGconn *conn = connect_to(copy, url, "voltseal_keys");
	bool is_good =
	    conn != NULL &&
	    take(copy, conn, KEYS, OWNER_MAX,
	         "INSERT INTO keystore.key VALUES (?, ?, ?, ?, ?, ?, ?,"
	         " CASE ? WHEN '1' THEN zeroblob(40) ELSE x'01' END)") &&
	    take(copy, conn, RECORDS, OWNER_MAX,
	         "INSERT INTO keystore.audit VALUES (?, ?, ?, ?, ?, ?, ?)") &&
	    run(copy, "DELETE FROM keystore.sqlite_sequence") &&
	    take(copy, conn, LAST, 0, "INSERT INTO keystore.sqlite_sequence VALUES ('key', ?)");

	PQfinish(conn);
	return is_good;
}

/* SQLite before 3.41 has no unhex. */
static void
unhex(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *text = (const char *)sqlite3_value_text(values[0]);
	uint8_t bytes[8];
	size_t size = text != NULL ? strlen(text) / 2 : 0;

	(void)count;
	if (size > sizeof(bytes))
		size = sizeof(bytes);
	for (size_t i = 0; i < size; i++) {
		const char pair[] = {text[2 * i], text[2 * i + 1], '\0'};

		bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	sqlite3_result_blob(context, bytes, (int)size, SQLITE_TRANSIENT);
}

bool
vs_cli_proof_postgres(sqlite3 *sqlite, const char *database, const char *keystore,
                      const char *tenant, const char *owner, char *reason, size_t reason_size)
{
	struct copy copy = {.sqlite = sqlite,
	                    .owner = {tenant, owner},
	                    .reason = reason,
	                    .reason_size = reason_size};

	assert(sqlite != NULL && reason != NULL && reason_size > 0);
	return sqlite3_create_function(sqlite, "unhex", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL,
	                               unhex, NULL, NULL) == SQLITE_OK &&
	       run(&copy, COPY) && take_store(&copy, database) && take_keystore(&copy, keystore);
}
