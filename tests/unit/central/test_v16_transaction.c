/* SPDX-License-Identifier: Apache-2.0 */
#include "central/v16.h"

#include "desk.h"

#define START(id, connector, tag, at)                                                              \
	"[2,\"" id "\",\"StartTransaction\",{\"connectorId\":" connector ",\"idTag\":\"" tag       \
	"\",\"meterStart\":1000,\"timestamp\":\"" at "\"}]"
#define VALUES                                                                                     \
	"\"meterValue\":[{\"timestamp\":\"2025-11-20T14:05:00Z\",\"sampledValue\":[{\"value\":"    \
	"\"5\"}]}]"
#define T0 "2025-11-20T14:00:00Z"
#define T1 "2025-11-20T14:10:00Z"

static struct desk *
desk_of_16(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	struct vs_core_policy policy = {0};

	vs_central_session_speak(&desk->context, desk->session, VS_OCPP_16, &policy);
	desk_token(desk, "GOOD", "Accepted", "");
	return desk;
}

/* The number in the last answer. */
static long
number_told(struct desk *desk)
{
	const char *at;

	(void)desk_commit(desk);
	at = strstr(desk_last(desk), "\"transactionId\":");
	CHECK(at != NULL);
	return strtol(at + 16, NULL, 10);
}

static long
start(struct desk *desk, const char *text)
{
	desk_hear(desk, text);
	return number_told(desk);
}

static void
hear_about(struct desk *desk, const char *before_and_after, long number)
{
	const char *at = strchr(before_and_after, '@');
	char text[1024];

	CHECK(at != NULL);
	(void)snprintf(text, sizeof(text), "%.*s%ld%s", (int)(at - before_and_after),
	               before_and_after, number, at + 1);
	desk_hear(desk, text);
}

static void
starts_meters_and_stops(void)
{
	struct desk *desk = desk_of_16();
	const struct vs_core_tx_event *event;
	int64_t started;
	char id[VS_CORE_TX_ID_SIZE];
	long number;

	desk_hear(desk, START("1", "2", "GOOD", T0));
	CHECK(desk->sent_count == 0); /* not before it is on disk */
	event = &desk_record(desk, 0)->u.tx_event;
	CHECK(event->type == VS_CORE_TX_STARTED && event->evse == 2 && event->connector == 1);
	CHECK(event->energy_wh == 1000 && strcmp(event->token, "GOOD") == 0);
	started = event->seq_no;
	(void)snprintf(id, sizeof(id), "%s", event->tx_id);
	number = number_told(desk);
	CHECK(number > 0 && number <= INT32_MAX && strtol(id, NULL, 10) == number);
	CHECK(strstr(desk_last(desk), "\"idTagInfo\":{\"status\":\"Accepted\"}") != NULL);

	hear_about(desk,
	           "[2,\"2\",\"MeterValues\",{\"connectorId\":2,\"transactionId\":@,"
	           "\"meterValue\":[{\"timestamp\":\"2025-11-20T14:05:00Z\",\"sampledValue\":["
	           "{\"value\":\"1.5\",\"unit\":\"kWh\"},{\"value\":\"7200\",\"measurand\":"
	           "\"Power.Active.Import\",\"unit\":\"W\"},{\"value\":\"not a number\","
	           "\"measurand\":\"SoC\",\"format\":\"SignedData\"}]}]}]",
	           number);
	event = &desk_record(desk, 0)->u.tx_event;
	CHECK(event->type == VS_CORE_TX_UPDATED && strcmp(event->tx_id, id) == 0);
	CHECK(event->energy_wh == 1500 && event->power_w == 7200);
	CHECK(event->soc_percent == VS_CORE_ABSENT && event->seq_no > started);
	(void)desk_commit(desk);
	CHECK(strcmp(desk_last(desk), "[3,\"2\",{}]") == 0);

	hear_about(desk,
	           "[2,\"3\",\"StopTransaction\",{\"transactionId\":@,\"meterStop\":2500,"
	           "\"timestamp\":\"" T1 "\",\"reason\":\"EVDisconnected\",\"idTag\":\"GOOD\"}]",
	           number);
	event = &desk_record(desk, 0)->u.tx_event;
	CHECK(event->type == VS_CORE_TX_ENDED && strcmp(event->tx_id, id) == 0);
	CHECK(event->energy_wh == 2500 && strcmp(event->trigger, "EVDeparted") == 0);
	CHECK(strcmp(event->stopped_reason, "EVDisconnected") == 0);
	(void)desk_commit(desk);
	CHECK(strcmp(desk_last(desk), "[3,\"3\",{\"idTagInfo\":{\"status\":\"Accepted\"}}]") == 0);
	CHECK(desk->session->v16 == NULL && desk->session->live == NULL);
	desk_free(desk);
}

