/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record_write.h"

#include <assert.h>
#include <sqlite3.h>
#include <stddef.h>
#include <string.h>

#include "store/tx_fold.h"

#define PARAMETERS_MAX 15

/* --- the plain kinds: rows of writes.def ------------------------------------------------------ */

struct parameter {
	enum {
		NONE,
		TEXT,
		SIGNED,
		UNSIGNED,
		ENUM,
		BOOL,
		CONSTANT,
		PAYLOAD,
		VERIFIER,
		FINGERPRINT
	} type;
	size_t at; /* offset in the record; of CONSTANT the number itself */
};

#define RECORD ((const struct vs_core_record *)NULL)
#define M(member)                                                                                                                \
	{                                                                                                                        \
		_Generic(RECORD->member, const char *: TEXT, int64_t: SIGNED, uint64_t: UNSIGNED, bool: BOOL, unsigned: ENUM), \
	 offsetof(struct vs_core_record, member) \
	}
#define NUMBER(n)                                                                                  \
	{                                                                                          \
		CONSTANT, (n)                                                                      \
	}
#define SPECIAL(type)                                                                              \
	{                                                                                          \
		type, 0                                                                            \
	}

static const struct write {
	enum vs_core_record_kind kind;
	enum vs_store_query query;
	struct parameter parameters[PARAMETERS_MAX + 1]; /* up to the first NONE */
} writes[] = {
#define VS_WRITE(kind, query, ...) {VS_RECORD_##kind, VS_QUERY_##query, {__VA_ARGS__}},
#include "store/writes.def"
#undef VS_WRITE
};
#define WRITE_COUNT (sizeof(writes) / sizeof(writes[0]))

static struct vs_store_value
value_of(const struct vs_core_record *record, const struct parameter *parameter)
{
	const char *at = (const char *)record + parameter->at;

	switch (parameter->type) {
	case TEXT:
		return vs_store_text(at);
	case SIGNED:
		return vs_store_number(*(const int64_t *)(const void *)at);
	case UNSIGNED:
		/* A hash uses all 64 bits; one of them looks like ABSENT and must not become NULL.
		 */
		return vs_store_number(vs_store_hash_number(*(const uint64_t *)(const void *)at));
	case ENUM:
		return vs_store_number(*(const unsigned *)(const void *)at);
	case BOOL:
		return vs_store_number(*(const bool *)(const void *)at);
	case CONSTANT:
		return vs_store_number((int64_t)parameter->at);
	case PAYLOAD:
		return vs_store_payload(record->payload);
	case VERIFIER:
		return record->u.station_put.has_verifier
		           ? vs_store_blob(record->u.station_put.verifier,
		                           vs_core_station_verifier_size(&record->u.station_put))
		           : vs_store_blob(NULL, 0);
	case FINGERPRINT:
		return record->u.station_put.has_fingerprint
		           ? vs_store_blob(record->u.station_put.fingerprint,
		                           sizeof(record->u.station_put.fingerprint))
		           : vs_store_blob(NULL, 0);
	case NONE:
		break;
	}
	assert(false); /* a parameter without a type */
	return vs_store_number(VS_CORE_ABSENT);
}

static size_t
values_of(const struct vs_core_record *record, const struct write *write,
          struct vs_store_value *values)
{
	size_t count = 0;

	for (; write->parameters[count].type != NONE; count++)
		values[count] = value_of(record, &write->parameters[count]);
	return count;
}

static vs_result
write_rows(struct vs_store_batch *batch, const struct vs_core_record *record)
{
	struct vs_store_value values[PARAMETERS_MAX];

	for (size_t i = 0; i < WRITE_COUNT; i++) {
		if (writes[i].kind != record->kind)
			continue;
		VS_TRY(vs_store_run(batch->db, writes[i].query, values,
		                    values_of(record, &writes[i], values)));
	}
	return VS_OK;
}

/* --- rows of several records with one statement ----------------------------------------------- */

