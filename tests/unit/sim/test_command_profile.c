/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#define SET(call, evse, id, level, purpose, rest)                                                  \
	"[2,\"" call "\",\"SetChargingProfile\",{\"evseId\":" evse                                 \
	",\"chargingProfile\":{\"id\":" id ",\"stackLevel\":" level                                \
	",\"chargingProfilePurpose\":\"" purpose "\"," rest "}}]"
#define RELATIVE(unit, limit)                                                                      \
	"\"chargingProfileKind\":\"Relative\",\"chargingSchedule\":[{\"id\":1,"                    \
	"\"chargingRateUnit\":\"" unit "\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,"        \
	"\"limit\":" limit "}]}]"
#define ABSOLUTE(start, rest)                                                                      \
	"\"chargingProfileKind\":\"Absolute\",\"chargingSchedule\":[{\"id\":1,"                    \
	"\"startSchedule\":\"" start                                                               \
	"\",\"chargingRateUnit\":\"W\",\"chargingSchedulePeriod\":[" rest "]}]"
#define COMPOSITE(id, evse, duration, rest)                                                        \
	"[2,\"" id "\",\"GetCompositeSchedule\",{\"evseId\":" evse ",\"duration\":" duration rest  \
	"}]"

static double
power(unsigned evse)
{
	return rig.station->evses[evse].curve.power_w;
}

/* K01, K10: the current that flows obeys, now and when the schedule changes. */
static void
test_current_obeys(void)
{
	begin(1);
	rig_pass(&rig, 20000);
	CHECK(power(0) > 10000);
	answers(SET("1", "1", "1", "0", "TxDefaultProfile", RELATIVE("A", "6")), "\"Accepted\"");
	rig_pass(&rig, 4000);
	CHECK(power(0) > 3900 && power(0) < 6 * 230 * 3 + 1 && power(1) > 10000);
	(void)rig_find(&rig, 0, "\"triggerReason\":\"ChargingRateChanged\"");
	/* Nothing at all: the station holds the vehicle back. At 14:01 it may go on. */
	answers(
	    SET("2", "0", "2", "0", "ChargingStationMaxProfile",
	        ABSOLUTE("2025-11-20T14:00:00Z",
	                 "{\"startPeriod\":0,\"limit\":0},{\"startPeriod\":60,\"limit\":2300}")),
	    "\"Accepted\"");
	rig_pass(&rig, 4000);
	CHECK(power(0) <= 0 && power(1) <= 0);
	(void)rig_find(&rig, 0, "\"chargingState\":\"SuspendedEVSE\"");
	rig_pass(&rig, 35000);
	CHECK(power(0) > 2000 && power(0) < 2301 && power(1) > 2000 && power(1) < 2301);
	answers("[2,\"3\",\"ClearChargingProfile\",{\"chargingProfileCriteria\":"
	        "{\"chargingProfilePurpose\":\"ChargingStationMaxProfile\"}}]",
	        "\"Accepted\"");
	answers("[2,\"4\",\"ClearChargingProfile\",{\"chargingProfileId\":1}]", "\"Accepted\"");
	answers("[2,\"5\",\"ClearChargingProfile\",{\"chargingProfileId\":1}]", "\"Unknown\"");
	rig_pass(&rig, 4000);
	CHECK(power(0) > 10000);
	rig_done(&rig);
}

/* A profile of the transaction goes with it; one for the next comes with its start (F01.FR.08). */
static void
test_transaction_profile(void)
{
	char text[512];

	begin(10000);
	answers(
	    "[2,\"1\",\"RequestStartTransaction\",{\"evseId\":1,\"remoteStartId\":1,\"idToken\":"
	    "{\"idToken\":\"T\",\"type\":\"Central\"},\"chargingProfile\":{\"id\":9,\"stackLevel\":"
	    "0,\"chargingProfilePurpose\":\"TxDefaultProfile\"," RELATIVE("W", "3000") "}}]",
	    "\"Rejected\"");
	answers(
	    "[2,\"2\",\"RequestStartTransaction\",{\"evseId\":1,\"remoteStartId\":1,\"idToken\":"
	    "{\"idToken\":\"T\",\"type\":\"Central\"},\"chargingProfile\":{\"id\":9,\"stackLevel\":"
	    "0,\"chargingProfilePurpose\":\"TxProfile\"," RELATIVE("W", "3000") "}}]",
	    "\"Accepted\"");
	rig_pass(&rig, 20000);
	CHECK(power(0) > 2500 && power(0) < 3001);
	(void)snprintf(text, sizeof(text),
	               SET("3", "1", "10", "1", "TxProfile",
	                   "\"transactionId\":\"%s\"," RELATIVE("W", "2000")),
	               rig.station->evses[0].transaction_id);
	answers(text, "\"Accepted\"");
	answers(SET("4", "1", "11", "2", "TxProfile",
	            "\"transactionId\":\"other\"," RELATIVE("W", "2000")),
	        "TxNotFound");
	rig_pass(&rig, 3000);
	CHECK(power(0) > 1500 && power(0) < 2001);
	vs_sim_evse_end(rig.station, &rig.station->evses[0], VS_OCPP_V_StopAuthorized,
	                VS_OCPP_V_Local, rig.at);
	CHECK(rig.station->profiles.count == 0);
	rig_pass(&rig, 100);
	rig_done(&rig);
}

