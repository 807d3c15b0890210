/* SPDX-License-Identifier: Apache-2.0 */
/* The link of a simulated station: it comes, it goes, and with it sometimes the power. */
#include "sim/station_private.h"

void
vs_sim_link_close(struct vs_sim_station *station, bool is_abrupt)
{
	if (station->link == VS_SIM_DOWN || station->link == VS_SIM_CLOSING)
		return;
	station->link = VS_SIM_CLOSING;
	station->config.port.close(station->config.port.arg, is_abrupt);
}

void
vs_sim_station_start(struct vs_sim_station *station, struct vs_sim_time at, uint64_t delay_ms)
{
	station->is_started = true;
	station->connect_ms = at.now_ms + delay_ms;
	if (station->config.scenario->fault_s != 0)
		station->fault_ms =
		    at.now_ms + delay_ms + UINT64_C(1000) * station->config.scenario->fault_s;
	vs_sim_say_security_event(station, "StartupOfTheDevice", at);
}

void
vs_sim_link_plan(struct vs_sim_station *station, struct vs_sim_time at)
{
	const struct vs_sim_scenario *scenario = station->config.scenario;

	station->rule_ms = VS_SIM_NEVER;
	if (scenario->link != VS_SIM_LINK_STEADY && !station->is_stopping)
		station->rule_ms = at.now_ms + vs_sim_station_within(station, scenario->up);
}

/* OCPP 2.0.1 B04.FR.01: after OfflineThreshold the state of every connector is told again. */
void
vs_sim_link_come_online(struct vs_sim_station *station, struct vs_sim_time at, bool is_all_told)
{
	uint64_t all_ms = UINT64_C(1000) *
	                  (uint64_t)vs_sim_device_int(&station->device, VS_SIM_V_ALIGNED_INTERVAL);

	for (uint8_t i = 0; i < station->evse_count && is_all_told; i++)
		station->evses[i].reported = VS_OCPP_V_none;
	station->heartbeat_ms =
	    at.now_ms + UINT64_C(1000) * (uint64_t)vs_sim_device_int(&station->device,
	                                                             VS_SIM_V_HEARTBEAT_INTERVAL);
	if (station->all_meters_ms == VS_SIM_NEVER && all_ms != 0)
		station->all_meters_ms = at.now_ms + all_ms;
	vs_sim_backoff_reset(&station->backoff);
	vs_sim_link_plan(station, at);
	vs_sim_station_note(station, "online", "");
}

void
vs_sim_station_opened(struct vs_sim_station *station, struct vs_sim_time at)
{
	uint64_t threshold_ms = UINT64_C(1000) * (uint64_t)vs_sim_device_int(
						     &station->device, VS_SIM_V_OFFLINE_THRESHOLD);

	if (station->link != VS_SIM_CONNECTING)
		return;
	station->link = VS_SIM_UP;
	/* A plain reconnect needs no BootNotification: what was accepted stays accepted. */
	if (station->registration == VS_OCPP_ACCEPTED)
		vs_sim_link_come_online(station, at,
		                        at.now_ms - station->offline_since_ms > threshold_ms);
	else if (station->boot_ms == VS_SIM_NEVER)
		station->boot_ms = at.now_ms;
	vs_sim_station_tick(station, at);
}

