/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "sim/station_private.h"

enum { TOKENS = 20, RESUME_WITHIN_MS = 5000, LOOK_AGAIN_MS = 1000 };

void
vs_sim_evse_init(struct vs_sim_station *station, uint8_t index, struct vs_sim_time at)
{
	struct vs_sim_evse *evse = &station->evses[index];

	*evse = (struct vs_sim_evse){.index = index, .advanced_ms = at.now_ms};
	vs_sim_curve_init(&evse->curve, station->config.scenario->curve,
	                  vs_sim_prng_next(&station->prng));
	evse->next_ms = at.now_ms + vs_sim_station_within(station, station->config.scenario->idle);
	evse->meter_ms = evse->limit_until_ms = VS_SIM_NEVER;
}

void
vs_sim_evse_meter(struct vs_sim_evse *evse, struct vs_sim_time at)
{
	if (at.now_ms <= evse->advanced_ms)
		return;
	vs_sim_curve_advance(&evse->curve, at.now_ms - evse->advanced_ms);
	evse->advanced_ms = at.now_ms;
}

enum vs_ocpp_value
vs_sim_evse_status(const struct vs_sim_evse *evse)
{
	switch (evse->place) {
	case VS_SIM_VACANT:
		if (evse->is_inoperative)
			return VS_OCPP_V_Unavailable;
		return evse->is_reserved ? VS_OCPP_V_Reserved : VS_OCPP_V_Available;
	case VS_SIM_ASKING:
	case VS_SIM_CHARGING:
		return VS_OCPP_V_Occupied;
	case VS_SIM_BROKEN:
		break;
	}
	return VS_OCPP_V_Faulted;
}

enum vs_ocpp_value
vs_sim_evse_charging_state(const struct vs_sim_evse *evse)
{
	if (evse->is_suspended)
		return VS_OCPP_V_SuspendedEV;
	return evse->curve.limit_w > 0 ? VS_OCPP_V_Charging : VS_OCPP_V_SuspendedEVSE;
}

bool
vs_sim_evse_is_free(const struct vs_sim_station *station, const struct vs_sim_evse *evse)
{
	return evse->place == VS_SIM_VACANT && !evse->is_inoperative && !station->is_stopping &&
	       !station->is_dark && station->registration == VS_OCPP_ACCEPTED &&
	       station->reset_reason == VS_OCPP_V_none && vs_sim_queue_can_begin(&station->queue);
}

static void
leave(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at)
{
	vs_sim_blocks_leave(station, evse, at);
	evse->place = VS_SIM_VACANT;
	evse->next_ms = at.now_ms + vs_sim_station_within(station, station->config.scenario->idle);
	evse->meter_ms = VS_SIM_NEVER;
	evse->transaction_id[0] = 0;
	evse->is_remote = false;
	if (evse->is_inoperative_soon) {
		evse->is_inoperative_soon = false;
		evse->is_inoperative = true;
	}
}

static uint64_t
meter_interval_ms(const struct vs_sim_station *station)
{
	return UINT64_C(1000) *
	       (uint64_t)vs_sim_device_int(&station->device, VS_SIM_V_SAMPLED_INTERVAL);
}

static void
say(struct vs_sim_station *station, struct vs_sim_evse *evse,
    const struct vs_sim_transaction_event *event, struct vs_sim_time at)
{
	vs_result r = vs_sim_say_transaction(station, evse, event, at);

	if (r.code != VS_E_OK)
		vs_sim_station_note(station, "a transaction event was dropped",
		                    vs_err_text(r.code));
}

/* Random enough for this run, and of the form of a UUID. */
static void
new_transaction_id(struct vs_sim_station *station, struct vs_sim_evse *evse)
{
	unsigned long long a = vs_sim_prng_next(&station->ids), b = vs_sim_prng_next(&station->ids);

	(void)snprintf(evse->transaction_id, sizeof(evse->transaction_id),
	               "%08llx-%04llx-4%03llx-a%03llx-%012llx", a >> 32, (a >> 16) & 0xffff,
	               a & 0xfff, b >> 52, b & 0xffffffffffff);
}

