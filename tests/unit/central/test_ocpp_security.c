/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

static void
hear_security(struct desk *desk, const char *type)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
	               "[2,\"1\",\"SecurityEventNotification\",{\"type\":\"%s\",\"timestamp\":"
	               "\"2025-11-20T14:00:00Z\"}]",
	               type);
	desk_hear(desk, text);
}

/* A04; 4.3: critical ones by the appendix, a vendor's own name is kept. */
static void
kept_before_it_is_acknowledged(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	hear_security(desk, "TamperDetectionActivated");
	CHECK(desk->sent_count == 0 && desk_record(desk, 0)->kind == VS_RECORD_security_event);
	CHECK(desk_record(desk, 0)->u.event.severity == VS_CORE_CRITICAL);
	CHECK(desk_record(desk, 0)->u.event.at_ms == 1763647200000);
	CHECK(desk_commit(desk) == 1 && strcmp(desk_last(desk), "[3,\"1\",{}]") == 0);
	CHECK(desk->events[0].kind == VS_EVENT_SECURITY &&
	      desk->events[0].severity == VS_CORE_CRITICAL);
	hear_security(desk, "AcmeDoorOpened");
	CHECK(strcmp(desk_record(desk, 1)->u.event.type, "AcmeDoorOpened") == 0);
	CHECK(desk_record(desk, 1)->u.event.severity == VS_CORE_NOTICE);
	/* ... and behind the same id another payload: told once. */
	CHECK(strcmp(desk_record(desk, 0)->u.event.type, "MessageIdReused") == 0);
	desk_free(desk);
}

/* 4.3: each name of the standard, in its version; late ones come in bulk and are all kept. */
static void
names_and_criticality(void)
{
	static const struct {
		const char *type;
		enum vs_ocpp_version version;
		enum vs_core_severity severity;
	} rows[] = {{"InvalidCsmsCertificate", VS_OCPP_201, VS_CORE_CRITICAL},
	            {"InvalidCentralSystemCertificate", VS_OCPP_201, VS_CORE_NOTICE},
	            {"InvalidCentralSystemCertificate", VS_OCPP_16, VS_CORE_NOTICE},
	            {"FirmwareUpdated", VS_OCPP_16, VS_CORE_CRITICAL},
	            {"InvalidFirmwareSignature", VS_OCPP_16, VS_CORE_NOTICE},
	            {"InvalidFirmwareSignature", VS_OCPP_21, VS_CORE_CRITICAL},
	            {"AttemptedReplayAttacks", VS_OCPP_201, VS_CORE_NOTICE},
	            {"DiscardedRenewedClientCertificate", VS_OCPP_21, VS_CORE_CRITICAL},
	            {"MaintenanceLoginFailed", VS_OCPP_16, VS_CORE_NOTICE}};
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	char text[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		desk->session->version = (uint8_t)rows[i].version;
		(void)snprintf(text, sizeof(text),
		               "[2,\"%zu\",\"SecurityEventNotification\",{\"type\":\"%s\","
		               "\"timestamp\":\"2025-01-20T14:00:00Z\"}]",
		               i, rows[i].type);
		desk_hear(desk, text);
		CHECK(desk_record(desk, i)->kind == VS_RECORD_security_event &&
		      desk_record(desk, i)->u.event.severity == rows[i].severity);
		CHECK(desk_record(desk, i)->u.event.at_ms == 1737381600000);
	}
	CHECK(desk->sent_count == 0);
	CHECK(desk_commit(desk) == sizeof(rows) / sizeof(rows[0]));
	CHECK(desk->sent_count == sizeof(rows) / sizeof(rows[0]));
	desk_free(desk);
}

static void
failures_are_warnings(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, "[2,\"1\",\"FirmwareStatusNotification\",{\"status\":\"InvalidSignature\","
	                "\"requestId\":1}]");
	desk_hear(desk, "[2,\"2\",\"FirmwareStatusNotification\",{\"status\":\"Downloading\","
	                "\"requestId\":1}]");
	desk_hear(
	    desk,
	    "[2,\"3\",\"LogStatusNotification\",{\"status\":\"UploadFailure\",\"requestId\":1}]");
	desk_hear(desk,
	          "[2,\"4\",\"LogStatusNotification\",{\"status\":\"Uploaded\",\"requestId\":1}]");
	CHECK(desk->sent_count == 4 && desk->context.journal.count == 4);
	CHECK(desk_record(desk, 0)->u.event.severity == VS_CORE_WARNING);
	CHECK(desk_record(desk, 1)->u.event.severity == VS_CORE_INFO);
	CHECK(desk_record(desk, 2)->u.event.severity == VS_CORE_WARNING);
	CHECK(desk_record(desk, 3)->u.event.severity == VS_CORE_INFO);
	CHECK(strcmp(desk_record(desk, 0)->u.event.type, "FirmwareStatusNotification") == 0);
	desk_free(desk);
}

int
main(void)
{
	CASE(kept_before_it_is_acknowledged);
	CASE(names_and_criticality);
	CASE(failures_are_warnings);
	return 0;
}
