/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ahead.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "store/record_write.h"

#define TENANTS_SIZE_MAX (VS_LIMIT_STORE_BATCH * (VS_CORE_TENANT_SIZE + 1u))

static_assert(VS_STORE_AHEAD_SLOTS >= 2 * VS_LIMIT_STORE_BATCH, "half of the slots stay free");
static_assert(VS_LIMIT_STORE_BATCH < UINT16_MAX, "an index and one fit");

vs_result
vs_store_ahead_new(struct vs_store_ahead **ahead_out)
{
	struct vs_store_ahead *ahead = calloc(1, sizeof(*ahead));

	if (ahead == NULL)
		return VS_FAIL(NO_MEMORY);
	if (vs_store_recent_new(&ahead->recent).code != VS_E_OK) {
		free(ahead);
		return VS_FAIL(NO_MEMORY);
	}
	vs_store_many_init(&ahead->wanted_txs, VS_QUERY_tx_ahead);
	vs_store_many_init(&ahead->wanted_events, VS_QUERY_tx_event_ahead);
	vs_store_many_init(&ahead->meter_values, VS_QUERY_meter_values_add_many);
	vs_store_many_init(&ahead->events, VS_QUERY_tx_event_add_many);
	vs_store_many_init(&ahead->new_txs, VS_QUERY_tx_add_many);
	vs_store_many_init(&ahead->saved_txs, VS_QUERY_tx_save_many);
	vs_store_many_init(&ahead->numbers, VS_QUERY_signed_take_many);
	vs_store_many_init(&ahead->messages, VS_QUERY_message_take_many);
	vs_buf_init(&ahead->tenants, TENANTS_SIZE_MAX);
	*ahead_out = ahead;
	return VS_OK;
}

void
vs_store_ahead_free(struct vs_store_ahead **ahead)
{
	if (*ahead == NULL)
		return;
	vs_store_many_done(&(*ahead)->wanted_txs);
	vs_store_many_done(&(*ahead)->wanted_events);
	vs_store_many_done(&(*ahead)->meter_values);
	vs_store_many_done(&(*ahead)->events);
	vs_store_many_done(&(*ahead)->new_txs);
	vs_store_many_done(&(*ahead)->saved_txs);
	vs_store_many_done(&(*ahead)->numbers);
	vs_store_many_done(&(*ahead)->messages);
	vs_buf_done(&(*ahead)->tenants);
	vs_store_recent_free(&(*ahead)->recent);
	free(*ahead);
	*ahead = NULL;
}

/* --- before the transaction ------------------------------------------------------------------- */

/* A name that is there already, or room for it. */
static const char **
slot_of(struct vs_store_ahead *ahead, const char *name)
{
	size_t at = vs_hash(vs_bytes_from_text(name)) % VS_STORE_AHEAD_SLOTS;

	while (ahead->names[at] != NULL && strcmp(ahead->names[at], name) != 0)
		at = (at + 1) % VS_STORE_AHEAD_SLOTS;
	return &ahead->names[at];
}

static vs_result
list_tenants(struct vs_store_ahead *ahead, const struct vs_core_record *list)
{
	struct vs_buf *tenants = &ahead->tenants;
	const char *last = NULL;

	vs_buf_reset(tenants);
	memset(ahead->names, 0, sizeof(ahead->names));
	for (const struct vs_core_record *record = list; record != NULL; record = record->next) {
		const char *tenant = vs_store_record_tenant(record);
		const char **slot;

		if (last != NULL && strcmp(tenant, last) == 0)
			continue;
		slot = slot_of(ahead, tenant);
		if (*slot == NULL) {
			*slot = tenant;
			if (last != NULL)
				VS_TRY(vs_buf_append_byte(tenants, ','));
			VS_TRY(vs_buf_append_text(tenants, tenant));
		}
		last = tenant;
	}
	return vs_buf_append_byte(tenants, '\0');
}

vs_result
vs_store_ahead_begin(struct vs_store_ahead *ahead, struct vs_store_db *db,
                     const struct vs_core_record *list, const char **tenants_out)
{
	if (list->received_ms >= ahead->parts_until_ms) {
		const struct vs_store_value now = vs_store_number(list->received_ms);

		VS_TRY(vs_store_run_id(db, VS_QUERY_parts, &now, 1, &ahead->parts_until_ms));
	}
	VS_TRY(list_tenants(ahead, list));
	*tenants_out = (const char *)ahead->tenants.data;
	return VS_OK;
}

