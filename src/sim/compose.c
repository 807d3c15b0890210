/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/compose.h"

#include <stdio.h>
#include <string.h>

/* A message id is never used twice for one identity, over connections and runs (OCPP 2.0.1 Part
 * 4, 4.1.4). */
static void
next_id(struct vs_sim_station *station)
{
	(void)snprintf(station->last_id, sizeof(station->last_id), "%016llx-%x",
	               (unsigned long long)station->config.nonce, ++station->next_id);
	vs_buf_reset(&station->config.scratch->out);
}

void
vs_sim_say_begin(struct vs_sim_station *station, struct vs_json_writer *writer,
                 enum vs_ocpp_action action)
{
	next_id(station);
	vs_ocpp_call_begin(writer, &station->config.scratch->out, station->last_id, action);
	vs_json_write_object(writer);
}

void
vs_sim_notice_begin(struct vs_sim_station *station, struct vs_json_writer *writer,
                    enum vs_ocpp_action action)
{
	next_id(station);
	vs_ocpp_notice_begin(writer, &station->config.scratch->out, station->last_id, action);
	vs_json_write_object(writer);
}

/* What this side sends passes the table of the other side. */
static vs_result
finish(struct vs_sim_station *station, struct vs_json_writer *writer, enum vs_ocpp_action action)
{
	struct vs_sim_scratch *scratch = station->config.scratch;
	struct vs_ocpp_message message;
	struct vs_ocpp_fault fault;
	vs_result r;

	vs_json_write_object_end(writer);
	r = vs_ocpp_message_end(writer);
	if (r.code == VS_E_OK)
		r = vs_ocpp_message_parse(station->config.version, VS_OCPP_STATION,
		                          vs_buf_view(&scratch->out), NULL, &scratch->check,
		                          &message, &fault);
	if (r.code != VS_E_OK) {
		station->config.counts->bad_out++;
		vs_sim_station_note(station, "not sent, it breaks the table",
		                    vs_ocpp_action_name(action));
	}
	return r;
}

void
vs_sim_say_end(struct vs_sim_station *station, struct vs_json_writer *writer,
               enum vs_ocpp_action action, enum vs_sim_purpose purpose, unsigned evse)
{
	int64_t timeout_s = vs_sim_device_int(&station->device, VS_SIM_V_MESSAGE_TIMEOUT);
	bool is_spoken = (vs_ocpp_action(action)->versions & station->config.version) != 0;
	vs_result r;

	if (!is_spoken) /* the version has no such message: nobody is told */
		return;
	r = finish(station, writer, action);
	if (r.code == VS_E_OK)
		r = vs_ocpp_calls_push(&station->calls, (uint64_t)purpose | (uint64_t)evse << 8,
		                       action, station->last_id,
		                       vs_buf_view(&station->config.scratch->out),
		                       (uint32_t)timeout_s * 1000);
	if (r.code != VS_E_OK)
		station->config.counts->dropped++;
}

void
vs_sim_notice_end(struct vs_sim_station *station, struct vs_json_writer *writer,
                  enum vs_ocpp_action action)
{
	if (finish(station, writer, action).code == VS_E_OK)
		vs_sim_station_notice(station, vs_buf_view(&station->config.scratch->out));
}

vs_result
vs_sim_say_queued(struct vs_sim_station *station, struct vs_json_writer *writer,
                  enum vs_ocpp_action action, struct vs_sim_entry *entry)
{
	vs_result r = finish(station, writer, action);
	uint64_t dropped_before = station->queue.dropped;

	if (r.code != VS_E_OK)
		return r;
	memcpy(entry->id, station->last_id, sizeof(entry->id));
	r = vs_sim_queue_push(&station->queue, entry, vs_buf_view(&station->config.scratch->out));
	station->config.counts->dropped += station->queue.dropped - dropped_before;
	return r;
}

void
vs_sim_say_boot(struct vs_sim_station *station)
{
	struct vs_json_writer writer;
	char serial[26];

	if (station->config.version == VS_OCPP_16) {
		vs_sim_v16_boot(station);
		return;
	}
	(void)snprintf(serial, sizeof(serial), "%.25s", station->identity);
	vs_sim_say_begin(station, &writer, VS_OCPP_BootNotification);
	vs_sim_put_value(&writer, "reason", station->boot_reason);
	vs_json_write_key(&writer, "chargingStation");
	vs_json_write_object(&writer);
	vs_sim_put_text(&writer, "model", vs_sim_device_text(&station->device, VS_SIM_V_MODEL));
	vs_sim_put_text(&writer, "vendorName",
	                vs_sim_device_text(&station->device, VS_SIM_V_VENDOR));
	vs_sim_put_text(&writer, "firmwareVersion",
	                vs_sim_device_text(&station->device, VS_SIM_V_FIRMWARE_VERSION));
	/* With a client certificate it must be the common name (B01.FR.11, B01.FR.12): cut, it
	 * would not be. */
	if (strlen(station->identity) < sizeof(serial))
		vs_sim_put_text(&writer, "serialNumber", serial);
	vs_json_write_object_end(&writer);
	vs_sim_say_end(station, &writer, VS_OCPP_BootNotification, VS_SIM_FOR_BOOT, 0);
}

