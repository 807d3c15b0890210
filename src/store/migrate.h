/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The versions of the schema: migrations/NNNN_name.sql, embedded at build, applied in one
 * transaction. The version of a file is its user_version; a file of a newer version is refused,
 * never changed.
 */
#pragma once

#include "store/db.h"

#define VS_STORE_APPLICATION_ID 0x56534c31 /* "VSL1" in the file's header: this file is ours */

struct vs_store_migration {
	const char *name, *sql;
};
extern const struct vs_store_migration vs_store_migrations[]; /* [version - 1] */
extern const int vs_store_migration_count;

/* Bring the file to the version of this program. CONFIG: not a store, or newer than `count`; IO.
 * `reason` gets the words for a person. Before the statements are prepared. */
VS_RESULT vs_store_migrate(struct sqlite3 *sqlite, const struct vs_store_migration *migrations,
                           int count, char *reason, size_t reason_size);
