/* SPDX-License-Identifier: Apache-2.0 */
/* What time does to reservations, charging profiles, monitors and messages of a simulated station,
 * and what they do to its EVSEs. */
#include <stdio.h>
#include <string.h>

#include "sim/station_private.h"

/* --- reservations (H01 to H04) --------------------------------------------------------------- */

/* Free and not reserved by name; the one that `asking` is at counts too. */
static unsigned
count_free(const struct vs_sim_station *station, const struct vs_sim_evse *asking, uint64_t now_ms)
{
	unsigned count = 0;

	for (uint8_t i = 0; i < station->evse_count; i++) {
		const struct vs_sim_evse *evse = &station->evses[i];

		count += (evse->place == VS_SIM_VACANT || evse == asking) &&
		         !evse->is_inoperative &&
		         vs_sim_reservation_of(&station->reservations, i + 1u, now_ms) == NULL;
	}
	return count;
}

bool
vs_sim_blocks_would_admit(const struct vs_sim_station *station, const struct vs_sim_evse *evse,
                          const char *token, struct vs_sim_time at)
{
	const struct vs_sim_reservation *own;

	if (station->reservations.count == 0)
		return true;
	return vs_sim_reservation_admits(&station->reservations, evse->index + 1u,
	                                 count_free(station, evse, at.now_ms), token, "", at.now_ms,
	                                 &own);
}

bool
vs_sim_blocks_admit(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at)
{
	const struct vs_sim_reservation *own = NULL;
	bool is_admitted = station->reservations.count == 0 ||
	                   vs_sim_reservation_admits(&station->reservations, evse->index + 1u,
	                                             count_free(station, evse, at.now_ms),
	                                             evse->token, evse->group, at.now_ms, &own);

	evse->has_reservation = own != NULL;
	if (own != NULL) {
		evse->reservation_id = own->id;
		(void)vs_sim_reservation_remove(&station->reservations, own->id);
	}
	if (!is_admitted)
		vs_sim_station_note(station, "reserved for somebody else", evse->token);
	return is_admitted;
}

/* One that its EVSE cannot keep any more is given up (H01.FR.17, H01.FR.18). */
static const struct vs_sim_reservation *
find_broken(const struct vs_sim_station *station)
{
	for (uint32_t i = 0; i < station->reservations.count; i++) {
		const struct vs_sim_reservation *reservation = &station->reservations.list[i];
		const struct vs_sim_evse *evse;

		if (reservation->evse == 0)
			continue;
		evse = &station->evses[reservation->evse - 1];
		if (evse->place == VS_SIM_BROKEN || evse->is_inoperative)
			return reservation;
	}
	return NULL;
}

static void
tick_reservations(struct vs_sim_station *station, struct vs_sim_time at)
{
	const struct vs_sim_reservation *gone;
	bool are_all_taken;

	while ((gone = vs_sim_reservation_expired(&station->reservations, at.now_ms)) != NULL) {
		vs_sim_say_reservation(station, gone->id, VS_OCPP_V_Expired);
		(void)vs_sim_reservation_remove(&station->reservations, gone->id);
	}
	while ((gone = find_broken(station)) != NULL) {
		vs_sim_say_reservation(station, gone->id, VS_OCPP_V_Removed);
		(void)vs_sim_reservation_remove(&station->reservations, gone->id);
	}
	are_all_taken = station->reservations.count != 0 &&
	                vs_sim_reservation_unnamed(&station->reservations, at.now_ms) >=
	                    count_free(station, NULL, at.now_ms);
	for (uint8_t i = 0; i < station->evse_count; i++)
		station->evses[i].is_reserved =
		    are_all_taken ||
		    vs_sim_reservation_of(&station->reservations, i + 1u, at.now_ms) != NULL;
}

/* --- charging profiles (block K) ------------------------------------------------------------- */

struct vs_ocpp_situation
vs_sim_blocks_situation(const struct vs_sim_station *station, int64_t evse_id,
                        enum vs_ocpp_value unit, struct vs_sim_time at)
{
	const struct vs_sim_evse *evse = &station->evses[evse_id > 0 ? evse_id - 1 : 0];
	const struct vs_sim_curve_row *row = evse->curve.row;
	double phases = row->phases != 0 ? (double)row->phases : 1;
	struct vs_ocpp_situation situation = {
	    .evse = evse_id,
	    .relative_ms = at.wall_ms,
	    .unit = unit,
	    .most = row->power_max_w * (evse_id > 0 ? 1 : (double)station->evse_count),
	    .voltage_v = row->voltage_full_v,
	    .phases = row->phases,
	};

	if (unit == VS_OCPP_V_A)
		situation.most /= row->voltage_full_v * phases;
	if (evse_id > 0 && evse->place == VS_SIM_CHARGING) {
		situation.transaction_id = evse->transaction_id;
		situation.relative_ms = evse->begun_wall_ms;
		situation.is_priority = evse->is_priority;
	}
	return situation;
}

