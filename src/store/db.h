/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to a database with its statements of queries.def (KEYS: of keystore_queries.def)
 * prepared, and how values get in and out of them. Which database it is, is known here and below
 * (sqlite.h, postgres.h); above, data takes one way. A connection belongs to one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct sqlite3;
struct sqlite3_stmt;
struct vs_store_pg;
struct vs_store_pg_place;
struct pg_result;

enum vs_store_query {
#define VS_QUERY(name, side, columns, types, sql) VS_QUERY_##name,
#include "store/keystore_queries.def"
#include "store/queries.def"
#undef VS_QUERY
	VS_QUERY_COUNT
};
/* READ_ALL: of the readers, too, but across tenants: the wall of PostgreSQL is opened for it. */
enum vs_store_side {
	VS_STORE_WRITE,
	VS_STORE_READ,
	VS_STORE_KEYS,
	VS_STORE_READ_ALL,
	VS_STORE_NODE /* of PostgreSQL: what the nodes tell each other */
};

struct vs_store_query_info {
	const char *name;
	enum vs_store_side side;
	int columns;
	const char *types;
	const char *sqlite, *postgres; /* NULL: not of this engine */
};
extern const struct vs_store_query_info vs_store_queries[VS_QUERY_COUNT];
/* Whether connections of this side have it. */
bool vs_store_query_is_of(enum vs_store_query query, enum vs_store_side side);

/* A query on its connection, and the row that it stands at. */
struct vs_store_statement {
	struct sqlite3_stmt *sqlite;
	struct pg_result *pg; /* all rows of the answer */
	int row;
};

struct vs_store_db {
	enum vs_store_side side;
	struct sqlite3 *sqlite; /* NULL: it is PostgreSQL */
	struct vs_store_pg *pg;
	struct vs_store_statement statements[VS_QUERY_COUNT];
};

/* Where a database is: a file, or a server. */
struct vs_store_place {
	const char *path;
	const struct vs_store_pg_place *postgres; /* not NULL: there, and path is not looked at */
};

/* Open and set up a connection; WRITE and KEYS make the file when it is absent (0600). Then the
 * schema is brought to the version of this program (WRITE, KEYS), then the statements are prepared.
 * CONFIG, IO; `reason` gets the words for a person. */
VS_RESULT vs_store_db_open(struct vs_store_db *db, const struct vs_store_place *place,
                           enum vs_store_side side, char *reason, size_t reason_size);
VS_RESULT vs_store_db_migrate(struct vs_store_db *db, char *reason, size_t reason_size);
VS_RESULT vs_store_db_prepare(struct vs_store_db *db, char *reason, size_t reason_size);
void vs_store_db_close(struct vs_store_db *db);
/* Which of several daemons this is; "": the only one. */
const char *vs_store_db_node(const struct vs_store_db *db);

/* One parameter. Texts and bytes are borrowed until the statement has run. */
struct vs_store_value {
	enum {
		VS_STORE_TEXT,
		VS_STORE_NUMBER,
		VS_STORE_BLOB,
		VS_STORE_PAYLOAD,
		VS_STORE_SEALED, /* made by store/seal.h alone */
		VS_STORE_ARRAY   /* of PostgreSQL alone: made by store/many.h */
	} type;
	struct vs_bytes bytes; /* a blob or a sealed value with data NULL is NULL */
	int64_t number;        /* VS_CORE_ABSENT is NULL */
};
int64_t vs_store_hash_number(
    uint64_t hash); /* how a hash is written; only one of all hashes shares its number */
struct vs_store_value vs_store_text(const char *text);
struct vs_store_value vs_store_text_bytes(struct vs_bytes text);
struct vs_store_value vs_store_number(int64_t number);
struct vs_store_value vs_store_blob(const uint8_t *data, size_t size);
struct vs_store_value vs_store_payload(struct vs_bytes payload);
/* Asserts that a value is as the letter of its parameter says. */
void vs_store_value_check(const struct vs_store_value *value, char type);

/* The statement of a query with its parameters set, before its first row. Asserts that they are as
 * the row of queries.def says. */
VS_RESULT vs_store_bind(struct vs_store_db *db, enum vs_store_query query,
                        const struct vs_store_value *values, size_t count,
                        struct vs_store_statement **statement_out);
/* To the next row; false: there is none any more. */
VS_RESULT vs_store_next(struct vs_store_statement *statement, bool *has_row_out);
/* After the last row that is wanted: until then a snapshot is held. */
void vs_store_reset(struct vs_store_statement *statement);
/* Run a query that gives no rows. Within a transaction PostgreSQL may say only at its commit that
 * it failed. */
VS_RESULT vs_store_run(struct vs_store_db *db, enum vs_store_query query,
                       const struct vs_store_value *values, size_t count);
/* The same, at once, with how many rows it changed. */
VS_RESULT vs_store_run_count(struct vs_store_db *db, enum vs_store_query query,
                             const struct vs_store_value *values, size_t count,
                             int64_t *changed_out);
/* A query of one column that gives one row: RETURNING. NOT_FOUND. */
VS_RESULT vs_store_run_id(struct vs_store_db *db, enum vs_store_query query,
                          const struct vs_store_value *values, size_t count, int64_t *number_out);

/* A lost connection to a server is made anew, at most once a second; it may take seconds. IO: it is
 * still lost. Not within a transaction. */
VS_RESULT vs_store_revive(struct vs_store_db *db);

/* A transaction that writes. tenants: whose rows it is about, with commas; NULL: any (PostgreSQL's
 * wall lets no other through). */
VS_RESULT vs_store_begin(struct vs_store_db *db, const char *tenants);
VS_RESULT vs_store_commit(struct vs_store_db *db);
/* Whether each run within a transaction is waited for: to know which one failed. */
void vs_store_wait(struct vs_store_db *db, bool is_waiting);
/* What was run and not waited for is sent as far as that goes now: the server begins with it. */
void vs_store_push(struct vs_store_db *db);
/* After a failure; when the database has done so itself, nothing. */
void vs_store_rollback(struct vs_store_db *db);
/* Leave nothing of what was changed in a log beside the tables. */
VS_RESULT vs_store_checkpoint(struct vs_store_db *db);

void vs_store_column_text(const struct vs_store_statement *statement, int column, char *text,
                          size_t size); /* cut to size */
int64_t vs_store_column_number(const struct vs_store_statement *statement,
                               int column); /* NULL: ABSENT */
struct vs_bytes vs_store_column_bytes(const struct vs_store_statement *statement,
                                      int column); /* until the next step */
/* A blob of exactly this size into `data`; false: none, or another one. */
bool vs_store_column_blob(const struct vs_store_statement *statement, int column, uint8_t *data,
                          size_t size);
bool vs_store_column_is_null(const struct vs_store_statement *statement, int column);
