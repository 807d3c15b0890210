/* SPDX-License-Identifier: Apache-2.0 */
/* TransactionEvents: the row of the event, and the row of its transaction folded anew. */
#pragma once

#include "store/record_write.h"

/* Sets was_duplicate and first_wh. Errors as of vs_store_record_write. */
VS_RESULT vs_store_tx_event_write(struct vs_store_batch *batch, struct vs_core_record *record);
