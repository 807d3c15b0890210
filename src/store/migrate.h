/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The versions of the schema: migrations/NNNN_name.sql, embedded at build, applied in one
 * transaction. The version of a file is its user_version; a file of a newer version is refused,
 * never changed.
 */
#pragma once

#include "store/db.h"

/* In the file's header: this file is ours, and which one. */
#define VS_STORE_APPLICATION_ID      0x56534c31 /* "VSL1" */
#define VS_STORE_KEYS_APPLICATION_ID 0x56534b31 /* "VSK1": the keystore */

struct vs_store_migration {
	const char *name, *sql;
};
extern const struct vs_store_migration vs_store_migrations[]; /* [version - 1] */
extern const int vs_store_migration_count;
extern const struct vs_store_migration vs_store_keys_migrations[];
extern const int vs_store_keys_migration_count;
/* Of PostgreSQL: the last of them has the number of SQLite's last. */
extern const struct vs_store_migration vs_store_pg_migrations[];
extern const int vs_store_pg_migration_count;
extern const struct vs_store_migration vs_store_pg_keys_migrations[];
extern const int vs_store_pg_keys_migration_count;

/* Bring the file to the version of this program. CONFIG: not a store, or newer than `count`; IO.
 * `reason` gets the words for a person. Before the statements are prepared. */
VS_RESULT vs_store_migrate(struct sqlite3 *sqlite, int application,
                           const struct vs_store_migration *migrations, int count, char *reason,
                           size_t reason_size);
