/* SPDX-License-Identifier: Apache-2.0 */
#include "store/write_rows.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "store/ahead.h"

#define PARAMETERS_MAX        28
#define PARAMETERS_SEALED_MAX 4
#define COPIES_TOGETHER       512 /* the server works while the next ones come */
#define TEXTS_SIZE_MAX        256 /* of what is sealed in one record beside its payload */

/* --- the plain kinds: rows of writes.def ------------------------------------------------------ */

enum sealed_member {
	PAYLOAD_SEALED,
	VERIFIER_SEALED,
	NEXT_VERIFIER_SEALED,
	TOKEN_SEALED,
	GROUP_SEALED,
	LOGIN_SEALED,
	PEER_SEALED
};

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
		REPLY, /* of claims: text that nobody is sent */
		FINGERPRINT,
		NEXT_AUTH,
		MADE_SHA256, /* of enrolment_put */
		USED_SHA256, /* of enrol */
		TOKEN_INDEX,
		SENSOR_TOKEN,
		SENSOR_KEY,
		LOGIN_INDEX,
		API_TOKEN_SHA256,
		LOGIN_SHA256,
		CLAIM_KEY, /* of claims */
		CLAIM_LAST,
		CLAIM_ANSWERED,
		SALT, /* of readings, with the window */
		WINDOW,
		NUMBERED,
		SEALED
	} type;
	size_t at; /* offset in the record; of CONSTANT the number itself, of NUMBERED whose number,
	              of SEALED the cell */
	enum sealed_member member;
};

#define RECORD ((const struct vs_core_record *)NULL)
#define M(member)                                                                                                                \
	{                                                                                                                        \
		_Generic(RECORD->member, const char *: TEXT, int64_t: SIGNED, uint64_t: UNSIGNED, bool: BOOL, unsigned: ENUM), \
	 offsetof(struct vs_core_record, member), 0 \
	}
#define NUMBER(n)                                                                                  \
	{                                                                                          \
		CONSTANT, (n), 0                                                                   \
	}
#define SPECIAL(type)                                                                              \
	{                                                                                          \
		type, 0, 0                                                                         \
	}
#define NEXT(id)                                                                                   \
	{                                                                                          \
		NUMBERED, VS_STORE_ID_##id, 0                                                      \
	}
