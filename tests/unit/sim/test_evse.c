/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

static struct rig rig;

static void
begin(uint8_t evses)
{
	rig_init(&rig);
	rig.scenario.evses = evses;
	rig_start(&rig);
	rig_open(&rig);
}

/* Every place charges by itself, with transactions and numbers of its own. */
static void
test_places_are_independent(void)
{
	begin(4);
	rig_pass(&rig, 11500);
	for (unsigned i = 0; i < 4; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "\"evse\":{\"id\":%u,", i + 1);
		CHECK(rig_count(&rig, text) == 1);
	}
	CHECK(rig_count(&rig, "\"eventType\":\"Started\"") == 4);
	CHECK(rig_count(&rig, "\"eventType\":\"Ended\"") == 4);
	CHECK(rig.counts.transactions == 4);
	rig_done(&rig);
}

/* What the battery does not want any more is said once, and the meter goes on. */
static void
test_full_battery(void)
{
	begin(1);
	rig.station->evses[0].next_ms = rig.at.now_ms + 1000;
	rig_pass(&rig, 2000);
	rig.station->evses[0].curve.soc_percent = 100.0;
	rig_pass(&rig, 6000);
	CHECK(rig_count(&rig, "\"triggerReason\":\"ChargingStateChanged\"") == 2);
	CHECK(rig_count(&rig, "SuspendedEV") >= 3);
	rig_done(&rig);
}

static void
test_fault_ends_the_transaction(void)
{
	begin(2);
	rig_pass(&rig, 4000);
	vs_sim_evse_break(rig.station, &rig.station->evses[1], rig.at);
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"triggerReason\":\"AbnormalCondition\"") == 1);
	CHECK(rig_count(&rig, "\"connectorStatus\":\"Faulted\"") == 1);
	CHECK(rig_count(&rig, "NotifyEvent") == 1);
	CHECK(rig.station->evses[0].place == VS_SIM_CHARGING);
	rig_pass(&rig, 6500);
	CHECK(rig.station->evses[1].place != VS_SIM_BROKEN);
	CHECK(rig_count(&rig, "\"cleared\":true") == 1);
	rig_done(&rig);
}

/* C14, C15: offline the list decides, then the cache, then OfflineTxForUnknownIdEnabled. */
static void
test_offline_authorization(void)
{
	struct vs_sim_evse *evse;

	begin(1);
	rig_closed(&rig);
	evse = &rig.station->evses[0];
	CHECK_OK(vs_sim_device_put(&rig.station->device, VS_SIM_V_OFFLINE_UNKNOWN_TOKENS,
	                           VS_BYTES_LITERAL("false")));
	rig_pass(&rig, 1100);
	CHECK(evse->place == VS_SIM_VACANT); /* unknown, and the unknown may not */
	CHECK_OK(vs_sim_auth_list_put(&rig.station->auth, "friend", true));
	CHECK_OK(vs_sim_auth_list_put(&rig.station->auth, "foe", false));
	(void)snprintf(evse->token, sizeof(evse->token), "friend");
	evse->token_type = VS_OCPP_V_ISO14443;
	vs_sim_evse_plug(rig.station, evse, rig.at);
	CHECK(evse->place == VS_SIM_CHARGING);
	vs_sim_evse_end(rig.station, evse, VS_OCPP_V_StopAuthorized, VS_OCPP_V_Local, rig.at);
	CHECK_OK(vs_sim_device_put(&rig.station->device, VS_SIM_V_OFFLINE_UNKNOWN_TOKENS,
	                           VS_BYTES_LITERAL("true")));
	(void)snprintf(evse->token, sizeof(evse->token), "foe");
	vs_sim_evse_plug(rig.station, evse, rig.at);
	CHECK(evse->place == VS_SIM_VACANT);
	(void)snprintf(evse->token, sizeof(evse->token), "stranger");
	vs_sim_evse_plug(rig.station, evse, rig.at);
	CHECK(evse->place == VS_SIM_CHARGING);
	rig_done(&rig);
}

/* With no room for another transaction none begins; the vehicle waits. */
static void
test_full_queue_begins_nothing(void)
{
	begin(1);
	rig.station->queue.count_max = 3;
	rig_closed(&rig);
	rig_pass(&rig, 60000);
	CHECK(vs_sim_station_queued(rig.station) <= 3);
	CHECK(rig.counts.dropped > 0);
	rig_open(&rig);
	rig_pass(&rig, 500);
	CHECK(rig_count(&rig, "\"eventType\":\"Started\"") ==
	          rig_count(&rig, "\"eventType\":\"Ended\"") ||
	      vs_sim_station_has_transaction(rig.station));
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_places_are_independent);
	CASE(test_full_battery);
	CASE(test_fault_ends_the_transaction);
	CASE(test_offline_authorization);
	CASE(test_full_queue_begins_nothing);
	return 0;
}
