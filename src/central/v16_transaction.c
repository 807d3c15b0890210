/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCPP 1.6: StartTransaction, MeterValues, StopTransaction as events of a transaction.
 *
 * The number of a transaction is a keyed hash of what started it: nobody can guess it, and a
 * StartTransaction that comes again, on whatever connection and after whatever restart, is given
 * the number that its lost answer held. It is a station's own: what another station says about the
 * same number is about a transaction of that other station. When the store says that another
 * transaction has the number, the next one is tried, and an answer that waited for the store goes
 * out with the number that was free.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/text.h"
#include "central/held.h"
#include "central/known.h"
#include "central/v16.h"
#include "core/metering.h"

#define OPEN_MAX 8 /* connectors whose transaction is remembered on a connection */

/* The transactions that began on this connection, oldest first: for what comes with -1 or 0 as its
 * number, because the answer to its StartTransaction had not come when it was queued. */
struct vs_central_v16 {
	uint32_t count;
	struct {
		int64_t connector, number;
	} open[OPEN_MAX];
};

static void
forget_matching(struct vs_central_session *session, int64_t connector, int64_t number)
{
	struct vs_central_v16 *v16 = session->v16;
	uint32_t kept = 0;

	if (v16 == NULL)
		return;
	for (uint32_t i = 0; i < v16->count; i++) {
		if (v16->open[i].connector != connector && v16->open[i].number != number)
			v16->open[kept++] = v16->open[i];
	}
	v16->count = kept;
	if (kept > 0)
		return;
	free(v16);
	session->v16 = NULL;
}

static void
remember(struct vs_central_session *session, int64_t connector, int64_t number)
{
	struct vs_central_v16 *v16;

	forget_matching(session, connector, number);
	v16 = session->v16;
	if (v16 == NULL) {
		v16 = calloc(1, sizeof(*v16));
		if (v16 == NULL)
			return;
		session->v16 = v16;
	}
	if (v16->count == OPEN_MAX)
		memmove(&v16->open[0], &v16->open[1], --v16->count * sizeof(v16->open[0]));
	v16->open[v16->count].connector = connector;
	v16->open[v16->count++].number = number;
}

/* The youngest one on the connector; on any, when connector is ABSENT. 0: none. */
static int64_t
recall(const struct vs_central_session *session, int64_t connector)
{
	for (uint32_t i = session->v16 != NULL ? session->v16->count : 0; i > 0; i--) {
		if (connector == VS_CORE_ABSENT || session->v16->open[i - 1].connector == connector)
			return session->v16->open[i - 1].number;
	}
	return 0;
}

static uint64_t
hash_of(const struct vs_central_call *call, struct vs_bytes text)
{
	uint64_t parts[2] = {call->session->identity_hash,
	                     vs_hash_keyed(text, call->context->hash_key)};

	return vs_hash_keyed(vs_bytes_from(parts, sizeof(parts)), call->context->hash_key);
}

#define ATTEMPTS_MAX 8u
#define NUMBER_KEY   "\"transactionId\":"

static int64_t
number_of(const struct vs_central_context *context, uint64_t start, uint64_t attempt)
{
	uint64_t parts[2] = {start, attempt}, hash = start;

	if (attempt > 0)
		hash = vs_hash_keyed(vs_bytes_from(parts, sizeof(parts)), context->hash_key);
	hash &= INT32_MAX;
	return hash != 0 ? (int64_t)hash : 1;
}

/* Of the members as they were sent: spaces and their order do not matter. Not 0. */
static uint64_t
hash_of_start(const struct vs_central_call *call)
{
	static const enum vs_ocpp_name names[] = {VS_OCPP_N_connectorId, VS_OCPP_N_idTag,
	                                          VS_OCPP_N_meterStart, VS_OCPP_N_timestamp,
	                                          VS_OCPP_N_reservationId};
	uint64_t hash = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct vs_json_node *node = vs_ocpp_member(call->message->payload, names[i]);
		uint64_t parts[2] = {hash, 0};

		/* one whose dates are mended has another time whenever it asks again */
		if (names[i] == VS_OCPP_N_timestamp &&
		    (call->session->quirks & (1u << VS_CORE_QUIRK_BAD_DATE)) != 0)
			continue;
		if (node != NULL)
			parts[1] = hash_of(call, vs_json_raw(call->message->tape, node));
		hash = vs_hash_keyed(vs_bytes_from(parts, sizeof(parts)), call->context->hash_key);
	}
	return hash >> 1 | 1; /* a positive number in any column */
}

/* Begin the record. The events of 1.6 have no seqNo: their time, what they are and a hash of what
 * they say take its place, so that a repeated one has the same. */
static struct vs_core_tx_event *
begin_event(struct vs_central_call *call, enum vs_core_tx_type type, int64_t at_ms)
{
	struct vs_core_tx_event *event = &call->record->u.tx_event;
	struct vs_bytes text = vs_json_raw(call->message->tape, call->message->payload);

	vs_central_record(call, VS_RECORD_tx_event, call->message->payload);
	event->type = type;
	event->at_ms = at_ms;
	event->seq_no = vs_core_tx_seq_by_time(at_ms, type, (uint32_t)hash_of(call, text));
	event->evse = event->connector = VS_CORE_ABSENT;
	event->energy_wh = event->power_w = event->soc_percent = VS_CORE_ABSENT;
	event->first_wh = VS_CORE_ABSENT;
	event->is_offline = false;
	event->number = 0;
	event->start = 0;
	return event;
}