/* K01: what is not taken, and the word that says why. */
static void
test_refused(void)
{
	begin(10000);
	answers(SET("1", "3", "1", "0", "TxDefaultProfile", RELATIVE("A", "6")), "UnknownEvse");
	answers(SET("2", "1", "1", "10", "TxDefaultProfile", RELATIVE("A", "6")),
	        "InvalidStackLevel");
	answers(SET("3", "1", "1", "0", "ChargingStationMaxProfile", RELATIVE("A", "6")),
	        "InvalidProfile");
	answers(SET("4", "0", "1", "0", "ChargingStationExternalConstraints", RELATIVE("A", "6")),
	        "InvalidProfile");
	answers(SET("5", "1", "1", "0", "TxDefaultProfile", RELATIVE("A", "-6")),
	        "InvalidSchedule");
	answers(SET("6", "1", "1", "0", "TxProfile", RELATIVE("A", "6")), "TxNotFound");
	answers(SET("7", "1", "1", "0", "TxDefaultProfile", RELATIVE("A", "6")), "\"Accepted\"");
	answers(SET("8", "0", "2", "0", "TxDefaultProfile", RELATIVE("A", "6")),
	        "DuplicateProfile");
	answers(SET("9", "1", "1", "0", "TxDefaultProfile", RELATIVE("A", "7")), "\"Accepted\"");
	CHECK(rig.station->profiles.count == 1);
	rig_done(&rig);
}

/* K08. */
static void
test_composite(void)
{
	begin(10000);
	answers(COMPOSITE("0", "1", "60", ""),
	        "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":16}]");
	answers(SET("1", "0", "1", "0", "TxDefaultProfile", RELATIVE("A", "10")), "\"Accepted\"");
	answers(SET("2", "0", "2", "0", "ChargingStationMaxProfile",
	            ABSOLUTE("2025-11-20T14:01:03Z", "{\"startPeriod\":0,\"limit\":4140}")),
	        "\"Accepted\"");
	answers(COMPOSITE("3", "1", "300", ",\"chargingRateUnit\":\"A\""),
	        "{\"status\":\"Accepted\",\"schedule\":{\"evseId\":1,\"duration\":300,"
	        "\"scheduleStart\":\"2025-11-20T14:00:03.000Z\",\"chargingRateUnit\":\"A\","
	        "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":10},"
	        "{\"startPeriod\":60,\"limit\":6}]}}");
	answers(COMPOSITE("4", "0", "300", ",\"chargingRateUnit\":\"W\""),
	        "{\"startPeriod\":60,\"limit\":4140}]");
	answers(COMPOSITE("5", "3", "300", ""), "\"Rejected\"");
	answers(COMPOSITE("6", "1", "0", ""), "\"Rejected\"");
	rig_done(&rig);
}

/* K09. */
static void
test_report(void)
{
	begin(10000);
	answers("[2,\"0\",\"GetChargingProfiles\",{\"requestId\":1,\"chargingProfile\":{}}]",
	        "\"NoProfiles\"");
	answers(SET("1", "1", "1", "0", "TxDefaultProfile", RELATIVE("A", "10")), "\"Accepted\"");
	answers(SET("2", "2", "2", "0", "TxDefaultProfile", RELATIVE("A", "11")), "\"Accepted\"");
	answers(SET("3", "1", "3", "1", "TxDefaultProfile", RELATIVE("A", "12")), "\"Accepted\"");
	answers("[2,\"4\",\"GetChargingProfiles\",{\"requestId\":77,\"chargingProfile\":{}}]",
	        "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"requestId\":77") == 2);
	(void)rig_find(&rig, rig_find(&rig, 0, "\"evseId\":1,\"tbc\":true"),
	               "\"evseId\":2,\"tbc\":false,\"chargingProfile\":[{\"id\":2,");
	rig_forget(&rig);
	answers("[2,\"5\",\"GetChargingProfiles\",{\"requestId\":78,\"chargingProfile\":"
	        "{\"chargingProfileId\":[3,2],\"chargingLimitSource\":[\"CSO\"]},\"evseId\":1}]",
	        "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "ReportChargingProfiles") == 1);
	(void)rig_find(&rig, 0, "\"chargingProfile\":[{\"id\":3,");
	answers("[2,\"6\",\"GetChargingProfiles\",{\"requestId\":79,\"chargingProfile\":"
	        "{\"chargingLimitSource\":[\"EMS\",\"SO\"]}}]",
	        "\"NoProfiles\"");
	rig_done(&rig);
}

/* K11 to K13: the site's own energy management. */
static void
test_limit_from_outside(void)
{
	begin(1);
	rig_pass(&rig, 20000);
	answers("[2,\"1\",\"DataTransfer\",{\"vendorId\":\"voltseal.sim\",\"messageId\":"
	        "\"ExternalLimit\",\"data\":5000}]",
	        "\"Accepted\"");
	rig_pass(&rig, 4000);
	CHECK(power(0) > 4000 && power(0) < 5001);
	(void)rig_find(&rig, 0, "\"NotifyChargingLimit\",{\"evseId\":0,\"chargingLimit\":");
	answers("[2,\"2\",\"ClearChargingProfile\",{}]", "\"Unknown\"");
	answers("[2,\"3\",\"GetChargingProfiles\",{\"requestId\":1,\"chargingProfile\":"
	        "{\"chargingLimitSource\":[\"EMS\"]}}]",
	        "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, 0, "ChargingStationExternalConstraints");
	answers("[2,\"4\",\"DataTransfer\",{\"vendorId\":\"voltseal.sim\",\"messageId\":"
	        "\"ExternalLimit\",\"data\":-1}]",
	        "\"Accepted\"");
	rig_pass(&rig, 4000);
	CHECK(power(0) > 10000);
	(void)rig_find(&rig, 0, "\"ClearedChargingLimit\"");
	rig_done(&rig);
}

int
main(void)
{
	test_current_obeys();
	test_transaction_profile();
	test_refused();
	test_composite();
	test_report();
	test_limit_from_outside();
	return 0;
}
