/* SPDX-License-Identifier: Apache-2.0 */
/* The window of message hashes from what is stored: at start, and when nobody knows whether the
 * last commit came through. */
#pragma once

#include "store/db.h"
#include "store/dedup.h"

/* The window that ends at now_ms, and all that is younger. */
VS_RESULT vs_store_dedup_load(struct vs_store_dedup *dedup, struct vs_store_db *db, int64_t now_ms);