static struct vs_ocpp_allowed
look(const struct vs_sim_station *station, const struct vs_sim_evse *evse, struct vs_sim_time at)
{
	const struct vs_ocpp_profile *view[VS_LIMIT_SIM_PROFILES];
	size_t count = vs_sim_profile_view(&station->profiles, view);
	struct vs_ocpp_situation situation =
	    vs_sim_blocks_situation(station, evse->index + 1, VS_OCPP_V_W, at);
	struct vs_ocpp_allowed allowed;

	vs_ocpp_schedule_at(view, count, &situation, at.wall_ms, &allowed);
	return allowed;
}

/* A signal counts as long as the period leads that said what it means. */
static void
apply_signal(struct vs_sim_evse *evse, struct vs_ocpp_allowed *allowed)
{
	evse->has_signal = evse->has_signal && allowed->leading != NULL &&
	                   allowed->leading->id == evse->signal_profile &&
	                   allowed->period == evse->signal_period;
	if (evse->has_signal && evse->signal_w < allowed->limit)
		allowed->limit = evse->signal_w > 0 ? evse->signal_w : 0;
}

static void
apply_limit(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at)
{
	struct vs_ocpp_allowed allowed = look(station, evse, at);
	double most_w = vs_sim_der_limit_w(&station->ders, evse->curve.row->power_max_w);

	apply_signal(evse, &allowed);
	if (most_w < allowed.limit)
		allowed.limit = most_w;
	vs_sim_evse_meter(evse, at);
	evse->limit_until_ms = allowed.until_ms == VS_OCPP_NEVER
	                           ? VS_SIM_NEVER
	                           : at.now_ms + (uint64_t)(allowed.until_ms - at.wall_ms);
	evse->curve.limit_w = allowed.limit;
}

static void
change_limit(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at)
{
	double before_w = evse->curve.limit_w;
	char text[32];
	vs_result r;

	apply_limit(station, evse, at);
	if (!(before_w < evse->curve.limit_w) && !(before_w > evse->curve.limit_w))
		return;
	(void)snprintf(text, sizeof(text), "%.0f W", evse->curve.limit_w);
	vs_sim_station_note(station, "charging is limited to", text);
	r = vs_sim_say_transaction(station, evse,
	                           &(struct vs_sim_transaction_event){
				       .event = VS_SIM_EVENT_UPDATED,
				       .trigger = VS_OCPP_V_ChargingRateChanged,
				       .charging_state = vs_sim_evse_charging_state(evse),
				   },
	                           at);
	if (r.code != VS_E_OK)
		vs_sim_station_note(station, "a transaction event was dropped",
		                    vs_err_text(r.code));
}

void
vs_sim_blocks_limit(struct vs_sim_station *station, struct vs_sim_time at)
{
	for (uint8_t i = 0; i < station->evse_count; i++)
		if (station->evses[i].place == VS_SIM_CHARGING)
			change_limit(station, &station->evses[i], at);
}

bool
vs_sim_blocks_signal(struct vs_sim_station *station, struct vs_sim_evse *evse, int64_t signal,
                     struct vs_sim_time at)
{
	struct vs_ocpp_allowed allowed = look(station, evse, at);
	const struct vs_sim_profile *profile = station->profiles.first;
	double power_w = 0;

	while (profile != NULL && profile->profile != allowed.leading)
		profile = profile->next;
	if (evse->place != VS_SIM_CHARGING || profile == NULL ||
	    vs_sim_profile_signal(profile, allowed.period, signal, &power_w).code != VS_E_OK)
		return false;
	evse->has_signal = true;
	evse->signal_profile = allowed.leading->id;
	evse->signal_period = allowed.period;
	evse->signal_w = power_w;
	change_limit(station, evse, at);
	return true;
}

void
vs_sim_blocks_begin(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at)
{
	vs_sim_profile_bind(&station->profiles, evse->index + 1, evse->transaction_id);
	apply_limit(station, evse, at);
}

void
vs_sim_blocks_leave(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at)
{
	vs_sim_profile_end(&station->profiles, evse->index + 1, evse->transaction_id);
	vs_sim_display_tidy(&station->display, at.wall_ms, evse->transaction_id);
	evse->curve.limit_w = evse->curve.row->power_max_w;
	evse->limit_until_ms = VS_SIM_NEVER;
	evse->has_reservation = evse->is_priority = evse->has_signal = false;
}

/* --- monitors and messages ------------------------------------------------------------------- */

struct vs_sim_moment
vs_sim_blocks_moment(const struct vs_sim_station *station, struct vs_sim_time at)
{
	return (struct vs_sim_moment){at.now_ms, at.wall_ms,
	                              vs_sim_station_has_transaction(station)};
}

