/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of record whose statements are rows of writes.def, and the rows that wait to be written
 * together. */
#pragma once

#include "store/record_write.h"

/* The statements of `kind`, which is the record's, or COUNT for sealed meter values. */
VS_RESULT vs_store_rows_write(struct vs_store_batch *batch, const struct vs_core_record *record,
                              enum vs_core_record_kind kind);
/* A row of meter_values waits in the batch, where there must be room. */
VS_RESULT vs_store_row_hold(struct vs_store_batch *batch, const struct vs_core_record *record);
VS_RESULT vs_store_held_write(struct vs_store_batch *batch);
