/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/station.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/station_private.h"

void
vs_sim_scratch_init(struct vs_sim_scratch *scratch)
{
	vs_buf_init(&scratch->out, VS_LIMIT_SIM_FRAME_SIZE);
	vs_buf_init(&scratch->reply, VS_LIMIT_SIM_FRAME_SIZE);
	vs_json_tape_init(&scratch->in);
	vs_json_tape_init(&scratch->check);
}

void
vs_sim_scratch_done(struct vs_sim_scratch *scratch)
{
	vs_buf_done(&scratch->out);
	vs_buf_done(&scratch->reply);
	vs_json_tape_done(&scratch->in);
	vs_json_tape_done(&scratch->check);
}

static vs_result
configure(struct vs_sim_station *station)
{
	const struct vs_sim_station_config *config = &station->config;
	uint16_t meter_s = config->meter_s != 0 ? config->meter_s : config->scenario->meter_s;

	VS_TRY(vs_sim_station_put_number(station, VS_SIM_V_SAMPLED_INTERVAL, meter_s));
	VS_TRY(vs_sim_station_put_number(station, VS_SIM_V_ALIGNED_INTERVAL,
	                                 config->scenario->all_meters_s));
	VS_TRY(vs_sim_station_put_number(station, VS_SIM_V_SECURITY_PROFILE,
	                                 config->security_profile));
	return vs_sim_device_put(
	    &station->device, VS_SIM_V_MODEL,
	    vs_bytes_from_text(vs_sim_curve_row(config->scenario->curve)->name));
}

VS_RESULT
vs_sim_station_new(const struct vs_sim_station_config *config, struct vs_sim_time at,
                   struct vs_sim_station **station_out)
{
	struct vs_sim_station *station = NULL;
	uint8_t evses = config->scenario->evses;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(evses <= VS_SIM_EVSES_MAX);
	station = calloc(1, sizeof(*station) + evses * sizeof(station->evses[0]));
	if (station == NULL)
		goto out;
	station->config = *config;
	station->evse_count = evses;
	if (station->config.version == 0)
		station->config.version = VS_OCPP_201;
	vs_sim_device_init(&station->device);
	vs_sim_auth_init(&station->auth);
	vs_sim_monitors_init(&station->monitors);
	vs_sim_queue_init(&station->queue,
	                  config->queue_max != 0 ? config->queue_max : VS_LIMIT_SIM_QUEUE);
	vs_ocpp_calls_init(&station->calls);
	station->identity = strdup(config->identity);
	if (station->identity == NULL)
		goto out;
	station->prng.state = config->seed;
	station->ids.state = config->nonce;
	station->registration = VS_OCPP_NEW;
	station->boot_reason = VS_OCPP_V_PowerUp;
	station->connect_ms = station->boot_ms = station->heartbeat_ms = VS_SIM_NEVER;
	station->reconnect_ms = VS_SIM_NEVER;
	station->rule_ms = station->fault_ms = station->resume_ms = station->all_meters_ms =
	    VS_SIM_NEVER;
	station->offline_since_ms = at.now_ms;
	for (uint8_t i = 0; i < evses; i++)
		vs_sim_evse_init(station, i, at);
	r = configure(station);
	if (r.code != VS_E_OK)
		goto out;
	*station_out = station;
	station = NULL;
out:
	vs_sim_station_free(&station);
	return r;
}

void
vs_sim_station_free(struct vs_sim_station **station)
{
	if (*station == NULL)
		return;
	vs_sim_job_done(&(*station)->log_job);
	vs_sim_job_done(&(*station)->firmware_job);
	vs_sim_job_done(&(*station)->publish_job);
	vs_sim_device_done(&(*station)->device);
	vs_sim_auth_done(&(*station)->auth);
	vs_sim_queue_done(&(*station)->queue);
	vs_ocpp_calls_done(&(*station)->calls);
	vs_sim_reservations_done(&(*station)->reservations);
	vs_sim_profiles_done(&(*station)->profiles);
	vs_sim_monitors_done(&(*station)->monitors);
	vs_sim_streams_done(&(*station)->streams);
	vs_sim_display_done(&(*station)->display);
	vs_sim_tariffs_done(&(*station)->tariffs);
	vs_sim_ders_done(&(*station)->ders);
	vs_sim_swap_done(&(*station)->swap);
	free((*station)->identity);
	free(*station);
	*station = NULL;
}

const char *
vs_sim_station_identity(const struct vs_sim_station *station)
{
	return station->identity;
}

bool
vs_sim_station_is_online(const struct vs_sim_station *station)
{
	return station->link == VS_SIM_UP && station->registration == VS_OCPP_ACCEPTED;
}

uint32_t
vs_sim_station_queued(const struct vs_sim_station *station)
{
	return station->queue.count;
}