static void
hold_row(struct vs_store_batch *batch, const struct vs_core_record *record)
{
	const struct write *write = writes;
	size_t count;

	while (write->query != VS_QUERY_meter_values_add)
		write++;
	count = values_of(record, write, &batch->held[batch->held_count]);
	assert(count == VS_STORE_HELD_VALUES);
	batch->held_count += count;
}

static vs_result
write_held(struct vs_store_batch *batch)
{
	size_t count = batch->held_count;

	batch->held_count = 0;
	if (count == VS_STORE_TOGETHER * VS_STORE_HELD_VALUES)
		return vs_store_run(batch->db, VS_QUERY_meter_values_add_together, batch->held,
		                    count);
	for (size_t i = 0; i < count; i += VS_STORE_HELD_VALUES)
		VS_TRY(vs_store_run(batch->db, VS_QUERY_meter_values_add, &batch->held[i],
		                    VS_STORE_HELD_VALUES));
	return VS_OK;
}

/* --- transaction events ----------------------------------------------------------------------- */

/* The columns of tx_find, tx_add and tx_save: the numbers, then the three texts. */
static size_t
tx_values(const struct vs_store_tx *tx, struct vs_store_value *values)
{
	size_t count = 0;

#define VS_TX_NUMBER(name) values[count++] = vs_store_number(tx->n.name);
#include "store/tx_columns.def"
#undef VS_TX_NUMBER
	values[count++] = vs_store_text(tx->charging_state);
	values[count++] = vs_store_text(tx->stopped_reason);
	values[count++] = vs_store_text(tx->token);
	return count;
}

static vs_result
tx_find(struct vs_store_batch *batch, const struct vs_core_record *record, struct vs_store_tx *tx,
        int64_t *id_out)
{
	const struct vs_store_value key[] = {vs_store_text(record->tenant),
	                                     vs_store_text(record->station),
	                                     vs_store_text(record->u.tx_event.tx_id)};
	sqlite3_stmt *statement = NULL;
	int rc, column = 0;

	VS_TRY(vs_store_bind(batch->db, VS_QUERY_tx_find, key, 3, &statement));
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
#define VS_TX_NUMBER(name) tx->n.name = vs_store_column_number(statement, column++);
#include "store/tx_columns.def"
#undef VS_TX_NUMBER
		vs_store_column_text(statement, column++, tx->charging_state,
		                     sizeof(tx->charging_state));
		vs_store_column_text(statement, column++, tx->stopped_reason,
		                     sizeof(tx->stopped_reason));
		vs_store_column_text(statement, column++, tx->token, sizeof(tx->token));
		*id_out = sqlite3_column_int64(statement, column);
	}
	(void)sqlite3_reset(statement);
	return rc == SQLITE_DONE ? VS_FAIL(NOT_FOUND) : vs_store_error(rc);
}

static vs_result
tx_add(struct vs_store_batch *batch, const struct vs_core_record *record,
       const struct vs_store_tx *tx, int64_t *id_out)
{
	struct vs_store_value values[VS_STORE_TX_NUMBERS + 6];
	size_t count = tx_values(tx, values);

	values[count++] = vs_store_text(record->tenant);
	values[count++] = vs_store_text(record->station);
	values[count++] = vs_store_text(record->u.tx_event.tx_id);
	VS_TRY(vs_store_run(batch->db, VS_QUERY_tx_add, values, count));
	*id_out = sqlite3_last_insert_rowid(batch->db->sqlite);
	batch->totals[VS_STORE_TOTAL_transactions]++;
	return VS_OK;
}

static vs_result
tx_save(struct vs_store_batch *batch, const struct vs_store_tx *tx, int64_t id)
{
	struct vs_store_value values[VS_STORE_TX_NUMBERS + 4];
	size_t count = tx_values(tx, values);

	values[count++] = vs_store_number(id);
	VS_TRY(vs_store_run(batch->db, VS_QUERY_tx_save_in_place, values, count));
	if (sqlite3_changes(batch->db->sqlite) > 0)
		return VS_OK;
	return vs_store_run(batch->db, VS_QUERY_tx_save, values, count);
}

/* The seqNo is taken. The first stays; one that says something else is worth a person's attention,
 * once. */
