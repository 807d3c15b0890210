/* SPDX-License-Identifier: Apache-2.0 */
#include "central/v16.h"

#include "desk.h"

static struct desk *
desk_of_16(enum vs_core_registration registration)
{
	struct desk *desk = desk_new(registration);
	struct vs_core_policy policy = {0};

	vs_central_session_speak(&desk->context, desk->session, VS_OCPP_16, &policy);
	return desk;
}

static void
boots(void)
{
	struct desk *desk = desk_of_16(VS_CORE_REGISTRATION_ACCEPTED);
	const struct vs_core_record *record;

	desk_hear(desk, "[2,\"1\",\"BootNotification\",{\"chargePointVendor\":\"V\","
	                "\"chargePointModel\":\"M\",\"chargeBoxSerialNumber\":\"B-1\","
	                "\"firmwareVersion\":\"1.2\"}]");
	record = desk_record(desk, 0);
	CHECK(record->kind == VS_RECORD_boot && strcmp(record->u.boot.vendor, "V") == 0);
	CHECK(strcmp(record->u.boot.model, "M") == 0 && strcmp(record->u.boot.serial, "B-1") == 0);
	CHECK(strcmp(record->u.boot.firmware, "1.2") == 0);
	(void)desk_commit(desk);
	CHECK(strstr(desk_last(desk), "\"status\":\"Accepted\"") != NULL);
	CHECK(strstr(desk_last(desk), "\"currentTime\":\"2025-11-20T14:08:25.123Z\"") != NULL);
	desk_hear(desk, "[2,\"2\",\"Heartbeat\",{}]");
	CHECK(strncmp(desk_last(desk), "[3,\"2\",{\"currentTime\":", 22) == 0);
	desk_free(desk);
}

/* Whose certificate is over is only here to get another one, in 1.6 as well. */
static void
an_excused_station_is_pending(void)
{
	struct desk *desk = desk_of_16(VS_CORE_REGISTRATION_ACCEPTED);

	desk->session->excused_until_ms = desk->context.now_ms + 1000;
	desk_hear(desk, "[2,\"1\",\"BootNotification\",{\"chargePointVendor\":\"V\","
	                "\"chargePointModel\":\"M\"}]");
	(void)desk_commit(desk);
	CHECK(strstr(desk->sent[0], "\"status\":\"Pending\"") != NULL);
	desk_free(desk);
}

/* B01.FR.10 holds for 1.6 as well (4.2): before the first boot nothing else. */
static void
says_nothing_before_the_boot(void)
{
	struct desk *desk = desk_of_16(VS_CORE_REGISTRATION_NONE);

	desk_hear(desk, "[2,\"1\",\"Authorize\",{\"idTag\":\"A\"}]");
	CHECK(strstr(desk_last(desk), "\"SecurityError\"") != NULL);
	CHECK(desk->context.journal.count == 0);
	desk_free(desk);
}

static void
reports_a_status_and_its_fault(void)
{
	struct desk *desk = desk_of_16(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, "[2,\"1\",\"StatusNotification\",{\"connectorId\":2,\"errorCode\":"
	                "\"NoError\",\"status\":\"SuspendedEVSE\"}]");
	CHECK(desk->context.journal.count == 1);
	CHECK(desk_record(desk, 0)->u.status.evse == 2);
	CHECK(desk_record(desk, 0)->u.status.connector == 1);
	CHECK(strcmp(desk_record(desk, 0)->u.status.status, "SuspendedEVSE") == 0);
	(void)desk_commit(desk);
	desk_hear(desk, "[2,\"2\",\"StatusNotification\",{\"connectorId\":0,\"errorCode\":"
	                "\"GroundFailure\",\"status\":\"Faulted\",\"vendorErrorCode\":\"7\"}]");
	CHECK(desk->context.journal.count == 2);
	CHECK(desk_record(desk, 0)->kind == VS_RECORD_event);
	CHECK(desk_record(desk, 0)->u.event.severity == VS_CORE_WARNING);
	CHECK(desk_record(desk, 1)->u.status.evse == 0);
	desk_free(desk);
}

