/* SPDX-License-Identifier: Apache-2.0 */
/* One old table of reseal.h. */
#pragma once

#include "store/reseal.h"

struct vs_store_source {
	const char *table;
	const char *more; /* what the key of the new row needs beside the old columns */
	const char *join;
};

#define VS_STORE_RESEAL_ROWS 500 /* in a batch */
#define VS_STORE_RESEAL_BEGIN                                                                      \
	"BEGIN IMMEDIATE;"                                                                         \
	"CREATE TABLE IF NOT EXISTS vacuum_due(since_ms INTEGER NOT NULL) STRICT"

/* Move what is in plain_<table>, which is there, and drop it. */
VS_RESULT vs_store_move_table(struct sqlite3 *sqlite, const struct vs_store_reseal *how,
                              const struct vs_store_source *source);

VS_RESULT vs_store_run_sql(struct sqlite3 *sqlite, const char *sql);
/* The number in the first row. name: of the one parameter, or NULL. */
VS_RESULT vs_store_ask(struct sqlite3 *sqlite, const char *sql, const char *name,
                       int64_t *number_out);