void
vs_sim_station_note(const struct vs_sim_station *station, const char *what, const char *detail)
{
	if (station->config.port.note != NULL)
		station->config.port.note(station->config.port.arg, what, detail);
}

uint64_t
vs_sim_station_within(struct vs_sim_station *station, struct vs_sim_range range)
{
	return vs_sim_prng_between(&station->prng, UINT64_C(1000) * range.min_s,
	                           UINT64_C(1000) * range.max_s);
}

VS_RESULT
vs_sim_station_put_number(struct vs_sim_station *station, enum vs_sim_variable id, unsigned value)
{
	char text[8];
	unsigned at = sizeof(text);

	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	return vs_sim_device_put(&station->device, id, vs_bytes_from(text + at, sizeof(text) - at));
}

bool
vs_sim_station_has_transaction(const struct vs_sim_station *station)
{
	for (uint8_t i = 0; i < station->evse_count; i++)
		if (station->evses[i].place == VS_SIM_CHARGING)
			return true;
	return false;
}

/* --- what is sent ---------------------------------------------------------------------------- */

static void
send_frame(struct vs_sim_station *station, struct vs_bytes frame, bool is_call)
{
	vs_result r = station->config.port.send(station->config.port.arg, frame, is_call);

	if (r.code == VS_E_OK)
		return;
	vs_sim_station_note(station, "the link does not take any more", vs_err_text(r.code));
	vs_sim_link_close(station, true);
}

void
vs_sim_station_notice(struct vs_sim_station *station, struct vs_bytes frame)
{
	if (station->link == VS_SIM_UP)
		send_frame(station, frame, false);
}

static enum vs_ocpp_action
queued_action(const struct vs_sim_station *station, const struct vs_sim_entry *entry)
{
	bool is_16 = station->config.version == VS_OCPP_16;

	switch (entry->event) {
	case VS_SIM_EVENT_STARTED:
		return is_16 ? VS_OCPP_StartTransaction : VS_OCPP_TransactionEvent;
	case VS_SIM_EVENT_UPDATED:
		return is_16 ? VS_OCPP_MeterValues : VS_OCPP_TransactionEvent;
	case VS_SIM_EVENT_ENDED:
		return is_16 ? VS_OCPP_StopTransaction : VS_OCPP_TransactionEvent;
	case VS_SIM_EVENT_SECURITY:
		return VS_OCPP_SecurityEventNotification;
	case VS_SIM_EVENT_METER:
		break;
	}
	return VS_OCPP_MeterValues;
}

/* What waits in the queue goes only when nothing else does: an Authorize is not held up by a
 * backlog. */
static void
push_next(struct vs_sim_station *station, struct vs_sim_time at)
{
	int64_t timeout_s = vs_sim_device_int(&station->device, VS_SIM_V_MESSAGE_TIMEOUT);
	const struct vs_sim_entry *entry;
	struct vs_bytes frame;
	vs_result r;

	if (station->calls.count != 0 || station->registration != VS_OCPP_ACCEPTED)
		return;
	entry = vs_sim_queue_peek(&station->queue, at.now_ms, &frame);
	if (entry == NULL) {
		if (station->report.is_active)
			vs_sim_say_report_page(station, at);
		return;
	}
	r = vs_ocpp_calls_push(&station->calls, VS_SIM_FOR_QUEUE, queued_action(station, entry),
	                       entry->id, frame, (uint32_t)timeout_s * 1000);
	if (r.code == VS_E_OK)
		vs_sim_queue_sent(&station->queue);
}

static void
pump(struct vs_sim_station *station, struct vs_sim_time at)
{
	struct vs_bytes frame;

	if (station->link != VS_SIM_UP)
		return;
	if (at.now_ms >= station->boot_ms && station->calls.count == 0) {
		station->boot_ms = VS_SIM_NEVER;
		vs_sim_say_boot(station);
	}
	push_next(station, at);
	while (station->link == VS_SIM_UP &&
	       vs_ocpp_calls_next(&station->calls, at.now_ms, &frame)) {
		station->config.counts->sent++;
		send_frame(station, frame, true);
	}
}

