/* SPDX-License-Identifier: Apache-2.0 */
/* What the central side asks in OCPP 1.6 (5.2 to 5.19), done with what the station is in 2.0.1. */
#include <stdio.h>
#include <string.h>

#include "sim/command.h"
#include "wire/base64.h"

#define AUTHORIZATION_KEY_MIN 16u /* bytes */
#define AUTHORIZATION_KEY_MAX 20u

static const struct key {
	const char *name;
	enum vs_sim_variable id;
} keys[] = {
#define KEY(name, variable) {#name, VS_SIM_V_##variable},
#include "sim/keys_v16.def"
#undef KEY
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static vs_result
answer(const struct vs_sim_command *command, enum vs_ocpp_value status)
{
	vs_sim_command_put(command, "status", status);
	return VS_OK;
}

/* --- configuration (5.3, 5.8) ---------------------------------------------------------------- */

static const struct key *
find_key(const struct vs_sim_command *command, const struct vs_json_node *node)
{
	for (size_t i = 0; i < KEYS; i++) {
		if (vs_json_is(command->tape, node, keys[i].name))
			return &keys[i];
	}
	return NULL;
}

/* OCPP-J 1.6 6.2.2 and the whitepaper: 16 to 20 bytes as hexadecimal digits. This station is one of
 * those that log in with the digits, not with the bytes; the other side takes either. */
static enum vs_ocpp_value
set_authorization_key(const struct vs_sim_command *command, const struct vs_json_node *node)
{
	char text[2 * AUTHORIZATION_KEY_MAX + 1];
	uint8_t key[AUTHORIZATION_KEY_MAX];
	size_t size = 0;
	bool is_good =
	    vs_json_copy_text(command->tape, node, text, sizeof(text)).code == VS_E_OK &&
	    vs_hex_decode(vs_bytes_from_text(text), key, sizeof(key), &size).code == VS_E_OK &&
	    size >= AUTHORIZATION_KEY_MIN;

	explicit_bzero(text, sizeof(text));
	explicit_bzero(key, sizeof(key));
	return is_good ? vs_sim_command_password(command, node) : VS_OCPP_V_Rejected;
}

VS_RESULT
vs_sim_command_v16_change_configuration(const struct vs_sim_command *command)
{
	const struct vs_json_node *node = vs_sim_command_member(command, VS_OCPP_N_key);
	const struct key *key = find_key(command, node);

	if (vs_json_is(command->tape, node, "AuthorizationKey"))
		return answer(command,
		              set_authorization_key(
				  command, vs_sim_command_member(command, VS_OCPP_N_value)));
	if (key == NULL)
		return answer(command, VS_OCPP_V_NotSupported);
	return answer(command, vs_sim_command_set(command, key->id,
	                                          vs_sim_command_member(command, VS_OCPP_N_value)));
}

static void
put_key(const struct vs_sim_command *command, const struct key *key)
{
	bool is_fixed = vs_sim_variable_row(key->id)->access == VS_SIM_VARIABLE_READ_ONLY;

	vs_json_write_object(command->writer);
	vs_json_write_key(command->writer, "key");
	vs_json_write_text(command->writer, key->name);
	vs_json_write_key(command->writer, "readonly");
	vs_json_write_bool(command->writer, is_fixed);
	vs_json_write_key(command->writer, "value");
	vs_json_write_text(command->writer, vs_sim_device_text(&command->station->device, key->id));
	vs_json_write_object_end(command->writer);
}

VS_RESULT
vs_sim_command_v16_get_configuration(const struct vs_sim_command *command)
{
	const struct vs_json_node *asked = vs_sim_command_member(command, VS_OCPP_N_key);
	const struct vs_json_node *node = NULL;

	vs_json_write_key(command->writer, "configurationKey");
	vs_json_write_array(command->writer);
	for (size_t i = 0; vs_json_count(asked) == 0 && i < KEYS; i++)
		put_key(command, &keys[i]);
	while ((node = vs_json_next(asked, node)) != NULL) {
		const struct key *key = find_key(command, node);

		if (key != NULL)
			put_key(command, key);
	}
	vs_json_write_array_end(command->writer);
	vs_json_write_key(command->writer, "unknownKey");
	vs_json_write_array(command->writer);
	while ((node = vs_json_next(asked, node)) != NULL) {
		if (find_key(command, node) == NULL)
			vs_json_write_raw(command->writer, vs_json_raw(command->tape, node));
	}
	vs_json_write_array_end(command->writer);
	return VS_OK;
}

/* --- transactions (5.11, 5.12) --------------------------------------------------------------- */

static struct vs_sim_evse *
find_free(const struct vs_sim_command *command, const char *token)
{
	const struct vs_json_node *id = vs_sim_command_member(command, VS_OCPP_N_connectorId);
	struct vs_sim_station *station = command->station;

	for (uint8_t i = 0; i < station->evse_count; i++) {
		struct vs_sim_evse *evse = &station->evses[i];

		if ((id == NULL || vs_sim_command_evse(command, id) == evse) &&
		    vs_sim_command_is_free_for(command, evse, token))
			return evse;
	}
	return NULL;
}

VS_RESULT
vs_sim_command_v16_remote_start(const struct vs_sim_command *command)
{
	char token[VS_SIM_TOKEN_SIZE];
	struct vs_sim_evse *evse;

	VS_TRY(vs_json_copy_text(command->tape, vs_sim_command_member(command, VS_OCPP_N_idTag),
	                         token, sizeof(token)));
	evse = find_free(command, token);
	if (evse == NULL || !vs_sim_command_v16_install_for_start(command, evse))
		return answer(command, VS_OCPP_V_Rejected);
	memcpy(evse->token, token, sizeof(evse->token));
	evse->token_type = VS_OCPP_V_Central;
	evse->is_remote = true;
	vs_sim_evse_plug(command->station, evse, command->at);
	return answer(command, VS_OCPP_V_Accepted);
}

VS_RESULT
vs_sim_command_v16_remote_stop(const struct vs_sim_command *command)
{
	struct vs_sim_station *station = command->station;
	char number[24];

	(void)snprintf(
	    number, sizeof(number), "%lld",
	    (long long)vs_sim_command_int(command, command->payload, VS_OCPP_N_transactionId, 0));
	for (uint8_t i = 0; i < station->evse_count; i++) {
		struct vs_sim_evse *evse = &station->evses[i];

		if (evse->place != VS_SIM_CHARGING || strcmp(evse->transaction_id, number) != 0)
			continue;
		vs_sim_evse_end(station, evse, VS_OCPP_V_RemoteStop, VS_OCPP_V_Remote, command->at);
		return answer(command, VS_OCPP_V_Accepted);
	}
	return answer(command, VS_OCPP_V_Rejected);
}

/* --- the station and its connectors (5.2, 5.14, 5.18) ---------------------------------------- */

/* Soft and Hard end what runs and restart; only the reasons differ. */
VS_RESULT
vs_sim_command_v16_reset(const struct vs_sim_command *command)
{
	struct vs_sim_station *station = command->station;
	bool is_hard = vs_sim_command_value(command, VS_OCPP_N_type) == VS_OCPP_V_Hard;

	for (uint8_t i = 0; i < station->evse_count; i++)
		vs_sim_evse_end(station, &station->evses[i], VS_OCPP_V_ResetCommand,
		                is_hard ? VS_OCPP_V_ImmediateReset : VS_OCPP_V_Reboot, command->at);
	station->reset_reason = VS_OCPP_V_RemoteReset;
	return answer(command, VS_OCPP_V_Accepted);
}

/* Connector 0 is all of them. *is_wrong_out: there is no such connector. */
static struct vs_sim_evse *
find_connector(const struct vs_sim_command *command, bool *is_wrong_out)
{
	const struct vs_json_node *id = vs_sim_command_member(command, VS_OCPP_N_connectorId);
	struct vs_sim_evse *evse = id != NULL ? vs_sim_command_evse(command, id) : NULL;

	*is_wrong_out =
	    id != NULL && evse == NULL &&
	    vs_sim_command_int(command, command->payload, VS_OCPP_N_connectorId, -1) != 0;
	return evse;
}

VS_RESULT
vs_sim_command_v16_change_availability(const struct vs_sim_command *command)
{
	struct vs_sim_station *station = command->station;
	bool is_operative = vs_sim_command_value(command, VS_OCPP_N_type) == VS_OCPP_V_Operative;
	bool is_wrong;
	struct vs_sim_evse *only = find_connector(command, &is_wrong);
	enum vs_ocpp_value status = VS_OCPP_V_Accepted;

	if (is_wrong)
		return answer(command, VS_OCPP_V_Rejected);
	for (uint8_t i = 0; i < station->evse_count; i++) {
		struct vs_sim_evse *evse = &station->evses[i];

		if (only != NULL && evse != only)
			continue;
		vs_sim_evse_set_operative(evse, is_operative);
		if (evse->is_inoperative_soon)
			status = VS_OCPP_V_Scheduled;
	}
	return answer(command, status);
}

VS_RESULT
vs_sim_command_v16_unlock_connector(const struct vs_sim_command *command)
{
	bool is_wrong;
	struct vs_sim_evse *evse = find_connector(command, &is_wrong);

	if (evse == NULL)
		return answer(command, VS_OCPP_V_NotSupported);
	if (evse->place == VS_SIM_BROKEN)
		return answer(command, VS_OCPP_V_UnlockFailed);
	vs_sim_evse_end(command->station, evse, VS_OCPP_V_UnlockCommand, VS_OCPP_V_Other,
	                command->at);
	return answer(command, VS_OCPP_V_Unlocked);
}

VS_RESULT
vs_sim_command_v16_trigger_message(const struct vs_sim_command *command)
{
	bool is_wrong;
	struct vs_sim_evse *only = find_connector(command, &is_wrong);

	if (is_wrong)
		return answer(command, VS_OCPP_V_Rejected);
	return answer(
	    command, vs_sim_command_trigger(
			 command, vs_sim_command_value(command, VS_OCPP_N_requestedMessage), only));
}

/* --- the local list (5.10, 5.15) ------------------------------------------------------------- */

VS_RESULT
vs_sim_command_v16_get_local_list_version(const struct vs_sim_command *command)
{
	vs_sim_command_put_int(command, "listVersion", command->station->auth.list_version);
	return VS_OK;
}

VS_RESULT
vs_sim_command_v16_send_local_list(const struct vs_sim_command *command)
{
	int64_t version = vs_sim_command_int(command, command->payload, VS_OCPP_N_listVersion, 0);

	if (!vs_sim_device_bool(&command->station->device, VS_SIM_V_LIST_ENABLED))
		return answer(command, VS_OCPP_V_NotSupported);
	return answer(command, vs_sim_command_take_list(command, version, true));
}

/* --- what takes time (5.9, 5.19) ------------------------------------------------------------- */

VS_RESULT
vs_sim_command_v16_get_diagnostics(const struct vs_sim_command *command)
{
	(void)vs_sim_job_start(&command->station->log_job, VS_OCPP_DiagnosticsStatusNotification,
	                       false, 0, command->at);
	vs_sim_job_send_to(command->station, &command->station->log_job, command->tape,
	                   vs_sim_command_member(command, VS_OCPP_N_location), false);
	vs_json_write_key(command->writer, "fileName");
	vs_json_write_text(command->writer, "diagnostics.log");
	return VS_OK;
}
