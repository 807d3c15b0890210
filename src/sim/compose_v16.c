/* SPDX-License-Identifier: Apache-2.0 */
/* What a simulated station says in OCPP 1.6: the EVSE is the connector, a transaction is started,
 * metered and stopped. */
#include <stdio.h>
#include <string.h>

#include "sim/compose.h"

#define TAG_SIZE 21 /* of CiString20Type, with the NUL */

void
vs_sim_v16_boot(struct vs_sim_station *station)
{
	struct vs_json_writer writer;
	char serial[26];

	vs_sim_say_begin(station, &writer, VS_OCPP_BootNotification);
	vs_sim_put_text(&writer, "chargePointVendor",
	                vs_sim_device_text(&station->device, VS_SIM_V_VENDOR));
	vs_sim_put_text(&writer, "chargePointModel",
	                vs_sim_device_text(&station->device, VS_SIM_V_MODEL));
	vs_sim_put_text(&writer, "firmwareVersion",
	                vs_sim_device_text(&station->device, VS_SIM_V_FIRMWARE_VERSION));
	(void)snprintf(serial, sizeof(serial), "%.25s", station->identity);
	if (strlen(station->identity) < sizeof(serial))
		vs_sim_put_text(&writer, "chargePointSerialNumber", serial);
	vs_sim_say_end(station, &writer, VS_OCPP_BootNotification, VS_SIM_FOR_BOOT, 0);
}

/* 1.6 tells apart what 2.0.1 calls Occupied. */
static enum vs_ocpp_value
status_of(const struct vs_sim_evse *evse, enum vs_ocpp_value status)
{
	if (status != VS_OCPP_V_Occupied)
		return status;
	if (evse->place != VS_SIM_CHARGING)
		return VS_OCPP_V_Preparing;
	return evse->is_suspended ? VS_OCPP_V_SuspendedEV : VS_OCPP_V_Charging;
}

void
vs_sim_v16_status(struct vs_sim_station *station, struct vs_sim_evse *evse,
                  enum vs_ocpp_value status, struct vs_sim_time at)
{
	struct vs_json_writer writer;

	vs_sim_say_begin(station, &writer, VS_OCPP_StatusNotification);
	vs_sim_put_int(&writer, "connectorId", evse->index + 1);
	vs_sim_put_value(&writer, "errorCode",
	                 status == VS_OCPP_V_Faulted ? VS_OCPP_V_GroundFailure : VS_OCPP_V_NoError);
	vs_sim_put_value(&writer, "status", status_of(evse, status));
	vs_sim_put_time(&writer, "timestamp", at.wall_ms);
	evse->reported = status;
	vs_sim_say_end(station, &writer, VS_OCPP_StatusNotification, VS_SIM_FOR_STATUS,
	               evse->index);
}

static void
put_tag(struct vs_json_writer *writer, const struct vs_sim_evse *evse)
{
	char tag[TAG_SIZE];

	(void)snprintf(tag, sizeof(tag), "%.20s", evse->token);
	vs_sim_put_text(writer, "idTag", tag);
}

void
vs_sim_v16_authorize(struct vs_sim_station *station, const struct vs_sim_evse *evse)
{
	struct vs_json_writer writer;

	vs_sim_say_begin(station, &writer, VS_OCPP_Authorize);
	put_tag(&writer, evse);
	vs_sim_say_end(station, &writer, VS_OCPP_Authorize, VS_SIM_FOR_AUTHORIZE, evse->index);
}

/* LogStatusNotification alone may say which request it is about. */
void
vs_sim_v16_job(struct vs_sim_station *station, const struct vs_sim_job *job,
               enum vs_ocpp_value status)
{
	struct vs_json_writer writer;

	vs_sim_say_begin(station, &writer, job->action);
	vs_sim_put_value(&writer, "status", status);
	if ((job->action == VS_OCPP_LogStatusNotification ||
	     job->action == VS_OCPP_SignedFirmwareStatusNotification) &&
	    status != VS_OCPP_V_Idle)
		vs_sim_put_int(&writer, "requestId", job->request_id);
	vs_sim_say_end(station, &writer, job->action, VS_SIM_FOR_NOTHING, 0);
}

static void
put_reading(struct vs_json_writer *writer, enum vs_ocpp_value measurand, const char *unit,
            double value, enum vs_ocpp_value context)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%.1f", value);
	vs_json_write_object(writer);
	vs_sim_put_text(writer, "value", text);
	if (context != VS_OCPP_V_Sample_Periodic) /* the default */
		vs_sim_put_value(writer, "context", context);
	vs_sim_put_value(writer, "measurand", measurand);
	vs_sim_put_text(writer, "unit", unit);
	vs_json_write_object_end(writer);
}

void
vs_sim_v16_put_values(struct vs_json_writer *writer, const struct vs_sim_evse *evse,
                      enum vs_ocpp_value context, int64_t wall_ms)
{
	struct vs_sim_sample sample;

