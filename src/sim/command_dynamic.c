/* SPDX-License-Identifier: Apache-2.0 */
/* OCPP 2.1: new values for a dynamic profile (K28), priority charging (K21), a signal of frequency
 * restoration (Q), batteries (S02). */
#include <stdio.h>
#include <string.h>

#include "sim/command.h"

static vs_result
answer(const struct vs_sim_command *command, enum vs_ocpp_value status)
{
	vs_sim_command_put(command, "status", status);
	return VS_OK;
}

static vs_result
reject(const struct vs_sim_command *command, const char *reason)
{
	vs_sim_command_put_reason(command, reason);
	return answer(command, VS_OCPP_V_Rejected);
}

VS_RESULT
vs_sim_command_update_dynamic_schedule(const struct vs_sim_command *command)
{
	struct vs_sim_station *station = command->station;
	struct vs_sim_profile *profile =
	    vs_sim_profile_find(&station->profiles, vs_sim_command_int(command, command->payload,
	                                                               VS_OCPP_N_chargingProfileId,
	                                                               VS_SIM_PROFILE_ANY));

	if (profile == NULL)
		return reject(command, "UnknownProfile");
	if (vs_sim_profile_update(profile, command->tape,
	                          vs_sim_command_member(command, VS_OCPP_N_scheduleUpdate),
	                          command->at.wall_ms)
	        .code != VS_E_OK)
		return reject(command, "InvalidProfile");
	vs_sim_blocks_limit(station, command->at);
	return answer(command, VS_OCPP_V_Accepted);
}

static bool
has_priority_profile(const struct vs_sim_station *station, const struct vs_sim_evse *evse)
{
	for (const struct vs_sim_profile *p = station->profiles.first; p != NULL; p = p->next)
		if (p->profile->purpose == VS_OCPP_V_PriorityCharging &&
		    (p->profile->evse == 0 || p->profile->evse == evse->index + 1))
			return true;
	return false;
}

VS_RESULT
vs_sim_command_use_priority_charging(const struct vs_sim_command *command)
{
	struct vs_sim_evse *evse = vs_sim_command_transaction(
	    command, vs_sim_command_member(command, VS_OCPP_N_transactionId));
	bool is_wanted = false;

	VS_TRY(vs_json_bool(vs_sim_command_member(command, VS_OCPP_N_activate), &is_wanted));
	if (evse == NULL)
		return answer(command, VS_OCPP_V_Rejected);
	if (!has_priority_profile(command->station, evse))
		return answer(command, VS_OCPP_V_NoProfile);
	evse->is_priority = is_wanted;
	vs_sim_blocks_limit(command->station, command->at);
	return answer(command, VS_OCPP_V_Accepted);
}

/* For each that charges by a period with a curve; to nobody else does it say anything. */
VS_RESULT
vs_sim_command_afrr_signal(const struct vs_sim_command *command)
{
	struct vs_sim_station *station = command->station;
	int64_t signal = vs_sim_command_int(command, command->payload, VS_OCPP_N_signal, 0);
	unsigned count = 0;

	for (uint8_t i = 0; i < station->evse_count; i++)
		count += vs_sim_blocks_signal(station, &station->evses[i], signal, command->at);
	return count > 0 ? answer(command, VS_OCPP_V_Accepted) : reject(command, "NoSignalCurve");
}

VS_RESULT
vs_sim_command_request_battery_swap(const struct vs_sim_command *command)
{
	const struct vs_json_node *token = vs_sim_command_member(command, VS_OCPP_N_idToken);
	struct vs_sim_swap *swap = &command->station->swap;
	char text[VS_SIM_TOKEN_SIZE], type[VS_SIM_BATTERY_TYPE_SIZE];
	int64_t request_id = 0;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_requestId),
	                   &request_id));
	VS_TRY(vs_json_copy_text(command->tape, vs_ocpp_member(token, VS_OCPP_N_idToken), text,
	                         sizeof(text)));
	VS_TRY(vs_json_copy_text(command->tape, vs_ocpp_member(token, VS_OCPP_N_type), type,
	                         sizeof(type)));
	if (vs_sim_swap_begin(swap, command->station->evse_count, command->at.now_ms).code !=
	    VS_E_OK)
		return reject(command, "NoBattery");
	swap->request_id = request_id;
	memcpy(swap->token, text, sizeof(swap->token));
	memcpy(swap->token_type, type, sizeof(swap->token_type));
	return answer(command, VS_OCPP_V_Accepted);
}