static void
name_transaction(struct vs_core_tx_event *event, int64_t number)
{
	(void)snprintf(event->tx_id, sizeof(event->tx_id), "%" PRId64, number);
}

/* 4.8. The answer is given whatever the token: a station that charges offline has charged. */
vs_result
vs_central_on_v16_start(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;
	int64_t connector = vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_connectorId));
	uint64_t start = hash_of_start(call);
	int64_t number = number_of(call->context, start, 0);
	struct vs_core_tx_event *event =
	    begin_event(call, VS_CORE_TX_STARTED,
	                vs_central_time(call, vs_ocpp_member(payload, VS_OCPP_N_timestamp)));

	name_transaction(event, number);
	event->number = number;
	event->start = start;
	event->evse = connector;
	event->connector = 1;
	event->energy_wh = vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_meterStart));
	vs_text_copy("Authorized", event->trigger, sizeof(event->trigger));
	vs_text_copy("Charging", event->charging_state, sizeof(event->charging_state));
	remember(call->session, connector, number);

	vs_json_write_object(call->writer);
	vs_json_write_key(call->writer, "transactionId");
	vs_json_write_int(call->writer, number);
	vs_central_v16_answer_tag(call, vs_ocpp_member(payload, VS_OCPP_N_idTag), event->token);
	vs_json_write_object_end(call->writer);
	return VS_OK;
}

/* The answer with another number in the place of its own. */
static vs_result
renumber(struct vs_bytes reply, int64_t number, struct vs_buf *out)
{
	const uint8_t *key = memmem(reply.data, reply.size, NUMBER_KEY, strlen(NUMBER_KEY));
	size_t from, to;

	if (key == NULL)
		return VS_FAIL(INTERNAL);
	from = to = (size_t)(key - reply.data) + strlen(NUMBER_KEY);
	while (to < reply.size && reply.data[to] >= '0' && reply.data[to] <= '9')
		to++;
	vs_buf_reset(out);
	VS_TRY(vs_buf_append_bytes(out, vs_bytes_from(reply.data, from)));
	VS_TRY(vs_buf_printf(out, "%" PRId64, number));
	return vs_buf_append_bytes(out, vs_bytes_from(reply.data + to, reply.size - to));
}

bool
vs_central_v16_again(struct vs_central_context *context, struct vs_central_session *session,
                     const struct vs_core_record *record)
{
	const struct vs_core_tx_event *event = &record->u.tx_event;
	struct vs_core_record *again = NULL;
	int64_t number;

	if (record->kind != VS_RECORD_tx_event || event->start == 0 ||
	    record->outcome != VS_E_CONFLICT || record->token + 1 >= ATTEMPTS_MAX)
		return false;
	number = number_of(context, event->start, record->token + 1);
	if (renumber(record->reply, number, &context->out).code != VS_E_OK ||
	    vs_core_record_new(record->kind, record->tenant, record->station, record->received_ms,
	                       record->payload, vs_buf_view(&context->out), &again)
	            .code != VS_E_OK)
		return false;
	again->u = record->u;
	again->u.tx_event.number = number;
	name_transaction(&again->u.tx_event, number);
	again->message_hash = record->message_hash;
	again->signature = record->signature;
	again->conn = record->conn;
	again->token = record->token + 1;
	if (session != NULL && session->v16 != NULL)
		remember(session, event->evse, number);
	VS_LOG(INFO, "transaction.renumbered", vs_bytes_from_text(record->station),
	       VS_LOG_NUM("taken", event->number), VS_LOG_NUM("number", number));
	vs_journal_add(&context->journal, again);
	return true;
}

/* The time of the first of the values, which names the event. */
static int64_t
time_of_values(const struct vs_central_call *call, const struct vs_json_node *list)
{
	return vs_central_time(call, vs_ocpp_member(vs_json_next(list, NULL), VS_OCPP_N_timestamp));
}

/* The trigger of the first sample, in the words of 2.0.1. */
static const char *
trigger_of_values(const struct vs_json_node *list)
{
	const struct vs_json_node *samples =
	    vs_ocpp_member(vs_json_next(list, NULL), VS_OCPP_N_sampledValue);
	enum vs_ocpp_value context =
	    vs_ocpp_value(vs_ocpp_member(vs_json_next(samples, NULL), VS_OCPP_N_context));

	if (context == VS_OCPP_V_Sample_Clock)
		return "MeterValueClock";
	return context == VS_OCPP_V_Trigger ? "Trigger" : "MeterValuePeriodic";
}