static void
begin(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at)
{
	const struct vs_sim_scenario *scenario = station->config.scenario;

	new_transaction_id(station, evse);
	vs_sim_evse_meter(evse, at);
	evse->place = VS_SIM_CHARGING;
	evse->sequence = 0;
	evse->is_suspended = false;
	evse->begun_ms = at.now_ms;
	evse->begun_wall_ms = at.wall_ms;
	vs_sim_blocks_begin(station, evse, at);
	evse->next_ms = at.now_ms + vs_sim_station_within(station, scenario->session);
	evse->meter_ms =
	    meter_interval_ms(station) != 0 ? at.now_ms + meter_interval_ms(station) : VS_SIM_NEVER;
	say(station, evse,
	    &(struct vs_sim_transaction_event){
		.event = VS_SIM_EVENT_STARTED,
		.trigger = evse->is_remote ? VS_OCPP_V_RemoteStart : VS_OCPP_V_Authorized,
		.charging_state = VS_OCPP_V_EVConnected,
		.meter_context = VS_OCPP_V_Transaction_Begin,
		.has_token = true,
	    },
	    at);
	vs_sim_curve_switch(&evse->curve, true);
	say(station, evse,
	    &(struct vs_sim_transaction_event){
		.event = VS_SIM_EVENT_UPDATED,
		.trigger = VS_OCPP_V_ChargingStateChanged,
		.charging_state = vs_sim_evse_charging_state(evse),
	    },
	    at);
	vs_sim_station_note(station, "transaction begins", evse->transaction_id);
}

/* The token is good; a reservation of somebody else may still be in the way (H01, H03). */
static void
admit(struct vs_sim_station *station, struct vs_sim_evse *evse, bool is_welcome,
      struct vs_sim_time at)
{
	if (is_welcome && vs_sim_queue_can_begin(&station->queue) && !station->is_stopping &&
	    vs_sim_blocks_admit(station, evse, at))
		begin(station, evse, at);
	else
		leave(station, evse, at);
}

void
vs_sim_evse_plug(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at)
{
	bool is_asked = !evse->is_remote ||
	                vs_sim_device_bool(&station->device, VS_SIM_V_AUTHORIZE_REMOTE_START);
	bool is_alone =
	    !vs_sim_station_is_online(station) ||
	    (vs_sim_device_bool(&station->device, VS_SIM_V_AUTHORIZE_LOCALLY) &&
	     vs_sim_auth_ask(&station->auth, evse->token, true, true) == VS_SIM_WELCOME);

	vs_sim_evse_meter(evse, at);
	vs_sim_curve_plug(&evse->curve);
	evse->group[0] = 0;
	evse->place = VS_SIM_ASKING;
	/* Longer than the call itself can take: it always ends first. */
	evse->next_ms =
	    at.now_ms + UINT64_C(2000) *
			    (uint64_t)vs_sim_device_int(&station->device, VS_SIM_V_MESSAGE_TIMEOUT);
	if (!is_asked)
		admit(station, evse, true, at);
	else if (is_alone)
		vs_sim_evse_decide_alone(station, evse, at);
	else
		vs_sim_say_authorize(station, evse);
}

void
vs_sim_evse_authorized(struct vs_sim_station *station, struct vs_sim_evse *evse, bool is_welcome,
                       struct vs_sim_time at)
{
	if (evse->place != VS_SIM_ASKING)
		return;
	vs_sim_auth_remember(&station->auth, evse->token, is_welcome);
	admit(station, evse, is_welcome, at);
}

