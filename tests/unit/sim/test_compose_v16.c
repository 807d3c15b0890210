/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

static struct rig rig;

static void
begin(void)
{
	rig_init(&rig);
	rig.version = VS_OCPP_16;
	rig_start(&rig);
}

/* Every message passes the tables of 1.6: rig_done asks for it. */
static void
test_a_transaction_has_the_number_it_was_given(void)
{
	unsigned start;

	begin();
	rig_open(&rig);
	rig_pass(&rig, 14000);
	CHECK(rig_count(&rig, "\"chargePointVendor\"") == 1);
	CHECK(rig_count(&rig, "\"idTag\"") >= 2 && rig_count(&rig, "customData") == 0);
	start = rig_find(&rig, 0, "\"StartTransaction\"");
	CHECK(strstr(rig.frames[start], "\"connectorId\":1") != NULL);
	(void)rig_find(&rig, start, "\"MeterValues\"");
	(void)rig_find(&rig, start, "\"transactionId\":1001");
	(void)rig_find(&rig, start, "\"unit\":\"Wh\"");
	(void)rig_find(&rig, start, "\"status\":\"Charging\"");
	(void)rig_find(&rig, rig_find(&rig, start, "\"StopTransaction\""), "\"reason\":");
	CHECK(rig_count(&rig, "TransactionEvent") == 0 &&
	      rig_count(&rig, "\"transactionId\":-1") == 0);
	CHECK(rig.counts.transactions >= 1 && rig.last_answered.sequence == VS_SIM_NO_SEQUENCE);
	rig_done(&rig);
}

/* What happened offline is told with the number that comes when the start is answered. */
static void
test_an_offline_queue_is_numbered(void)
{
	unsigned stop;

	begin();
	rig_open(&rig);
	rig_pass(&rig, 500);
	rig_closed(&rig);
	rig.scenario.link = VS_SIM_LINK_STEADY;
	rig_pass(&rig, 30000);
	CHECK(vs_sim_station_queued(rig.station) > 3);
	rig_forget(&rig);
	rig_open(&rig);
	rig_pass(&rig, 2000);
	(void)rig_find(&rig, 0, "\"StartTransaction\"");
	stop = rig_find(&rig, 0, "\"StopTransaction\"");
	CHECK(strstr(rig.frames[stop], "\"transactionId\":1001") != NULL);
	CHECK(rig_count(&rig, "\"transactionId\":-1") == 0);
	rig_done(&rig);
}

static void
test_reports_its_jobs(void)
{
	static const struct vs_sim_job log = {.action = VS_OCPP_LogStatusNotification,
	                                      .request_id = 7};
	static const struct vs_sim_job diagnostics = {
	    .action = VS_OCPP_DiagnosticsStatusNotification, .request_id = 7};

	begin();
	rig_open(&rig);
	rig_pass(&rig, 100);
	vs_sim_say_job(rig.station, &log, VS_OCPP_V_Uploading);
	vs_sim_say_job(rig.station, &diagnostics, VS_OCPP_V_Uploading);
	vs_sim_say_problem(rig.station, &rig.station->evses[0], false, rig.at); /* not in 1.6 */
	vs_sim_say_security_event(rig.station, "MemoryExhaustion", rig.at);
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"requestId\":7") == 1 && rig_count(&rig, "NotifyEvent") == 0);
	CHECK(rig_count(&rig, "DiagnosticsStatusNotification") == 1);
	CHECK(rig_count(&rig, "MemoryExhaustion") == 1);
	rig_done(&rig);
}

/* 2.1 says what 2.0.1 says: its tables take it. */
static void
test_21_speaks_like_201(void)
{
	rig_init(&rig);
	rig.version = VS_OCPP_21;
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 14000);
	CHECK(rig_count(&rig, "\"eventType\":\"Ended\"") >= 1);
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_a_transaction_has_the_number_it_was_given);
	CASE(test_an_offline_queue_is_numbered);
	CASE(test_reports_its_jobs);
	CASE(test_21_speaks_like_201);
	return 0;
}
