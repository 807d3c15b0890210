/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving sealed values from one data key to the current one of the same subject. In the writer's
 * thread: what it has sealed before is committed when this looks.
 */
#pragma once

#include "store/seal.h"

/* One transaction over a part of one column, at most about `limit` values of it, from *cursor (0:
 * the start) on.
 * count_out: how many it has moved. *is_over_out: none is left behind, but for those that do not
 * open where they stand. */
VS_RESULT vs_store_reencrypt(struct sqlite3 *sqlite, const struct vs_store_seal *seal,
                             const char *tenant, uint32_t dek_id, int64_t at_ms, size_t limit,
                             int64_t *cursor, size_t *count_out, bool *is_over_out);
/* The same on PostgreSQL, in steps of its own size. */
VS_RESULT vs_store_pg_reencrypt(struct vs_store_db *db, const struct vs_store_seal *seal,
                                const char *tenant, uint32_t dek_id, int64_t at_ms, int64_t *cursor,
                                size_t *count_out, bool *is_over_out);
