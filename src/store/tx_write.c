/* SPDX-License-Identifier: Apache-2.0 */
#include "store/tx_write.h"

#include <string.h>

#include "core/transaction.h"
#include "store/once.h"
#include "store/tx_fold.h"

/* The columns of tx_find, tx_add and tx_save: the numbers, then the two texts. */
size_t
vs_store_tx_values(const struct vs_store_tx *tx, struct vs_store_value *values)
{
	size_t count = 0;

#define VS_TX_NUMBER(name) values[count++] = vs_store_number(tx->n.name);
#include "store/tx_columns.def"
#undef VS_TX_NUMBER
	values[count++] = vs_store_text(tx->charging_state);
	values[count++] = vs_store_text(tx->stopped_reason);
	return count;
}

static vs_result
tx_find(struct vs_store_batch *batch, const struct vs_core_record *record, struct vs_store_tx *tx,
        int64_t *id_out)
{
	const struct vs_store_value key[] = {vs_store_text(record->tenant),
	                                     vs_store_text(record->station),
	                                     vs_store_text(record->u.tx_event.tx_id)};
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	int column = 0;
	vs_result r = vs_store_bind(batch->db, VS_QUERY_tx_find, key, 3, &statement);

	if (r.code == VS_E_OK)
		r = vs_store_next(statement, &has_row);
	if (r.code == VS_E_OK && has_row) {
#define VS_TX_NUMBER(name) tx->n.name = vs_store_column_number(statement, column++);
#include "store/tx_columns.def"
#undef VS_TX_NUMBER
		vs_store_column_text(statement, column++, tx->charging_state,
		                     sizeof(tx->charging_state));
		vs_store_column_text(statement, column++, tx->stopped_reason,
		                     sizeof(tx->stopped_reason));
		*id_out = vs_store_column_number(statement, column);
	}
	vs_store_reset(statement);
	return r.code == VS_E_OK && !has_row ? VS_FAIL(NOT_FOUND) : r;
}

/* The idToken that the transaction is said to have begun with, sealed for its row. */
vs_result
vs_store_tx_seal_token(struct vs_store_batch *batch, const struct vs_core_record *record,
                       const struct vs_store_tx *tx, struct vs_store_value *value_out)
{
	struct vs_store_row row;

	vs_store_row_begin(&row);
	vs_store_row_text(&row, record->station);
	vs_store_row_text(&row, record->u.tx_event.tx_id);
	return vs_store_seal_value(batch->seal, VS_STORE_CELL_tx_token, record->tenant,
	                           record->station, &row, record->received_ms,
	                           vs_bytes_from_text(tx->token), &batch->room, value_out);
}

static vs_result
tx_add(struct vs_store_batch *batch, const struct vs_core_record *record,
       const struct vs_store_tx *tx, int64_t *id_out)
{
	struct vs_store_value values[VS_STORE_TX_NUMBERS + 7];
	size_t count = vs_store_tx_values(tx, values);

	*id_out = ++batch->ids[VS_STORE_ID_TX];
	values[count++] = vs_store_number(*id_out);
	values[count++] = vs_store_text(record->tenant);
	values[count++] = vs_store_text(record->station);
	values[count++] = vs_store_text(record->u.tx_event.tx_id);
	VS_TRY(vs_store_tx_seal_token(batch, record, tx, &values[count++]));
	VS_TRY(vs_store_run(batch->db, VS_QUERY_tx_add, values, count));
	batch->totals[VS_STORE_TOTAL_transactions]++;
	return VS_OK;
}