/* --- within it -------------------------------------------------------------------------------- */

static bool
is_same(const struct vs_core_record *a, const struct vs_core_record *b)
{
	return strcmp(a->u.tx_event.tx_id, b->u.tx_event.tx_id) == 0 &&
	       strcmp(a->station, b->station) == 0 && strcmp(a->tenant, b->tenant) == 0;
}

/* The transaction of an event: there, or added. */
static size_t
tx_of(struct vs_store_ahead *ahead, const struct vs_core_record *record, bool *is_new_out)
{
	size_t at = (vs_hash(vs_bytes_from_text(record->station)) ^
	             vs_hash(vs_bytes_from_text(record->u.tx_event.tx_id))) %
	            VS_STORE_AHEAD_SLOTS;
	struct vs_store_ahead_tx *tx;

	*is_new_out = false;
	for (; ahead->tx_slots[at] != 0; at = (at + 1) % VS_STORE_AHEAD_SLOTS)
		if (is_same(ahead->txs[ahead->tx_slots[at] - 1].record, record))
			return ahead->tx_slots[at] - 1u;
	*is_new_out = true;
	tx = &ahead->txs[ahead->tx_count++];
	memset(tx, 0, sizeof(*tx));
	tx->record = record;
	vs_store_tx_init(&tx->tx);
	ahead->tx_slots[at] = (uint16_t)ahead->tx_count;
	return ahead->tx_count - 1;
}

static bool
is_recent(struct vs_store_ahead *ahead, size_t at)
{
	struct vs_store_ahead_tx *tx = &ahead->txs[at];
	const struct vs_store_recent_tx *recent = vs_store_recent_find(ahead->recent, tx->record);

	if (recent == NULL)
		return false;
	tx->tx = recent->tx;
	tx->id = recent->id;
	tx->before = recent->tx.n.event_count;
	tx->is_stored = true;
	return true;
}

static vs_result
want(struct vs_store_ahead *ahead, const struct vs_core_record *record)
{
	bool is_new = false;
	size_t tx = tx_of(ahead, record, &is_new);
	const struct vs_store_value whole[] = {
	    vs_store_text(record->tenant), vs_store_text(record->station),
	    vs_store_text(record->u.tx_event.tx_id), vs_store_number((int64_t)tx)};

	ahead->is_known[ahead->event_count] = false;
	ahead->tx_of[ahead->event_count++] = tx;
	return is_new && !is_recent(ahead, tx) ? vs_store_many_add(&ahead->wanted_txs, whole, 4)
	                                       : VS_OK;
}

/* A transaction says from which to which seqNo it has events: only those may be there already. */
static vs_result
want_event(struct vs_store_ahead *ahead, const struct vs_core_record *record, size_t n)
{
	const struct vs_store_ahead_tx *tx = &ahead->txs[ahead->tx_of[n]];
	int64_t seq_no = record->u.tx_event.seq_no;
	const struct vs_store_value event[] = {vs_store_number(tx->id), vs_store_number(seq_no),
	                                       vs_store_number((int64_t)n)};

	if (!tx->is_stored || seq_no < tx->tx.n.first_seq_no || seq_no > tx->tx.n.last_seq_no)
		return VS_OK;
	return vs_store_many_add(&ahead->wanted_events, event, 3);
}

static void
take_tx(struct vs_store_ahead *ahead, const struct vs_store_statement *statement)
{
	int column = VS_STORE_TX_NUMBERS + 2;
	int64_t id = vs_store_column_number(statement, column);
	size_t at = (size_t)vs_store_column_number(statement, column + 1);
	struct vs_store_ahead_tx *tx = &ahead->txs[at];

	assert(at < ahead->tx_count);
	column = 0;
#define VS_TX_NUMBER(name) tx->tx.n.name = vs_store_column_number(statement, column++);
#include "store/tx_columns.def"
#undef VS_TX_NUMBER
	vs_store_column_text(statement, column++, tx->tx.charging_state,
	                     sizeof(tx->tx.charging_state));
	vs_store_column_text(statement, column++, tx->tx.stopped_reason,
	                     sizeof(tx->tx.stopped_reason));
	tx->id = id;
	tx->before = tx->tx.n.event_count;
	tx->is_stored = true;
}

