/* SPDX-License-Identifier: Apache-2.0 */
/* OCPP 2.0.1 block O (messages on the display), N09 and N10 (what is known of a customer). */
#include <stdio.h>
#include <string.h>

#include "sim/command.h"

/* --- O01 to O06 ------------------------------------------------------------------------------ */

static enum vs_ocpp_value
show(const struct vs_sim_command *command)
{
	const struct vs_json_node *node = vs_sim_command_member(command, VS_OCPP_N_message);
	const struct vs_json_node *transaction = vs_ocpp_member(node, VS_OCPP_N_transactionId);
	enum vs_ocpp_value format = vs_ocpp_value(
	    vs_ocpp_member(vs_ocpp_member(node, VS_OCPP_N_message), VS_OCPP_N_format));
	struct vs_sim_message message;
	vs_result r = vs_sim_message_read(command->tape, node, &message);

	if (r.code != VS_E_OK || message.end_ms <= command->at.wall_ms ||
	    vs_ocpp_member(node, VS_OCPP_N_display) != NULL)
		return VS_OCPP_V_Rejected;
	if (format == VS_OCPP_V_HTML || format == VS_OCPP_V_URI) /* O01.FR.03 */
		return VS_OCPP_V_NotSupportedMessageFormat;
	if (transaction != NULL && vs_sim_command_transaction(command, transaction) == NULL)
		return VS_OCPP_V_UnknownTransaction; /* O02.FR.01 */
	r = vs_sim_display_put(&command->station->display, &message,
	                       vs_json_raw(command->tape, node));
	return r.code == VS_E_OK ? VS_OCPP_V_Accepted : VS_OCPP_V_Rejected;
}

VS_RESULT
vs_sim_command_set_display_message(const struct vs_sim_command *command)
{
	vs_sim_command_put(command, "status", show(command));
	return VS_OK;
}

VS_RESULT
vs_sim_command_get_display_messages(const struct vs_sim_command *command)
{
	struct vs_sim_message_filter filter = {
	    command->tape,
	    vs_sim_command_member(command, VS_OCPP_N_id),
	    vs_sim_command_value(command, VS_OCPP_N_priority),
	    vs_sim_command_value(command, VS_OCPP_N_state),
	};
	const struct vs_sim_message *message = command->station->display.first;
	int64_t request_id = 0;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_requestId),
	                   &request_id));
	while (message != NULL && !vs_sim_message_matches(message, &filter))
		message = message->next;
	vs_sim_command_put(command, "status",
	                   message != NULL ? VS_OCPP_V_Accepted : VS_OCPP_V_Unknown);
	if (message != NULL)
		vs_sim_say_messages(command->station, request_id, &filter);
	return VS_OK;
}

VS_RESULT
vs_sim_command_clear_display_message(const struct vs_sim_command *command)
{
	int64_t id = 0;
	bool is_gone;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_id), &id));
	is_gone = vs_sim_display_remove(&command->station->display, id);
	vs_sim_command_put(command, "status", is_gone ? VS_OCPP_V_Accepted : VS_OCPP_V_Unknown);
	return VS_OK;
}

/* --- N09, N10 -------------------------------------------------------------------------------- */

enum { KNOWN_SIZE = 1024 };

/* One line for each place that knows the token: "" when none does. */
static void
write_known(const struct vs_sim_station *station, const char *token, char text[static KNOWN_SIZE])
{
	static const char *const words[] = {"unknown", "accepted", "refused"};
	enum vs_sim_known list = vs_sim_auth_ask(&station->auth, token, true, false);
	enum vs_sim_known cache = vs_sim_auth_ask(&station->auth, token, false, true);
	int used = 0;

	text[0] = 0;
	if (list != VS_SIM_UNKNOWN)
		used += snprintf(text, KNOWN_SIZE, "local list: %s is %s\n", token, words[list]);
	if (cache != VS_SIM_UNKNOWN)
		used += snprintf(text + used, KNOWN_SIZE - (size_t)used, "cache: %s is %s\n", token,
		                 words[cache]);
	for (uint8_t i = 0; i < station->evse_count; i++) {
		const struct vs_sim_evse *evse = &station->evses[i];

		if (evse->place != VS_SIM_CHARGING || strcmp(evse->token, token) != 0 ||
		    used > KNOWN_SIZE / 2)
			continue;
		used += snprintf(text + used, KNOWN_SIZE - (size_t)used,
		                 "EVSE %u: charges in transaction %s since %lld\n", i + 1u,
		                 evse->transaction_id, (long long)(evse->begun_wall_ms / 1000));
	}
}

/* N09.FR.09 and its kin: who is meant is said in exactly one way. */
static bool
is_one_named(const struct vs_sim_command *command)
{
	static const enum vs_ocpp_name names[] = {VS_OCPP_N_idToken, VS_OCPP_N_customerCertificate,
	                                          VS_OCPP_N_customerIdentifier};
	unsigned count = 0;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		count += vs_sim_command_member(command, names[i]) != NULL;
	return count == 1;
}

VS_RESULT
vs_sim_command_customer_information(const struct vs_sim_command *command)
{
	struct vs_sim_station *station = command->station;
	const struct vs_json_node *id_token = vs_sim_command_member(command, VS_OCPP_N_idToken);
	char token[VS_SIM_TOKEN_SIZE] = "", text[KNOWN_SIZE] = "";
	bool is_report = false, is_clear = false;
	int64_t request_id = 0;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_requestId),
	                   &request_id));
	VS_TRY(vs_json_bool(vs_sim_command_member(command, VS_OCPP_N_report), &is_report));
	VS_TRY(vs_json_bool(vs_sim_command_member(command, VS_OCPP_N_clear), &is_clear));
	if (id_token != NULL)
		VS_TRY(vs_json_copy_text(command->tape, vs_ocpp_member(id_token, VS_OCPP_N_idToken),
		                         token, sizeof(token)));
	if (!is_one_named(command) || (!is_report && !is_clear)) {
		vs_sim_command_put(command, "status", VS_OCPP_V_Invalid);
		return VS_OK;
	}
	vs_sim_command_put(command, "status", VS_OCPP_V_Accepted);
	/* By a certificate or a name of the operator nothing is kept here. */
	if (token[0] != 0)
		write_known(station, token, text);
	/* N10.FR.06: the local list is the central side's to change. */
	if (is_clear && token[0] != 0)
		vs_sim_auth_remember(&station->auth, token, false);
	vs_sim_say_customer(station, request_id, is_report ? text : "", command->at);
	return VS_OK;
}