void
vs_sim_station_received(struct vs_sim_station *station, struct vs_sim_time at, struct vs_bytes text)
{
	struct vs_sim_scratch *scratch = station->config.scratch;
	struct vs_ocpp_message message;
	struct vs_ocpp_outcome outcome;
	struct vs_ocpp_fault fault;
	vs_result r = vs_ocpp_message_parse(station->config.version, VS_OCPP_CSMS, text,
	                                    vs_ocpp_calls_outstanding(&station->calls),
	                                    &scratch->in, &message, &fault);

	if (station->link != VS_SIM_UP)
		return;
	vs_buf_reset(&scratch->reply);
	if (r.code != VS_E_OK) {
		if (vs_ocpp_calls_fault(&station->calls, &fault, &outcome))
			vs_sim_outcome(station, &outcome, at);
		station->config.counts->bad_commands += fault.wants_error;
		if (fault.wants_error &&
		    vs_ocpp_error_write_fault(&scratch->reply, &fault).code == VS_E_OK)
			send_frame(station, vs_buf_view(&scratch->reply), false);
	} else if (message.type == VS_OCPP_CALL) {
		r = vs_sim_command_answer(station, &message, at);
		if (r.code == VS_E_OK)
			send_frame(station, vs_buf_view(&scratch->reply), false);
	} else if (vs_ocpp_calls_answer(&station->calls, &message, &outcome)) {
		vs_sim_outcome(station, &outcome, at);
	}
	vs_sim_station_tick(station, at);
}

/* --- time ------------------------------------------------------------------------------------ */

static void
apply_link_rule(struct vs_sim_station *station, struct vs_sim_time at)
{
	const struct vs_sim_scenario *scenario = station->config.scenario;

	station->rule_ms = VS_SIM_NEVER;
	switch (scenario->link) {
	case VS_SIM_LINK_STEADY:
		break;
	case VS_SIM_LINK_OFFLINE:
		vs_sim_link_close(station, vs_sim_prng_between(&station->prng, 0, 1) == 0);
		break;
	case VS_SIM_LINK_FLAPPING:
		vs_sim_link_close(station, true);
		break;
	case VS_SIM_LINK_SLOW:
		station->is_paused = true;
		station->resume_ms = at.now_ms + vs_sim_station_within(station, scenario->down);
		station->config.port.pause(station->config.port.arg, true);
		break;
	case VS_SIM_LINK_STORM:
		vs_sim_link_lose_power(station, vs_sim_station_within(station, scenario->down), at);
		break;
	}
}

static void
apply_fault(struct vs_sim_station *station, struct vs_sim_time at)
{
	static const struct vs_sim_range dark = {2, 8};
	struct vs_sim_evse *evse =
	    &station
		 ->evses[vs_sim_prng_between(&station->prng, 0, (uint64_t)station->evse_count - 1)];

	station->fault_ms = at.now_ms + UINT64_C(1000) * station->config.scenario->fault_s;
	if (station->is_stopping || station->is_dark)
		return;
	if (station->config.scenario->fault == VS_SIM_FAULT_BOTH &&
	    vs_sim_prng_between(&station->prng, 0, 1) == 0)
		vs_sim_link_lose_power(station, vs_sim_station_within(station, dark), at);
	else
		vs_sim_evse_break(station, evse, at);
}

static void
tick_online(struct vs_sim_station *station, struct vs_sim_time at)
{
	vs_sim_blocks_tick(station, at);
	for (uint8_t i = 0; i < station->evse_count; i++) {
		struct vs_sim_evse *evse = &station->evses[i];
		enum vs_ocpp_value status = vs_sim_evse_status(evse);

		if (status != evse->reported)
			vs_sim_say_status(station, evse, status, at);
	}
	if (at.now_ms >= station->heartbeat_ms) {
		station->heartbeat_ms =
		    at.now_ms + UINT64_C(1000) * (uint64_t)vs_sim_device_int(
						     &station->device, VS_SIM_V_HEARTBEAT_INTERVAL);
		vs_sim_say_heartbeat(station);
	}
	vs_sim_job_tick(station, &station->log_job, at);
	vs_sim_job_tick(station, &station->firmware_job, at);
	vs_sim_job_tick(station, &station->publish_job, at);
	if (station->reset_reason != VS_OCPP_V_none && !vs_sim_station_has_transaction(station))
		vs_sim_station_reboot(station, station->reset_reason, VS_OCPP_V_Reboot, at);
}

static void
tick_meters(struct vs_sim_station *station, struct vs_sim_time at)
{
	uint64_t interval_ms = UINT64_C(1000) * (uint64_t)vs_sim_device_int(
						    &station->device, VS_SIM_V_ALIGNED_INTERVAL);

	if (at.now_ms < station->all_meters_ms)
		return;
	station->all_meters_ms = interval_ms != 0 ? at.now_ms + interval_ms : VS_SIM_NEVER;
	for (uint8_t i = 0; i < station->evse_count && interval_ms != 0; i++)
		vs_sim_say_meter_values(station, &station->evses[i], VS_OCPP_V_Sample_Clock, at);
}

/* Stopping: nothing is left to say, so the link may go. */
static void
tick_stopping(struct vs_sim_station *station)
{
	if (station->queue.count == 0 && station->calls.count == 0 && station->link == VS_SIM_UP)
		vs_sim_link_close(station, false);
	if (station->queue.count == 0 && station->link == VS_SIM_DOWN)
		station->connect_ms = VS_SIM_NEVER;
}

