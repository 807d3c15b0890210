/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#define MONITOR(component, variable, type, value, rest)                                            \
	"{\"value\":" value ",\"type\":\"" type                                                    \
	"\",\"severity\":5,\"component\":{\"name\":\"" component                                   \
	"\"},\"variable\":{\"name\":\"" variable "\"}" rest "}"
#define SET(call, monitors)                                                                        \
	"[2,\"" call "\",\"SetVariableMonitoring\",{\"setMonitoringData\":[" monitors "]}]"

/* N04, N06, N07: a threshold on the power that flows. */
static void
test_threshold(void)
{
	begin(20);
	answers(SET("1", MONITOR("ElectricalFeed", "Power", "UpperThreshold", "3000", "")),
	        "[{\"status\":\"Accepted\",\"id\":1,\"type\":\"UpperThreshold\",\"severity\":5,");
	rig_pass(&rig, 5000);
	CHECK(rig_count(&rig, "NotifyEvent") == 0);
	rig_pass(&rig, 30000);
	(void)rig_find(&rig, 0, "\"trigger\":\"Alerting\"");
	CHECK(rig_count(&rig, "\"NotifyEvent\"") == 1);
	CHECK(rig_count(&rig, "\"variableMonitoringId\":1") == 1);
	for (unsigned i = 0; i < 2; i++)
		vs_sim_evse_end(rig.station, &rig.station->evses[i], VS_OCPP_V_StopAuthorized,
		                VS_OCPP_V_Local, rig.at);
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"cleared\":true") == 1);
	rig_done(&rig);
}

/* N05: what is less grave is not told. N08: every so often. */
static void
test_level_and_period(void)
{
	begin(10000);
	answers(SET("1", MONITOR("OCPPCommCtrlr", "HeartbeatInterval", "Periodic", "10", "")),
	        "\"Accepted\"");
	rig_pass(&rig, 21000);
	CHECK(rig_count(&rig, "\"trigger\":\"Periodic\"") == 2);
	answers("[2,\"2\",\"SetMonitoringLevel\",{\"severity\":4}]", "\"Accepted\"");
	answers("[2,\"3\",\"SetMonitoringLevel\",{\"severity\":10}]", "\"Rejected\"");
	rig_pass(&rig, 20000);
	CHECK(rig_count(&rig, "\"trigger\":\"Periodic\"") == 2);
	rig_done(&rig);
}

static void
test_refused(void)
{
	const char *answer;

	begin(10000);
	answer = ask(SET(
	    "1",
	    MONITOR("Toaster", "Heat", "Delta", "1", "") "," MONITOR(
		"OCPPCommCtrlr", "Heat", "Delta", "1",
		"") "," MONITOR("SecurityCtrlr", "OrganizationName", "LowerThreshold", "1",
	                        "") "," MONITOR("ElectricalFeed", "Power", "Delta", "-1",
	                                        "") "," MONITOR("ElectricalFeed", "Power", "Delta",
	                                                        "1",
	                                                        "") "," MONITOR("ElectricalFeed",
	                                                                        "Power", "Delta",
	                                                                        "2",
	                                                                        "") "," MONITOR("El"
	                                                                                        "ec"
	                                                                                        "tr"
	                                                                                        "ic"
	                                                                                        "al"
	                                                                                        "Fe"
	                                                                                        "e"
	                                                                                        "d",
	                                                                                        "Po"
	                                                                                        "we"
	                                                                                        "r",
	                                                                                        "De"
	                                                                                        "lt"
	                                                                                        "a",
	                                                                                        "3",
	                                                                                        ","
	                                                                                        "\""
	                                                                                        "id"
	                                                                                        "\""
	                                                                                        ":"
	                                                                                        "1")));
	static const char *const wanted[] = {
	    "[{\"status\":\"UnknownComponent\"",      "{\"status\":\"UnknownVariable\"",
	    "{\"status\":\"UnsupportedMonitorType\"", "{\"status\":\"Rejected\"",
	    "{\"status\":\"Accepted\",\"id\":1,",     "{\"status\":\"Duplicate\"",
	    "{\"status\":\"Accepted\",\"id\":1,"};

	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const char *at = strstr(answer, wanted[i]);

		CHECK(at != NULL);
		answer = at + 1;
	}
	CHECK(rig.station->monitors.count == 1);
	answers("[2,\"2\",\"ClearVariableMonitoring\",{\"id\":[1,2]}]",
	        "[{\"status\":\"Accepted\",\"id\":1},{\"status\":\"NotFound\",\"id\":2}]");
	rig_done(&rig);
}