/* OCPP 2.0.1 C13, C14, C15: the list, then the cache, then what is allowed for the unknown. */
void
vs_sim_evse_decide_alone(struct vs_sim_station *station, struct vs_sim_evse *evse,
                         struct vs_sim_time at)
{
	const struct vs_sim_device *device = &station->device;
	enum vs_sim_known known = vs_sim_auth_ask(
	    &station->auth, evse->token, vs_sim_device_bool(device, VS_SIM_V_LIST_ENABLED),
	    vs_sim_device_bool(device, VS_SIM_V_CACHE_ENABLED));
	bool is_welcome = false;

	if (evse->place != VS_SIM_ASKING)
		return;
	if (vs_sim_device_bool(device, VS_SIM_V_AUTHORIZE_OFFLINE))
		is_welcome = known == VS_SIM_WELCOME;
	if (known == VS_SIM_UNKNOWN && vs_sim_device_bool(device, VS_SIM_V_OFFLINE_UNKNOWN_TOKENS))
		is_welcome = true;
	admit(station, evse, is_welcome, at);
}

void
vs_sim_evse_end(struct vs_sim_station *station, struct vs_sim_evse *evse,
                enum vs_ocpp_value trigger, enum vs_ocpp_value reason, struct vs_sim_time at)
{
	if (evse->place != VS_SIM_CHARGING)
		return;
	say(station, evse,
	    &(struct vs_sim_transaction_event){
		.event = VS_SIM_EVENT_ENDED,
		.trigger = trigger,
		.charging_state =
		    reason == VS_OCPP_V_EVDisconnected ? VS_OCPP_V_Idle : VS_OCPP_V_EVConnected,
		.stopped_reason = reason,
		.meter_context = VS_OCPP_V_Transaction_End,
		.has_token = trigger == VS_OCPP_V_StopAuthorized,
	    },
	    at);
	vs_sim_curve_switch(&evse->curve, false);
	vs_sim_station_note(station, "transaction ended", evse->transaction_id);
	leave(station, evse, at);
}

static void
sample(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at)
{
	uint64_t interval_ms = meter_interval_ms(station);

	vs_sim_evse_meter(evse, at);
	if (vs_sim_curve_is_full(&evse->curve) && !evse->is_suspended) {
		evse->is_suspended = true;
		say(station, evse,
		    &(struct vs_sim_transaction_event){
			.event = VS_SIM_EVENT_UPDATED,
			.trigger = VS_OCPP_V_ChargingStateChanged,
			.charging_state = VS_OCPP_V_SuspendedEV,
		    },
		    at);
	}
	say(station, evse,
	    &(struct vs_sim_transaction_event){
		.event = VS_SIM_EVENT_UPDATED,
		.trigger = VS_OCPP_V_MeterValuePeriodic,
		.charging_state = vs_sim_evse_charging_state(evse),
		.meter_context = VS_OCPP_V_Sample_Periodic,
	    },
	    at);
	if (interval_ms == 0) {
		evse->meter_ms = VS_SIM_NEVER;
		return;
	}
	/* From when it was due, so that it does not drift; what was missed is not made up for. */
	evse->meter_ms += interval_ms;
	if (evse->meter_ms <= at.now_ms)
		evse->meter_ms = at.now_ms + interval_ms;
}

/* The next vehicle, with one of the tokens that a development system knows. */
static void
arrive(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at)
{
	if (!vs_sim_evse_is_free(station, evse)) {
		evse->next_ms = at.now_ms + LOOK_AGAIN_MS;
		return;
	}
	if (station->config.token != NULL)
		(void)snprintf(evse->token, sizeof(evse->token), "%.36s", station->config.token);
	else
		(void)snprintf(evse->token, sizeof(evse->token), "DEMO-%04u",
		               (unsigned)vs_sim_prng_between(&station->prng, 1, TOKENS));
	evse->token_type = VS_OCPP_V_ISO14443;
	evse->is_remote = false;
	vs_sim_evse_plug(station, evse, at);
}

