/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a connection to PostgreSQL. Not for other files than pg_*.c and postgres.c. */
#pragma once

#include <postgresql/libpq-fe.h>

#include "store/postgres.h"

struct vs_store_pg {
	PGconn *conn;
	size_t pending;  /* sent, and not answered yet */
	bool is_open;    /* a transaction */
	bool is_waiting; /* each run is waited for, within a transaction, too */
	struct vs_store_pg_place place;
	uint64_t tried_ms;          /* when the connection was last made anew */
	int tenant[VS_QUERY_COUNT]; /* which parameter is the tenant; -1: none */
};

/* As vs_store_pg_probe; the connection is the caller's. */
VS_RESULT vs_store_pg_connect(const struct vs_store_pg_place *place, PGconn **conn_out,
                              char *reason, size_t reason_size);
/* With a NUL-terminated text, outside of pipeline mode; `reason` gets the server's words. */
VS_RESULT vs_store_pg_exec(struct vs_store_pg *pg, const char *sql, char *reason,
                           size_t reason_size);
/* One number. */
VS_RESULT vs_store_pg_ask(struct vs_store_pg *pg, const char *sql, int64_t *number_out);
/* Tables that SQLite has no twin of, for an IN (...). */
#define VS_STORE_PG_ONLY "'version'"

/* The keystore's lock, too, on the writer's connection. CONFIG: another process has it. */
VS_RESULT vs_store_pg_lock_keys(struct vs_store_pg *pg, char *reason, size_t reason_size);
/* The schema of the store, or of the keystore, to this program's version, within a transaction of
 * the caller whose search path is that schema. */
VS_RESULT vs_store_pg_migrate_within(struct vs_store_pg *pg, bool is_keys, char *reason,
                                     size_t reason_size);
/* Wait for all that was sent. The last answer goes to *last_out (may be NULL), the caller's. The
 * error is the first one. */
VS_RESULT vs_store_pg_collect(struct vs_store_pg *pg, PGresult **last_out);
/* SQL that is not of queries.def, with ? for parameters and a letter for the type of each; on the
 * writer's connection, waited for. vs_store_next goes through its rows, vs_store_reset ends it. */
VS_RESULT vs_store_pg_query(struct vs_store_db *db, const char *sql, const char *types,
                            const struct vs_store_value *values, size_t count,
                            struct vs_store_statement *statement);
int vs_store_pg_columns(const struct vs_store_statement *statement);
/* i: a number, b: bytes, t: text. */
char vs_store_pg_letter(const struct vs_store_statement *statement, int column);

/* The words of libpq without the line's end. */
void vs_store_pg_reason(const char *words, char *reason, size_t reason_size);