static vs_result
tx_save(struct vs_store_batch *batch, const struct vs_core_record *record, struct vs_store_tx *tx,
        int64_t id)
{
	struct vs_store_value values[VS_STORE_TX_NUMBERS + 3], token[2];
	int64_t token_seq = tx->n.token_seq, changed = 0;
	size_t count;

	vs_store_tx_fold(tx, &record->u.tx_event);
	if (tx->n.token_seq != token_seq) {
		VS_TRY(vs_store_tx_seal_token(batch, record, tx, &token[0]));
		token[1] = vs_store_number(id);
		VS_TRY(vs_store_run(batch->db, VS_QUERY_tx_save_token, token, 2));
	}
	count = vs_store_tx_values(tx, values);
	values[count++] = vs_store_number(id);
	VS_TRY(vs_store_run_count(batch->db, VS_QUERY_tx_save_in_place, values, count, &changed));
	if (changed > 0)
		return VS_OK;
	return vs_store_run(batch->db, VS_QUERY_tx_save, values, count);
}

/* --- a seqNo that is taken ---------------------------------------------------------------------
 */

static void
event_row(const struct vs_core_record *record, struct vs_store_row *row)
{
	vs_store_row_begin(row);
	vs_store_row_text(row, record->station);
	vs_store_row_text(row, record->u.tx_event.tx_id);
	vs_store_row_number(row, record->u.tx_event.seq_no);
}

/* Whether a sealed column of what is stored says the same; what cannot be read any more does. */
static vs_result
is_same_value(struct vs_store_batch *batch, const struct vs_core_record *record,
              enum vs_store_cell cell, struct vs_bytes sealed, struct vs_bytes given,
              bool *is_same_out)
{
	enum vs_core_reading reading = VS_CORE_READ_WHOLE;
	struct vs_store_row row;
	struct vs_buf plain;
	vs_result r;

	event_row(record, &row);
	vs_buf_init(&plain, VS_STORE_PLAIN_SIZE_MAX);
	r = vs_store_open_value(batch->seal, cell, record->tenant, &row, sealed, &plain, &reading);
	if (r.code == VS_E_OK)
		*is_same_out =
		    reading != VS_CORE_READ_WHOLE || vs_bytes_equal(vs_buf_view(&plain), given);
	vs_buf_done(&plain);
	return r;
}

static vs_result
is_same_event(struct vs_store_batch *batch, const struct vs_core_record *record,
              struct vs_store_statement *statement, bool *is_same_out)
{
	bool is_same = vs_store_column_number(statement, 0) == 1;

	if (is_same)
		VS_TRY(is_same_value(batch, record, VS_STORE_CELL_tx_event_token,
		                     vs_store_column_bytes(statement, 2),
		                     vs_bytes_from_text(record->u.tx_event.token), &is_same));
	if (is_same && vs_store_column_number(statement, 1) == 1)
		VS_TRY(is_same_value(batch, record, VS_STORE_CELL_tx_event_payload,
		                     vs_store_column_bytes(statement, 3), record->payload,
		                     &is_same));
	*is_same_out = is_same;
	return VS_OK;
}

static vs_result
find_same(struct vs_store_batch *batch, const struct vs_core_record *record, int64_t id,
          bool *is_same_out)
{
	const struct vs_core_tx_event *event = &record->u.tx_event;
	const struct vs_store_value values[] = {
	    vs_store_number(id),
	    vs_store_number(event->seq_no),
	    vs_store_text(record->tenant),
	    vs_store_number((int64_t)event->type),
	    vs_store_number(event->at_ms),
	    vs_store_number(event->evse),
	    vs_store_number(event->connector),
	    vs_store_number(event->is_offline),
	    vs_store_text(event->trigger),
	    vs_store_text(event->charging_state),
	    vs_store_text(event->stopped_reason),
	    vs_store_number(event->energy_wh),
	    vs_store_number(event->power_w),
	    vs_store_number(event->soc_percent),
	};
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r = vs_store_bind(batch->db, VS_QUERY_tx_event_same, values,
	                            sizeof(values) / sizeof(values[0]), &statement);

	if (r.code == VS_E_OK)
		r = vs_store_next(statement, &has_row);
	if (r.code == VS_E_OK && has_row)
		r = is_same_event(batch, record, statement, is_same_out);
	vs_store_reset(statement);
	return r;
}