static vs_result
tx_check_same(struct vs_store_batch *batch, struct vs_core_record *record,
              const struct vs_store_value *event_values, size_t count)
{
	uint64_t hash = record->message_hash;
	sqlite3_stmt *statement = NULL;
	bool is_same;
	int rc;

	VS_TRY(vs_store_bind(batch->db, VS_QUERY_tx_event_same, event_values, count, &statement));
	rc = sqlite3_step(statement);
	is_same = rc == SQLITE_ROW && sqlite3_column_int(statement, 0) == 1;
	(void)sqlite3_reset(statement);
	VS_TRY(vs_store_error(rc));
	if (is_same || (hash != 0 && vs_store_dedup_has(batch->dedup, hash)))
		return VS_OK;
	const struct vs_store_value values[] = {vs_store_text(record->tenant),
	                                        vs_store_text(record->station),
	                                        vs_store_number(VS_CORE_WARNING),
	                                        vs_store_number(record->received_ms),
	                                        vs_store_number(vs_store_hash_number(hash)),
	                                        vs_store_text(record->u.tx_event.tx_id),
	                                        vs_store_number(record->u.tx_event.seq_no)};
	VS_TRY(vs_store_run(batch->db, VS_QUERY_tx_conflict_add, values,
	                    sizeof(values) / sizeof(values[0])));
	batch->totals[VS_STORE_TOTAL_events]++;
	return hash == 0 ? VS_OK : vs_store_dedup_add(batch->dedup, hash, record->received_ms);
}

static vs_result
write_tx_event(struct vs_store_batch *batch, struct vs_core_record *record)
{
	struct vs_core_tx_event *event = &record->u.tx_event;
	struct vs_store_tx tx;
	int64_t id = 0;
	vs_result found;

	vs_store_tx_init(&tx);
	found = tx_find(batch, record, &tx, &id);
	if (found.code == VS_E_NOT_FOUND) {
		vs_store_tx_fold(&tx, event);
		VS_TRY(tx_add(batch, record, &tx, &id));
	} else if (found.code != VS_E_OK) {
		return found;
	}
	const struct vs_store_value values[] = {
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
	    vs_store_text(event->token),
	    vs_store_number(event->energy_wh),
	    vs_store_number(event->power_w),
	    vs_store_number(event->soc_percent),
	    vs_store_payload(record->payload),
	};
	const size_t count = sizeof(values) / sizeof(values[0]);
	VS_TRY(vs_store_run(batch->db, VS_QUERY_tx_event_add, values, count));
	if (sqlite3_changes(batch->db->sqlite) == 0) {
		record->was_duplicate = true;
		return tx_check_same(batch, record, values, count);
	}
	batch->totals[VS_STORE_TOTAL_tx_events]++;
	if (found.code != VS_E_NOT_FOUND) {
		vs_store_tx_fold(&tx, event);
		VS_TRY(tx_save(batch, &tx, id));
	}
	event->first_wh = tx.n.energy_first_wh;
	return VS_OK;
}

/* --- commands --------------------------------------------------------------------------------- */

static vs_result
write_command(struct vs_store_batch *batch, const struct vs_core_record *record)
{
	bool is_first = record->u.command.state == VS_CORE_COMMAND_QUEUED;
	const struct vs_store_value values[] = {
	    vs_store_text(record->u.command.id),
	    vs_store_text(record->tenant),
	    vs_store_text(record->station),
	    vs_store_text(record->u.command.action),
	    vs_store_number((int64_t)record->u.command.state),
	    vs_store_number(vs_err_code(record->u.command.error)),
	    vs_store_number(record->received_ms),
	    vs_store_number(record->received_ms),
	    vs_store_payload(record->payload),
	    vs_store_number(VS_CORE_COMMAND_ANSWERED), /* the first of the final ones */
	};
	size_t count = sizeof(values) / sizeof(values[0]);

	if (is_first)
		return vs_store_run(batch->db, VS_QUERY_command_add, values, count - 1);
	return vs_store_run(batch->db, VS_QUERY_command_change, values, count);
}

/* --- any -------------------------------------------------------------------------------------- */

