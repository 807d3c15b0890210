/* SPDX-License-Identifier: Apache-2.0 */
/* What the central side asks of the places where vehicles charge: OCPP 2.0.1 blocks B (reset), E, F
 * and G. */
#include <string.h>

#include "sim/command.h"

/* The EVSE with this id on the wire; NULL when there is none. */
struct vs_sim_evse *
vs_sim_command_evse(const struct vs_sim_command *command, const struct vs_json_node *id_node)
{
	int64_t id = 0;
	vs_result r = vs_json_int(command->tape, id_node, &id);

	if (r.code != VS_E_OK || id < 1 || id > command->station->evse_count)
		return NULL;
	return &command->station->evses[id - 1];
}

struct vs_sim_evse *
vs_sim_command_transaction(const struct vs_sim_command *command, const struct vs_json_node *id_node)
{
	struct vs_sim_station *station = command->station;

	for (uint8_t i = 0; i < station->evse_count; i++)
		if (station->evses[i].place == VS_SIM_CHARGING &&
		    vs_json_is(command->tape, id_node, station->evses[i].transaction_id))
			return &station->evses[i];
	return NULL;
}

/* Free, and not reserved for another token (F01.FR.21). */
bool
vs_sim_command_is_free_for(const struct vs_sim_command *command, const struct vs_sim_evse *evse,
                           const char *token)
{
	return vs_sim_evse_is_free(command->station, evse) &&
	       vs_sim_blocks_would_admit(command->station, evse, token, command->at);
}

/* The one that is asked for, or the first that is free: for this token. */
static struct vs_sim_evse *
find_free(const struct vs_sim_command *command, const char *token)
{
	const struct vs_json_node *id_node = vs_sim_command_member(command, VS_OCPP_N_evseId);
	struct vs_sim_station *station = command->station;
	struct vs_sim_evse *evse;

	if (id_node != NULL) {
		evse = vs_sim_command_evse(command, id_node);
		return evse != NULL && vs_sim_command_is_free_for(command, evse, token) ? evse
		                                                                        : NULL;
	}
	for (uint8_t i = 0; i < station->evse_count; i++)
		if (vs_sim_command_is_free_for(command, &station->evses[i], token))
			return &station->evses[i];
	return NULL;
}

/* In 2.1 the type of a token is any text; one of the known words is meant. */
static enum vs_ocpp_value
token_type(const struct vs_sim_command *command, const struct vs_json_node *node)
{
	static const enum vs_ocpp_value types[] = {
	    VS_OCPP_V_Central, VS_OCPP_V_eMAID, VS_OCPP_V_ISO14443,   VS_OCPP_V_ISO15693,
	    VS_OCPP_V_KeyCode, VS_OCPP_V_Local, VS_OCPP_V_MacAddress, VS_OCPP_V_NoAuthorization};
	enum vs_ocpp_value type = vs_ocpp_value(node);

	for (size_t i = 0; type == VS_OCPP_V_none && i < sizeof(types) / sizeof(types[0]); i++)
		if (vs_json_is(command->tape, node, vs_ocpp_value_text(types[i])))
			type = types[i];
	return type != VS_OCPP_V_none ? type : VS_OCPP_V_Central;
}

VS_RESULT
vs_sim_command_request_start(const struct vs_sim_command *command)
{
	const struct vs_json_node *id_token = vs_sim_command_member(command, VS_OCPP_N_idToken);
	char token[VS_SIM_TOKEN_SIZE];
	struct vs_sim_evse *evse;
	int64_t remote_start_id = 0;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_remoteStartId),
	                   &remote_start_id));
	VS_TRY(vs_json_copy_text(command->tape, vs_ocpp_member(id_token, VS_OCPP_N_idToken), token,
	                         sizeof(token)));
	evse = find_free(command, token);
	if (evse == NULL || !vs_sim_command_install_for_start(command, evse)) {
		vs_sim_command_put(command, "status", VS_OCPP_V_Rejected);
		return VS_OK;
	}
	memcpy(evse->token, token, sizeof(evse->token));
	evse->token_type = token_type(command, vs_ocpp_member(id_token, VS_OCPP_N_type));
	evse->is_remote = true;
	evse->remote_start_id = remote_start_id;
	vs_sim_evse_plug(command->station, evse, command->at);
	vs_sim_command_put(command, "status", VS_OCPP_V_Accepted);
	return VS_OK;
}

VS_RESULT
vs_sim_command_request_stop(const struct vs_sim_command *command)
{
	struct vs_sim_evse *evse = vs_sim_command_transaction(
	    command, vs_sim_command_member(command, VS_OCPP_N_transactionId));
	bool is_stopped = evse != NULL && command->station->registration == VS_OCPP_ACCEPTED;

	if (is_stopped)
		vs_sim_evse_end(command->station, evse, VS_OCPP_V_RemoteStop, VS_OCPP_V_Remote,
		                command->at);
	vs_sim_command_put(command, "status", is_stopped ? VS_OCPP_V_Accepted : VS_OCPP_V_Rejected);
	return VS_OK;
}

