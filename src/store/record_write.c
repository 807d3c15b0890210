/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record_write.h"

#include <assert.h>
#include <string.h>

#include "store/ahead.h"
#include "store/numbers.h"
#include "store/signed_write.h"
#include "store/tx_write.h"
#include "store/variable_write.h"
#include "store/write_rows.h"

/* --- commands --------------------------------------------------------------------------------- */

static vs_result
write_command(struct vs_store_batch *batch, const struct vs_core_record *record)
{
	bool is_first = record->u.command.state == VS_CORE_COMMAND_QUEUED;
	struct vs_store_value payload;
	struct vs_store_row row;

	vs_store_row_begin(&row);
	vs_store_row_text(&row, record->u.command.id);
	VS_TRY(vs_store_room(&batch->room, record->payload.size, 1));
	VS_TRY(vs_store_seal_value(
	    batch->seal, is_first ? VS_STORE_CELL_command_request : VS_STORE_CELL_command_result,
	    record->tenant, record->station, &row, record->received_ms, record->payload,
	    &batch->room, &payload));
	const struct vs_store_value values[] = {
	    vs_store_text(record->u.command.id),
	    vs_store_text(record->tenant),
	    vs_store_text(record->station),
	    vs_store_text(record->u.command.action),
	    vs_store_number((int64_t)record->u.command.state),
	    vs_store_number(vs_err_code(record->u.command.error)),
	    vs_store_number(record->received_ms),
	    vs_store_number(record->received_ms),
	    payload,
	    vs_store_text(vs_store_db_node(batch->db)),
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
	case VS_STORE_TOTAL_readings:
		return "readings";
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
		return vs_store_tx_event_write(batch, record);
	case VS_RECORD_command:
		return write_command(batch, record);
	case VS_RECORD_signed_block:
		return vs_store_signed_block_write(batch, record);
	case VS_RECORD_boot:
		batch->totals[VS_STORE_TOTAL_boots]++;
		break;
	case VS_RECORD_status:
		batch->totals[VS_STORE_TOTAL_statuses]++;
		break;
	case VS_RECORD_meter_values:
		batch->totals[VS_STORE_TOTAL_meter_values]++;
		return vs_store_rows_write(
		    batch, record, batch->is_strict ? VS_RECORD_COUNT : VS_RECORD_meter_values);
	case VS_RECORD_report:
		VS_TRY(vs_store_rows_write(batch, record, record->kind));
		return vs_store_variables_write(batch, record);
	case VS_RECORD_security_event:
	case VS_RECORD_event:
		batch->totals[VS_STORE_TOTAL_events]++;
		break;
	case VS_RECORD_event_ack:
	case VS_RECORD_held_put:
	case VS_RECORD_held_remove:
	case VS_RECORD_station_put:
	case VS_RECORD_station_remove:
	case VS_RECORD_enrolment_put:
	case VS_RECORD_enrolment_remove:
	case VS_RECORD_enrol:
	case VS_RECORD_proved:
	case VS_RECORD_token_put:
	case VS_RECORD_session:
	case VS_RECORD_file_put:
	case VS_RECORD_file_part:
	case VS_RECORD_file_remove:
	case VS_RECORD_signer_floor:
	case VS_RECORD_sensor_put:
	case VS_RECORD_sensor_remove:
	case VS_RECORD_sensor_revoke:
	case VS_RECORD_claim_put:
	case VS_RECORD_claim_station:
	case VS_RECORD_claim_sensor:
	case VS_RECORD_tenant_put:
	case VS_RECORD_user_put:
	case VS_RECORD_user_remove:
	case VS_RECORD_api_token_put:
	case VS_RECORD_api_token_remove:
	case VS_RECORD_login_put:
	case VS_RECORD_login_remove:
		break;
	case VS_RECORD_readings:
		batch->totals[VS_STORE_TOTAL_readings] += record->u.readings.count;
		break;
	case VS_RECORD_COUNT:
		return VS_FAIL(INTERNAL);
	}
	return vs_store_rows_write(batch, record, record->kind);
}

static bool
is_known_by_hash(const struct vs_core_record *record)
{
	return record->message_hash != 0 && record->kind != VS_RECORD_tx_event &&
	       record->kind != VS_RECORD_command;
}

