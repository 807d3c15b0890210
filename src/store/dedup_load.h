/* SPDX-License-Identifier: Apache-2.0 */
/* The window of message hashes from what is stored, at start. */
#pragma once

#include "store/db.h"
#include "store/dedup.h"

VS_RESULT vs_store_dedup_load(struct vs_store_dedup *dedup, struct vs_store_db *db);