VS_RESULT
vs_sim_command_unlock_connector(const struct vs_sim_command *command)
{
	struct vs_sim_evse *evse =
	    vs_sim_command_evse(command, vs_sim_command_member(command, VS_OCPP_N_evseId));
	enum vs_ocpp_value status = VS_OCPP_V_Unlocked;
	int64_t connector = 0;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_connectorId),
	                   &connector));
	if (evse == NULL || connector != 1)
		status = VS_OCPP_V_UnknownConnector;
	else if (evse->place == VS_SIM_CHARGING)
		status = VS_OCPP_V_OngoingAuthorizedTransaction;
	else if (evse->place == VS_SIM_BROKEN)
		status = VS_OCPP_V_UnlockFailed;
	vs_sim_command_put(command, "status", status);
	return VS_OK;
}

VS_RESULT
vs_sim_command_change_availability(const struct vs_sim_command *command)
{
	struct vs_sim_station *station = command->station;
	const struct vs_json_node *evse_node = vs_sim_command_member(command, VS_OCPP_N_evse);
	bool is_operative =
	    vs_sim_command_value(command, VS_OCPP_N_operationalStatus) == VS_OCPP_V_Operative;
	struct vs_sim_evse *only =
	    vs_sim_command_evse(command, vs_ocpp_member(evse_node, VS_OCPP_N_id));
	enum vs_ocpp_value status = VS_OCPP_V_Accepted;

	if (evse_node != NULL && only == NULL) {
		vs_sim_command_put(command, "status", VS_OCPP_V_Rejected);
		return VS_OK;
	}
	for (uint8_t i = 0; i < station->evse_count; i++) {
		struct vs_sim_evse *evse = &station->evses[i];

		if (only != NULL && evse != only)
			continue;
		vs_sim_evse_set_operative(evse, is_operative);
		if (evse->is_inoperative_soon) /* G03.FR.05, G04.FR.06: when its transaction ends */
			status = VS_OCPP_V_Scheduled;
	}
	vs_sim_command_put(command, "status", status);
	return VS_OK;
}

static enum vs_ocpp_value
reset_evse(const struct vs_sim_command *command, bool is_immediate)
{
	struct vs_sim_evse *evse =
	    vs_sim_command_evse(command, vs_sim_command_member(command, VS_OCPP_N_evseId));

	/* One EVSE alone restarts at once: only its transaction would tell. */
	if (evse == NULL || (evse->place == VS_SIM_CHARGING && !is_immediate))
		return VS_OCPP_V_Rejected;
	vs_sim_evse_end(command->station, evse, VS_OCPP_V_ResetCommand, VS_OCPP_V_ImmediateReset,
	                command->at);
	return VS_OCPP_V_Accepted;
}

VS_RESULT
vs_sim_command_reset(const struct vs_sim_command *command)
{
	struct vs_sim_station *station = command->station;
	bool is_immediate = vs_sim_command_value(command, VS_OCPP_N_type) == VS_OCPP_V_Immediate;
	bool is_idle = !vs_sim_station_has_transaction(station);

	if (vs_sim_command_member(command, VS_OCPP_N_evseId) != NULL) {
		vs_sim_command_put(command, "status", reset_evse(command, is_immediate));
		return VS_OK;
	}
	/* It restarts when this is answered: B11.FR.01 (idle), B12.FR.02 to 04 (with a
	 * transaction). */
	for (uint8_t i = 0; is_immediate && i < station->evse_count; i++)
		vs_sim_evse_end(station, &station->evses[i], VS_OCPP_V_ResetCommand,
		                VS_OCPP_V_ImmediateReset, command->at);
	station->reset_reason =
	    is_idle || is_immediate ? VS_OCPP_V_RemoteReset : VS_OCPP_V_ScheduledReset;
	vs_sim_command_put(command, "status",
	                   is_idle || is_immediate ? VS_OCPP_V_Accepted : VS_OCPP_V_Scheduled);
	return VS_OK;
}

/* Say it of one EVSE, or of all. */
static void
say_of(const struct vs_sim_command *command, const struct vs_sim_evse *only,
       enum vs_ocpp_value message)
{
	struct vs_sim_station *station = command->station;

	for (uint8_t i = 0; i < station->evse_count; i++) {
		struct vs_sim_evse *evse = &station->evses[i];

		if (only != NULL && evse != only)
			continue;
		if (message == VS_OCPP_V_MeterValues)
			vs_sim_say_meter_values(station, evse, VS_OCPP_V_Trigger, command->at);
		else if (message == VS_OCPP_V_StatusNotification)
			vs_sim_say_status(station, evse, vs_sim_evse_status(evse), command->at);
	}
}

