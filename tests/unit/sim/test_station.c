/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

static struct rig rig;

/* B01: boot first, then the state of the connectors, then what was queued; C01, E01, E02: a whole
 * transaction. */
static void
test_whole_transaction(void)
{
	unsigned boot, status, authorize, started, updated, ended;

	rig_init(&rig);
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 14000);
	boot = rig_find(&rig, 0, "BootNotification");
	status = rig_find(&rig, boot, "\"connectorStatus\":\"Available\"");
	(void)rig_find(&rig, status, "StartupOfTheDevice");
	authorize = rig_find(&rig, status, "\"Authorize\"");
	started = rig_find(&rig, authorize, "\"eventType\":\"Started\"");
	updated = rig_find(&rig, started, "\"triggerReason\":\"MeterValuePeriodic\"");
	ended = rig_find(&rig, updated, "\"eventType\":\"Ended\"");
	/* What is said at once does not wait behind the queue. */
	CHECK(rig_find(&rig, started, "\"connectorStatus\":\"Available\"") < ended);
	CHECK(boot == 0);
	CHECK(rig_count(&rig, "BootNotification") == 1);
	CHECK(strstr(rig.frames[started], "\"seqNo\":0") != NULL);
	CHECK(strstr(rig.frames[started], "\"offline\"") == NULL);
	CHECK(strstr(rig.frames[started], "Transaction.Begin") != NULL);
	CHECK(strstr(rig.frames[ended], "Transaction.End") != NULL);
	CHECK(rig_count(&rig, "MeterValuePeriodic") >= 4);
	CHECK(rig.counts.transactions >= 1 && rig.counts.security_events == 1);
	CHECK(rig.answered == rig.counts.tx_events + rig.counts.security_events);
	rig_done(&rig);
}

/* One call at a time (Part 4, 4.1.1): nothing more goes out before the answer. */
static void
test_one_outstanding(void)
{
	rig_init(&rig);
	rig_start(&rig);
	rig.silent_action = "BootNotification";
	rig_open(&rig);
	rig_pass(&rig, 5000);
	CHECK(rig.frame_count == 1);
	rig_done(&rig);
}

/* B02, B03: Pending and Rejected wait for the interval, and say nothing else. */
static void
test_pending_and_rejected(void)
{
	rig_init(&rig);
	rig_start(&rig);
	rig.boot_status = "Pending";
	rig.boot_interval_s = 60;
	rig_open(&rig);
	rig_pass(&rig, 59000);
	CHECK(rig.frame_count == 1);
	rig.boot_status = "Rejected";
	rig.boot_interval_s = 0; /* the station chooses, but not at once */
	rig_pass(&rig, 2000);
	CHECK(rig.frame_count == 2);
	rig_pass(&rig, 5000);
	CHECK(rig.frame_count == 2);
	/* B03.FR.07: to a rejected station nothing can be said. */
	rig_receive(&rig, "[2,\"c1\",\"GetVariables\",{\"getVariableData\":[{\"component\":{"
	                  "\"name\":\"OCPPCommCtrlr\"},"
	                  "\"variable\":{\"name\":\"HeartbeatInterval\"}}]}]");
	CHECK(strstr(rig_last(&rig), "[4,\"c1\",\"SecurityError\"") != NULL);
	rig.boot_status = "Accepted";
	rig.boot_interval_s = 77;
	rig_pass(&rig, 10000);
	CHECK(rig_count(&rig, "BootNotification") == 3);
	CHECK(vs_sim_station_is_online(rig.station));
	CHECK(vs_sim_device_int(&rig.station->device, VS_SIM_V_HEARTBEAT_INTERVAL) == 77);
	rig_done(&rig);
}

static void
test_heartbeat(void)
{
	rig_init(&rig);
	rig.scenario.idle = (struct vs_sim_range){10000, 10000};
	rig.boot_interval_s = 30;
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 95000);
	CHECK(rig_count(&rig, "\"Heartbeat\"") == 3);
	rig_done(&rig);
}

/* Everything that is not a proper answer is survived: late, double, for nobody, no JSON, an unknown
 * action. */
static void
test_odd_messages(void)
{
	rig_init(&rig);
	rig_start(&rig);
	rig_open(&rig);
	rig_receive(&rig, "[3,\"nobody\",{}]");
	rig_receive(&rig, "[4,\"nobody\",\"InternalError\",\"\",{}]");
	rig_forget(&rig);
	rig_receive(&rig, "not json");
	CHECK(strstr(rig_last(&rig), "[4,\"-1\",") != NULL);
	rig_receive(&rig, "[2,\"x1\",\"MakeCoffee\",{}]");
	CHECK(strstr(rig_last(&rig), "[4,\"x1\",\"NotImplemented\"") != NULL);
	rig_receive(&rig, "[2,\"x2\",\"SetDisplayMessage\",{}]");
	CHECK(strstr(rig_last(&rig), "[4,\"x2\",\"OccurrenceConstraintViolation\"") != NULL);
	rig_receive(&rig, "[2,\"x3\",\"Heartbeat\",{}]");
	CHECK(strstr(rig_last(&rig), "[4,\"x3\",\"NotSupported\"") != NULL);
	rig_receive(&rig, "[2,\"x4\",\"Reset\",{\"type\":\"Maybe\"}]");
	CHECK(strstr(rig_last(&rig), "[4,\"x4\",\"PropertyConstraintViolation\"") != NULL);
	CHECK(rig.counts.bad_commands == 5);
	rig_pass(&rig, 11500);
	CHECK(rig.counts.transactions == 1);
	rig_done(&rig);
}

/* Stop: transactions end in order, what is queued is delivered, then the link closes. */
static void
test_stop(void)
{
	rig_init(&rig);
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 4000);
	CHECK(vs_sim_station_has_transaction(rig.station));
	vs_sim_station_stop(rig.station, rig.at, false);
	CHECK(!vs_sim_station_is_done(rig.station));
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"eventType\":\"Ended\"") == 1);
	CHECK(rig.is_closing && !rig.is_close_abrupt);
	rig_closed(&rig);
	CHECK(vs_sim_station_is_done(rig.station));
	CHECK(vs_sim_station_queued(rig.station) == 0);
	vs_sim_station_tick(rig.station, rig.at);
	CHECK(rig.connects == 1);
	rig_done(&rig);
}

/* A station that is offline when it is stopped comes back to deliver. */
static void
test_stop_offline(void)
{
	rig_init(&rig);
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 4000);
	rig_closed(&rig);
	vs_sim_station_stop(rig.station, rig.at, false);
	CHECK(rig.connects == 2 && !vs_sim_station_is_done(rig.station));
	rig_open(&rig);
	rig_pass(&rig, 1000);
	CHECK(rig_count(&rig, "\"eventType\":\"Ended\"") == 1);
	rig_closed(&rig);
	CHECK(vs_sim_station_is_done(rig.station));
	rig_done(&rig);
}

static void
test_stop_abrupt(void)
{
	rig_init(&rig);
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 4000);
	rig_forget(&rig);
	vs_sim_station_stop(rig.station, rig.at, true);
	CHECK(rig.is_closing && rig.is_close_abrupt && rig.frame_count == 0);
	rig_closed(&rig);
	CHECK(vs_sim_station_is_done(rig.station) && vs_sim_station_due(rig.station) == UINT64_MAX);
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_whole_transaction);
	CASE(test_one_outstanding);
	CASE(test_pending_and_rejected);
	CASE(test_heartbeat);
	CASE(test_odd_messages);
	CASE(test_stop);
	CASE(test_stop_offline);
	CASE(test_stop_abrupt);
	return 0;
}