/* Says so in the record. */
static bool
is_known(const struct vs_store_batch *batch, struct vs_core_record *record)
{
	record->was_duplicate = vs_store_dedup_has(batch->dedup, record->message_hash);
	record->was_elsewhere = record->was_elsewhere && record->was_duplicate;
	return record->was_duplicate;
}

vs_result
vs_store_record_write(struct vs_store_batch *batch, struct vs_core_record *record)
{
	assert(batch != NULL && record != NULL);
	VS_TRY(vs_store_signed_take(batch, record));
	record->was_duplicate = false;
	if (is_known_by_hash(record) && is_known(batch, record))
		return VS_OK;
	VS_TRY(write_kind(batch, record));
	if (is_known_by_hash(record))
		return vs_store_dedup_add(batch->dedup, record->message_hash, record->received_ms);
	return VS_OK;
}

const char *
vs_store_record_subject(const struct vs_core_record *record, bool is_strict)
{
	switch (record->kind) {
	case VS_RECORD_tx_event:
	case VS_RECORD_command:
	case VS_RECORD_security_event:
	case VS_RECORD_event:
	case VS_RECORD_report:
	case VS_RECORD_session:
	case VS_RECORD_readings:
	case VS_RECORD_held_put:
	case VS_RECORD_file_part:
		break;
	case VS_RECORD_meter_values:
		if (!is_strict)
			return NULL;
		break;
	case VS_RECORD_station_put:
	case VS_RECORD_enrol:
	case VS_RECORD_proved:
	case VS_RECORD_claim_station:
		return record->u.station_put.has_verifier || record->u.station_put.has_next_verifier
		           ? record->u.station_put.identity
		           : NULL;
	case VS_RECORD_token_put:
		return VS_STORE_OF_TOKENS;
	case VS_RECORD_user_put:
		return record->u.user_put.id;
	case VS_RECORD_boot:
	case VS_RECORD_event_ack:
	case VS_RECORD_status:
	case VS_RECORD_held_remove:
	case VS_RECORD_station_remove:
	case VS_RECORD_enrolment_put:
	case VS_RECORD_enrolment_remove:
	case VS_RECORD_file_put:
	case VS_RECORD_file_remove:
	case VS_RECORD_signed_block:
	case VS_RECORD_signer_floor:
	case VS_RECORD_sensor_put:
	case VS_RECORD_sensor_remove:
	case VS_RECORD_sensor_revoke:
	case VS_RECORD_tenant_put:
	case VS_RECORD_user_remove:
	case VS_RECORD_api_token_put:
	case VS_RECORD_api_token_remove:
	case VS_RECORD_login_put:
	case VS_RECORD_login_remove:
	case VS_RECORD_claim_put:
	case VS_RECORD_claim_sensor:
	case VS_RECORD_COUNT:
		return NULL;
	}
	return record->station[0] != '\0' ? record->station : VS_STORE_OF_CENTRAL;
}

/* What is put says itself whose it is. */
const char *
vs_store_record_tenant(const struct vs_core_record *record)
{
	if (record->kind == VS_RECORD_station_put || record->kind == VS_RECORD_enrol ||
	    record->kind == VS_RECORD_proved)
		return record->u.station_put.tenant;
	if (record->kind == VS_RECORD_enrolment_put)
		return record->u.enrolment_put.tenant;
	if (record->kind == VS_RECORD_sensor_put || record->kind == VS_RECORD_sensor_remove)
		return record->u.sensor_put.tenant;
	if (record->kind == VS_RECORD_tenant_put)
		return record->u.tenant_put.tenant;
	if (record->kind == VS_RECORD_user_put)
		return record->u.user_put.tenant;
	if (record->kind == VS_RECORD_api_token_put)
		return record->u.api_token_put.tenant;
	if (record->kind == VS_RECORD_login_put)
		return record->u.login_put.tenant;
	return record->tenant;
}

static vs_result
load_last(struct vs_store_batch *batch, enum vs_store_query query, enum vs_store_id id)
{
	return vs_store_run_id(batch->db, query, NULL, 0, &batch->ids[id]);
}

