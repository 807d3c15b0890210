/* SPDX-License-Identifier: Apache-2.0 */
/* TransactionEvents: the row of the event, and the row of its transaction folded anew. */
#pragma once

#include "store/record_write.h"
#include "store/tx_fold.h"

#define VS_STORE_TX_EVENT_VALUES 17u /* of tx_event_add */

/* Sets was_duplicate and first_wh. Errors as of vs_store_record_write. */
VS_RESULT vs_store_tx_event_write(struct vs_store_batch *batch, struct vs_core_record *record);

/* The same on PostgreSQL: from what was read ahead, and written with vs_store_tx_flush. */
VS_RESULT vs_store_tx_event_join(struct vs_store_batch *batch, struct vs_core_record *record);
VS_RESULT vs_store_tx_flush(struct vs_store_batch *batch);

/* What both need. Sealed values lie in batch->room: make room before. */
size_t vs_store_tx_values(const struct vs_store_tx *tx, struct vs_store_value *values);
VS_RESULT vs_store_tx_event_values(struct vs_store_batch *batch,
                                   const struct vs_core_record *record, int64_t id,
                                   struct vs_store_value values[VS_STORE_TX_EVENT_VALUES]);
VS_RESULT vs_store_tx_seal_token(struct vs_store_batch *batch, const struct vs_core_record *record,
                                 const struct vs_store_tx *tx, struct vs_store_value *value_out);
VS_RESULT vs_store_tx_take_number(struct vs_store_batch *batch, const struct vs_core_record *record,
                                  int64_t id);
bool vs_store_tx_is_of_nobody(const struct vs_core_tx_event *event);
VS_RESULT vs_store_tx_note(struct vs_store_batch *batch, const struct vs_core_record *record,
                           const char *type);
VS_RESULT vs_store_tx_check_same(struct vs_store_batch *batch, struct vs_core_record *record,
                                 int64_t id);
