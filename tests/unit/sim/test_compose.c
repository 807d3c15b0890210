/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

static struct rig rig;

/* Every message passes the table of the other side: rig_done asks for it. */
static void
test_all_messages(void)
{
	static const struct vs_sim_job job = {.action = VS_OCPP_LogStatusNotification,
	                                      .request_id = 7};
	struct vs_sim_evse *evse;

	rig_init(&rig);
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 100);
	evse = &rig.station->evses[0];
	(void)snprintf(evse->token, sizeof(evse->token), "quote \" and \xc3\xa9");
	evse->token_type = VS_OCPP_V_Central;
	vs_sim_say_authorize(rig.station, evse);
	vs_sim_say_heartbeat(rig.station);
	vs_sim_say_meter_values(rig.station, evse, VS_OCPP_V_Sample_Clock, rig.at);
	vs_sim_say_problem(rig.station, evse, false, rig.at);
	vs_sim_say_job(rig.station, &job, VS_OCPP_V_Uploading);
	vs_sim_say_job(rig.station, &job, VS_OCPP_V_Idle);
	vs_sim_say_security_event(rig.station, "MemoryExhaustion", rig.at);
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "quote \\\" and") == 1);
	CHECK(rig_count(&rig, "Sample.Clock") == 1);
	CHECK(rig_count(&rig, "\"requestId\":7") == 1); /* Idle has none: N01.FR.13 */
	CHECK(rig_count(&rig, "MemoryExhaustion") == 1);
	CHECK(rig.last_answered.security_type != NULL &&
	      strcmp(rig.last_answered.security_type, "MemoryExhaustion") == 0);
	CHECK(rig.last_answered.wall_ms == rig.at.wall_ms - 100);
	rig_done(&rig);
}

/* Ids are never used twice. */
static void
test_ids_differ(void)
{
	rig_init(&rig);
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 25000);
	CHECK(rig.frame_count > 20);
	for (unsigned i = 0; i < rig.frame_count; i++)
		for (unsigned j = i + 1; j < rig.frame_count; j++)
			CHECK(strncmp(rig.frames[i], rig.frames[j],
			              strcspn(rig.frames[i] + 4, "\"") + 5) != 0);
	rig_done(&rig);
}

/* J01: offline MeterValues are dropped; with QueueAllMessages they are queued. */
static void
test_meter_values_offline(void)
{
	rig_init(&rig);
	rig.scenario.idle = (struct vs_sim_range){10000, 10000};
	rig_start(&rig);
	rig_open(&rig);
	rig_closed(&rig);
	vs_sim_say_meter_values(rig.station, &rig.station->evses[0], VS_OCPP_V_Sample_Clock,
	                        rig.at);
	CHECK(rig.counts.dropped == 1 && vs_sim_station_queued(rig.station) == 0);
	CHECK_OK(vs_sim_device_put(&rig.station->device, VS_SIM_V_QUEUE_ALL_MESSAGES,
	                           VS_BYTES_LITERAL("true")));
	vs_sim_say_meter_values(rig.station, &rig.station->evses[0], VS_OCPP_V_Sample_Clock,
	                        rig.at);
	CHECK(vs_sim_station_queued(rig.station) == 1);
	rig_pass(&rig, 5000);
	rig_forget(&rig);
	rig_open(&rig);
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "MeterValues") == 1 && rig.counts.meter_values == 1);
	CHECK(rig.answered == 2); /* the security event of the start, and the MeterValues */
	rig_done(&rig);
}

/* B07: pages, numbered from 0, the last one without more to come. */
static void
test_report_pages(void)
{
	unsigned pages;

	rig_init(&rig);
	rig.scenario.idle = (struct vs_sim_range){10000, 10000};
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 100);
	rig.station->report = (struct vs_sim_report){.is_active = true, .request_id = 5};
	rig_pass(&rig, 100);
	vs_sim_station_tick(rig.station, rig.at);
	rig_answer_all(&rig);
	pages = rig_count(&rig, "NotifyReport");
	CHECK(pages == (VS_SIM_VARIABLE_COUNT + 9) / 10);
	CHECK(rig_count(&rig, "\"tbc\":false") == 1 &&
	      rig_count(&rig, "\"tbc\":true") == pages - 1);
	CHECK(strstr(rig_last(&rig), "\"tbc\":false") != NULL);
	CHECK(rig_count(&rig, "\"HeartbeatInterval\"") == 1);
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_all_messages);
	CASE(test_ids_differ);
	CASE(test_meter_values_offline);
	CASE(test_report_pages);
	return 0;
}
