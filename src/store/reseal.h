/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that an older version has left in the clear (tables plain_<table> of migration 0003, and
 * meter values when strictness was turned on) are sealed and moved, at open, before anybody reads.
 *
 * In batches, each one transaction: a process that dies meanwhile goes on at its next start. When
 * the last row has moved, the file is written anew and the log emptied, so that no page holds the
 * old text; until that is done, the table vacuum_due says that it is not.
 */
#pragma once

#include "store/seal.h"

struct vs_store_reseal {
	const struct vs_store_seal *seal;
	bool is_strict;
	void (*progress)(void *arg, const char *table, int64_t done, int64_t count); /* or NULL */
	void *arg;
};

/* After vs_store_migrate and before the statements are prepared. `reason` gets the words for a
 * person. */
VS_RESULT vs_store_reseal(struct sqlite3 *sqlite, const struct vs_store_reseal *how, char *reason,
                          size_t reason_size);
