/* SPDX-License-Identifier: Apache-2.0 */
/* What is older than its retention is removed, a few rows at a time: retained.def. */
#pragma once

#include "store/store.h"

enum vs_store_retained {
#define VS_RETAINED(name, setting, days, rows, what) VS_STORE_RETAINED_##name,
#include "store/retained.def"
#undef VS_RETAINED
	VS_STORE_RETAINED_COUNT
};

const char *vs_store_retained_name(enum vs_store_retained what);

/* One transaction, of all tenants, in the writer's thread: not more rows than the table says.
 * is_more_out: there may be others. Blocking; any thread but the writer's. CLOSED, IO. */
VS_RESULT vs_store_retain(struct vs_store *store, enum vs_store_retained what, int64_t before_ms,
                          int64_t *removed_out, bool *is_more_out);