void
vs_sim_evse_tick(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at)
{
	if (evse->place == VS_SIM_CHARGING && at.now_ms >= evse->limit_until_ms)
		vs_sim_blocks_limit(station, at);
	if (evse->place == VS_SIM_CHARGING && at.now_ms >= evse->meter_ms)
		sample(station, evse, at);
	if (at.now_ms < evse->next_ms)
		return;
	switch (evse->place) {
	case VS_SIM_VACANT:
		arrive(station, evse, at);
		break;
	case VS_SIM_ASKING:
		vs_sim_evse_decide_alone(station, evse, at);
		break;
	case VS_SIM_CHARGING:
		if (vs_sim_prng_between(&station->prng, 0, 1) == 0)
			vs_sim_evse_end(station, evse, VS_OCPP_V_StopAuthorized, VS_OCPP_V_Local,
			                at);
		else
			vs_sim_evse_end(station, evse, VS_OCPP_V_EVDeparted,
			                VS_OCPP_V_EVDisconnected, at);
		break;
	case VS_SIM_BROKEN:
		leave(station, evse, at);
		vs_sim_say_problem(station, evse, true, at);
		break;
	}
}

uint64_t
vs_sim_evse_due(const struct vs_sim_station *station, const struct vs_sim_evse *evse)
{
	uint64_t due_ms = evse->next_ms;

	if (station->is_dark ||
	    (evse->place == VS_SIM_VACANT &&
	     (station->is_stopping || station->registration != VS_OCPP_ACCEPTED)))
		return VS_SIM_NEVER;
	if (evse->place == VS_SIM_CHARGING && evse->meter_ms < due_ms)
		due_ms = evse->meter_ms;
	if (evse->place == VS_SIM_CHARGING && evse->limit_until_ms < due_ms)
		due_ms = evse->limit_until_ms;
	return due_ms;
}

void
vs_sim_evse_break(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at)
{
	static const struct vs_sim_range repair = {2, 6};

	vs_sim_evse_end(station, evse, VS_OCPP_V_AbnormalCondition, VS_OCPP_V_Other, at);
	evse->place = VS_SIM_BROKEN;
	evse->next_ms = at.now_ms + vs_sim_station_within(station, repair);
	vs_sim_say_problem(station, evse, false, at);
}

void
vs_sim_evse_power_lost(struct vs_sim_evse *evse, struct vs_sim_time at)
{
	vs_sim_evse_meter(evse, at);
	vs_sim_curve_switch(&evse->curve, false);
}

void
vs_sim_evse_power_back(struct vs_sim_station *station, struct vs_sim_evse *evse, uint64_t dark_ms,
                       struct vs_sim_time at)
{
	vs_sim_evse_meter(evse, at);
	evse->reported = VS_OCPP_V_none;
	switch (evse->place) {
	case VS_SIM_VACANT:
	case VS_SIM_BROKEN:
		return;
	case VS_SIM_ASKING:
		leave(station, evse, at);
		return;
	case VS_SIM_CHARGING:
		break;
	}
	if (dark_ms > RESUME_WITHIN_MS) {
		vs_sim_evse_end(station, evse, VS_OCPP_V_AbnormalCondition, VS_OCPP_V_PowerLoss,
		                at);
		return;
	}
	vs_sim_curve_switch(&evse->curve, true);
	say(station, evse,
	    &(struct vs_sim_transaction_event){
		.event = VS_SIM_EVENT_UPDATED,
		.trigger = VS_OCPP_V_ChargingStateChanged,
		.charging_state = vs_sim_evse_charging_state(evse),
	    },
	    at);
}

void
vs_sim_evse_set_operative(struct vs_sim_evse *evse, bool is_operative)
{
	evse->is_inoperative_soon = !is_operative && evse->place != VS_SIM_VACANT;
	evse->is_inoperative = !is_operative && !evse->is_inoperative_soon;
}
