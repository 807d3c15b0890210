/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One SQLite connection with its statements of queries.def (KEYS: of keystore_queries.def)
 * prepared, and how values get in and out of them. A connection belongs to one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct sqlite3;
struct sqlite3_stmt;

enum vs_store_query {
#define VS_QUERY(name, side, columns, types, sql) VS_QUERY_##name,
#include "store/keystore_queries.def"
#include "store/queries.def"
#undef VS_QUERY
	VS_QUERY_COUNT
};
enum vs_store_side { VS_STORE_WRITE, VS_STORE_READ, VS_STORE_KEYS };

struct vs_store_db {
	struct sqlite3 *sqlite;
	struct sqlite3_stmt *statements[VS_QUERY_COUNT]; /* NULL: of the other side */
};

/* Open and set up a connection; WRITE and KEYS make the file when it is absent (0600). Statements
 * come with prepare, because the schema must be there first. CONFIG, IO; `reason` gets the words
 * for a person. */
VS_RESULT vs_store_db_open(struct vs_store_db *db, const char *path, enum vs_store_side side,
                           char *reason, size_t reason_size);
VS_RESULT vs_store_db_prepare(struct vs_store_db *db, enum vs_store_side side, char *reason,
                              size_t reason_size);
void vs_store_db_close(struct vs_store_db *db);

/* What SQLite answered, as an error of ours: CONFLICT and BAD_VALUE belong to the one record,
 * NO_MEMORY and IO to the whole commit. */
VS_RESULT vs_store_error(int sqlite_code);

/* One parameter. Texts and bytes are borrowed until the statement has run. */
struct vs_store_value {
	enum {
		VS_STORE_TEXT,
		VS_STORE_NUMBER,
		VS_STORE_BLOB,
		VS_STORE_PAYLOAD,
		VS_STORE_SEALED /* made by store/seal.h alone */
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

/* The statement of a query with its parameters set, ready to step. Asserts that they are as the row
 * says. */
VS_RESULT vs_store_bind(struct vs_store_db *db, enum vs_store_query query,
                        const struct vs_store_value *values, size_t count,
                        struct sqlite3_stmt **statement_out);
/* Run a query that gives no rows. */
VS_RESULT vs_store_run(struct vs_store_db *db, enum vs_store_query query,
                       const struct vs_store_value *values, size_t count);

void vs_store_column_text(struct sqlite3_stmt *statement, int column, char *text,
                          size_t size);                                     /* cut to size */
int64_t vs_store_column_number(struct sqlite3_stmt *statement, int column); /* NULL: ABSENT */
struct vs_bytes vs_store_column_bytes(struct sqlite3_stmt *statement,
                                      int column); /* until the next step */