/* Facts 31: Blocked is Blocked, not Invalid (TC_023.3). */
static void
tells_what_is_wrong_with_a_tag(void)
{
	static const struct {
		const char *tag, *answer;
	} rows[] = {
	    {"GOOD", "{\"status\":\"Accepted\",\"parentIdTag\":\"G1\"}"},
	    {"BLOCK", "{\"status\":\"Blocked\"}"},
	    {"POOR", "{\"status\":\"Blocked\"}"},
	    {"WHO", "{\"status\":\"Invalid\"}"},
	};
	struct desk *desk = desk_of_16(VS_CORE_REGISTRATION_ACCEPTED);
	char text[128];

	desk_token(desk, "GOOD", "Accepted", "G1");
	desk_token(desk, "BLOCK", "Blocked", "");
	desk_token(desk, "POOR", "NoCredit", "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), "[2,\"a%zu\",\"Authorize\",{\"idTag\":\"%s\"}]",
		               i, rows[i].tag);
		desk_hear(desk, text);
		CHECK(strstr(desk_last(desk), rows[i].answer) != NULL);
	}
	CHECK(strcmp(vs_central_v16_tag_status("ConcurrentTx"), "ConcurrentTx") == 0);
	CHECK(strcmp(vs_central_v16_tag_status("NotAtThisTime"), "Invalid") == 0);
	desk_free(desk);
}

/* The same id on another connection is another message, the same one on this connection is not. */
static void
forgets_ids_with_the_connection(void)
{
	static const char status[] = "[2,\"1\",\"StatusNotification\",{\"connectorId\":1,"
				     "\"errorCode\":\"NoError\",\"status\":\"Available\"}]";
	struct desk *desk = desk_of_16(VS_CORE_REGISTRATION_ACCEPTED);
	struct vs_core_policy policy = {0};
	uint64_t first;

	desk_hear(desk, status);
	desk_hear(desk, status);
	first = desk_record(desk, 0)->message_hash;
	CHECK(first != 0 && desk_record(desk, 1)->message_hash == first);
	desk->context.now_ms += 1000;
	vs_central_session_speak(&desk->context, desk->session, VS_OCPP_16, &policy);
	desk_hear(desk, status);
	CHECK(desk_record(desk, 2)->message_hash != first);
	desk_free(desk);
}

/* But what says when it was is known on every one: the same id with the same words, and a time that
 * no clock says that was not set. */
static void
knows_what_says_when(void)
{
	static const struct {
		const char *action, *payload;
		bool is_known;
	} rows[] = {
	    {"MeterValues",
	     "{\"connectorId\":1,\"meterValue\":[{\"timestamp\":\"2025-11-20T14:05:00Z\","
	     "\"sampledValue\":[{\"value\":\"7\"}]}]}",
	     true},
	    {"SecurityEventNotification",
	     "{\"type\":\"StartupOfTheDevice\",\"timestamp\":\"2025-11-20T14:05:00Z\"}", true},
	    {"SecurityEventNotification",
	     "{\"type\":\"StartupOfTheDevice\",\"timestamp\":\"1970-01-01T00:00:05Z\"}", false},
	    {"BootNotification", "{\"chargePointVendor\":\"V\",\"chargePointModel\":\"M\"}", false},
	    {"DataTransfer", "{\"vendorId\":\"V\"}", false},
	};
	struct vs_core_policy policy = {0};
	char text[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct desk *desk = desk_of_16(VS_CORE_REGISTRATION_ACCEPTED);

		desk->context.now_ms = INT64_C(1763647510000); /* 2025-11-20T14:05:10Z */
		for (int at = 0; at < 3; at++) {
			(void)snprintf(text, sizeof(text), "[2,\"%d\",\"%s\",%s]", at / 2,
			               rows[i].action, rows[i].payload);
			desk_hear(desk, text);
			desk->context.now_ms += 1000;
			if (at == 0)
				vs_central_session_speak(&desk->context, desk->session, VS_OCPP_16,
				                         &policy);
		}
		CHECK(desk->context.journal.count == 3);
		CHECK((desk_record(desk, 0)->message_hash == desk_record(desk, 1)->message_hash) ==
		      rows[i].is_known);
		CHECK(desk_record(desk, 2)->message_hash != desk_record(desk, 1)->message_hash);
		desk_free(desk);
	}
}

int
main(void)
{
	CASE(boots);
	CASE(an_excused_station_is_pending);
	CASE(says_nothing_before_the_boot);
	CASE(reports_a_status_and_its_fault);
	CASE(tells_what_is_wrong_with_a_tag);
	CASE(forgets_ids_with_the_connection);
	CASE(knows_what_says_when);
	return 0;
}
