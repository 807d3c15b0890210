/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of copying: one table on both sides. Not for other files than copy*.c. */
#pragma once

#include <sqlite3.h>

#include "store/copy.h"
#include "store/pg_inside.h"

#define VS_STORE_COPY_COLUMNS  48u
#define VS_STORE_COPY_NAME     64u
#define VS_STORE_COPY_SQL      4096u
#define VS_STORE_COPY_AT_ONCE  200  /* rows read back with one question; some hold 64 KiB */
#define VS_STORE_COPY_PROGRESS 5000 /* rows between two words about it */

struct vs_store_copy_column {
	char name[VS_STORE_COPY_NAME];
	char type;        /* i: a number, t: text, b: bytes */
	int key;          /* its place in the primary key, from 1; 0: not of it */
	bool is_identity; /* PostgreSQL counts it */
};

struct vs_store_copy_table {
	char schema[16], name[VS_STORE_COPY_NAME];
	struct vs_store_copy_column columns[VS_STORE_COPY_COLUMNS];
	size_t column_count;
	bool is_walled, is_parted;
	int64_t rows;
};

struct vs_store_copy_side {
	const char *schema;
	sqlite3 *sqlite;
	struct vs_store_pg *pg;
	const struct vs_store_copy *copy;
	char *reason;
	size_t reason_size;
};

/* CONFIG, IO with words in side->reason. */
VS_RESULT vs_store_copy_fail(const struct vs_store_copy_side *side, vs_result r, const char *table,
                             const char *what);
/* "a", "b": quoted, of all columns or (is_key) of the key's, in its order. */
VS_RESULT vs_store_copy_names(const struct vs_store_copy_table *table, bool is_key,
                              struct vs_buf *text);
/* SELECT the columns FROM the table [of the schema] ORDER BY its key, with a NUL. */
VS_RESULT vs_store_copy_select(const struct vs_store_copy_table *table, const char *schema,
                               struct vs_buf *sql);
/* What is known of a table on both sides; CONFIG: they are not the same. */
VS_RESULT vs_store_copy_table_load(const struct vs_store_copy_side *side, const char *name,
                                   struct vs_store_copy_table *table_out);
/* Its rows into the target, which has none of it. */
VS_RESULT vs_store_copy_rows(const struct vs_store_copy_side *side,
                             const struct vs_store_copy_table *table);
/* Each row of both sides, in the order of the key; CONFLICT at the first difference. */
VS_RESULT vs_store_copy_compare(const struct vs_store_copy_side *side,
                                const struct vs_store_copy_table *table);
/* One number of SQLite; `preset` when there is no row, or no such table. */
int64_t vs_store_copy_number(sqlite3 *sqlite, const char *sql, int64_t preset);
