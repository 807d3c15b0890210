/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#define CALL(action, payload) "[2,\"c\",\"" action "\"," payload "]"
#define SET(type, seconds, stream, rest)                                                           \
	CALL("SetVariableMonitoring",                                                              \
	     "{\"setMonitoringData\":[{\"value\":" seconds ",\"type\":\"" type                     \
	     "\",\"severity\":5,\"periodicEventStream\":" stream rest                              \
	     ",\"component\":{\"name\":\"OCPPCommCtrlr\"},\"variable\":{\"name\":"                 \
	     "\"HeartbeatInterval\"}}]}")
#define THREE "{\"interval\":60,\"values\":3}"

/* N11, N15: asked for after the monitor was answered; then its values, three at a time. */
static void
test_values_go_together(void)
{
	unsigned at;

	begin_version(10000, VS_OCPP_21);
	answers(SET("Periodic", "10", THREE, ""), "\"Accepted\",\"id\":1");
	at = rig_find(&rig, 0,
	              "\"OpenPeriodicEventStream\",{\"constantStreamData\":{\"id\":1,"
	              "\"variableMonitoringId\":1,\"params\":{\"interval\":60,"
	              "\"values\":3}}}");
	CHECK(at == 1);
	rig_pass(&rig, 29000);
	CHECK(rig_count(&rig, "NotifyPeriodicEventStream") == 0);
	rig_pass(&rig, 2000);
	at = rig_find(&rig, at, "[6,\"");
	CHECK(strstr(rig.frames[at], "\"NotifyPeriodicEventStream\",{\"id\":1,\"pending\":0,"
	                             "\"basetime\":\"") != NULL);
	CHECK(strstr(rig.frames[at], "\"data\":[{\"t\":0,\"v\":\"300\"},{\"t\":10,\"v\":\"300\"},"
	                             "{\"t\":20,\"v\":\"300\"}]}]") != NULL);
	CHECK(rig_count(&rig, "\"NotifyEvent\"") == 0);
	rig_done(&rig);
}

/* N12, N13, N14. */
static void
test_listed_adjusted_closed(void)
{
	begin_version(10000, VS_OCPP_21);
	answers(CALL("GetPeriodicEventStream", "{}"), "[3,\"c\",{}]");
	answers(CALL("AdjustPeriodicEventStream", "{\"id\":1,\"params\":{}}"), "\"Rejected\"");
	answers(SET("Periodic", "10", THREE, ""), "\"Accepted\",\"id\":1");
	rig_answer_all(&rig);
	answers(CALL("GetPeriodicEventStream", "{}"),
	        "{\"constantStreamData\":[{\"id\":1,\"variableMonitoringId\":1,\"params\":{"
	        "\"interval\":60,\"values\":3}}]}");
	answers(CALL("AdjustPeriodicEventStream", "{\"id\":1,\"params\":{\"values\":65}}"),
	        "\"Rejected\"");
	answers(CALL("AdjustPeriodicEventStream", "{\"id\":1,\"params\":{\"interval\":5}}"),
	        "\"Accepted\"");
	rig_forget(&rig);
	rig_pass(&rig, 15500);
	CHECK(rig_count(&rig, "\"data\":[{\"t\":0,\"v\":\"300\"}]") == 1); /* by the interval */
	rig_pass(&rig, 5000);                                              /* one more waits */
	rig_receive(&rig, CALL("ClearVariableMonitoring", "{\"id\":[1]}"));
	CHECK(rig_count(&rig, "NotifyPeriodicEventStream") == 2);
	CHECK(rig_find(&rig, 0, "\"ClosePeriodicEventStream\",{\"id\":1}") + 1 == rig.frame_count);
	rig_answer_all(&rig);
	answers(CALL("GetPeriodicEventStream", "{}"), "[3,\"c\",{}]");
	rig_forget(&rig);
	rig_pass(&rig, 30000);
	CHECK(rig.frame_count == 0);
	rig_done(&rig);
}

/* One that is not accepted tells as other monitors do; what cannot be streamed is no monitor. */
static void
test_not_accepted(void)
{
	begin_version(10000, VS_OCPP_21);
	rig.stream_status = "Rejected";
	answers(SET("Periodic", "10", THREE, ""), "\"Accepted\",\"id\":1");
	rig_pass(&rig, 11000);
	CHECK(rig_count(&rig, "\"NotifyEvent\"") == 1);
	CHECK(rig_count(&rig, "NotifyPeriodicEventStream") == 0);
	answers(CALL("GetPeriodicEventStream", "{}"), "[3,\"c\",{}]");
	answers(SET("Delta", "10", THREE, ""), "\"status\":\"Rejected\"");
	answers(SET("Periodic", "10", "{\"values\":65}", ",\"id\":1"), "\"status\":\"Rejected\"");
	rig.stream_status = "Accepted";
	answers(SET("Periodic", "10", "{}", ",\"id\":1"), "\"Accepted\",\"id\":1");
	rig_forget(&rig);
	rig_pass(&rig, 11000);
	CHECK(rig_count(&rig, "NotifyPeriodicEventStream") == 1); /* each at once */
	CHECK(rig_count(&rig, "\"NotifyEvent\"") == 0);
	rig_done(&rig);
}

/* Open over a lost link, asked for again after a restart, until it is answered. */
static void
test_link_and_restart(void)
{
	begin_version(10000, VS_OCPP_21);
	answers(SET("Periodic", "10", "{}", ""), "\"Accepted\",\"id\":1");
	rig_answer_all(&rig);
	rig_closed(&rig);
	rig_pass(&rig, 5000);
	rig_open(&rig);
	rig_forget(&rig);
	rig_pass(&rig, 11000);
	CHECK(rig_count(&rig, "OpenPeriodicEventStream") == 0);
	CHECK(rig_count(&rig, "NotifyPeriodicEventStream") > 0);
	rig_receive(&rig, CALL("Reset", "{\"type\":\"Immediate\"}"));
	rig_closed(&rig);
	rig_pass(&rig, 5000);
	rig.silent_action = "OpenPeriodicEventStream";
	rig_forget(&rig);
	rig_open(&rig);
	rig_pass(&rig, 31000);
	CHECK(rig_count(&rig, "\"OpenPeriodicEventStream\"") >= 1);
	CHECK(rig_count(&rig, "NotifyPeriodicEventStream") == 0);
	CHECK(rig_count(&rig, "\"NotifyEvent\"") > 0);
	rig.silent_action = NULL;
	rig_pass(&rig, 62000);
	CHECK(rig_count(&rig, "NotifyPeriodicEventStream") > 0);
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_values_go_together);
	CASE(test_listed_adjusted_closed);
	CASE(test_not_accepted);
	CASE(test_link_and_restart);
	return 0;
}