/* Facts 18 (the answer was lost, the station asks again) and 21 (nobody can guess a number). */
static void
gives_a_repeated_start_its_number_and_no_other(void)
{
	struct desk *desk = desk_of_16();
	struct vs_core_policy policy = {0};
	long number = start(desk, START("1", "1", "GOOD", T0));
	int64_t seq_no;

	desk_hear(desk, START("1", "1", "GOOD", T0));
	seq_no = desk_record(desk, 0)->u.tx_event.seq_no;
	CHECK(number_told(desk) == number);
	/* on another connection, under another id */
	desk->context.now_ms += 60000;
	vs_central_session_speak(&desk->context, desk->session, VS_OCPP_16, &policy);
	desk_hear(desk, START("77", "1", "GOOD", T0));
	CHECK(desk_record(desk, 0)->u.tx_event.seq_no == seq_no); /* the store knows it */
	CHECK(number_told(desk) == number);
	CHECK(start(desk, START("2", "2", "GOOD", T0)) != number);
	CHECK(start(desk, START("3", "1", "GOOD", T1)) != number);
	/* another station, another installation */
	desk->session->identity_hash ^= 1;
	CHECK(start(desk, START("4", "1", "GOOD", T0)) != number);
	desk->session->identity_hash ^= 1;
	desk->context.hash_key[0] ^= 1;
	CHECK(start(desk, START("5", "1", "GOOD", T0)) != number);
	desk_free(desk);
}

/* Facts 19: the number of a session that began offline is -1 or 0. */
static void
finds_the_transaction_of_an_offline_queue(void)
{
	struct desk *desk = desk_of_16();
	char one[32], two[32];

	(void)snprintf(one, sizeof(one), "%ld", start(desk, START("1", "1", "GOOD", T0)));
	(void)snprintf(two, sizeof(two), "%ld", start(desk, START("2", "2", "GOOD", T0)));
	hear_about(desk,
	           "[2,\"3\",\"MeterValues\",{\"connectorId\":1,\"transactionId\":@," VALUES "}]",
	           -1);
	CHECK(strcmp(desk_record(desk, 0)->u.tx_event.tx_id, one) == 0);
	(void)desk_commit(desk);
	hear_about(desk,
	           "[2,\"4\",\"StopTransaction\",{\"transactionId\":@,\"meterStop\":1,"
	           "\"timestamp\":\"" T1 "\"}]",
	           -1);
	CHECK(strcmp(desk_record(desk, 0)->u.tx_event.tx_id, two) == 0);
	CHECK(strcmp(desk_record(desk, 0)->u.tx_event.stopped_reason, "Local") == 0);
	(void)desk_commit(desk);
	hear_about(desk,
	           "[2,\"5\",\"StopTransaction\",{\"transactionId\":@,\"meterStop\":1,"
	           "\"timestamp\":\"" T1 "\"}]",
	           0);
	CHECK(strcmp(desk_record(desk, 0)->u.tx_event.tx_id, one) == 0);
	(void)desk_commit(desk);
	/* none began here: it is kept under a name of its own, and the values of the connector */
	hear_about(desk,
	           "[2,\"6\",\"StopTransaction\",{\"transactionId\":@,\"meterStop\":9,"
	           "\"timestamp\":\"" T1 "\"}]",
	           -1);
	CHECK(strncmp(desk_record(desk, 0)->u.tx_event.tx_id, "offline-", 8) == 0);
	CHECK(desk_record(desk, 0)->u.tx_event.is_offline);
	hear_about(desk,
	           "[2,\"7\",\"MeterValues\",{\"connectorId\":1,\"transactionId\":@," VALUES "}]",
	           -1);
	CHECK(desk_record(desk, 1)->kind == VS_RECORD_meter_values);
	CHECK(desk_record(desk, 1)->u.meter_values.evse == 1);
	desk_free(desk);
}