	vs_sim_curve_sample(&evse->curve, &sample);
	vs_sim_put_samples_begin(writer, wall_ms);
	put_reading(writer, VS_OCPP_V_Energy_Active_Import_Register, "Wh", sample.energy_wh,
	            context);
	put_reading(writer, VS_OCPP_V_Power_Active_Import, "W", sample.power_w, context);
	put_reading(writer, VS_OCPP_V_Voltage, "V", sample.voltage_v, context);
	put_reading(writer, VS_OCPP_V_Current_Import, "A", sample.current_a, context);
	if (sample.phases == 0)
		put_reading(writer, VS_OCPP_V_SoC, "Percent", sample.soc_percent, context);
	vs_sim_put_samples_end(writer);
}

/* --- transactions ---------------------------------------------------------------------------- */

/* Its number, or room for it while the answer to its start has not come: that name is longer than
 * any number. */
static void
put_number(struct vs_json_writer *writer, const struct vs_sim_evse *evse)
{
	const char *number = evse->transaction_id;

	if (strlen(number) >= sizeof(VS_SIM_NUMBER_ROOM))
		number = VS_SIM_NUMBER_ROOM;
	vs_json_write_key(writer, "transactionId");
	vs_json_write_raw(writer, vs_bytes_from_text(number));
}

static int64_t
register_wh(const struct vs_sim_evse *evse)
{
	struct vs_sim_sample sample;

	vs_sim_curve_sample(&evse->curve, &sample);
	return (int64_t)sample.energy_wh;
}

/* A reason of 2.0.1 as 1.6 names it. */
static enum vs_ocpp_value
reason_of(enum vs_ocpp_value reason)
{
	static const enum vs_ocpp_value same[] = {
	    VS_OCPP_V_Local,  VS_OCPP_V_Remote,       VS_OCPP_V_EVDisconnected, VS_OCPP_V_PowerLoss,
	    VS_OCPP_V_Reboot, VS_OCPP_V_DeAuthorized, VS_OCPP_V_EmergencyStop};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		if (reason == same[i])
			return reason;
	}
	if (reason == VS_OCPP_V_ImmediateReset)
		return VS_OCPP_V_HardReset;
	return reason == VS_OCPP_V_none ? VS_OCPP_V_Local : VS_OCPP_V_Other;
}

static vs_result
say_start(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at,
          struct vs_sim_entry *entry)
{
	struct vs_json_writer writer;

	vs_sim_say_begin(station, &writer, VS_OCPP_StartTransaction);
	vs_sim_put_int(&writer, "connectorId", evse->index + 1);
	put_tag(&writer, evse);
	vs_sim_put_int(&writer, "meterStart", register_wh(evse));
	vs_sim_put_time(&writer, "timestamp", at.wall_ms);
	return vs_sim_say_queued(station, &writer, VS_OCPP_StartTransaction, entry);
}

static vs_result
say_values(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at,
           enum vs_ocpp_value context, struct vs_sim_entry *entry)
{
	struct vs_json_writer writer;

	vs_sim_say_begin(station, &writer, VS_OCPP_MeterValues);
	vs_sim_put_int(&writer, "connectorId", evse->index + 1);
	put_number(&writer, evse);
	vs_sim_v16_put_values(&writer, evse, context, at.wall_ms);
	return vs_sim_say_queued(station, &writer, VS_OCPP_MeterValues, entry);
}

static vs_result
say_stop(struct vs_sim_station *station, struct vs_sim_evse *evse, struct vs_sim_time at,
         const struct vs_sim_transaction_event *event, struct vs_sim_entry *entry)
{
	struct vs_json_writer writer;

	vs_sim_say_begin(station, &writer, VS_OCPP_StopTransaction);
	put_number(&writer, evse);
	if (event->has_token)
		put_tag(&writer, evse);
	vs_sim_put_int(&writer, "meterStop", register_wh(evse));
	vs_sim_put_time(&writer, "timestamp", at.wall_ms);
	vs_sim_put_value(&writer, "reason", reason_of(event->stopped_reason));
	return vs_sim_say_queued(station, &writer, VS_OCPP_StopTransaction, entry);
}

VS_RESULT
vs_sim_v16_transaction(struct vs_sim_station *station, struct vs_sim_evse *evse,
                       const struct vs_sim_transaction_event *event, struct vs_sim_time at)
{
	struct vs_sim_entry entry = {.event = event->event,
	                             .sequence = VS_SIM_NO_SEQUENCE,
	                             .evse = evse->index,
	                             .wall_ms = at.wall_ms};

	vs_sim_evse_meter(evse, at);
	memcpy(entry.transaction_id, evse->transaction_id, sizeof(entry.transaction_id));
	switch (event->event) {
	case VS_SIM_EVENT_STARTED:
		return say_start(station, evse, at, &entry);
	case VS_SIM_EVENT_UPDATED:
		if (event->meter_context == VS_OCPP_V_none) {
			/* a change of state alone: StatusNotification tells it, in its turn */
			evse->reported = VS_OCPP_V_none;
			return VS_OK;
		}
		entry.meter_values = 1;
		return say_values(station, evse, at, event->meter_context, &entry);
	case VS_SIM_EVENT_ENDED:
		return say_stop(station, evse, at, event, &entry);
	case VS_SIM_EVENT_SECURITY:
	case VS_SIM_EVENT_METER:
		break;
	}
	return VS_FAIL(INTERNAL);
}