void
vs_sim_say_heartbeat(struct vs_sim_station *station)
{
	struct vs_json_writer writer;

	vs_sim_say_begin(station, &writer, VS_OCPP_Heartbeat);
	vs_sim_say_end(station, &writer, VS_OCPP_Heartbeat, VS_SIM_FOR_NOTHING, 0);
}

void
vs_sim_say_status(struct vs_sim_station *station, struct vs_sim_evse *evse,
                  enum vs_ocpp_value status, struct vs_sim_time at)
{
	struct vs_json_writer writer;

	if (station->config.version == VS_OCPP_16) {
		vs_sim_v16_status(station, evse, status, at);
		return;
	}
	vs_sim_say_begin(station, &writer, VS_OCPP_StatusNotification);
	vs_sim_put_time(&writer, "timestamp", at.wall_ms);
	vs_sim_put_value(&writer, "connectorStatus", status);
	vs_sim_put_int(&writer, "evseId", evse->index + 1);
	vs_sim_put_int(&writer, "connectorId", 1);
	evse->reported = status;
	vs_sim_say_end(station, &writer, VS_OCPP_StatusNotification, VS_SIM_FOR_STATUS,
	               evse->index);
}

static void
put_token(struct vs_json_writer *writer, const struct vs_sim_evse *evse)
{
	vs_json_write_key(writer, "idToken");
	vs_json_write_object(writer);
	vs_sim_put_text(writer, "idToken", evse->token);
	vs_sim_put_value(writer, "type", evse->token_type);
	vs_json_write_object_end(writer);
}

void
vs_sim_say_authorize(struct vs_sim_station *station, const struct vs_sim_evse *evse)
{
	struct vs_json_writer writer;

	if (station->config.version == VS_OCPP_16) {
		vs_sim_v16_authorize(station, evse);
		return;
	}
	vs_sim_say_begin(station, &writer, VS_OCPP_Authorize);
	put_token(&writer, evse);
	vs_sim_say_end(station, &writer, VS_OCPP_Authorize, VS_SIM_FOR_AUTHORIZE, evse->index);
}

void
vs_sim_say_meter_values(struct vs_sim_station *station, struct vs_sim_evse *evse,
                        enum vs_ocpp_value context, struct vs_sim_time at)
{
	struct vs_sim_entry entry = {
	    .event = VS_SIM_EVENT_METER, .meter_values = 1, .evse = evse->index};
	struct vs_json_writer writer;
	vs_result r;

	/* Offline they are nobody's loss, unless QueueAllMessages says so (OCPP 2.0.1 E04, J01). */
	if (!vs_sim_station_is_online(station) &&
	    !vs_sim_device_bool(&station->device, VS_SIM_V_QUEUE_ALL_MESSAGES)) {
		station->config.counts->dropped++;
		return;
	}
	vs_sim_evse_meter(evse, at);
	vs_sim_say_begin(station, &writer, VS_OCPP_MeterValues);
	if (station->config.version == VS_OCPP_16) {
		vs_sim_put_int(&writer, "connectorId", evse->index + 1);
		vs_sim_v16_put_values(&writer, evse, context, at.wall_ms);
	} else {
		vs_sim_put_int(&writer, "evseId", evse->index + 1);
		vs_sim_put_meter_value(&writer, station, evse, context, at.wall_ms);
	}
	if (vs_sim_station_is_online(station)) {
		vs_sim_say_end(station, &writer, VS_OCPP_MeterValues, VS_SIM_FOR_METER,
		               evse->index);
		return;
	}
	r = vs_sim_say_queued(station, &writer, VS_OCPP_MeterValues, &entry);
	if (r.code != VS_E_OK)
		vs_sim_station_note(station, "no room for meter values", vs_err_text(r.code));
}

