/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

static struct rig rig;

static void
begin(uint16_t idle_s)
{
	rig_init(&rig);
	rig.scenario.evses = 2;
	rig.scenario.idle = (struct vs_sim_range){idle_s, idle_s};
	rig.scenario.session = (struct vs_sim_range){1000, 1000};
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 3000);
	rig_forget(&rig);
}

static const char *
ask(const char *text)
{
	unsigned before = rig.frame_count;

	rig_receive(&rig, text);
	CHECK(rig.frame_count > before);
	return rig.frames[before];
}

#define HOLDS(answer, text) CHECK(strstr(answer, text) != NULL)
#define START(id, evse)                                                                            \
	"[2,\"" id "\",\"RequestStartTransaction\",{\"evseId\":" evse ",\"remoteStartId\":42,"     \
	"\"idToken\":{\"idToken\":\"REMOTE-1\",\"type\":\"Central\"}}]"

/* F01, F02, F03. */
static void
test_remote_start_and_stop(void)
{
	char text[160];

	begin(10000);
	HOLDS(ask(START("1", "3")), "\"Rejected\"");
	HOLDS(ask(START("2", "2")), "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, rig_find(&rig, 0, "\"Authorize\""),
	               "\"triggerReason\":\"RemoteStart\"");
	CHECK(rig_count(&rig, "\"remoteStartId\":42") == 1);
	CHECK(rig.station->evses[1].place == VS_SIM_CHARGING);
	HOLDS(ask(START("3", "2")), "\"Rejected\"");
	HOLDS(ask("[2,\"4\",\"RequestStopTransaction\",{\"transactionId\":\"nothing\"}]"),
	      "\"Rejected\"");
	(void)snprintf(text, sizeof(text),
	               "[2,\"5\",\"GetTransactionStatus\",{\"transactionId\":\"%s\"}]",
	               rig.station->evses[1].transaction_id);
	HOLDS(ask(text), "\"ongoingIndicator\":true,\"messagesInQueue\":false");
	(void)snprintf(text, sizeof(text),
	               "[2,\"6\",\"RequestStopTransaction\",{\"transactionId\":\"%s\"}]",
	               rig.station->evses[1].transaction_id);
	HOLDS(ask(text), "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"triggerReason\":\"RemoteStop\"") == 1);
	CHECK(rig_count(&rig, "\"stoppedReason\":\"Remote\"") == 1);
	HOLDS(ask("[2,\"7\",\"GetTransactionStatus\",{}]"), "{\"messagesInQueue\":false}");
	rig_done(&rig);
}

/* B02.FR.05: while Pending they are refused in the answer. */
static void
test_remote_start_pending(void)
{
	rig_init(&rig);
	rig.boot_status = "Pending";
	rig_start(&rig);
	rig_open(&rig);
	HOLDS(ask(START("1", "1")), "[3,\"1\",{\"status\":\"Rejected\"}]");
	HOLDS(ask("[2,\"2\",\"GetVariables\",{\"getVariableData\":[{\"component\":{\"name\":"
	          "\"OCPPCommCtrlr\"},"
	          "\"variable\":{\"name\":\"HeartbeatInterval\"}}]}]"),
	      "[3,\"2\"");
	/* B02: TriggerMessage(BootNotification) is how it gets on. */
	rig.boot_status = "Accepted";
	HOLDS(ask("[2,\"3\",\"TriggerMessage\",{\"requestedMessage\":\"BootNotification\"}]"),
	      "\"Accepted\"");
	rig_answer_all(&rig);
	CHECK(rig_count(&rig, "\"reason\":\"Triggered\"") == 1 &&
	      vs_sim_station_is_online(rig.station));
	rig_done(&rig);
}

/* B11, B12: reset in the middle of a transaction: it ends, the station goes and comes back with a
 * boot. */
static void
test_reset_immediate(void)
{
	begin(1);
	CHECK(vs_sim_station_has_transaction(rig.station));
	HOLDS(ask("[2,\"1\",\"Reset\",{\"type\":\"Immediate\"}]"), "\"Accepted\"");
	rig_answer_all(&rig);
	CHECK(rig.is_closing && !rig.is_close_abrupt);
	rig_closed(&rig);
	rig_pass(&rig, 4000);
	CHECK(rig.connects == 2);
	rig_open(&rig);
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"reason\":\"RemoteReset\"") == 1);
	CHECK(rig_count(&rig, "\"stoppedReason\":\"ImmediateReset\"") == 2);
	CHECK(rig_count(&rig, "ResetOrReboot") == 1 && rig_count(&rig, "StartupOfTheDevice") == 1);
	CHECK(rig.counts.lost == 0);
	rig_done(&rig);
}

static void
test_reset_on_idle(void)
{
	begin(1);
	HOLDS(ask("[2,\"1\",\"Reset\",{\"type\":\"OnIdle\"}]"), "\"Scheduled\"");
	rig_pass(&rig, 5000);
	CHECK(!rig.is_closing);
	for (unsigned i = 0; i < 2; i++)
		vs_sim_evse_end(rig.station, &rig.station->evses[i], VS_OCPP_V_StopAuthorized,
		                VS_OCPP_V_Local, rig.at);
	rig_pass(&rig, 100);
	CHECK(rig.is_closing);
	rig_closed(&rig);
	rig_pass(&rig, 4000);
	rig_open(&rig);
	CHECK(rig_count(&rig, "\"reason\":\"ScheduledReset\"") == 1);
	HOLDS(ask("[2,\"2\",\"Reset\",{\"type\":\"OnIdle\",\"evseId\":7}]"), "\"Rejected\"");
	rig_done(&rig);
}