/* 4.7. Of a transaction, or of a connector alone; values are kept as they were sent. */
vs_result
vs_central_on_v16_meter_values(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;
	const struct vs_json_node *list = vs_ocpp_member(payload, VS_OCPP_N_meterValue);
	int64_t connector = vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_connectorId));
	int64_t number = vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_transactionId));
	struct vs_core_tx_event *event;
	struct vs_core_meter meter;

	if (number == 0 || number == -1)
		number = recall(call->session, connector);
	vs_central_answer_empty(call);
	if (number == VS_CORE_ABSENT || number == 0) {
		vs_central_record(call, VS_RECORD_meter_values, list);
		call->record->u.meter_values.evse = connector;
		return VS_OK;
	}
	event = begin_event(call, VS_CORE_TX_UPDATED, time_of_values(call, list));
	name_transaction(event, number);
	event->evse = connector;
	event->connector = 1;
	vs_text_copy(trigger_of_values(list), event->trigger, sizeof(event->trigger));
	vs_central_meter(call, list, &meter);
	event->energy_wh = meter.energy_wh;
	event->power_w = meter.power_w;
	event->soc_percent = meter.soc_percent;
	return VS_OK;
}

/* Why it stopped, as the trigger that 2.0.1 would name. */
static const char *
trigger_of_stop(const char *reason)
{
	static const struct {
		const char *reason, *trigger;
	} rows[] = {
	    {"Remote", "RemoteStop"},
	    {"EVDisconnected", "EVDeparted"},
	    {"DeAuthorized", "Deauthorized"},
	    {"UnlockCommand", "UnlockCommand"},
	    {"HardReset", "ResetCommand"},
	    {"SoftReset", "ResetCommand"},
	    {"EmergencyStop", "AbnormalCondition"},
	    {"PowerLoss", "AbnormalCondition"},
	    {"Reboot", "AbnormalCondition"},
	    {"Other", "AbnormalCondition"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (vs_bytes_equal_text(vs_bytes_from_text(reason), rows[i].reason))
			return rows[i].trigger;
	}
	return "StopAuthorized";
}

/* Where it charges, as far as this connection knows. */
static int64_t
connector_of(const struct vs_central_session *session, int64_t number)
{
	for (uint32_t i = 0; session->v16 != NULL && i < session->v16->count; i++)
		if (session->v16->open[i].number == number)
			return session->v16->open[i].connector;
	return VS_CORE_ABSENT;
}

/* 3.13.1: a TxProfile goes with what charged on its connector. */
static void
forget_profiles(const struct vs_central_call *call, int64_t connector)
{
	const struct vs_central_known_filter filter = {VS_CORE_ABSENT, connector, VS_CORE_ABSENT,
	                                               VS_OCPP_V_TxProfile, NULL};
	int64_t ids[VS_LIMIT_CHARGING_PROFILES];
	size_t count;

	if (connector == VS_CORE_ABSENT || call->context->known == NULL)
		return;
	count =
	    vs_central_known_remove(call->context->known, call->session->identity, &filter, ids);
	for (size_t i = 0; i < count; i++)
		vs_central_let_go(call->context, call->session, VS_HELD_profile, ids[i]);
}

/* The transaction that ends. One of an offline queue whose start did not come on this connection
 * stands alone, under a name of its own. */
static void
name_stopped(struct vs_central_call *call, struct vs_core_tx_event *event, int64_t number)
{
	if (number == 0 || number == -1)
		number = recall(call->session, VS_CORE_ABSENT);
	if (number != 0) {
		name_transaction(event, number);
		forget_profiles(call, connector_of(call->session, number));
		forget_matching(call->session, VS_CORE_ABSENT, number);
		return;
	}
	(void)snprintf(event->tx_id, sizeof(event->tx_id), "offline-%016" PRIx64,
	               hash_of(call, vs_json_raw(call->message->tape, call->message->payload)));
	event->is_offline = true;
}

/* 4.10. "local" is what no reason means. */
vs_result
vs_central_on_v16_stop(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;
	const struct vs_json_node *id_tag = vs_ocpp_member(payload, VS_OCPP_N_idTag);
	struct vs_core_tx_event *event =
	    begin_event(call, VS_CORE_TX_ENDED,
	                vs_central_time(call, vs_ocpp_member(payload, VS_OCPP_N_timestamp)));
	struct vs_core_meter meter;

	name_stopped(call, event,
	             vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_transactionId)));
	vs_central_text(call, vs_ocpp_member(payload, VS_OCPP_N_reason), event->stopped_reason,
	                sizeof(event->stopped_reason));
	if (event->stopped_reason[0] == '\0')
		vs_text_copy("Local", event->stopped_reason, sizeof(event->stopped_reason));
	vs_text_copy(trigger_of_stop(event->stopped_reason), event->trigger,
	             sizeof(event->trigger));
	vs_central_meter(call, vs_ocpp_member(payload, VS_OCPP_N_transactionData), &meter);
	event->soc_percent = meter.soc_percent;
	event->energy_wh = vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_meterStop));

	vs_json_write_object(call->writer);
	if (id_tag != NULL)
		vs_central_v16_answer_tag(call, id_tag, event->token);
	vs_json_write_object_end(call->writer);
	return VS_OK;
}