static void
keeps_eight_transactions_in_mind(void)
{
	struct desk *desk = desk_of_16();
	char text[256];

	for (int i = 1; i <= 20; i++) {
		(void)snprintf(text, sizeof(text),
		               "[2,\"%d\",\"StartTransaction\",{\"connectorId\":%d,\"idTag\":"
		               "\"NOBODY\",\"meterStart\":0,\"timestamp\":\"" T0 "\"}]",
		               i, i);
		(void)start(desk, text);
		CHECK(strstr(desk_last(desk), "\"Invalid\"") != NULL);
	}
	hear_about(desk,
	           "[2,\"m\",\"MeterValues\",{\"connectorId\":@,\"transactionId\":-1," VALUES "}]",
	           12);
	CHECK(desk_record(desk, 0)->kind == VS_RECORD_meter_values);
	hear_about(desk,
	           "[2,\"n\",\"MeterValues\",{\"connectorId\":@,\"transactionId\":-1," VALUES "}]",
	           13);
	CHECK(desk_record(desk, 1)->kind == VS_RECORD_tx_event);
	desk_free(desk);
}

/* The store has another transaction of this number: the answer goes out with the next one, which is
 * the same one whenever the station asks again, and which nobody can guess either. */
static void
finds_another_number_when_one_is_taken(void)
{
	struct desk *desk = desk_of_16();
	int64_t first, second;
	uint64_t hash;
	long told;

	desk_hear(desk, START("1", "2", "GOOD", T0));
	first = desk_record(desk, 0)->u.tx_event.number;
	hash = desk_record(desk, 0)->message_hash;
	CHECK(desk_commit_as(desk, VS_E_CONFLICT, false) == 1 && desk->sent_count == 0);
	second = desk_record(desk, 0)->u.tx_event.number;
	CHECK(second != first && desk_record(desk, 0)->message_hash == hash);
	CHECK(strtol(desk_record(desk, 0)->u.tx_event.tx_id, NULL, 10) == second);
	told = number_told(desk);
	CHECK(told == second && strstr(desk_last(desk), "\"idTagInfo\":{\"status\"") != NULL);
	desk_hear(desk,
	          "[2,\"m\",\"MeterValues\",{\"connectorId\":2,\"transactionId\":-1," VALUES "}]");
	CHECK(strtol(desk_record(desk, 0)->u.tx_event.tx_id, NULL, 10) == second);
	(void)desk_commit(desk);
	desk_hear(desk, START("2", "2", "GOOD", T0));
	CHECK(desk_record(desk, 0)->u.tx_event.number == first);
	(void)desk_commit_as(desk, VS_E_CONFLICT, false);
	CHECK(number_told(desk) == told);
	desk_free(desk);
}

/* Not for ever: then the station is told, and comes again. */
static void
gives_up_when_all_are_taken(void)
{
	struct desk *desk = desk_of_16();
	unsigned rounds = 0;

	desk_hear(desk, START("1", "2", "GOOD", T0));
	while (desk->context.journal.count > 0 && rounds++ < 20)
		(void)desk_commit_as(desk, VS_E_CONFLICT, false);
	CHECK(rounds == 8);
	CHECK(strncmp(desk_last(desk), "[4,\"1\",\"InternalError\"", 22) == 0);
	desk_free(desk);
}

int
main(void)
{
	CASE(starts_meters_and_stops);
	CASE(gives_a_repeated_start_its_number_and_no_other);
	CASE(finds_the_transaction_of_an_offline_queue);
	CASE(keeps_eight_transactions_in_mind);
	CASE(finds_another_number_when_one_is_taken);
	CASE(gives_up_when_all_are_taken);
	return 0;
}
