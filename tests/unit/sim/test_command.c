/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

static struct rig rig;

static void
begin(void)
{
	rig_init(&rig);
	rig.scenario.idle = (struct vs_sim_range){10000, 10000};
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 100);
	rig_forget(&rig);
}

/* Ask; the first thing that goes out is the answer. */
static const char *
ask(const char *text)
{
	unsigned before = rig.frame_count;

	rig_receive(&rig, text);
	CHECK(rig.frame_count > before);
	return rig.frames[before];
}

#define HOLDS(answer, text) CHECK(strstr(answer, text) != NULL)

/* B05, B06. */
static void
test_variables(void)
{
	const char *answer;

	begin();
	answer = ask(
	    "[2,\"1\",\"GetVariables\",{\"getVariableData\":["
	    "{\"component\":{\"name\":\"OCPPCommCtrlr\"},\"variable\":{\"name\":"
	    "\"HeartbeatInterval\"}},"
	    "{\"component\":{\"name\":\"Toaster\"},\"variable\":{\"name\":\"Heat\"}},"
	    "{\"component\":{\"name\":\"SecurityCtrlr\"},\"variable\":{\"name\":"
	    "\"BasicAuthPassword\"}},"
	    "{\"attributeType\":\"Target\",\"component\":{\"name\":\"OCPPCommCtrlr\"},"
	    "\"variable\":{\"name\":\"HeartbeatInterval\"}},"
	    "{\"component\":{\"name\":\"OCPPCommCtrlr\"},\"variable\":{\"name\":\"Nothing\"}}]}]");
	HOLDS(answer, "[3,\"1\",{\"getVariableResult\":[{\"attributeStatus\":\"Accepted\","
	              "\"attributeValue\":\"300\"");
	HOLDS(answer, "\"attributeStatus\":\"UnknownComponent\"");
	HOLDS(answer, "\"attributeStatus\":\"Rejected\"");
	HOLDS(answer, "\"attributeStatus\":\"NotSupportedAttributeType\"");
	HOLDS(answer, "\"attributeStatus\":\"UnknownVariable\"");
	answer = ask("[2,\"2\",\"SetVariables\",{\"setVariableData\":["
	             "{\"attributeValue\":\"7\",\"component\":{\"name\":\"OCPPCommCtrlr\"},"
	             "\"variable\":{\"name\":\"HeartbeatInterval\"}},"
	             "{\"attributeValue\":\"x\",\"component\":{\"name\":\"OCPPCommCtrlr\"},"
	             "\"variable\":{\"name\":\"OfflineThreshold\"}},"
	             "{\"attributeValue\":\"3\",\"component\":{\"name\":\"SecurityCtrlr\"},"
	             "\"variable\":{\"name\":\"SecurityProfile\"}}]}]");
	HOLDS(answer, "[3,\"2\",{\"setVariableResult\":[{\"attributeStatus\":\"Accepted\"");
	CHECK(vs_sim_device_int(&rig.station->device, VS_SIM_V_HEARTBEAT_INTERVAL) == 7);
	CHECK(vs_sim_device_int(&rig.station->device, VS_SIM_V_OFFLINE_THRESHOLD) == 60);
	CHECK(vs_sim_device_int(&rig.station->device, VS_SIM_V_SECURITY_PROFILE) == 2);
	rig_forget(&rig);
	rig_pass(&rig, 21000);
	CHECK(rig_count(&rig, "\"Heartbeat\"") >= 3); /* it acts on it */
	rig_done(&rig);
}

static void
test_base_report(void)
{
	begin();
	HOLDS(ask("[2,\"1\",\"GetBaseReport\",{\"requestId\":1,\"reportBase\":\"SummaryInventory\"}"
	          "]"),
	      "\"NotSupported\"");
	HOLDS(ask("[2,\"2\",\"GetBaseReport\",{\"requestId\":2,\"reportBase\":"
	          "\"ConfigurationInventory\"}]"),
	      "\"Accepted\"");
	HOLDS(ask("[2,\"3\",\"GetBaseReport\",{\"requestId\":3,\"reportBase\":\"FullInventory\"}]"),
	      "\"Rejected\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"tbc\":false") == 1);
	CHECK(rig_count(&rig, "ReadOnly") == 0); /* only what can be configured: B07.FR.08 */
	rig_done(&rig);
}

