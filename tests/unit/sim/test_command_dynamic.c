/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#define CALL(action, payload) "[2,\"c\",\"" action "\"," payload "]"
#define SET(evse, id, level, purpose, kind, periods)                                               \
	CALL("SetChargingProfile",                                                                 \
	     "{\"evseId\":" evse ",\"chargingProfile\":{\"id\":" id ",\"stackLevel\":" level       \
	     ",\"chargingProfilePurpose\":\"" purpose "\",\"chargingProfileKind\":\"" kind         \
	     "\",\"chargingSchedule\":[{\"id\":1,\"chargingRateUnit\":\"W\","                      \
	     "\"chargingSchedulePeriod\":[" periods "]}]}}")

static double
power(unsigned evse)
{
	return rig.station->evses[evse].curve.power_w;
}

/* K28: new values without a new profile; the report says them, too. */
static void
test_dynamic(void)
{
	begin_version(1, VS_OCPP_21);
	rig_pass(&rig, 20000);
	CHECK(power(0) > 10000);
	answers(CALL("UpdateDynamicSchedule",
	             "{\"chargingProfileId\":4,\"scheduleUpdate\":{\"limit\":3000}}"),
	        "\"UnknownProfile\"");
	answers(SET("1", "5", "0", "TxDefaultProfile", "Relative",
	            "{\"startPeriod\":0,\"limit\":9000}"),
	        "\"Accepted\"");
	answers(CALL("UpdateDynamicSchedule",
	             "{\"chargingProfileId\":5,\"scheduleUpdate\":{\"limit\":3000}}"),
	        "\"InvalidProfile\"");
	answers(SET("1", "4", "1", "TxDefaultProfile", "Dynamic",
	            "{\"startPeriod\":0,\"limit\":8000,\"operationMode\":\"ChargingOnly\"}"),
	        "\"Accepted\"");
	rig_pass(&rig, 4000);
	CHECK(power(0) > 7000 && power(0) < 8001 && power(1) > 10000);
	rig_forget(&rig);
	answers(CALL("UpdateDynamicSchedule",
	             "{\"chargingProfileId\":4,\"scheduleUpdate\":{\"limit\":3000}}"),
	        "{\"status\":\"Accepted\"}");
	rig_pass(&rig, 4000);
	CHECK(power(0) > 2000 && power(0) < 3001);
	(void)rig_find(&rig, 0, "\"triggerReason\":\"ChargingRateChanged\"");
	answers(CALL("UpdateDynamicSchedule",
	             "{\"chargingProfileId\":4,\"scheduleUpdate\":{\"limit\":-1}}"),
	        "\"Rejected\"");
	answers(CALL("GetChargingProfiles",
	             "{\"requestId\":1,\"chargingProfile\":{\"chargingProfileId\":[4]}}"),
	        "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, 0,
	               "{\"startPeriod\":0,\"operationMode\":\"ChargingOnly\",\"limit\":3000}");
	(void)rig_find(&rig, 0, "\"dynUpdateTime\":\"2025-11-20T14:0");
	rig_done(&rig);
}

/* K21: the profile is there all the time, and counts while it is turned on. */
static void
test_priority(void)
{
	char text[256];

	begin_version(1, VS_OCPP_21);
	rig_pass(&rig, 20000);
	answers(SET("0", "1", "0", "TxDefaultProfile", "Relative",
	            "{\"startPeriod\":0,\"limit\":4000}"),
	        "\"Accepted\"");
	(void)snprintf(text, sizeof(text),
	               CALL("UsePriorityCharging", "{\"transactionId\":\"%s\",\"activate\":true}"),
	               rig.station->evses[0].transaction_id);
	answers(text, "\"NoProfile\"");
	answers(SET("0", "2", "0", "PriorityCharging", "Relative",
	            "{\"startPeriod\":0,\"limit\":9000}"),
	        "\"Accepted\"");
	rig_pass(&rig, 4000);
	CHECK(power(0) < 4001);
	answers(text, "{\"status\":\"Accepted\"}");
	rig_pass(&rig, 6000);
	CHECK(power(0) > 7000 && power(0) < 9001 && power(1) < 4001);
	answers(CALL("UsePriorityCharging", "{\"transactionId\":\"none\",\"activate\":true}"),
	        "\"Rejected\"");
	rig_done(&rig);
}

/* Q: what a signal means stands in the period that leads. */
static void
test_signal(void)
{
	begin_version(1, VS_OCPP_21);
	rig_pass(&rig, 20000);
	answers(CALL("AFRRSignal", "{\"timestamp\":\"2025-11-20T14:00:00Z\",\"signal\":10}"),
	        "\"NoSignalCurve\"");
	answers(
	    SET("1", "4", "1", "TxDefaultProfile", "Dynamic",
	        "{\"startPeriod\":0,\"operationMode\":\"CentralFrequency\",\"v2xBaseline\":4000,"
	        "\"v2xSignalWattCurve\":[{\"signal\":-10,\"power\":-4000},"
	        "{\"signal\":10,\"power\":4000}]}"),
	    "\"Accepted\"");
	rig_pass(&rig, 4000);
	CHECK(power(0) > 10000);
	answers(CALL("AFRRSignal", "{\"timestamp\":\"2025-11-20T14:00:00Z\",\"signal\":-5}"),
	        "{\"status\":\"Accepted\"}");
	rig_pass(&rig, 4000);
	CHECK(power(0) > 1500 && power(0) < 2001 && power(1) > 10000);
	answers(CALL("AFRRSignal", "{\"timestamp\":\"2025-11-20T14:00:00Z\",\"signal\":-99}"),
	        "\"Accepted\"");
	rig_pass(&rig, 4000);
	CHECK(power(0) <= 0);
	/* With the profile goes what it said. */
	answers(CALL("ClearChargingProfile", "{\"chargingProfileId\":4}"), "\"Accepted\"");
	rig_pass(&rig, 6000);
	CHECK(power(0) > 10000);
	rig_done(&rig);
}

/* S02: an empty one in, a charged one out; then there is none for the next. */
static void
test_swap(void)
{
#define SWAP(id)                                                                                   \
	CALL("RequestBatterySwap",                                                                 \
	     "{\"requestId\":" id ",\"idToken\":{\"idToken\":\"T\",\"type\":\"ISO14443\"}}")
	begin_version(10000, VS_OCPP_21);
	answers(SWAP("3"), "{\"status\":\"Accepted\"}");
	answers(SWAP("4"), "\"NoBattery\"");
	rig_pass(&rig, 5000);
	(void)rig_find(&rig, rig_find(&rig, 0, "\"eventType\":\"BatteryIn\",\"requestId\":3"),
	               "\"eventType\":\"BatteryOut\"");
	(void)rig_find(&rig, 0, "\"batteryData\":[{\"evseId\":1,\"serialNumber\":\"BAT-");
	CHECK(rig_count(&rig, "\"BatterySwap\"") == 2);
	answers(SWAP("5"), "\"NoBattery\"");
	rig_pass(&rig, 150000); /* until the other one is charged */
	answers(SWAP("6"), "\"Accepted\"");
	rig_done(&rig);
#undef SWAP
}

int
main(void)
{
	CASE(test_dynamic);
	CASE(test_priority);
	CASE(test_signal);
	CASE(test_swap);
	return 0;
}