static void
tick_link(struct vs_sim_station *station, struct vs_sim_time at)
{
	if (station->is_dark && at.now_ms >= station->dark_until_ms && station->link == VS_SIM_DOWN)
		vs_sim_link_come_back(station, at);
	if (at.now_ms >= station->connect_ms && station->link == VS_SIM_DOWN) {
		station->connect_ms = VS_SIM_NEVER;
		station->link = VS_SIM_CONNECTING;
		station->config.port.connect(station->config.port.arg);
	}
	if (at.now_ms >= station->rule_ms)
		apply_link_rule(station, at);
	if (at.now_ms >= station->resume_ms) {
		station->is_paused = false;
		station->resume_ms = VS_SIM_NEVER;
		station->config.port.pause(station->config.port.arg, false);
		vs_sim_link_plan(station, at);
	}
	if (at.now_ms >= station->fault_ms)
		apply_fault(station, at);
	if (at.now_ms >= station->reconnect_ms && station->calls.count == 0) {
		station->reconnect_ms = VS_SIM_NEVER;
		vs_sim_link_close(station, false);
	}
}

void
vs_sim_station_tick(struct vs_sim_station *station, struct vs_sim_time at)
{
	struct vs_ocpp_outcome outcome;

	if (!station->is_started || station->is_abrupt)
		return;
	while (vs_ocpp_calls_expire(&station->calls, at.now_ms, &outcome))
		vs_sim_outcome(station, &outcome, at);
	tick_link(station, at);
	if (!station->is_dark) {
		for (uint8_t i = 0; i < station->evse_count; i++)
			vs_sim_evse_tick(station, &station->evses[i], at);
		tick_meters(station, at);
	}
	if (vs_sim_station_is_online(station))
		tick_online(station, at);
	pump(station, at);
	if (station->is_stopping)
		tick_stopping(station);
}

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t
vs_sim_station_due(const struct vs_sim_station *station)
{
	uint64_t due = vs_ocpp_calls_deadline(&station->calls);

	if (!station->is_started || station->is_abrupt)
		return VS_SIM_NEVER;
	if (station->link == VS_SIM_DOWN) {
		due = sooner(due, station->connect_ms);
		if (station->is_dark)
			due = sooner(due, station->dark_until_ms);
	}
	if (station->link == VS_SIM_UP && station->calls.count == 0)
		due = sooner(due, station->boot_ms);
	if (vs_sim_station_is_online(station)) {
		due = sooner(due, station->heartbeat_ms);
		if (station->calls.count == 0)
			due = sooner(due, vs_sim_queue_due(&station->queue));
	}
	due = sooner(due, sooner(station->rule_ms, station->resume_ms));
	if (station->calls.count == 0)
		due = sooner(due, station->reconnect_ms);
	due = sooner(due, sooner(station->fault_ms,
	                         station->is_dark ? VS_SIM_NEVER : station->all_meters_ms));
	due = sooner(due, vs_sim_job_due(station, &station->log_job));
	due = sooner(due, vs_sim_job_due(station, &station->firmware_job));
	due = sooner(due, vs_sim_job_due(station, &station->publish_job));
	due = sooner(due, vs_sim_blocks_due(station));
	for (uint8_t i = 0; i < station->evse_count; i++)
		due = sooner(due, vs_sim_evse_due(station, &station->evses[i]));
	return due;
}

/* --- the end --------------------------------------------------------------------------------- */

void
vs_sim_station_stop(struct vs_sim_station *station, struct vs_sim_time at, bool is_abrupt)
{
	station->is_stopping = true;
	station->rule_ms = station->fault_ms = station->all_meters_ms = VS_SIM_NEVER;
	if (is_abrupt || !station->is_started) {
		station->is_abrupt = true;
		vs_sim_link_close(station, true);
		return;
	}
	if (station->is_paused)
		station->resume_ms = at.now_ms;
	if (station->is_dark)
		station->dark_until_ms = at.now_ms;
	for (uint8_t i = 0; i < station->evse_count; i++) {
		vs_sim_evse_end(station, &station->evses[i], VS_OCPP_V_StopAuthorized,
		                VS_OCPP_V_Local, at);
		station->evses[i].next_ms = VS_SIM_NEVER;
	}
	if (station->link == VS_SIM_DOWN)
		station->connect_ms = at.now_ms;
	vs_sim_station_tick(station, at);
}

bool
vs_sim_station_is_done(const struct vs_sim_station *station)
{
	return station->is_stopping && station->link == VS_SIM_DOWN &&
	       (station->is_abrupt || station->queue.count == 0);
}
