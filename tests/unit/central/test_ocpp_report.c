/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

static void
report_pages_are_kept(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(
	    desk,
	    "[2,\"1\",\"NotifyReport\",{\"requestId\":7,\"generatedAt\":\"2025-11-20T14:00:00Z\","
	    "\"seqNo\":3,\"tbc\":true,\"reportData\":[{\"component\":{\"name\":\"C\"},"
	    "\"variable\":{\"name\":\"V\"},\"variableAttribute\":[{\"value\":\"1\"}]}]}]");
	CHECK(strcmp(desk_last(desk), "[3,\"1\",{}]") == 0);
	CHECK(desk_record(desk, 0)->kind == VS_RECORD_report);
	CHECK(desk_record(desk, 0)->u.report.request_id == 7 &&
	      desk_record(desk, 0)->u.report.seq_no == 3);
	CHECK(desk_record(desk, 0)->payload.data[0] == '[');
	desk_free(desk);
}

static void
an_alert_is_a_warning(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(
	    desk,
	    "[2,\"1\",\"NotifyEvent\",{\"generatedAt\":\"2025-11-20T14:00:00Z\",\"seqNo\":0,"
	    "\"eventData\":[{\"eventId\":1,\"timestamp\":\"2025-11-20T14:00:00Z\",\"trigger\":"
	    "\"Alerting\",\"actualValue\":\"x\",\"eventNotificationType\":\"CustomMonitor\","
	    "\"component\":{\"name\":\"C\"},\"variable\":{\"name\":\"V\"}}]}]");
	CHECK(strcmp(desk_last(desk), "[3,\"1\",{}]") == 0);
	CHECK(desk_record(desk, 0)->kind == VS_RECORD_event);
	CHECK(desk_record(desk, 0)->u.event.severity == VS_CORE_WARNING);
	CHECK(desk_record(desk, 0)->u.event.at_ms == 1763647200000);
	CHECK(desk->context.journal.count == 1);
	CHECK(strcmp(desk_record(desk, 0)->u.event.type, "NotifyEvent") == 0);
	CHECK(desk_commit(desk) == 1 && desk->events[0].kind == VS_EVENT_NOTICE);
	desk_free(desk);
}

#define DATA(id, at, trigger)                                                                      \
	"{\"eventId\":" id ",\"timestamp\":\"2025-11-20T14:00:0" at "Z\",\"trigger\":\"" trigger   \
	"\",\"actualValue\":\"x\",\"eventNotificationType\":\"CustomMonitor\",\"component\":{"     \
	"\"name\":\"C\"},\"variable\":{\"name\":\"V\"}}"

/* One event for each eventData, with its own time and weight; the same message again brings the
 * same hashes, by which the store knows them. */
static void
each_event_data_is_an_event(void)
{
	static const char text[] =
	    "[2,\"1\",\"NotifyEvent\",{\"generatedAt\":\"2025-11-20T14:00:00Z\",\"seqNo\":0,"
	    "\"eventData\":[" DATA("1", "1", "Periodic") "," DATA("2", "2", "Alerting") "," DATA(
		"3", "3", "Delta") "]}]";
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	uint64_t hashes[3];

	desk_hear(desk, text);
	CHECK(desk->context.journal.count == 3);
	for (size_t i = 0; i < 3; i++) {
		const struct vs_core_record *record = desk_record(desk, i);
		char id[16];

		(void)snprintf(id, sizeof(id), "{\"eventId\":%zu,", i + 1);
		CHECK(record->kind == VS_RECORD_event && record->payload.size > strlen(id));
		CHECK(memcmp(record->payload.data, id, strlen(id)) == 0);
		CHECK(strcmp(record->u.event.type, "NotifyEvent") == 0);
		CHECK(record->u.event.at_ms == 1763647201000 + 1000 * (int64_t)i);
		CHECK(record->u.event.severity == (i == 1 ? VS_CORE_WARNING : VS_CORE_INFO));
		hashes[i] = record->message_hash;
		CHECK(hashes[i] != 0 && (i == 0 || hashes[i] != hashes[i - 1]));
	}
	CHECK(desk_commit(desk) == 3 && desk->event_count == 3);
	desk_hear(desk, text);
	for (size_t i = 0; i < 3; i++)
		CHECK(desk_record(desk, i)->message_hash == hashes[i]);
	desk_free(desk);
}

static void
the_rest_is_noted(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, "[2,\"1\",\"PublishFirmwareStatusNotification\",{\"status\":"
	                "\"Downloading\",\"requestId\":5}]");
	CHECK(strcmp(desk_last(desk), "[3,\"1\",{}]") == 0);
	CHECK(strcmp(desk_record(desk, 0)->u.event.type, "PublishFirmwareStatusNotification") == 0);
	CHECK(desk_record(desk, 0)->payload.data[0] == '{');
	desk_free(desk);
}

int
main(void)
{
	CASE(report_pages_are_kept);
	CASE(an_alert_is_a_warning);
	CASE(each_event_data_is_an_event);
	CASE(the_rest_is_noted);
	return 0;
}
