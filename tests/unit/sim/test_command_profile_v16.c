/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#define CALL(action, payload) "[2,\"c\",\"" action "\"," payload "]"
#define SET(connector, id, purpose, rest)                                                          \
	CALL("SetChargingProfile", "{\"connectorId\":" connector                                   \
	                           ",\"csChargingProfiles\":" PROFILE(id, purpose, rest) "}")
#define PROFILE(id, purpose, rest)                                                                 \
	"{\"chargingProfileId\":" id ",\"stackLevel\":0,\"chargingProfilePurpose\":\"" purpose     \
	"\"," rest "}"
#define RELATIVE(unit, limit)                                                                      \
	"\"chargingProfileKind\":\"Relative\",\"chargingSchedule\":{\"chargingRateUnit\":\"" unit  \
	"\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":" limit "}]}"
#define ABSOLUTE(limit)                                                                            \
	"\"chargingProfileKind\":\"Absolute\",\"chargingSchedule\":{\"startSchedule\":"            \
	"\"2025-11-20T14:00:00Z\",\"chargingRateUnit\":\"W\",\"chargingSchedulePeriod\":[{"        \
	"\"startPeriod\":0,\"limit\":" limit "}]}"

static double
power(unsigned evse)
{
	return rig.station->evses[evse].curve.power_w;
}

/* 5.16, 5.6: the current obeys, for a connector and for the whole station, and is free again. */
static void
test_current_obeys(void)
{
	begin_version(1, VS_OCPP_16);
	rig_pass(&rig, 20000);
	CHECK(power(0) > 10000);
	answers(SET("1", "1", "TxDefaultProfile", RELATIVE("A", "6.0")),
	        "{\"status\":\"Accepted\"}");
	rig_pass(&rig, 4000);
	CHECK(power(0) > 3900 && power(0) < 6 * 230 * 3 + 1 && power(1) > 10000);
	answers(SET("0", "2", "ChargePointMaxProfile", ABSOLUTE("2300")),
	        "{\"status\":\"Accepted\"}");
	rig_pass(&rig, 4000);
	CHECK(power(0) < 2301 && power(1) < 2301);
	answers(
	    CALL("ClearChargingProfile", "{\"chargingProfilePurpose\":\"ChargePointMaxProfile\"}"),
	    "{\"status\":\"Accepted\"}");
	answers(CALL("ClearChargingProfile", "{\"id\":1}"), "{\"status\":\"Accepted\"}");
	answers(CALL("ClearChargingProfile", "{\"id\":1}"), "{\"status\":\"Unknown\"}");
	rig_pass(&rig, 4000);
	CHECK(power(0) > 10000);
	rig_done(&rig);
}

/* What is wrong is Rejected, without a reason: 1.6 has no place for one. */
static void
test_refusals(void)
{
	begin_version(10000, VS_OCPP_16);
	answers(SET("9", "1", "TxDefaultProfile", RELATIVE("A", "6.0")),
	        "{\"status\":\"Rejected\"}");
	answers(SET("1", "1", "ChargePointMaxProfile", RELATIVE("A", "6.0")),
	        "{\"status\":\"Rejected\"}");
	answers(SET("1", "1", "TxProfile", RELATIVE("A", "6.0")), "{\"status\":\"Rejected\"}");
	answers(CALL("GetCompositeSchedule", "{\"connectorId\":9,\"duration\":60}"),
	        "{\"status\":\"Rejected\"}");
	rig_done(&rig);
}

/* 5.7: beside its connector and start. */
static void
test_composite_schedule(void)
{
	begin_version(10000, VS_OCPP_16);
	answers(SET("0", "2", "ChargePointMaxProfile", ABSOLUTE("2300")), "\"Accepted\"");
	answers(CALL("GetCompositeSchedule",
	             "{\"connectorId\":0,\"duration\":60,\"chargingRateUnit\":\"W\"}"),
	        "{\"status\":\"Accepted\",\"connectorId\":0,\"scheduleStart\":\"");
	(void)rig_find(&rig, 0,
	               "\"chargingSchedule\":{\"duration\":60,\"chargingRateUnit\":\"W\","
	               "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":2300");
	rig_done(&rig);
}

/* A profile comes with a remote start, and ends with its transaction. */
static void
test_remote_start(void)
{
	begin_version(10000, VS_OCPP_16);
	answers(CALL("RemoteStartTransaction",
	             "{\"idTag\":\"A\",\"connectorId\":1,\"chargingProfile\":" PROFILE(
			 "7", "TxDefaultProfile", RELATIVE("A", "6.0")) "}"),
	        "\"Rejected\"");
	answers(CALL("RemoteStartTransaction",
	             "{\"idTag\":\"A\",\"connectorId\":1,\"chargingProfile\":" PROFILE(
			 "7", "TxProfile", RELATIVE("A", "6.0")) "}"),
	        "\"Accepted\"");
	rig_pass(&rig, 20000);
	CHECK(power(0) > 3900 && power(0) < 6 * 230 * 3 + 1);
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_current_obeys);
	CASE(test_refusals);
	CASE(test_composite_schedule);
	CASE(test_remote_start);
	return 0;
}
