/* SPDX-License-Identifier: Apache-2.0 */
/* What db.h does on SQLite. For the store's own files that know that it is SQLite. */
#pragma once

#include "store/db.h"

/* What SQLite answered, as an error of ours: CONFLICT and BAD_VALUE belong to the one record,
 * NO_MEMORY and IO to the whole commit. */
VS_RESULT vs_store_error(int sqlite_code);

/* As the functions of db.h. db->side is set. */
VS_RESULT vs_store_sqlite_open(struct vs_store_db *db, const char *path, char *reason,
                               size_t reason_size);
VS_RESULT vs_store_sqlite_prepare(struct vs_store_db *db, char *reason, size_t reason_size);
void vs_store_sqlite_close(struct vs_store_db *db);
VS_RESULT vs_store_sqlite_bind(struct vs_store_db *db, enum vs_store_query query,
                               const struct vs_store_value *values, size_t count);
VS_RESULT vs_store_sqlite_next(struct vs_store_statement *statement, bool *has_row_out);
void vs_store_sqlite_reset(struct vs_store_statement *statement);
VS_RESULT vs_store_sqlite_run(struct vs_store_db *db, enum vs_store_query query,
                              const struct vs_store_value *values, size_t count);
int64_t vs_store_sqlite_changes(const struct vs_store_db *db); /* of the last run */
bool vs_store_sqlite_is_open(const struct vs_store_db *db);    /* a transaction */

VS_RESULT vs_store_sqlite_checkpoint(struct vs_store_db *db);

int64_t vs_store_sqlite_number(struct sqlite3_stmt *statement, int column);
struct vs_bytes vs_store_sqlite_bytes(struct sqlite3_stmt *statement, int column);
void vs_store_sqlite_text(struct sqlite3_stmt *statement, int column, char *text, size_t size);
bool vs_store_sqlite_is_null(struct sqlite3_stmt *statement, int column);