/* C11, D01, D02. */
static void
test_lists(void)
{
	begin();
	HOLDS(ask("[2,\"1\",\"GetLocalListVersion\",{}]"), "\"versionNumber\":0");
	HOLDS(ask("[2,\"2\",\"SendLocalList\",{\"versionNumber\":4,\"updateType\":\"Full\","
	          "\"localAuthorizationList\":["
	          "{\"idToken\":{\"idToken\":\"A\",\"type\":\"Central\"},\"idTokenInfo\":{"
	          "\"status\":\"Accepted\"}},"
	          "{\"idToken\":{\"idToken\":\"B\",\"type\":\"Central\"},\"idTokenInfo\":{"
	          "\"status\":\"Blocked\"}}]}]"),
	      "\"Accepted\"");
	HOLDS(ask("[2,\"3\",\"SendLocalList\",{\"versionNumber\":4,\"updateType\":\"Differential\"}"
	          "]"),
	      "\"VersionMismatch\"");
	HOLDS(ask("[2,\"4\",\"SendLocalList\",{\"versionNumber\":5,\"updateType\":\"Differential\","
	          "\"localAuthorizationList\":[{\"idToken\":{\"idToken\":\"B\",\"type\":"
	          "\"Central\"}}]}]"),
	      "\"Accepted\"");
	HOLDS(ask("[2,\"5\",\"GetLocalListVersion\",{}]"), "\"versionNumber\":5");
	CHECK(vs_sim_auth_ask(&rig.station->auth, "A", true, true) == VS_SIM_WELCOME);
	CHECK(vs_sim_auth_ask(&rig.station->auth, "B", true, true) == VS_SIM_UNKNOWN);
	HOLDS(ask("[2,\"6\",\"ClearCache\",{}]"), "\"Accepted\"");
	rig_done(&rig);
}

static void
test_jobs_and_data(void)
{
	begin();
	HOLDS(ask("[2,\"1\",\"GetLog\",{\"logType\":\"SecurityLog\",\"requestId\":9,"
	          "\"log\":{\"remoteLocation\":\"https://example.org/\"}}]"),
	      "security.log");
	HOLDS(ask("[2,\"2\",\"UpdateFirmware\",{\"requestId\":9,\"firmware\":{\"location\":\"https:"
	          "//example.org/f\","
	          "\"retrieveDateTime\":\"2026-11-20T14:00:00Z\"}}]"),
	      "\"Accepted\"");
	HOLDS(ask("[2,\"3\",\"DataTransfer\",{\"vendorId\":\"voltseal.echo\",\"data\":{\"a\":[1,2]}"
	          "}]"),
	      "\"data\":{\"a\":[1,2]}");
	HOLDS(ask("[2,\"4\",\"DataTransfer\",{\"vendorId\":\"other\"}]"), "\"UnknownVendorId\"");
	rig_pass(&rig, 10000);
	CHECK(rig_count(&rig, "\"Uploaded\"") == 1 && rig_count(&rig, "\"Installed\"") == 1);
	rig_done(&rig);
}

/* Every known action of the central side is answered, with or without a row; nothing of it is a
 * reply to nobody. */
static void
test_every_action(void)
{
	begin();
	for (unsigned i = 1; i < VS_OCPP_ACTIONS; i++) {
		const struct vs_ocpp_action_row *row = vs_ocpp_action((enum vs_ocpp_action)i);
		const char *answer;
		char text[128];

		(void)snprintf(text, sizeof(text), "[2,\"e%u\",\"%s\",{}]", i, row->name);
		answer = ask(text);
		CHECK(strncmp(answer, "[3,", 3) == 0 || strncmp(answer, "[4,", 3) == 0);
		(void)snprintf(text, sizeof(text), ",\"e%u\",", i);
		CHECK(rig_count(&rig, text) == 1);
		rig_forget(&rig);
	}
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_variables);
	CASE(test_base_report);
	CASE(test_lists);
	CASE(test_jobs_and_data);
	CASE(test_every_action);
	return 0;
}