const char *
vs_store_total_name(enum vs_store_total total)
{
	switch (total) {
	case VS_STORE_TOTAL_boots:
		return "boots";
	case VS_STORE_TOTAL_statuses:
		return "statuses";
	case VS_STORE_TOTAL_tx_events:
		return "tx_events";
	case VS_STORE_TOTAL_transactions:
		return "transactions";
	case VS_STORE_TOTAL_meter_values:
		return "meter_values";
	case VS_STORE_TOTAL_events:
		return "events";
	case VS_STORE_TOTAL_COUNT:
		break;
	}
	return "";
}

/* Transaction events and commands have keys of their own; the rest is known by its hash. */
static vs_result
write_kind(struct vs_store_batch *batch, struct vs_core_record *record)
{
	switch (record->kind) {
	case VS_RECORD_tx_event:
		return write_tx_event(batch, record);
	case VS_RECORD_command:
		return write_command(batch, record);
	case VS_RECORD_boot:
		batch->totals[VS_STORE_TOTAL_boots]++;
		break;
	case VS_RECORD_status:
		batch->totals[VS_STORE_TOTAL_statuses]++;
		break;
	case VS_RECORD_meter_values:
		batch->totals[VS_STORE_TOTAL_meter_values]++;
		break;
	case VS_RECORD_security_event:
	case VS_RECORD_event:
		batch->totals[VS_STORE_TOTAL_events]++;
		break;
	case VS_RECORD_report:
	case VS_RECORD_station_put:
	case VS_RECORD_station_remove:
	case VS_RECORD_token_put:
	case VS_RECORD_session:
		break;
	case VS_RECORD_COUNT:
		return VS_FAIL(INTERNAL);
	}
	return write_rows(batch, record);
}

static bool
is_known_by_hash(const struct vs_core_record *record)
{
	return record->message_hash != 0 && record->kind != VS_RECORD_tx_event &&
	       record->kind != VS_RECORD_command;
}

vs_result
vs_store_record_write(struct vs_store_batch *batch, struct vs_core_record *record)
{
	assert(batch != NULL && record != NULL);
	record->was_duplicate =
	    is_known_by_hash(record) && vs_store_dedup_has(batch->dedup, record->message_hash);
	if (record->was_duplicate)
		return VS_OK;
	VS_TRY(write_kind(batch, record));
	if (is_known_by_hash(record))
		return vs_store_dedup_add(batch->dedup, record->message_hash, record->received_ms);
	return VS_OK;
}

void
vs_store_batch_begin(struct vs_store_batch *batch)
{
	assert(batch != NULL);
	memset(batch->totals, 0, sizeof(batch->totals));
	batch->held_count = 0;
}

vs_result
vs_store_record_join(struct vs_store_batch *batch, struct vs_core_record *record)
{
	assert(batch != NULL && record != NULL);
	if (record->kind != VS_RECORD_meter_values)
		return vs_store_record_write(batch, record);
	record->was_duplicate =
	    record->message_hash != 0 && vs_store_dedup_has(batch->dedup, record->message_hash);
	if (record->was_duplicate)
		return VS_OK;
	/* The hash is the last that can fail: then nothing of this record is left. */
	if (batch->held_count == VS_STORE_TOGETHER * VS_STORE_HELD_VALUES)
		VS_TRY(write_held(batch));
	if (record->message_hash != 0)
		VS_TRY(vs_store_dedup_add(batch->dedup, record->message_hash, record->received_ms));
	batch->totals[VS_STORE_TOTAL_meter_values]++;
	hold_row(batch, record);
	return VS_OK;
}

vs_result
vs_store_batch_flush(struct vs_store_batch *batch)
{
	assert(batch != NULL);
	return write_held(batch);
}

void
vs_store_record_unwrite(struct vs_store_batch *batch, struct vs_core_record *record)
{
	/* The hash of a tx_event is there only for a conflict that was noted. */
	if (record->message_hash != 0 &&
	    (!record->was_duplicate || record->kind == VS_RECORD_tx_event))
		vs_store_dedup_remove(batch->dedup, record->message_hash);
	record->was_duplicate = false;
}
