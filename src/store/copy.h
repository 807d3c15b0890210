/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole installation from SQLite to PostgreSQL: both schemas, every row as it is, in one
 * transaction of the target, so that there is nothing of it or all of it. Sealed values are bound
 * to tenant, table, column and row, which stay the same, and the store to its keystore, which comes
 * along: bytes are copied and never opened.
 *
 * The schema is made by the migrations of the daemon. Each row is then read back and compared with
 * its origin, value by value, before the transaction is committed. Both sides are locked as a
 * daemon locks them. Blocking; one thread.
 */
#pragma once

#include "store/postgres.h"

struct vs_store_copy {
	const char *store_file, *keystore_file; /* of a daemon that is stopped */
	const struct vs_store_pg_place *place;
	/* May be NULL. So many of so many rows of this table are copied, or (is_check) compared. */
	void (*progress)(void *arg, const char *table, bool is_check, int64_t done, int64_t count);
	void *progress_arg;
};

struct vs_store_copied {
	int64_t tables, rows;
};

/* CONFIG: one of them is open in another process, not ours, of another version; EXISTS: the target
 * is not empty; CONFLICT: what was read back is not what was written; IO. `reason` gets the words
 * for a person. Unless it is OK, the target is as it was. */
VS_RESULT vs_store_copy_run(const struct vs_store_copy *copy, char *reason, size_t reason_size,
                            struct vs_store_copied *copied_out);
/* Only compare, what was copied before. CONFLICT: the first row that differs is in `reason`. */
VS_RESULT vs_store_copy_check(const struct vs_store_copy *copy, char *reason, size_t reason_size,
                              struct vs_store_copied *copied_out);