vs_result
vs_store_batch_init(struct vs_store_batch *batch, struct vs_store_db *db,
                    const struct vs_store_seal *seal, bool is_strict)
{
	assert(batch != NULL && db != NULL && seal != NULL);
	batch->db = db;
	batch->seal = seal;
	batch->is_strict = is_strict;
	vs_buf_init(&batch->room, VS_STORE_PLAIN_SIZE_MAX);
	VS_TRY(vs_store_readings_new(&batch->readings));
	if (db->pg != NULL)
		VS_TRY(vs_store_ahead_new(&batch->ahead));
	batch->is_shared = vs_store_db_node(db)[0] != '\0';
	if (batch->is_shared)
		return vs_store_numbers_begin(batch);
	VS_TRY(load_last(batch, VS_QUERY_last_event, VS_STORE_ID_EVENT));
	VS_TRY(load_last(batch, VS_QUERY_last_tx, VS_STORE_ID_TX));
	VS_TRY(load_last(batch, VS_QUERY_last_session, VS_STORE_ID_SESSION));
	VS_TRY(load_last(batch, VS_QUERY_last_meter_values, VS_STORE_ID_METER_VALUES));
	return load_last(batch, VS_QUERY_last_reading, VS_STORE_ID_READING);
}

void
vs_store_batch_done(struct vs_store_batch *batch)
{
	vs_store_ahead_free(&batch->ahead);
	vs_buf_done(&batch->room);
	vs_store_readings_free(&batch->readings);
}

void
vs_store_batch_begin(struct vs_store_batch *batch)
{
	assert(batch != NULL);
	memset(batch->totals, 0, sizeof(batch->totals));
	batch->held_count = 0;
	vs_store_signed_begin(batch);
	vs_store_readings_begin(batch->readings);
}

vs_result
vs_store_record_join(struct vs_store_batch *batch, struct vs_core_record *record)
{
	assert(batch != NULL && record != NULL);
	if (record->kind == VS_RECORD_readings) {
		vs_store_readings_hold(batch->readings, record);
		batch->totals[VS_STORE_TOTAL_readings] += record->u.readings.count;
		return VS_OK;
	}
	if (record->kind != VS_RECORD_meter_values || batch->is_strict)
		return vs_store_record_write(batch, record);
	VS_TRY(vs_store_signed_take(batch, record));
	record->was_duplicate = false;
	if (record->message_hash != 0 && is_known(batch, record))
		return VS_OK;
	/* The hash is the last that can fail: then nothing of this record is left. */
	if (batch->held_count == VS_STORE_TOGETHER * VS_STORE_HELD_VALUES)
		VS_TRY(vs_store_held_write(batch));
	if (record->message_hash != 0)
		VS_TRY(vs_store_dedup_add(batch->dedup, record->message_hash, record->received_ms));
	batch->totals[VS_STORE_TOTAL_meter_values]++;
	return vs_store_row_hold(batch, record); /* nothing of it is sealed, so it cannot fail */
}

vs_result
vs_store_batch_flush(struct vs_store_batch *batch)
{
	assert(batch != NULL);
	VS_TRY(vs_store_held_write(batch));
	VS_TRY(vs_store_readings_write(batch->readings, batch->db, batch->seal,
	                               &batch->ids[VS_STORE_ID_READING]));
	if (batch->ahead == NULL)
		return VS_OK;
	VS_TRY(vs_store_many_run(&batch->ahead->numbers, batch->db));
	return vs_store_tx_flush(batch);
}

void
vs_store_record_unwrite(struct vs_store_batch *batch, struct vs_core_record *record)
{
	/* The hash of a tx_event is there only for a conflict that was noted. */
	if (record->message_hash != 0 &&
	    (!record->was_duplicate || record->kind == VS_RECORD_tx_event))
		vs_store_dedup_remove(batch->dedup, record->message_hash);
	record->was_duplicate = record->was_taken = false;
}

vs_result
vs_store_totals_write(struct vs_store_batch *batch)
{
	for (unsigned i = 0; i < VS_STORE_TOTAL_COUNT; i++) {
		const struct vs_store_value values[] = {vs_store_text(vs_store_total_name(i)),
		                                        vs_store_number(batch->totals[i])};

		if (batch->totals[i] != 0)
			VS_TRY(vs_store_run(batch->db, VS_QUERY_total_add, values, 2));
	}
	return VS_OK;
}

const struct vs_core_record *
vs_store_record_expect(const struct vs_store_batch *batch, const struct vs_core_record *ahead)
{
	if (ahead == NULL)
		return NULL;
	vs_store_dedup_expect(batch->dedup, ahead->message_hash);
	__builtin_prefetch(ahead->station);
	__builtin_prefetch(&ahead->payload);
	__builtin_prefetch(ahead->next);
	return ahead->next;
}