/* G03, G04. */
static void
test_availability(void)
{
	begin(10000);
	HOLDS(ask("[2,\"1\",\"ChangeAvailability\",{\"operationalStatus\":\"Inoperative\",\"evse\":"
	          "{\"id\":9}}]"),
	      "\"Rejected\"");
	HOLDS(ask("[2,\"2\",\"ChangeAvailability\",{\"operationalStatus\":\"Inoperative\",\"evse\":"
	          "{\"id\":1}}]"),
	      "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"connectorStatus\":\"Unavailable\"") == 1);
	HOLDS(ask(START("3", "1")), "\"Rejected\"");
	HOLDS(ask(START("4", "2")), "\"Accepted\"");
	rig_pass(&rig, 100);
	HOLDS(ask("[2,\"5\",\"ChangeAvailability\",{\"operationalStatus\":\"Inoperative\"}]"),
	      "\"Scheduled\"");
	vs_sim_evse_end(rig.station, &rig.station->evses[1], VS_OCPP_V_StopAuthorized,
	                VS_OCPP_V_Local, rig.at);
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"connectorStatus\":\"Unavailable\"") == 2);
	HOLDS(ask("[2,\"6\",\"ChangeAvailability\",{\"operationalStatus\":\"Operative\"}]"),
	      "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"connectorStatus\":\"Available\"") == 2);
	rig_done(&rig);
}

/* F05. */
static void
test_unlock(void)
{
	begin(10000);
	HOLDS(ask("[2,\"1\",\"UnlockConnector\",{\"evseId\":1,\"connectorId\":1}]"),
	      "\"Unlocked\"");
	HOLDS(ask("[2,\"2\",\"UnlockConnector\",{\"evseId\":1,\"connectorId\":2}]"),
	      "\"UnknownConnector\"");
	HOLDS(ask("[2,\"3\",\"UnlockConnector\",{\"evseId\":0,\"connectorId\":1}]"),
	      "\"UnknownConnector\"");
	HOLDS(ask(START("4", "1")), "\"Accepted\"");
	rig_pass(&rig, 100);
	HOLDS(ask("[2,\"5\",\"UnlockConnector\",{\"evseId\":1,\"connectorId\":1}]"),
	      "\"OngoingAuthorizedTransaction\"");
	rig_done(&rig);
}

/* F06. */
static void
test_trigger(void)
{
	static const struct {
		const char *message, *status, *sent;
	} rows[] = {
	    {"BootNotification", "Rejected", NULL}, /* F06.FR.17: it is accepted already */
	    {"Heartbeat", "Accepted", "\"Heartbeat\""},
	    {"MeterValues", "Accepted", "\"context\":\"Trigger\""},
	    {"StatusNotification", "Accepted", "StatusNotification"},
	    {"TransactionEvent", "Rejected", NULL}, /* nothing charges */
	    {"LogStatusNotification", "Accepted", "LogStatusNotification"},
	    {"FirmwareStatusNotification", "Accepted", "FirmwareStatusNotification"},
	    {"SignCombinedCertificate", "NotImplemented", NULL},
	};

	begin(10000);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[160];

		rig_forget(&rig);
		(void)snprintf(text, sizeof(text),
		               "[2,\"t%u\",\"TriggerMessage\",{\"requestedMessage\":\"%s\"}]", i,
		               rows[i].message);
		HOLDS(ask(text), rows[i].status);
		rig_pass(&rig, 100);
		CHECK(rows[i].sent == NULL ? rig.frame_count == 1
		                           : rig_count(&rig, rows[i].sent) >= 1);
	}
	rig_forget(&rig);
	HOLDS(ask("[2,\"u\",\"TriggerMessage\",{\"requestedMessage\":\"MeterValues\",\"evse\":{"
	          "\"id\":2}}]"),
	      "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"MeterValues\"") == 1 && rig_count(&rig, "\"evseId\":2") == 1);
	HOLDS(ask("[2,\"v\",\"TriggerMessage\",{\"requestedMessage\":\"MeterValues\",\"evse\":{"
	          "\"id\":3}}]"),
	      "\"Rejected\"");
	HOLDS(ask(START("w", "1")), "\"Accepted\"");
	rig_pass(&rig, 100);
	HOLDS(ask("[2,\"x\",\"TriggerMessage\",{\"requestedMessage\":\"TransactionEvent\"}]"),
	      "\"Accepted\"");
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"triggerReason\":\"Trigger\"") == 1);
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_remote_start_and_stop);
	CASE(test_remote_start_pending);
	CASE(test_reset_immediate);
	CASE(test_reset_on_idle);
	CASE(test_availability);
	CASE(test_unlock);
	CASE(test_trigger);
	return 0;
}
