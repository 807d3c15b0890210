/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

static void
heartbeat_tells_the_time_at_once(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, "[2,\"1\",\"Heartbeat\",{}]");
	CHECK(strcmp(desk_last(desk), "[3,\"1\",{\"currentTime\":\"2025-11-20T14:08:25.123Z\"}]") ==
	      0);
	CHECK(desk->context.journal.count == 0);
	desk_free(desk);
}

static void
status_is_recorded_and_shown(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	const struct vs_core_record *record;

	desk_hear(desk, "[2,\"1\",\"StatusNotification\",{\"timestamp\":\"2025-11-20T14:00:00Z\","
	                "\"connectorStatus\":\"Faulted\",\"evseId\":2,\"connectorId\":1}]");
	CHECK(strcmp(desk_last(desk), "[3,\"1\",{}]") == 0);
	record = desk_record(desk, 0);
	CHECK(record->kind == VS_RECORD_status && record->conn == 0);
	CHECK(record->u.status.evse == 2 && record->u.status.connector == 1);
	CHECK(record->u.status.at_ms == 1763647200000 &&
	      strcmp(record->u.status.status, "Faulted") == 0);
	CHECK(record->message_hash != 0 && record->reply.size == 0);
	CHECK(desk_commit(desk) == 1 && desk->sent_count == 1);
	CHECK(desk->event_count == 1 && desk->events[0].kind == VS_EVENT_STATUS);
	CHECK(strcmp(desk->events[0].type, "Faulted") == 0 && desk->events[0].evse == 2);
	desk_free(desk);
}

int
main(void)
{
	CASE(heartbeat_tells_the_time_at_once);
	CASE(status_is_recorded_and_shown);
	return 0;
}