static vs_result
load_txs(struct vs_store_ahead *ahead, struct vs_store_db *db)
{
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r;

	if (ahead->wanted_txs.rows == 0)
		return VS_OK;
	r = vs_store_many_bind(&ahead->wanted_txs, db, &statement);
	while (r.code == VS_E_OK && (r = vs_store_next(statement, &has_row)).code == VS_E_OK &&
	       has_row)
		take_tx(ahead, statement);
	vs_store_reset(statement);
	return r;
}

static vs_result
load_events(struct vs_store_ahead *ahead, struct vs_store_db *db)
{
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r;

	if (ahead->wanted_events.rows == 0)
		return VS_OK;
	r = vs_store_many_bind(&ahead->wanted_events, db, &statement);
	while (r.code == VS_E_OK && (r = vs_store_next(statement, &has_row)).code == VS_E_OK &&
	       has_row) {
		size_t at = (size_t)vs_store_column_number(statement, 0);

		assert(at < ahead->event_count);
		ahead->is_known[at] = true;
	}
	vs_store_reset(statement);
	return r;
}

/* What waits to be asked or written, and what it is about. */
static void
forget_list(struct vs_store_ahead *ahead)
{
	struct vs_store_many *const all[] = {
	    &ahead->wanted_txs, &ahead->wanted_events, &ahead->meter_values, &ahead->events,
	    &ahead->new_txs,    &ahead->saved_txs,     &ahead->numbers};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		vs_store_many_reset(all[i]);
	ahead->tx_count = ahead->event_count = ahead->next = ahead->seq_count = 0;
	ahead->held_count = 0;
	memset(ahead->tx_slots, 0, sizeof(ahead->tx_slots));
	memset(ahead->seq_slots, 0, sizeof(ahead->seq_slots));
}

vs_result
vs_store_ahead_load(struct vs_store_ahead *ahead, struct vs_store_db *db,
                    const struct vs_core_record *list, size_t count)
{
	forget_list(ahead);
	for (const struct vs_core_record *record = list; record != NULL && count > 0;
	     record = record->next, count--)
		if (record->kind == VS_RECORD_tx_event)
			VS_TRY(want(ahead, record));
	if (ahead->event_count == 0)
		return VS_OK;
	VS_TRY(load_txs(ahead, db));
	for (size_t n = 0; n < ahead->event_count && list != NULL; list = list->next)
		if (list->kind == VS_RECORD_tx_event)
			VS_TRY(want_event(ahead, list, n++));
	return load_events(ahead, db);
}

void
vs_store_ahead_end(struct vs_store_ahead *ahead, bool is_committed)
{
	if (!is_committed)
		vs_store_recent_clear(ahead->recent);
	for (size_t i = 0; i < ahead->tx_count && is_committed; i++)
		if (ahead->txs[i].is_stored)
			vs_store_recent_put(ahead->recent, ahead->txs[i].record, ahead->txs[i].id,
			                    &ahead->txs[i].tx);
	forget_list(ahead);
}

/* --- while it is written ---------------------------------------------------------------------- */

/* Whether this event was there before in the list; it is, from now on. */
static bool
was_seen(struct vs_store_ahead *ahead, size_t tx, int64_t seq_no)
{
	uint64_t mixed =
	    ((uint64_t)seq_no * VS_LIMIT_STORE_BATCH + tx) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(mixed >> 40) % VS_STORE_AHEAD_SLOTS;

	for (; ahead->seq_slots[at] != 0; at = (at + 1) % VS_STORE_AHEAD_SLOTS) {
		const struct vs_store_ahead_seq *seq = &ahead->seqs[ahead->seq_slots[at] - 1];

		if (seq->tx == tx && seq->seq_no == seq_no)
			return true;
	}
	ahead->seqs[ahead->seq_count++] = (struct vs_store_ahead_seq){tx, seq_no};
	ahead->seq_slots[at] = (uint16_t)ahead->seq_count;
	return false;
}

struct vs_store_ahead_tx *
vs_store_ahead_next(struct vs_store_ahead *ahead, const struct vs_core_record *record,
                    bool *is_known_out)
{
	size_t tx = ahead->tx_of[ahead->next];

	assert(ahead->next < ahead->event_count && is_same(ahead->txs[tx].record, record));
	*is_known_out = ahead->is_known[ahead->next++];
	if (was_seen(ahead, tx, record->u.tx_event.seq_no))
		*is_known_out = true;
	return &ahead->txs[tx];
}
