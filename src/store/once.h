/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a station said brings one row, at whatever nodes it says it (table message_taken): its hash
 * is taken in the transaction of the row, and who comes second waits for the end of that one.
 *
 * Of the kinds that are rows of lists alone, and of several nodes. A daemon that is alone knows by
 * its window what it has taken (dedup.h), transaction events have keys of their own, and what is
 * written over with the same needs nothing.
 */
#pragma once

#include "store/record_write.h"

/* How long it is known: as long as one node remembers a hash at the most. */
#define VS_STORE_ONCE_MS (2 * VS_STORE_DEDUP_WINDOW_MS)

/* Within the transaction, before they are written: at most `count` records of the list. Those that
 * were taken already are in the batch's dedup afterwards; was_elsewhere is set in all that were
 * asked for, and holds for those that turn out to be duplicates. */
VS_RESULT vs_store_once_take(struct vs_store_batch *batch, struct vs_core_record *list,
                             size_t count);
/* One hash of a kind that has another key; false: it was taken. */
VS_RESULT vs_store_once_take_one(struct vs_store_batch *batch, uint64_t hash, bool *is_new_out);
