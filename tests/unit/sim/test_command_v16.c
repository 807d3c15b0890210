/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#define CALL(action, payload) "[2,\"c\",\"" action "\"," payload "]"

static void
test_configuration(void)
{
	begin_version(10000, VS_OCPP_16);
	answers(CALL("GetConfiguration", "{\"key\":[\"HeartbeatInterval\",\"NoSuchKey\"]}"),
	        "{\"configurationKey\":[{\"key\":\"HeartbeatInterval\",\"readonly\":false,"
	        "\"value\":\"300\"}],\"unknownKey\":[\"NoSuchKey\"]}");
	answers(CALL("GetConfiguration", "{}"), "\"key\":\"SecurityProfile\",\"readonly\":true");
	answers(CALL("ChangeConfiguration", "{\"key\":\"HeartbeatInterval\",\"value\":\"60\"}"),
	        "\"Accepted\"");
	CHECK(vs_sim_device_int(&rig.station->device, VS_SIM_V_HEARTBEAT_INTERVAL) == 60);
	answers(CALL("ChangeConfiguration", "{\"key\":\"HeartbeatInterval\",\"value\":\"x\"}"),
	        "\"Rejected\"");
	answers(CALL("ChangeConfiguration", "{\"key\":\"SecurityProfile\",\"value\":\"3\"}"),
	        "\"Rejected\"");
	answers(CALL("ChangeConfiguration", "{\"key\":\"NoSuchKey\",\"value\":\"3\"}"),
	        "\"NotSupported\"");
	rig_done(&rig);
}

#define KEY(value)                                                                                 \
	CALL("ChangeConfiguration", "{\"key\":\"AuthorizationKey\",\"value\":\"" value "\"}")

static char kept[64];

static vs_result
keep(void *arg, enum vs_sim_kept what, struct vs_bytes value)
{
	(void)arg;
	CHECK(what == VS_SIM_KEPT_PASSWORD && vs_bytes_copy_text(value, kept, sizeof(kept)));
	return VS_OK;
}

/* TC_085 */
static void
test_authorization_key(void)
{
	begin_version(10000, VS_OCPP_16);
	answers(KEY("003AFF0102030405060708090a0b0c0d"), "\"Rejected\""); /* no place for it */
	rig.station->config.port.keep = keep;
	answers(KEY("00"), "\"Rejected\"");
	answers(KEY("003aff0102030405060708090a0b0c0"), "\"Rejected\"");
	answers(KEY("zz3aff0102030405060708090a0b0c0d"), "\"Rejected\"");
	answers(KEY("000102030405060708090a0b0c0d0e0f1011121314"), "\"Rejected\"");
	CHECK(kept[0] == '\0');
	answers(KEY("003AFF0102030405060708090a0b0c0d"), "\"Accepted\"");
	CHECK(strcmp(kept, "003AFF0102030405060708090a0b0c0d") == 0);
	answers(CALL("GetConfiguration", "{\"key\":[\"AuthorizationKey\"]}"),
	        "\"unknownKey\":[\"AuthorizationKey\"]"); /* never told */
	rig_done(&rig);
}

static void
test_remote_start_and_stop(void)
{
	begin_version(10000, VS_OCPP_16);
	answers(CALL("RemoteStartTransaction", "{\"connectorId\":3,\"idTag\":\"R\"}"),
	        "\"Rejected\"");
	answers(CALL("RemoteStartTransaction", "{\"connectorId\":2,\"idTag\":\"REMOTE-1\"}"),
	        "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig.station->evses[1].place == VS_SIM_CHARGING);
	(void)rig_find(&rig, rig_find(&rig, 0, "\"StartTransaction\""), "\"REMOTE-1\"");
	answers(CALL("RemoteStopTransaction", "{\"transactionId\":999}"), "\"Rejected\"");
	answers(CALL("RemoteStopTransaction", "{\"transactionId\":1001}"), "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, rig_find(&rig, 0, "\"StopTransaction\""), "\"reason\":\"Remote\"");
	rig_done(&rig);
}