#define SEAL(cell, what)                                                                           \
	{                                                                                          \
		SEALED, VS_STORE_CELL_##cell, what##_SEALED                                        \
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

/* The rows of these kinds are known when their values are made. */
static void
row_of(const struct vs_store_batch *batch, const struct vs_core_record *record,
       enum vs_store_cell cell, struct vs_store_row *row)
{
	vs_store_row_begin(row);
	switch (cell) {
	case VS_STORE_CELL_station_verifier:
	case VS_STORE_CELL_station_next_verifier:
		vs_store_row_text(row, record->u.station_put.identity);
		return;
	case VS_STORE_CELL_token_token:
	case VS_STORE_CELL_token_group_id:
		vs_store_row_bytes(row,
		                   vs_bytes_from(batch->token_index, sizeof(batch->token_index)));
		return;
	case VS_STORE_CELL_event_payload:
		vs_store_row_number(row, batch->ids[VS_STORE_ID_EVENT]);
		return;
	case VS_STORE_CELL_session_peer:
		vs_store_row_number(row, batch->ids[VS_STORE_ID_SESSION]);
		return;
	case VS_STORE_CELL_meter_values_sealed:
		vs_store_row_number(row, batch->ids[VS_STORE_ID_METER_VALUES]);
		return;
	case VS_STORE_CELL_reading_payload:
		vs_store_row_number(row, batch->ids[VS_STORE_ID_READING]);
		return;
	case VS_STORE_CELL_operator_login:
	case VS_STORE_CELL_operator_secrets:
		vs_store_row_text(row, record->u.user_put.id);
		return;
	case VS_STORE_CELL_held_payload:
		vs_store_row_text(row, record->station);
		vs_store_row_number(row, record->u.held.kind);
		vs_store_row_number(row, record->u.held.number);
		return;
	case VS_STORE_CELL_file_part_data:
		vs_store_row_text(row, record->station);
		vs_store_row_text(row, record->u.file_part.id);
		vs_store_row_number(row, record->u.file_part.number);
		return;
	case VS_STORE_CELL_installation_value:
	case VS_STORE_CELL_tx_token:
	case VS_STORE_CELL_tx_event_token:
	case VS_STORE_CELL_tx_event_payload:
	case VS_STORE_CELL_command_request:
	case VS_STORE_CELL_command_result:
	case VS_STORE_CELL_variable_value:
	case VS_STORE_CELL_COUNT:
		break;
	}
	assert(false); /* not of writes.def */
}

static struct vs_bytes
plain_of(const struct vs_core_record *record, enum sealed_member member)
{
	switch (member) {
	case PAYLOAD_SEALED:
		return record->payload;
	case VERIFIER_SEALED:
		return vs_bytes_from(record->u.station_put.verifier,
		                     vs_core_station_verifier_size(&record->u.station_put));
	case NEXT_VERIFIER_SEALED:
		return vs_bytes_from(record->u.station_put.next_verifier,
		                     record->u.station_put.has_next_verifier
		                         ? sizeof(record->u.station_put.next_verifier)
		                         : 0);
	case TOKEN_SEALED:
		return vs_bytes_from_text(record->u.token_put.token_text);
	case GROUP_SEALED:
		return vs_bytes_from_text(record->u.token_put.group);
	case LOGIN_SEALED:
		return vs_bytes_from_text(record->u.user_put.login);
	case PEER_SEALED:
		return vs_bytes_from_text(record->u.session.peer);
	}
	return vs_bytes_from(NULL, 0);
}

static vs_result
seal_member(struct vs_store_batch *batch, const struct vs_core_record *record,
            const struct parameter *parameter, struct vs_store_value *value_out)
{
	enum vs_store_cell cell = (enum vs_store_cell)parameter->at;
	bool is_put = record->kind == VS_RECORD_station_put || record->kind == VS_RECORD_enrol ||
	              record->kind == VS_RECORD_proved || record->kind == VS_RECORD_claim_station;
	const char *tenant = is_put ? record->u.station_put.tenant : record->tenant;
	const char *station = is_put ? record->u.station_put.identity : record->station;
	struct vs_store_row row;

	row_of(batch, record, cell, &row);
	return vs_store_seal_value(batch->seal, cell, tenant, station, &row, record->received_ms,
	                           plain_of(record, parameter->member), &batch->room, value_out);
}

static vs_result
sensor_value_of(const struct vs_core_record *record, const struct parameter *parameter,
                struct vs_store_value *value_out)
{
	const struct vs_core_sensor *sensor = &record->u.sensor_put;
	const struct vs_core_readings *readings = &record->u.readings;

	if (parameter->type == SENSOR_TOKEN)
		*value_out = sensor->has_token
		                 ? vs_store_blob(sensor->token_sha256, sizeof(sensor->token_sha256))
		                 : vs_store_blob(NULL, 0);
	else if (parameter->type == SENSOR_KEY)
		*value_out = sensor->has_public_key
		                 ? vs_store_blob(sensor->public_key, sizeof(sensor->public_key))
		                 : vs_store_blob(NULL, 0);
	else if (parameter->type == SALT)
		*value_out = vs_store_blob(readings->salt, sizeof(readings->salt));
	else
		*value_out = vs_store_blob(readings->window, sizeof(readings->window));
	return VS_OK;
}

static vs_result
access_value_of(struct vs_store_batch *batch, const struct vs_core_record *record,
                const struct parameter *parameter, struct vs_store_value *value_out)
{
	const struct vs_core_api_token *token = &record->u.api_token_put;
	const struct vs_core_login *login = &record->u.login_put;

	if (parameter->type == API_TOKEN_SHA256)
		*value_out = vs_store_blob(token->sha256, sizeof(token->sha256));
	else if (parameter->type == LOGIN_SHA256)
		*value_out = vs_store_blob(login->sha256, sizeof(login->sha256));
	if (parameter->type == API_TOKEN_SHA256 || parameter->type == LOGIN_SHA256)
		return VS_OK;
	*value_out = vs_store_blob(batch->token_index, sizeof(batch->token_index));
	if (parameter->type == TOKEN_INDEX)
		return vs_store_token_index(batch->seal, record->tenant,
		                            vs_bytes_from_text(record->u.token_put.token_text),
		                            batch->token_index);
	return vs_store_login_index(batch->seal, record->tenant,
	                            vs_bytes_from_text(record->u.user_put.login),
	                            batch->token_index);
}

static vs_result
enrolment_value_of(const struct vs_core_record *record, const struct parameter *parameter,
                   struct vs_store_value *value_out)
{
	*value_out =
	    parameter->type == MADE_SHA256
		? vs_store_blob(record->u.enrolment_put.token_sha256,
	                        sizeof(record->u.enrolment_put.token_sha256))
		: vs_store_blob(record->u.enrol.token_sha256, sizeof(record->u.enrol.token_sha256));
	return VS_OK;
}

static vs_result
claim_value_of(const struct vs_core_claim *claim, const struct parameter *parameter,
               struct vs_store_value *value_out)
{
	if (parameter->type == CLAIM_KEY)
		*value_out = claim->has_key
		                 ? vs_store_blob(claim->public_key, sizeof(claim->public_key))
		                 : vs_store_blob(NULL, 0);
	else if (parameter->type == CLAIM_LAST)
		*value_out = vs_store_blob(claim->last, sizeof(claim->last));
	else
		*value_out = vs_store_blob(claim->answered, sizeof(claim->answered));
	return VS_OK;
}

static vs_result
value_of(struct vs_store_batch *batch, const struct vs_core_record *record,
         const struct parameter *parameter, struct vs_store_value *value_out)
{
	const char *at = (const char *)record + parameter->at;

	switch (parameter->type) {
	case TEXT:
		*value_out = vs_store_text(at);
		return VS_OK;
	case SIGNED:
		*value_out = vs_store_number(*(const int64_t *)(const void *)at);
		return VS_OK;
	case UNSIGNED:
		/* A hash uses all 64 bits; one of them looks like ABSENT and must not become NULL.
		 */
		*value_out =
		    vs_store_number(vs_store_hash_number(*(const uint64_t *)(const void *)at));
		return VS_OK;
	case ENUM:
		*value_out = vs_store_number(*(const unsigned *)(const void *)at);
		return VS_OK;
	case BOOL:
		*value_out = vs_store_number(*(const bool *)(const void *)at);
		return VS_OK;
	case CONSTANT:
		*value_out = vs_store_number((int64_t)parameter->at);
		return VS_OK;
	case PAYLOAD:
		*value_out = vs_store_payload(record->payload);
		return VS_OK;
	case REPLY:
		*value_out = vs_store_payload(record->reply);
		return VS_OK;
	case MADE_SHA256:
	case USED_SHA256:
		return enrolment_value_of(record, parameter, value_out);
	case FINGERPRINT:
		*value_out = record->u.station_put.has_fingerprint
		                 ? vs_store_blob(record->u.station_put.fingerprint,
		                                 sizeof(record->u.station_put.fingerprint))
		                 : vs_store_blob(NULL, 0);
		return VS_OK;
	case NEXT_AUTH:
		*value_out = vs_store_number(record->u.station_put.has_next_auth
		                                 ? (int64_t)record->u.station_put.next_auth
		                                 : VS_CORE_ABSENT);
		return VS_OK;
	case TOKEN_INDEX:
	case LOGIN_INDEX:
	case API_TOKEN_SHA256:
	case LOGIN_SHA256:
		return access_value_of(batch, record, parameter, value_out);
	case CLAIM_KEY:
	case CLAIM_LAST:
	case CLAIM_ANSWERED:
		return claim_value_of(&record->u.provision.claim, parameter, value_out);
	case SENSOR_TOKEN:
	case SENSOR_KEY:
	case SALT:
	case WINDOW:
		return sensor_value_of(record, parameter, value_out);
	case NUMBERED:
		*value_out = vs_store_number(++batch->ids[parameter->at]);
		return VS_OK;
	case SEALED:
		return seal_member(batch, record, parameter, value_out);
	case NONE:
		break;
	}
	assert(false); /* a parameter without a type */
	return VS_FAIL(INTERNAL);
}

static vs_result
values_of(struct vs_store_batch *batch, const struct vs_core_record *record,
          const struct write *write, struct vs_store_value *values, size_t *count_out)
{
	size_t count = 0;

	for (; write->parameters[count].type != NONE; count++)
		VS_TRY(value_of(batch, record, &write->parameters[count], &values[count]));
	*count_out = count;
	return VS_OK;
}

vs_result
vs_store_rows_write(struct vs_store_batch *batch, const struct vs_core_record *record,
                    enum vs_core_record_kind kind)
{
	struct vs_store_value values[PARAMETERS_MAX];
	size_t count = 0;

	VS_TRY(vs_store_room(&batch->room, record->payload.size + TEXTS_SIZE_MAX,
	                     PARAMETERS_SEALED_MAX));
	for (size_t i = 0; i < WRITE_COUNT; i++) {
		if (writes[i].kind != kind)
			continue;
		VS_TRY(values_of(batch, record, &writes[i], values, &count));
		VS_TRY(vs_store_run(batch->db, writes[i].query, values, count));
	}
	return VS_OK;
}

/* --- rows of several records with one statement ----------------------------------------------- */

/* PostgreSQL: with its number, because a table in parts gives none. */
static vs_result
hold_copy(struct vs_store_batch *batch, const struct vs_core_record *record,
          const struct write *write)
{
	struct vs_store_value values[VS_STORE_HELD_VALUES + 1];
	size_t count = 0;

	VS_TRY(values_of(batch, record, write, values, &count));
	assert(count == VS_STORE_HELD_VALUES);
	values[count++] = vs_store_number(++batch->ids[VS_STORE_ID_METER_VALUES]);
	VS_TRY(vs_store_many_add(&batch->ahead->meter_values, values, count));
	return batch->ahead->meter_values.rows < COPIES_TOGETHER
	           ? VS_OK
	           : vs_store_many_run(&batch->ahead->meter_values, batch->db);
}

vs_result
vs_store_row_hold(struct vs_store_batch *batch, const struct vs_core_record *record)
{
	const struct write *write = writes;
	size_t count = 0;

	while (write->query != VS_QUERY_meter_values_add)
		write++;
	if (batch->ahead != NULL)
		return hold_copy(batch, record, write);
	VS_TRY(values_of(batch, record, write, &batch->held[batch->held_count], &count));
	assert(count == VS_STORE_HELD_VALUES);
	batch->held_count += count;
	return VS_OK;
}

vs_result
vs_store_held_write(struct vs_store_batch *batch)
{
	size_t count = batch->held_count;

	if (batch->ahead != NULL)
		return vs_store_many_run(&batch->ahead->meter_values, batch->db);
	batch->held_count = 0;
	if (count == VS_STORE_TOGETHER * VS_STORE_HELD_VALUES)
		return vs_store_run(batch->db, VS_QUERY_meter_values_add_together, batch->held,
		                    count);
	for (size_t i = 0; i < count; i += VS_STORE_HELD_VALUES)
		VS_TRY(vs_store_run(batch->db, VS_QUERY_meter_values_add, &batch->held[i],
		                    VS_STORE_HELD_VALUES));
	return VS_OK;
}