void
vs_sim_blocks_measure(struct vs_sim_station *station)
{
	double power_w = 0;
	vs_result r;

	for (uint8_t i = 0; i < station->evse_count; i++)
		power_w += station->evses[i].curve.power_w;
	r = vs_sim_station_put_number(station, VS_SIM_V_POWER, (unsigned)(power_w + 0.5));
	if (r.code == VS_E_OK)
		r = vs_sim_station_put_number(station, VS_SIM_V_DISPLAY_MESSAGES,
		                              station->display.count);
	if (r.code != VS_E_OK)
		vs_sim_station_note(station, "a variable was not updated", vs_err_text(r.code));
}

static void
tick_monitors(struct vs_sim_station *station, struct vs_sim_time at)
{
	struct vs_sim_moment moment = vs_sim_blocks_moment(station, at);

	if (station->monitors.count == 0)
		return;
	vs_sim_blocks_measure(station);
	for (uint32_t i = 0; i < station->monitors.count; i++) {
		struct vs_sim_monitor *monitor = &station->monitors.list[i];
		bool is_cleared;

		if (vs_sim_monitor_fires(monitor, &station->device, &moment, &is_cleared) &&
		    monitor->severity <= station->monitors.level &&
		    !vs_sim_streams_take(station, monitor, at))
			vs_sim_say_monitor_event(station, monitor, is_cleared, at);
	}
}

static enum vs_ocpp_value
display_state(const struct vs_sim_station *station)
{
	enum vs_ocpp_value state = VS_OCPP_V_Idle;

	if (vs_sim_station_has_transaction(station))
		return VS_OCPP_V_Charging;
	for (uint8_t i = 0; i < station->evse_count; i++) {
		if (station->evses[i].place == VS_SIM_BROKEN)
			return VS_OCPP_V_Faulted;
		if (station->evses[i].is_inoperative)
			state = VS_OCPP_V_Unavailable;
	}
	return state;
}

static void
tick_display(struct vs_sim_station *station, struct vs_sim_time at)
{
	const struct vs_sim_message *front;
	char text[32];

	vs_sim_display_tidy(&station->display, at.wall_ms, "");
	front = vs_sim_display_front(&station->display, display_state(station), at.wall_ms);
	if ((front != NULL ? front->id : 0) == station->shown_id)
		return;
	station->shown_id = front != NULL ? front->id : 0;
	(void)snprintf(text, sizeof(text), "message %lld", (long long)station->shown_id);
	vs_sim_station_note(station, "the display shows", front != NULL ? text : "nothing");
}

/* --- OCPP 2.1: controls and batteries -------------------------------------------------------- */

static void
tick_ders(struct vs_sim_station *station, struct vs_sim_time at)
{
	const struct vs_sim_der *der;
	bool has_turned = false;

	while ((der = vs_sim_der_turn(&station->ders, at.now_ms)) != NULL) {
		vs_sim_say_der_turn(station, der, at);
		has_turned = true;
	}
	if (has_turned)
		vs_sim_blocks_limit(station, at);
}

static void
tick_swap(struct vs_sim_station *station, struct vs_sim_time at)
{
	struct vs_sim_battery battery;
	char serial[VS_SIM_BATTERY_SERIAL_SIZE];
	bool is_in = false;

	if (!vs_sim_swap_step(&station->swap, at.now_ms, &is_in, &battery))
		return;
	vs_sim_battery_serial(&battery, serial);
	vs_sim_station_note(station, is_in ? "a battery is put in" : "a battery is given out",
	                    serial);
	vs_sim_say_swap(station, is_in ? VS_OCPP_V_BatteryIn : VS_OCPP_V_BatteryOut, &battery);
}

void
vs_sim_blocks_tick(struct vs_sim_station *station, struct vs_sim_time at)
{
	tick_reservations(station, at);
	tick_ders(station, at);
	tick_swap(station, at);
	tick_monitors(station, at);
	vs_sim_streams_tick(station, at);
	if (station->display.count != 0 || station->shown_id != 0)
		tick_display(station, at);
}

uint64_t
vs_sim_blocks_due(const struct vs_sim_station *station)
{
	uint64_t due_ms, other_ms;

	if (!vs_sim_station_is_online(station))
		return VS_SIM_NEVER;
	due_ms = vs_sim_reservation_due(&station->reservations);
	other_ms = vs_sim_monitor_due(&station->monitors);
	if (other_ms < due_ms)
		due_ms = other_ms;
	other_ms = vs_sim_streams_due(&station->streams);
	if (other_ms < due_ms)
		due_ms = other_ms;
	other_ms = vs_sim_der_due(&station->ders);
	if (other_ms < due_ms)
		due_ms = other_ms;
	if (station->swap.stage != VS_SIM_SWAP_NONE && station->swap.due_ms < due_ms)
		due_ms = station->swap.due_ms;
	return due_ms;
}
