/* SPDX-License-Identifier: Apache-2.0 */
/* TransactionEvents on PostgreSQL: folded in memory from what was read ahead, written together. */
#include <assert.h>

#include "store/ahead.h"
#include "store/tx_write.h"

/* The server works while the next ones are sealed. */
#define EVENTS_TOGETHER 256u
#define TXS_TOGETHER    256u

static vs_result
run_when_full(struct vs_store_many *many, struct vs_store_db *db)
{
	return many->rows < TXS_TOGETHER ? VS_OK : vs_store_many_run(many, db);
}

static vs_result
save_tx(struct vs_store_batch *batch, struct vs_store_ahead_tx *tx)
{
	struct vs_store_value values[VS_STORE_TX_NUMBERS + 7], token[2];
	size_t count = vs_store_tx_values(&tx->tx, values);

	VS_TRY(vs_store_room(&batch->room, VS_CORE_TOKEN_SIZE, 1));
	if (!tx->is_stored || tx->is_token_new)
		VS_TRY(vs_store_tx_seal_token(batch, tx->record, &tx->tx, &token[0]));
	if (!tx->is_stored) {
		values[count++] = vs_store_number(tx->id);
		values[count++] = vs_store_text(tx->record->tenant);
		values[count++] = vs_store_text(tx->record->station);
		values[count++] = vs_store_text(tx->record->u.tx_event.tx_id);
		values[count++] = token[0];
		VS_TRY(vs_store_many_add(&batch->ahead->new_txs, values, count));
		return run_when_full(&batch->ahead->new_txs, batch->db);
	}
	if (tx->is_token_new) {
		token[1] = vs_store_number(tx->id);
		VS_TRY(vs_store_run(batch->db, VS_QUERY_tx_save_token, token, 2));
	}
	values[count++] = vs_store_number(tx->id);
	values[count++] = vs_store_number(tx->before);
	VS_TRY(vs_store_many_add(&batch->ahead->saved_txs, values, count));
	return run_when_full(&batch->ahead->saved_txs, batch->db);
}

static vs_result
save_txs(struct vs_store_batch *batch)
{
	struct vs_store_ahead *ahead = batch->ahead;

	for (size_t i = 0; i < ahead->tx_count; i++) {
		struct vs_store_ahead_tx *tx = &ahead->txs[i];

		if (!tx->is_changed)
			continue;
		VS_TRY(save_tx(batch, tx));
		tx->is_stored = true;
		tx->before = tx->tx.n.event_count;
		tx->is_changed = tx->is_token_new = false;
	}
	VS_TRY(vs_store_many_run(&ahead->new_txs, batch->db));
	return vs_store_many_run(&ahead->saved_txs, batch->db);
}

static vs_result
add_event(struct vs_store_batch *batch, const struct vs_store_ahead_event *event)
{
	const struct vs_core_record *record = event->record;
	struct vs_store_value values[VS_STORE_TX_EVENT_VALUES];

	VS_TRY(vs_store_room(&batch->room, record->payload.size + VS_CORE_TOKEN_SIZE, 2));
	VS_TRY(vs_store_tx_event_values(batch, record, event->tx, values));
	VS_TRY(vs_store_many_add(&batch->ahead->events, values, VS_STORE_TX_EVENT_VALUES));
	return batch->ahead->events.rows < EVENTS_TOGETHER
	           ? VS_OK
	           : vs_store_many_run(&batch->ahead->events, batch->db);
}

/* Nothing has to be sealed for most transactions: the server works at them meanwhile. */
vs_result
vs_store_tx_flush(struct vs_store_batch *batch)
{
	struct vs_store_ahead *ahead = batch->ahead;

	VS_TRY(save_txs(batch));
	for (size_t i = 0; i < ahead->held_count; i++)
		VS_TRY(add_event(batch, &ahead->held[i]));
	ahead->held_count = 0;
	return vs_store_many_run(&ahead->events, batch->db);
}

/* A new one gets its number now: the event's row names it. */
static vs_result
begin_tx(struct vs_store_batch *batch, const struct vs_core_record *record,
         struct vs_store_ahead_tx *tx)
{
	tx->id = ++batch->ids[VS_STORE_ID_TX];
	batch->totals[VS_STORE_TOTAL_transactions]++;
	return vs_store_tx_is_of_nobody(&record->u.tx_event)
	           ? vs_store_tx_note(batch, record, "TransactionUnknown")
	           : VS_OK;
}

static void
fold(struct vs_store_ahead_tx *tx, const struct vs_core_record *record)
{
	int64_t token_seq = tx->tx.n.token_seq;

	vs_store_tx_fold(&tx->tx, &record->u.tx_event);
	tx->record = record;
	tx->is_changed = true;
	tx->is_token_new = tx->is_token_new || tx->tx.n.token_seq != token_seq;
}

vs_result
vs_store_tx_event_join(struct vs_store_batch *batch, struct vs_core_record *record)
{
	bool is_known = false;
	struct vs_store_ahead_tx *tx = vs_store_ahead_next(batch->ahead, record, &is_known);

	if (tx->id == 0)
		VS_TRY(begin_tx(batch, record, tx));
	if (!is_known)
		fold(tx, record);
	if (record->u.tx_event.start != 0 || is_known)
		VS_TRY(vs_store_tx_flush(batch));
	if (record->u.tx_event.start != 0)
		VS_TRY(vs_store_tx_take_number(batch, record, tx->id));
	if (is_known) {
		record->was_duplicate = true;
		return vs_store_tx_check_same(batch, record, tx->id);
	}
	batch->ahead->held[batch->ahead->held_count++] =
	    (struct vs_store_ahead_event){record, tx->id};
	batch->totals[VS_STORE_TOTAL_tx_events]++;
	record->u.tx_event.first_wh = tx->tx.n.energy_first_wh;
	return VS_OK;
}