/* An event of ours about the transaction event. */
vs_result
vs_store_tx_note(struct vs_store_batch *batch, const struct vs_core_record *record,
                 const char *type)
{
	const struct vs_store_value about[] = {vs_store_text(record->u.tx_event.tx_id),
	                                       vs_store_number(record->u.tx_event.seq_no)};
	struct vs_store_statement *statement = NULL;
	struct vs_store_value payload;
	struct vs_store_row row;
	bool has_row = false;
	vs_result r = vs_store_bind(batch->db, VS_QUERY_tx_conflict_text, about, 2, &statement);

	vs_store_row_begin(&row);
	vs_store_row_number(&row, ++batch->ids[VS_STORE_ID_EVENT]);
	if (r.code == VS_E_OK)
		r = vs_store_next(statement, &has_row);
	if (r.code == VS_E_OK && has_row) {
		struct vs_bytes text = vs_store_column_bytes(statement, 0);

		r = vs_store_room(&batch->room, text.size, 1);
		if (r.code == VS_E_OK)
			r = vs_store_seal_value(batch->seal, VS_STORE_CELL_event_payload,
			                        record->tenant, record->station, &row,
			                        record->received_ms, text, &batch->room, &payload);
	}
	vs_store_reset(statement);
	if (r.code != VS_E_OK)
		return r;
	const struct vs_store_value values[] = {
	    vs_store_number(batch->ids[VS_STORE_ID_EVENT]),
	    vs_store_text(record->tenant),
	    vs_store_text(record->station),
	    vs_store_text(type),
	    vs_store_number(VS_CORE_WARNING),
	    vs_store_number(0),
	    vs_store_number(record->received_ms),
	    vs_store_number(record->received_ms),
	    vs_store_number(vs_store_hash_number(record->message_hash)),
	    payload,
	};
	VS_TRY(vs_store_run(batch->db, VS_QUERY_event_add, values,
	                    sizeof(values) / sizeof(values[0])));
	batch->totals[VS_STORE_TOTAL_events]++;
	return VS_OK;
}

/* The first stays; one that says something else is worth a person's attention, once. */
vs_result
vs_store_tx_check_same(struct vs_store_batch *batch, struct vs_core_record *record, int64_t id)
{
	uint64_t hash = record->message_hash;
	bool is_same = false, is_new = true;

	VS_TRY(find_same(batch, record, id, &is_same));
	record->was_taken = !is_same;
	if (is_same || (hash != 0 && vs_store_dedup_has(batch->dedup, hash)))
		return VS_OK;
	if (hash != 0 && batch->is_shared)
		VS_TRY(vs_store_once_take_one(batch, hash, &is_new));
	if (is_new)
		VS_TRY(vs_store_tx_note(batch, record, "TransactionEventConflict"));
	return hash == 0 ? VS_OK : vs_store_dedup_add(batch->dedup, hash, record->received_ms);
}

/* --- one event ----------------------------------------------------------------------------------
 */

vs_result
vs_store_tx_event_values(struct vs_store_batch *batch, const struct vs_core_record *record,
                         int64_t id, struct vs_store_value values[VS_STORE_TX_EVENT_VALUES])
{
	const struct vs_core_tx_event *event = &record->u.tx_event;
	struct vs_store_value token, payload;
	struct vs_store_row row;

	event_row(record, &row);
	VS_TRY(vs_store_seal_value(batch->seal, VS_STORE_CELL_tx_event_token, record->tenant,
	                           record->station, &row, record->received_ms,
	                           vs_bytes_from_text(event->token), &batch->room, &token));
	VS_TRY(vs_store_seal_value(batch->seal, VS_STORE_CELL_tx_event_payload, record->tenant,
	                           record->station, &row, record->received_ms, record->payload,
	                           &batch->room, &payload));
	const struct vs_store_value all[VS_STORE_TX_EVENT_VALUES] = {
	    vs_store_number(id),
	    vs_store_number(event->seq_no),
	    vs_store_text(record->tenant),
	    vs_store_number((int64_t)event->type),
	    vs_store_number(event->at_ms),
	    vs_store_number(record->received_ms),
	    vs_store_number(event->evse),
	    vs_store_number(event->connector),
	    vs_store_number(event->is_offline),
	    vs_store_text(event->trigger),
	    vs_store_text(event->charging_state),
	    vs_store_text(event->stopped_reason),
	    token,
	    vs_store_number(event->energy_wh),
	    vs_store_number(event->power_w),
	    vs_store_number(event->soc_percent),
	    payload,
	};

	memcpy(values, all, sizeof(all));
	return VS_OK;
}

