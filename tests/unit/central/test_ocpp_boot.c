/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#define BOOT(id)                                                                                   \
	"[2,\"" id                                                                                 \
	"\",\"BootNotification\",{\"reason\":\"PowerUp\",\"chargingStation\":{\"model\":\"One\","  \
	"\"vendorName\":\"Acme\",\"serialNumber\":\"S-1\",\"firmwareVersion\":\"1.2\"}}]"

/* The reply is a receipt: nothing is said before the commit. */
static void
accepted_after_the_commit(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_NONE);
	struct vs_core_station station;

	desk->context.boot.heartbeat_interval_s = 17;
	desk_hear(desk, BOOT("b1"));
	CHECK(desk->sent_count == 0 && desk->context.journal.count == 1);
	CHECK(desk_record(desk, 0)->kind == VS_RECORD_boot && desk_record(desk, 0)->conn == 77);
	CHECK(strcmp(desk_record(desk, 0)->u.boot.vendor, "Acme") == 0);
	CHECK(strcmp(desk_record(desk, 0)->u.boot.reason, "PowerUp") == 0);
	/* Pipelined behind it: still refused, nothing is registered yet (B01.FR.10). */
	desk_hear(desk, "[2,\"h1\",\"Heartbeat\",{}]");
	CHECK(strstr(desk_last(desk), "[4,\"h1\",\"SecurityError\"") != NULL);

	CHECK(desk_commit(desk) == 1);
	CHECK(strcmp(desk_last(desk),
	             "[3,\"b1\",{\"currentTime\":\"2025-11-20T14:08:25.123Z\",\"interval\":17,"
	             "\"status\":\"Accepted\"}]") == 0);
	CHECK(desk->session->registration == VS_CORE_REGISTRATION_ACCEPTED);
	CHECK_OK(vs_core_registry_find(desk->registry, VS_BYTES_LITERAL("CS-1"), &station));
	CHECK(station.registration == VS_CORE_REGISTRATION_ACCEPTED);
	CHECK(strcmp(station.model, "One") == 0 && strcmp(station.serial, "S-1") == 0);
	CHECK(strcmp(station.firmware, "1.2") == 0);
	CHECK(desk->event_count == 1 && desk->events[0].kind == VS_EVENT_BOOT);
	desk_hear(desk, "[2,\"h2\",\"Heartbeat\",{}]");
	CHECK(strncmp(desk_last(desk), "[3,\"h2\",", 8) == 0);
	desk_free(desk);
}

static void
pending_until_an_operator_says_otherwise(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_NONE);
	struct vs_core_station station;

	desk->context.boot.is_pending_by_default = true;
	desk_hear(desk, BOOT("b1"));
	CHECK(desk_commit(desk) == 1);
	CHECK(strstr(desk_last(desk), "\"status\":\"Pending\"") != NULL);
	CHECK(desk->session->registration == VS_CORE_REGISTRATION_PENDING);
	/* B02.FR.09 */
	desk_hear(desk, "[2,\"h1\",\"Heartbeat\",{}]");
	CHECK(strstr(desk_last(desk), "SecurityError") != NULL);
	/* ... except what we have asked for. */
	vs_central_session_expect(desk->session, VS_OCPP_Heartbeat);
	desk_hear(desk, "[2,\"h2\",\"Heartbeat\",{}]");
	CHECK(strncmp(desk_last(desk), "[3,\"h2\",", 8) == 0);

	CHECK_OK(vs_core_registry_find(desk->registry, VS_BYTES_LITERAL("CS-1"), &station));
	station.registration = VS_CORE_REGISTRATION_ACCEPTED;
	CHECK_OK(vs_core_registry_put(desk->registry, &station));
	desk_hear(desk, BOOT("b2"));
	CHECK(desk_commit(desk) == 1);
	CHECK(strstr(desk_last(desk), "\"status\":\"Accepted\"") != NULL);
	desk_free(desk);
}

/* B03: rejected, and nothing else is heard. */
static void
rejected(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_REJECTED);

	desk_hear(desk, BOOT("b1"));
	CHECK(desk_commit(desk) == 1);
	CHECK(strstr(desk_last(desk), "\"status\":\"Rejected\"") != NULL);
	vs_central_session_expect(desk->session, VS_OCPP_Heartbeat);
	desk_hear(desk, "[2,\"h1\",\"Heartbeat\",{}]");
	CHECK(strstr(desk_last(desk), "SecurityError") != NULL);
	desk_free(desk);
}

/* The registration survives the socket: no BootNotification is needed after a plain reconnect. */
static void
a_reconnect_needs_no_boot(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, "[2,\"h1\",\"Heartbeat\",{}]");
	CHECK(strncmp(desk_last(desk), "[3,\"h1\",", 8) == 0);
	desk_free(desk);
}

static void
not_on_disk_is_not_registered(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_NONE);

	desk_hear(desk, BOOT("b1"));
	CHECK(desk_commit_as(desk, VS_E_IO, false) == 1);
	CHECK(strncmp(desk_last(desk), "[4,\"b1\",\"InternalError\"", 23) == 0);
	CHECK(desk->session->registration == VS_CORE_REGISTRATION_NONE && desk->event_count == 0);
	desk_free(desk);
}

int
main(void)
{
	CASE(accepted_after_the_commit);
	CASE(pending_until_an_operator_says_otherwise);
	CASE(rejected);
	CASE(a_reconnect_needs_no_boot);
	CASE(not_on_disk_is_not_registered);
	return 0;
}
