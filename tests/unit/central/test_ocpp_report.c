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
	CHECK(strcmp(desk_record(desk, 0)->u.event.type, "NotifyEvent") == 0);
	CHECK(desk_commit(desk) == 1 && desk->events[0].kind == VS_EVENT_NOTICE);
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
	CASE(the_rest_is_noted);
	return 0;
}
