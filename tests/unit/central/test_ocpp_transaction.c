/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

static void
hear_event(struct desk *desk, const char *id, const char *type, int seq_no, const char *more)
{
	char text[1024];

	(void)snprintf(
	    text, sizeof(text),
	    "[2,\"%s\",\"TransactionEvent\",{\"eventType\":\"%s\",\"timestamp\":\"2025-11-20T14:00:"
	    "00Z\","
	    "\"triggerReason\":\"MeterValuePeriodic\",\"seqNo\":%d,"
	    "\"transactionInfo\":{\"transactionId\":\"T1\",\"chargingState\":\"Charging\"}%s}]",
	    id, type, seq_no, more);
	desk_hear(desk, text);
}

#define ENERGY(wh)                                                                                 \
	",\"meterValue\":[{\"timestamp\":\"2025-11-20T14:00:00Z\",\"sampledValue\":[{"             \
	"\"value\":" #wh "},"                                                                      \
	"{\"value\":7.2,\"measurand\":\"Power.Active.Import\",\"unitOfMeasure\":{\"unit\":\"kW\"}" \
	"}]}]"

static void
stored_then_answered(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	const struct vs_core_record *record;

	desk_token(desk, "AA", "Accepted", "");
	hear_event(desk, "t1", "Started", 0,
	           ENERGY(1000) ",\"offline\":true,\"evse\":{\"id\":1,\"connectorId\":2},"
	                        "\"idToken\":{\"idToken\":\"AA\",\"type\":\"ISO14443\"}");
	CHECK(desk->sent_count == 0);
	record = desk_record(desk, 0);
	CHECK(record->kind == VS_RECORD_tx_event && record->conn == 77);
	CHECK(strcmp(record->u.tx_event.tx_id, "T1") == 0 && record->u.tx_event.seq_no == 0);
	CHECK(record->u.tx_event.type == VS_CORE_TX_STARTED && record->u.tx_event.is_offline);
	CHECK(record->u.tx_event.evse == 1 && record->u.tx_event.connector == 2);
	CHECK(record->u.tx_event.energy_wh == 1000 && record->u.tx_event.power_w == 7200);
	CHECK(record->u.tx_event.soc_percent == VS_CORE_ABSENT);
	CHECK(strcmp(record->u.tx_event.token, "AA") == 0);
	CHECK(strcmp(record->u.tx_event.charging_state, "Charging") == 0);
	CHECK(strcmp(record->u.tx_event.trigger, "MeterValuePeriodic") == 0);
	CHECK(record->payload.size > 0 && record->payload.data[0] == '{');
	CHECK(desk_commit(desk) == 1);
	CHECK(strcmp(desk_last(desk), "[3,\"t1\",{\"idTokenInfo\":{\"status\":\"Accepted\"}}]") ==
	      0);
	hear_event(desk, "t2", "Updated", 1, ENERGY(1600));
	CHECK(desk_commit(desk) == 1 && strcmp(desk_last(desk), "[3,\"t2\",{}]") == 0);
	CHECK(desk->event_count == 2 && desk->events[0].energy_wh == 0 &&
	      desk->events[1].energy_wh == 600);
	CHECK(desk->events[1].power_w == 7200 && strcmp(desk->events[1].id, "T1") == 0);
	hear_event(desk, "t3", "Ended", 2, ENERGY(2000));
	CHECK(desk_commit(desk) == 1 && desk->events[2].energy_wh == 1000 &&
	      desk->session->live == NULL);
	desk_free(desk);
}

/* An unknown token is told Invalid; the event is stored all the same, it may be all that proves the
 * energy. */
static void
never_an_error_for_a_token(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	hear_event(desk, "t1", "Updated", 900,
	           ",\"idToken\":{\"idToken\":\"who\",\"type\":\"ISO14443\"}");
	CHECK(desk_commit(desk) == 1);
	CHECK(strcmp(desk_last(desk), "[3,\"t1\",{\"idTokenInfo\":{\"status\":\"Invalid\"}}]") ==
	      0);
	desk_free(desk);
}

/* A resent message is answered again; the store says that it knows it, and nobody is told twice. */
static void
a_duplicate_is_answered_again(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	uint64_t hash;

	hear_event(desk, "t1", "Started", 0, ENERGY(5));
	hash = desk_record(desk, 0)->message_hash;
	CHECK(desk_commit(desk) == 1);
	hear_event(desk, "t1", "Started", 0, ENERGY(5));
	CHECK(desk->context.journal.count == 1 && desk_record(desk, 0)->message_hash == hash);
	CHECK(desk_commit_as(desk, VS_E_OK, true) == 1);
	CHECK(desk->sent_count == 2 && strcmp(desk->sent[0], desk->sent[1]) == 0 &&
	      desk->event_count == 1);
	hear_event(desk, "t2", "Started", 0, ENERGY(5));
	CHECK(desk_record(desk, 0)->message_hash != hash);
	desk_free(desk);
}

static void
not_stored_is_not_acknowledged(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	hear_event(desk, "t1", "Started", 0, ENERGY(5));
	CHECK(desk_commit_as(desk, VS_E_BUSY, false) == 1);
	CHECK(strncmp(desk_last(desk), "[4,\"t1\",\"InternalError\"", 23) == 0 &&
	      desk->event_count == 0);
	desk_free(desk);
}

int
main(void)
{
	CASE(stored_then_answered);
	CASE(never_an_error_for_a_token);
	CASE(a_duplicate_is_answered_again);
	CASE(not_stored_is_not_acknowledged);
	return 0;
}