/* Only critical ones: they are queued (OCPP 2.0.1 A04.FR.02). */
void
vs_sim_say_security_event(struct vs_sim_station *station, const char *type, struct vs_sim_time at)
{
	struct vs_sim_entry entry = {
	    .event = VS_SIM_EVENT_SECURITY, .security_type = type, .wall_ms = at.wall_ms};
	struct vs_json_writer writer;
	vs_result r;

	vs_sim_say_begin(station, &writer, VS_OCPP_SecurityEventNotification);
	vs_sim_put_text(&writer, "type", type);
	vs_sim_put_time(&writer, "timestamp", at.wall_ms);
	r = vs_sim_say_queued(station, &writer, VS_OCPP_SecurityEventNotification, &entry);
	if (r.code != VS_E_OK)
		vs_sim_station_note(station, "no room for a security event", type);
}

void
vs_sim_say_problem(struct vs_sim_station *station, const struct vs_sim_evse *evse, bool is_cleared,
                   struct vs_sim_time at)
{
	struct vs_json_writer writer;

	if (!vs_sim_station_is_online(station))
		return;
	vs_sim_say_begin(station, &writer, VS_OCPP_NotifyEvent);
	vs_sim_put_time(&writer, "generatedAt", at.wall_ms);
	vs_sim_put_int(&writer, "seqNo", 0);
	vs_json_write_key(&writer, "eventData");
	vs_json_write_array(&writer);
	vs_json_write_object(&writer);
	vs_sim_put_int(&writer, "eventId", ++station->event_id);
	vs_sim_put_time(&writer, "timestamp", at.wall_ms);
	vs_sim_put_value(&writer, "trigger", VS_OCPP_V_Alerting);
	vs_sim_put_text(&writer, "actualValue", is_cleared ? "false" : "true");
	if (is_cleared) {
		vs_json_write_key(&writer, "cleared");
		vs_json_write_bool(&writer, true);
	}
	vs_sim_put_value(&writer, "eventNotificationType", VS_OCPP_V_HardWiredNotification);
	vs_json_write_key(&writer, "component");
	vs_json_write_object(&writer);
	vs_sim_put_text(&writer, "name", "Connector");
	vs_json_write_key(&writer, "evse");
	vs_json_write_object(&writer);
	vs_sim_put_int(&writer, "id", evse->index + 1);
	vs_sim_put_int(&writer, "connectorId", 1);
	vs_json_write_object_end(&writer);
	vs_json_write_object_end(&writer);
	vs_json_write_key(&writer, "variable");
	vs_json_write_object(&writer);
	vs_sim_put_text(&writer, "name", "Problem");
	vs_json_write_object_end(&writer);
	vs_json_write_object_end(&writer);
	vs_json_write_array_end(&writer);
	vs_sim_say_end(station, &writer, VS_OCPP_NotifyEvent, VS_SIM_FOR_NOTHING, 0);
}

void
vs_sim_say_job(struct vs_sim_station *station, const struct vs_sim_job *job,
               enum vs_ocpp_value status)
{
	struct vs_json_writer writer;

	if (station->config.version == VS_OCPP_16) {
		vs_sim_v16_job(station, job, status);
		return;
	}
	vs_sim_say_begin(station, &writer, job->action);
	vs_sim_put_value(&writer, "status", status);
	if (status != VS_OCPP_V_Idle)
		vs_sim_put_int(&writer, "requestId", job->request_id);
	if (status == VS_OCPP_V_Published) { /* L03.FR.04 */
		vs_json_write_key(&writer, "location");
		vs_json_write_array(&writer);
		vs_json_write_text(&writer, station->published_location);
		vs_json_write_array_end(&writer);
	}
	vs_sim_say_end(station, &writer, job->action, VS_SIM_FOR_NOTHING, 0);
}

/* The inventory that a base report asks for (OCPP 2.0.1 B07): what can be set, or everything. */
static bool
is_reported(const struct vs_sim_report *report, unsigned id)
{
	if (report->is_chosen_only)
		return (report->chosen[id / 64] >> (id % 64) & 1) != 0;
	return !report->is_inventory_only ||
	       vs_sim_variable_row((enum vs_sim_variable)id)->access != VS_SIM_VARIABLE_READ_ONLY;
}

static unsigned
next_reported(const struct vs_sim_report *report, unsigned id)
{
	while (id < VS_SIM_VARIABLE_COUNT && !is_reported(report, id))
		id++;
	return id;
}