static void
test_connectors_and_reset(void)
{
	begin_version(10000, VS_OCPP_16);
	answers(CALL("ChangeAvailability", "{\"connectorId\":9,\"type\":\"Inoperative\"}"),
	        "\"Rejected\"");
	answers(CALL("ChangeAvailability", "{\"connectorId\":0,\"type\":\"Inoperative\"}"),
	        "\"Accepted\"");
	CHECK(rig.station->evses[0].is_inoperative && rig.station->evses[1].is_inoperative);
	answers(CALL("ChangeAvailability", "{\"connectorId\":1,\"type\":\"Operative\"}"),
	        "\"Accepted\"");
	CHECK(!rig.station->evses[0].is_inoperative && rig.station->evses[1].is_inoperative);
	answers(CALL("UnlockConnector", "{\"connectorId\":1}"), "\"Unlocked\"");
	answers(CALL("UnlockConnector", "{\"connectorId\":7}"), "\"NotSupported\"");
	answers(CALL("TriggerMessage",
	             "{\"requestedMessage\":\"StatusNotification\",\"connectorId\":1}"),
	        "\"Accepted\"");
	answers(CALL("ExtendedTriggerMessage", "{\"requestedMessage\":\"Heartbeat\"}"),
	        "\"Accepted\"");
	answers(CALL("TriggerMessage", "{\"requestedMessage\":\"Heartbeat\",\"connectorId\":9}"),
	        "\"Rejected\"");
	answers(CALL("Reset", "{\"type\":\"OnIdle\"}"), "\"PropertyConstraintViolation\"");
	answers(CALL("GetBaseReport", "{\"requestId\":1,\"reportBase\":\"FullInventory\"}"),
	        "\"NotImplemented\"");
	answers(CALL("Reset", "{\"type\":\"Soft\"}"), "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig.closes == 1);
	rig_done(&rig);
}

static void
test_local_list(void)
{
	begin_version(10000, VS_OCPP_16);
	answers(CALL("GetLocalListVersion", "{}"), "{\"listVersion\":0}");
	answers(CALL("SendLocalList",
	             "{\"listVersion\":4,\"updateType\":\"Full\",\"localAuthorizationList\":[{"
	             "\"idTag\":\"A\",\"idTagInfo\":{\"status\":\"Accepted\"}}]}"),
	        "\"Accepted\"");
	answers(CALL("SendLocalList", "{\"listVersion\":3,\"updateType\":\"Differential\"}"),
	        "\"VersionMismatch\"");
	answers(CALL("SendLocalList", "{\"listVersion\":0,\"updateType\":\"Full\"}"), "\"Failed\"");
	answers(CALL("GetLocalListVersion", "{}"), "{\"listVersion\":4}");
	answers(CALL("ClearCache", "{}"), "\"Accepted\"");
	rig_done(&rig);
}

static void
test_diagnostics_and_firmware(void)
{
	begin_version(10000, VS_OCPP_16);
	answers(CALL("GetDiagnostics", "{\"location\":\"ftp://h/\"}"), "\"diagnostics.log\"");
	answers(CALL("UpdateFirmware", "{\"location\":\"ftp://h/f\",\"retrieveDate\":"
	                               "\"2026-11-21T19:00:00Z\"}"),
	        "[3,\"c\",{}]");
	rig_pass(&rig, 20000);
	(void)rig_find(&rig, rig_find(&rig, 0, "\"DiagnosticsStatusNotification\""),
	               "\"Uploaded\"");
	(void)rig_find(&rig, rig_find(&rig, 0, "\"FirmwareStatusNotification\""), "\"Installed\"");
	rig_done(&rig);
}

/* 5.13: a reservation holds its connector for its idTag, connector 0 any of them. */
static void
test_reservations(void)
{
	begin_version(10000, VS_OCPP_16);
	answers(CALL("ReserveNow", "{\"connectorId\":1,\"expiryDate\":\"2026-11-21T19:00:00Z\","
	                           "\"idTag\":\"A\",\"reservationId\":7}"),
	        "\"Accepted\"");
	answers(CALL("RemoteStartTransaction", "{\"idTag\":\"B\",\"connectorId\":1}"),
	        "\"Rejected\"");
	answers(CALL("ReserveNow", "{\"connectorId\":0,\"expiryDate\":\"2026-11-21T19:00:00Z\","
	                           "\"idTag\":\"B\",\"reservationId\":8}"),
	        "\"Accepted\"");
	answers(CALL("ReserveNow", "{\"connectorId\":0,\"expiryDate\":\"2026-11-21T19:00:00Z\","
	                           "\"idTag\":\"C\",\"reservationId\":9}"),
	        "\"Occupied\"");
	answers(CALL("ReserveNow", "{\"connectorId\":9,\"expiryDate\":\"2026-11-21T19:00:00Z\","
	                           "\"idTag\":\"B\",\"reservationId\":9}"),
	        "\"Rejected\"");
	answers(CALL("CancelReservation", "{\"reservationId\":9}"), "\"Rejected\"");
	answers(CALL("CancelReservation", "{\"reservationId\":8}"), "\"Accepted\"");
	answers(CALL("CancelReservation", "{\"reservationId\":7}"), "\"Accepted\"");
	answers(CALL("RemoteStartTransaction", "{\"idTag\":\"B\",\"connectorId\":1}"),
	        "\"Accepted\"");
	rig_done(&rig);
}

/* The whitepaper's: a signed image is verified; without a place for roots there are none. */
static void
test_signed_firmware_and_roots(void)
{
	begin_version(10000, VS_OCPP_16);
	answers(CALL("SignedUpdateFirmware",
	             "{\"requestId\":5,\"firmware\":{\"location\":\"https://h/f\","
	             "\"retrieveDateTime\":\"2026-11-21T19:00:00Z\",\"signingCertificate\":\"PEM\","
	             "\"signature\":\"QUJD\"}}"),
	        "\"Accepted\"");
	rig_pass(&rig, 20000);
	(void)rig_find(&rig, rig_find(&rig, 0, "\"SignedFirmwareStatusNotification\""),
	               "\"SignatureVerified\"");
	CHECK(rig_count(&rig, "\"requestId\":5") >= 5);
	answers(CALL("GetInstalledCertificateIds",
	             "{\"certificateType\":\"CentralSystemRootCertificate\"}"),
	        "{\"status\":\"NotFound\"}");
	answers(
	    CALL("InstallCertificate",
	         "{\"certificateType\":\"CentralSystemRootCertificate\",\"certificate\":\"x\"}"),
	    "\"Rejected\"");
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_configuration);
	CASE(test_authorization_key);
	CASE(test_remote_start_and_stop);
	CASE(test_connectors_and_reset);
	CASE(test_local_list);
	CASE(test_diagnostics_and_firmware);
	CASE(test_reservations);
	CASE(test_signed_firmware_and_roots);
	return 0;
}