/* N02, N03. */
static void
test_report(void)
{
	begin(10000);
	answers("[2,\"0\",\"GetMonitoringReport\",{\"requestId\":5}]", "\"EmptyResultSet\"");
	answers(
	    SET("1", MONITOR("ElectricalFeed", "Power", "Delta", "1", "") "," MONITOR(
			 "ElectricalFeed", "Power", "UpperThreshold", "9000",
			 "") "," MONITOR("OCPPCommCtrlr", "HeartbeatInterval", "Delta", "1", "")),
	    "\"Accepted\"");
	answers("[2,\"2\",\"GetMonitoringReport\",{\"requestId\":6,\"monitoringCriteria\":"
	        "[\"DeltaMonitoring\"],\"componentVariable\":[{\"component\":{\"name\":"
	        "\"ElectricalFeed\"}}]}]",
	        "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"NotifyMonitoringReport\"") == 1);
	(void)rig_find(
	    &rig, 0,
	    "\"variableMonitoring\":[{\"id\":1,\"transaction\":false,\"value\":1,\"type\":"
	    "\"Delta\",\"severity\":5}]}],\"tbc\":false");
	answers("[2,\"3\",\"SetMonitoringBase\",{\"monitoringBase\":\"All\"}]", "\"Accepted\"");
	CHECK(rig.station->monitors.count == 3);
	answers("[2,\"4\",\"SetMonitoringBase\",{\"monitoringBase\":\"HardWiredOnly\"}]",
	        "\"Accepted\"");
	CHECK(rig.station->monitors.count == 0);
	rig_done(&rig);
}

/* Ten in one message: the eleventh comes in a second one. */
static void
test_pages(void)
{
	char text[4096];
	int used = snprintf(text, sizeof(text),
	                    "[2,\"1\",\"SetVariableMonitoring\",{\"setMonitoringData\":[");

	begin(10000);
	for (int i = 0; i < 10; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used,
		                 "%s{\"value\":10,\"type\":\"Delta\",\"severity\":%d,\"component\":"
		                 "{\"name\":\"ElectricalFeed\"},\"variable\":{\"name\":\"Power\"}}",
		                 i > 0 ? "," : "", i);
	(void)snprintf(text + used, sizeof(text) - (size_t)used,
	               "," MONITOR("ElectricalFeed", "Power", "Periodic", "100", "") "]}]");
	answers(text, "\"id\":11");
	rig_forget(&rig);
	answers("[2,\"2\",\"GetMonitoringReport\",{\"requestId\":6}]", "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, rig_find(&rig, 0, "\"tbc\":true"), "{\"requestId\":6,\"seqNo\":1,");
	rig_done(&rig);
}

/* B08. */
static void
test_get_report(void)
{
	begin(10000);
	answers("[2,\"1\",\"GetReport\",{\"requestId\":3,\"componentVariable\":[{\"component\":{"
	        "\"name\":"
	        "\"Toaster\"}}]}]",
	        "\"EmptyResultSet\"");
	answers(
	    "[2,\"2\",\"GetReport\",{\"requestId\":4,\"componentVariable\":[{\"component\":{"
	    "\"name\":"
	    "\"AuthCacheCtrlr\"}},{\"component\":{\"name\":\"ClockCtrlr\"},\"variable\":{\"name\":"
	    "\"TimeSource\"}}]}]",
	    "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"NotifyReport\"") == 1);
	(void)rig_find(&rig, 0, "AuthCacheCtrlr");
	(void)rig_find(&rig, 0, "TimeSource");
	CHECK(rig_count(&rig, "OCPPCommCtrlr") == 0 && rig_count(&rig, "\"tbc\":false") == 1);
	rig_forget(&rig);
	/* Enabled is false: not in the report; what has no such variable is. */
	answers(
	    "[2,\"3\",\"SetVariables\",{\"setVariableData\":[{\"attributeValue\":\"false\","
	    "\"component\":{\"name\":\"AuthCacheCtrlr\"},\"variable\":{\"name\":\"Enabled\"}}]}]",
	    "\"Accepted\"");
	answers("[2,\"4\",\"GetReport\",{\"requestId\":5,\"componentCriteria\":[\"Enabled\"]}]",
	        "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(
		  &rig,
		  "AuthCacheCtrlr\"},\"variable\":{\"name\":\"Enabled\"},\"variableAttribute") ==
	      0);
	CHECK(rig_count(&rig, "LocalAuthListCtrlr") == 1 && rig_count(&rig, "\"tbc\":true") >= 1);
	answers("[2,\"5\",\"GetReport\",{\"requestId\":5,\"componentCriteria\":[\"Problem\"]}]",
	        "\"EmptyResultSet\"");
	rig_done(&rig);
}

int
main(void)
{
	test_threshold();
	test_level_and_period();
	test_refused();
	test_report();
	test_pages();
	test_get_report();
	return 0;
}