void
vs_sim_station_closed(struct vs_sim_station *station, struct vs_sim_time at)
{
	const struct vs_sim_scenario *scenario = station->config.scenario;
	struct vs_sim_backoff_rule rule = {
	    (uint32_t)vs_sim_device_int(&station->device, VS_SIM_V_BACKOFF_WAIT_MINIMUM),
	    (uint32_t)vs_sim_device_int(&station->device, VS_SIM_V_BACKOFF_RANDOM_RANGE),
	    (uint32_t)vs_sim_device_int(&station->device, VS_SIM_V_BACKOFF_REPEAT_TIMES),
	};
	bool was_wanted = station->link == VS_SIM_CLOSING;
	struct vs_ocpp_outcome outcome;

	if (station->link == VS_SIM_UP || station->link == VS_SIM_CLOSING)
		station->offline_since_ms = at.now_ms;
	station->link = VS_SIM_DOWN;
	station->is_paused = false;
	station->resume_ms = station->rule_ms = station->heartbeat_ms = VS_SIM_NEVER;
	while (vs_ocpp_calls_close(&station->calls, &outcome))
		vs_sim_outcome(station, &outcome, at);
	if (station->is_abrupt)
		return;
	if (station->is_dark)
		station->connect_ms = station->dark_until_ms;
	else if (was_wanted && !station->is_stopping && scenario->link != VS_SIM_LINK_STEADY)
		station->connect_ms = at.now_ms + vs_sim_station_within(station, scenario->down);
	else
		station->connect_ms =
		    at.now_ms + vs_sim_backoff_next(&station->backoff, &rule, &station->prng);
	if (station->is_stopping &&
	    was_wanted) /* only what is still to be delivered brings it back */
		station->connect_ms = station->queue.count != 0 ? at.now_ms : VS_SIM_NEVER;
	vs_sim_station_note(station, "offline", "");
}

void
vs_sim_station_wait(struct vs_sim_station *station, uint32_t seconds, struct vs_sim_time at)
{
	uint64_t earliest_ms = at.now_ms + UINT64_C(1000) * seconds;

	if (station->link == VS_SIM_DOWN && station->connect_ms != VS_SIM_NEVER &&
	    station->connect_ms < earliest_ms)
		station->connect_ms = earliest_ms;
}

static void
go_dark(struct vs_sim_station *station, uint64_t dark_ms, enum vs_ocpp_value boot_reason,
        bool is_abrupt, struct vs_sim_time at)
{
	station->is_dark = true;
	station->dark_until_ms = at.now_ms + dark_ms;
	station->registration = VS_OCPP_NEW;
	station->boot_reason = boot_reason;
	station->boot_ms = VS_SIM_NEVER;
	station->reset_reason = VS_OCPP_V_none;
	station->report.is_active = false;
	vs_sim_streams_forget(&station->streams);
	if (station->link == VS_SIM_DOWN)
		station->connect_ms = station->dark_until_ms;
	else
		vs_sim_link_close(station, is_abrupt);
}

void
vs_sim_station_reboot(struct vs_sim_station *station, enum vs_ocpp_value boot_reason,
                      enum vs_ocpp_value stopped_reason, struct vs_sim_time at)
{
	static const struct vs_sim_range restart = {1, 3};

	for (uint8_t i = 0; i < station->evse_count; i++)
		vs_sim_evse_end(station, &station->evses[i], VS_OCPP_V_ResetCommand, stopped_reason,
		                at);
	vs_sim_say_security_event(station, "ResetOrReboot", at);
	vs_sim_station_note(station, "restarts", vs_ocpp_value_text(boot_reason));
	vs_sim_command_take_slot(station);
	go_dark(station, vs_sim_station_within(station, restart), boot_reason, false, at);
}

void
vs_sim_link_lose_power(struct vs_sim_station *station, uint64_t dark_ms, struct vs_sim_time at)
{
	for (uint8_t i = 0; i < station->evse_count; i++)
		vs_sim_evse_power_lost(&station->evses[i], at);
	station->offline_since_ms = at.now_ms;
	vs_sim_station_note(station, "the power is gone", "");
	go_dark(station, dark_ms, VS_OCPP_V_PowerUp, true, at);
}

void
vs_sim_link_come_back(struct vs_sim_station *station, struct vs_sim_time at)
{
	station->is_dark = false;
	vs_sim_say_security_event(station, "StartupOfTheDevice", at);
	for (uint8_t i = 0; i < station->evse_count; i++)
		vs_sim_evse_power_back(station, &station->evses[i],
		                       at.now_ms - station->offline_since_ms, at);
}