void
vs_sim_say_report_page(struct vs_sim_station *station, struct vs_sim_time at)
{
	struct vs_sim_report *report = &station->report;
	int64_t items_max = vs_sim_device_int(&station->device, VS_SIM_V_ITEMS_REPORT);
	struct vs_json_writer writer;

	vs_sim_say_begin(station, &writer, VS_OCPP_NotifyReport);
	vs_sim_put_int(&writer, "requestId", report->request_id);
	vs_sim_put_time(&writer, "generatedAt", at.wall_ms);
	vs_sim_put_int(&writer, "seqNo", report->sequence++);
	vs_json_write_key(&writer, "reportData");
	vs_json_write_array(&writer);
	report->next = next_reported(report, report->next);
	for (int64_t i = 0; i < items_max && report->next < VS_SIM_VARIABLE_COUNT; i++) {
		vs_sim_device_write_report(&station->device, (enum vs_sim_variable)report->next,
		                           &writer);
		report->next = next_reported(report, report->next + 1);
	}
	vs_json_write_array_end(&writer);
	report->is_active = report->next < VS_SIM_VARIABLE_COUNT;
	vs_json_write_key(&writer, "tbc");
	vs_json_write_bool(&writer, report->is_active);
	vs_sim_say_end(station, &writer, VS_OCPP_NotifyReport, VS_SIM_FOR_NOTHING, 0);
}

static void
put_transaction_info(struct vs_json_writer *writer, const struct vs_sim_evse *evse,
                     const struct vs_sim_transaction_event *event, struct vs_sim_time at)
{
	vs_json_write_key(writer, "transactionInfo");
	vs_json_write_object(writer);
	vs_sim_put_text(writer, "transactionId", evse->transaction_id);
	if (event->charging_state != VS_OCPP_V_none)
		vs_sim_put_value(writer, "chargingState", event->charging_state);
	if (event->event == VS_SIM_EVENT_ENDED)
		vs_sim_put_int(writer, "timeSpentCharging",
		               (int64_t)(at.now_ms - evse->begun_ms) / 1000);
	if (event->stopped_reason != VS_OCPP_V_none)
		vs_sim_put_value(writer, "stoppedReason", event->stopped_reason);
	if (evse->is_remote && event->event == VS_SIM_EVENT_STARTED)
		vs_sim_put_int(writer, "remoteStartId", evse->remote_start_id);
	vs_json_write_object_end(writer);
}

VS_RESULT
vs_sim_say_transaction(struct vs_sim_station *station, struct vs_sim_evse *evse,
                       const struct vs_sim_transaction_event *event, struct vs_sim_time at)
{
	static const enum vs_ocpp_value types[] = {VS_OCPP_V_Started, VS_OCPP_V_Updated,
	                                           VS_OCPP_V_Ended};
	struct vs_sim_entry entry = {.event = event->event,
	                             .sequence = evse->sequence,
	                             .meter_values = event->meter_context != VS_OCPP_V_none,
	                             .evse = evse->index,
	                             .wall_ms = at.wall_ms};
	struct vs_json_writer writer;

	if (station->config.version == VS_OCPP_16)
		return vs_sim_v16_transaction(station, evse, event, at);
	vs_sim_evse_meter(evse, at);
	memcpy(entry.transaction_id, evse->transaction_id, sizeof(entry.transaction_id));
	vs_sim_say_begin(station, &writer, VS_OCPP_TransactionEvent);
	vs_sim_put_value(&writer, "eventType", types[event->event]);
	vs_sim_put_time(&writer, "timestamp", at.wall_ms);
	vs_sim_put_value(&writer, "triggerReason", event->trigger);
	vs_sim_put_int(&writer, "seqNo", evse->sequence);
	if (!vs_sim_station_is_online(station)) {
		vs_json_write_key(&writer, "offline"); /* E04.FR.03 */
		vs_json_write_bool(&writer, true);
	}
	put_transaction_info(&writer, evse, event, at);
	if (event->event == VS_SIM_EVENT_STARTED) {
		vs_json_write_key(&writer, "evse");
		vs_json_write_object(&writer);
		vs_sim_put_int(&writer, "id", evse->index + 1);
		vs_sim_put_int(&writer, "connectorId", 1);
		vs_json_write_object_end(&writer);
		if (evse->curve.row->phases != 0)
			vs_sim_put_int(&writer, "numberOfPhasesUsed", evse->curve.row->phases);
		if (evse->has_reservation) /* H01.FR.15 */
			vs_sim_put_int(&writer, "reservationId", evse->reservation_id);
	}
	if (event->has_token)
		put_token(&writer, evse);
	if (event->meter_context != VS_OCPP_V_none)
		vs_sim_put_meter_value(&writer, station, evse, event->meter_context, at.wall_ms);
	/* A number is used up even when its message finds no room: the gap tells (E04.FR.07). */
	evse->sequence++;
	return vs_sim_say_queued(station, &writer, VS_OCPP_TransactionEvent, &entry);
}