static vs_result
event_add(struct vs_store_batch *batch, const struct vs_core_record *record, int64_t id,
          int64_t *added_out)
{
	struct vs_store_value values[VS_STORE_TX_EVENT_VALUES];

	VS_TRY(vs_store_tx_event_values(batch, record, id, values));
	return vs_store_run_count(batch->db, VS_QUERY_tx_event_add, values,
	                          VS_STORE_TX_EVENT_VALUES, added_out);
}

/* OCPP 1.6: the number of a transaction is given here, so that one which this station was never
 * given is a mistake, or another station's. It is kept as a transaction of this station's own. */
bool
vs_store_tx_is_of_nobody(const struct vs_core_tx_event *event)
{
	return event->seq_no >= VS_CORE_SEQ_BY_TIME && event->type != VS_CORE_TX_STARTED &&
	       !event->is_offline;
}

/* Its number is its own: NOT to be mistaken for another transaction, of this station or of another
 * one, that happens to have the same. */
vs_result
vs_store_tx_take_number(struct vs_store_batch *batch, const struct vs_core_record *record,
                        int64_t id)
{
	const struct vs_core_tx_event *event = &record->u.tx_event;
	const struct vs_store_value key = vs_store_number(id);
	const struct vs_store_value values[] = {vs_store_number(event->number),
	                                        vs_store_number(vs_store_hash_number(event->start)),
	                                        key};
	struct vs_store_statement *statement = NULL;
	int64_t start = VS_CORE_ABSENT;
	bool has_row = false;
	vs_result r;

	VS_TRY(vs_store_bind(batch->db, VS_QUERY_tx_start, &key, 1, &statement));
	r = vs_store_next(statement, &has_row);
	if (r.code == VS_E_OK && has_row)
		start = vs_store_column_number(statement, 0);
	vs_store_reset(statement);
	VS_TRY(r);
	if (start == VS_CORE_ABSENT)
		return vs_store_run(batch->db, VS_QUERY_tx_number, values, 3);
	return start == vs_store_hash_number(event->start) ? VS_OK : VS_FAIL(CONFLICT);
}

vs_result
vs_store_tx_event_write(struct vs_store_batch *batch, struct vs_core_record *record)
{
	struct vs_core_tx_event *event = &record->u.tx_event;
	struct vs_store_tx tx;
	int64_t id = 0, added = 0;
	vs_result found;

	if (batch->ahead != NULL)
		return vs_store_tx_event_join(batch, record);
	vs_store_tx_init(&tx);
	/* The payload, and twice an idToken. */
	VS_TRY(vs_store_room(&batch->room, record->payload.size + 2 * sizeof(event->token), 3));
	found = tx_find(batch, record, &tx, &id);
	if (found.code == VS_E_NOT_FOUND) {
		vs_store_tx_fold(&tx, event);
		VS_TRY(tx_add(batch, record, &tx, &id));
		if (vs_store_tx_is_of_nobody(event))
			VS_TRY(vs_store_tx_note(batch, record, "TransactionUnknown"));
	} else if (found.code != VS_E_OK) {
		return found;
	}
	if (event->start != 0)
		VS_TRY(vs_store_tx_take_number(batch, record, id));
	VS_TRY(event_add(batch, record, id, &added));
	if (added == 0) {
		record->was_duplicate = true;
		return vs_store_tx_check_same(batch, record, id);
	}
	batch->totals[VS_STORE_TOTAL_tx_events]++;
	if (found.code != VS_E_NOT_FOUND)
		VS_TRY(tx_save(batch, record, &tx, id));
	event->first_wh = tx.n.energy_first_wh;
	return VS_OK;
}