static enum vs_ocpp_value
trigger_transaction(const struct vs_sim_command *command, const struct vs_sim_evse *only)
{
	struct vs_sim_transaction_event triggered = {
	    .event = VS_SIM_EVENT_UPDATED,
	    .trigger = VS_OCPP_V_Trigger,
	    .meter_context = VS_OCPP_V_Trigger,
	};
	struct vs_sim_station *station = command->station;
	enum vs_ocpp_value status = VS_OCPP_V_Rejected; /* F06.FR.11: nothing to say */

	for (uint8_t i = 0; i < station->evse_count; i++) {
		struct vs_sim_evse *evse = &station->evses[i];

		if (evse->place != VS_SIM_CHARGING || (only != NULL && evse != only))
			continue;
		triggered.charging_state = vs_sim_evse_charging_state(evse);
		if (vs_sim_say_transaction(station, evse, &triggered, command->at).code == VS_E_OK)
			status = VS_OCPP_V_Accepted;
	}
	return status;
}

static void
say_job(struct vs_sim_station *station, const struct vs_sim_job *job, enum vs_ocpp_action action)
{
	struct vs_sim_job last = *job;

	last.action = action;
	/* With no job running the status is Idle (L01.FR.25, N01.FR.13). */
	vs_sim_say_job(station, &last,
	               job->steps != NULL && job->last != VS_OCPP_V_none ? job->last
	                                                                 : VS_OCPP_V_Idle);
}

enum vs_ocpp_value
vs_sim_command_trigger(const struct vs_sim_command *command, enum vs_ocpp_value message,
                       const struct vs_sim_evse *only)
{
	struct vs_sim_station *station = command->station;

	switch ((unsigned)message) { /* the few that are meant, of all interned values */
	case VS_OCPP_V_BootNotification:
		if (station->registration == VS_OCPP_ACCEPTED) /* F06.FR.17 */
			return VS_OCPP_V_Rejected;
		station->boot_reason = VS_OCPP_V_Triggered;
		station->boot_ms = command->at.now_ms;
		return VS_OCPP_V_Accepted;
	case VS_OCPP_V_Heartbeat:
		vs_sim_say_heartbeat(station);
		return VS_OCPP_V_Accepted;
	case VS_OCPP_V_MeterValues:
	case VS_OCPP_V_StatusNotification:
		say_of(command, only, message);
		return VS_OCPP_V_Accepted;
	case VS_OCPP_V_TransactionEvent:
		return trigger_transaction(command, only);
	case VS_OCPP_V_LogStatusNotification:
		say_job(station, &station->log_job, VS_OCPP_LogStatusNotification);
		return VS_OCPP_V_Accepted;
	case VS_OCPP_V_FirmwareStatusNotification:
		say_job(station, &station->firmware_job, VS_OCPP_FirmwareStatusNotification);
		return VS_OCPP_V_Accepted;
	case VS_OCPP_V_DiagnosticsStatusNotification: /* of 1.6 */
		say_job(station, &station->log_job, VS_OCPP_DiagnosticsStatusNotification);
		return VS_OCPP_V_Accepted;
	case VS_OCPP_V_PublishFirmwareStatusNotification:
		say_job(station, &station->publish_job, VS_OCPP_PublishFirmwareStatusNotification);
		return VS_OCPP_V_Accepted;
	case VS_OCPP_V_SignChargingStationCertificate:
		return vs_sim_command_sign(station) ? VS_OCPP_V_Accepted : VS_OCPP_V_Rejected;
	default:
		return VS_OCPP_V_NotImplemented;
	}
}

VS_RESULT
vs_sim_command_trigger_message(const struct vs_sim_command *command)
{
	const struct vs_json_node *evse_node = vs_sim_command_member(command, VS_OCPP_N_evse);
	struct vs_sim_evse *only =
	    vs_sim_command_evse(command, vs_ocpp_member(evse_node, VS_OCPP_N_id));
	enum vs_ocpp_value status = VS_OCPP_V_Rejected;

	if (evse_node == NULL || only != NULL)
		status = vs_sim_command_trigger(
		    command, vs_sim_command_value(command, VS_OCPP_N_requestedMessage), only);
	vs_sim_command_put(command, "status", status);
	return VS_OK;
}

/* OCPP 2.0.1 E14: of one transaction, or whether anything waits at all. */
VS_RESULT
vs_sim_command_get_transaction_status(const struct vs_sim_command *command)
{
	const struct vs_json_node *id_node =
	    vs_sim_command_member(command, VS_OCPP_N_transactionId);
	char transaction_id[VS_SIM_TOKEN_SIZE];
	bool is_waiting = command->station->queue.count > 0;

	if (id_node != NULL) {
		VS_TRY(vs_json_copy_text(command->tape, id_node, transaction_id,
		                         sizeof(transaction_id)));
		is_waiting = vs_sim_queue_holds(&command->station->queue, transaction_id);
		vs_json_write_key(command->writer, "ongoingIndicator");
		vs_json_write_bool(command->writer,
		                   vs_sim_command_transaction(command, id_node) != NULL);
	}
	vs_json_write_key(command->writer, "messagesInQueue");
	vs_json_write_bool(command->writer, is_waiting);
	return VS_OK;
}
