/* SPDX-License-Identifier: Apache-2.0 */
/* OCPP 2.0.1 block H, and what it costs (block I). */
#include <stdio.h>

#include "sim/command.h"

static vs_result
read_token(const struct vs_sim_command *command, enum vs_ocpp_name name,
           char token[static VS_SIM_TOKEN_SIZE])
{
	const struct vs_json_node *node = vs_sim_command_member(command, name);

	token[0] = 0;
	if (node == NULL)
		return VS_OK;
	return vs_json_copy_text(command->tape, vs_ocpp_member(node, VS_OCPP_N_idToken), token,
	                         VS_SIM_TOKEN_SIZE);
}

/* H01.FR.11 to H01.FR.14: why it cannot be this one. */
static enum vs_ocpp_value
judge_evse(const struct vs_sim_command *command, const struct vs_sim_evse *evse,
           const struct vs_sim_reservation *wanted)
{
	const struct vs_sim_reservation *other = vs_sim_reservation_of(
	    &command->station->reservations, evse->index + 1u, command->at.now_ms);

	if (evse->place == VS_SIM_BROKEN)
		return VS_OCPP_V_Faulted;
	if (evse->is_inoperative || evse->is_inoperative_soon)
		return VS_OCPP_V_Unavailable;
	if (evse->place != VS_SIM_VACANT || (other != NULL && other->id != wanted->id))
		return VS_OCPP_V_Occupied;
	return VS_OCPP_V_Accepted;
}

/* Any EVSE: as long as one is free that is not promised already. */
static enum vs_ocpp_value
judge_station(const struct vs_sim_command *command, const struct vs_sim_reservation *wanted)
{
	struct vs_sim_station *station = command->station;
	enum vs_ocpp_value status = VS_OCPP_V_Occupied;
	unsigned good = 0, promised;

	for (uint8_t i = 0; i < station->evse_count; i++) {
		enum vs_ocpp_value one = judge_evse(command, &station->evses[i], wanted);

		good += one == VS_OCPP_V_Accepted;
		if (one != VS_OCPP_V_Accepted)
			status = one;
	}
	promised = vs_sim_reservation_unnamed(&station->reservations, command->at.now_ms);
	for (uint32_t i = 0; i < station->reservations.count; i++)
		promised -= station->reservations.list[i].id == wanted->id &&
		            station->reservations.list[i].evse == 0 && promised > 0;
	return good > promised ? VS_OCPP_V_Accepted : status;
}

/* evse_node: NULL: any. */
static enum vs_ocpp_value
reserve(const struct vs_sim_command *command, struct vs_sim_reservation *wanted, int64_t expiry_ms,
        const struct vs_json_node *evse_node)
{
	struct vs_sim_station *station = command->station;
	const struct vs_json_node *connector =
	    vs_sim_command_member(command, VS_OCPP_N_connectorType);
	const struct vs_sim_evse *evse = vs_sim_command_evse(command, evse_node);
	enum vs_ocpp_value status;

	if (!vs_sim_device_bool(&station->device, VS_SIM_V_RESERVATION_ENABLED) ||
	    (evse_node != NULL && evse == NULL) || expiry_ms <= command->at.wall_ms ||
	    (connector != NULL &&
	     !vs_json_is(command->tape, connector, station->evses[0].curve.row->connector)))
		return VS_OCPP_V_Rejected;
	wanted->evse = evse != NULL ? evse->index + 1u : 0;
	wanted->expires_ms = command->at.now_ms + (uint64_t)(expiry_ms - command->at.wall_ms);
	status = evse != NULL ? judge_evse(command, evse, wanted) : judge_station(command, wanted);
	if (status != VS_OCPP_V_Accepted)
		return status;
	return vs_sim_reservation_put(&station->reservations, wanted).code == VS_E_OK
	           ? VS_OCPP_V_Accepted
	           : VS_OCPP_V_Rejected;
}

VS_RESULT
vs_sim_command_reserve_now(const struct vs_sim_command *command)
{
	struct vs_sim_reservation wanted = {0};
	int64_t expiry_ms = 0;

	VS_TRY(
	    vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_id), &wanted.id));
	VS_TRY(vs_json_time(command->tape, vs_sim_command_member(command, VS_OCPP_N_expiryDateTime),
	                    &expiry_ms));
	VS_TRY(read_token(command, VS_OCPP_N_idToken, wanted.token));
	VS_TRY(read_token(command, VS_OCPP_N_groupIdToken, wanted.group));
	vs_sim_command_put(
	    command, "status",
	    reserve(command, &wanted, expiry_ms, vs_sim_command_member(command, VS_OCPP_N_evseId)));
	return VS_OK;
}

static vs_result
read_tag(const struct vs_sim_command *command, enum vs_ocpp_name name,
         char token[static VS_SIM_TOKEN_SIZE])
{
	const struct vs_json_node *node = vs_sim_command_member(command, name);

	token[0] = 0;
	return node == NULL ? VS_OK
	                    : vs_json_copy_text(command->tape, node, token, VS_SIM_TOKEN_SIZE);
}

/* OCPP 1.6 5.13: connector 0 is any of them. */
VS_RESULT
vs_sim_command_v16_reserve_now(const struct vs_sim_command *command)
{
	const struct vs_json_node *connector =
	    vs_sim_command_member(command, VS_OCPP_N_connectorId);
	struct vs_sim_reservation wanted = {0};
	int64_t expiry_ms = 0, number = 0;

	VS_TRY(vs_json_int(command->tape, connector, &number));
	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_reservationId),
	                   &wanted.id));
	VS_TRY(vs_json_time(command->tape, vs_sim_command_member(command, VS_OCPP_N_expiryDate),
	                    &expiry_ms));
	VS_TRY(read_tag(command, VS_OCPP_N_idTag, wanted.token));
	VS_TRY(read_tag(command, VS_OCPP_N_parentIdTag, wanted.group));
	vs_sim_command_put(command, "status",
	                   reserve(command, &wanted, expiry_ms, number != 0 ? connector : NULL));
	return VS_OK;
}

VS_RESULT
vs_sim_command_cancel_reservation(const struct vs_sim_command *command)
{
	int64_t id = 0;
	bool is_gone;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_reservationId),
	                   &id));
	is_gone = vs_sim_reservation_remove(&command->station->reservations, id);
	vs_sim_command_put(command, "status", is_gone ? VS_OCPP_V_Accepted : VS_OCPP_V_Rejected);
	return VS_OK;
}

/* I02: shown to the driver; of a transaction that is not there, to nobody. */
VS_RESULT
vs_sim_command_cost_updated(const struct vs_sim_command *command)
{
	const struct vs_sim_evse *evse = vs_sim_command_transaction(
	    command, vs_sim_command_member(command, VS_OCPP_N_transactionId));
	double cost = 0;
	char text[32];

	VS_TRY(vs_json_double(command->tape, vs_sim_command_member(command, VS_OCPP_N_totalCost),
	                      &cost));
	if (evse != NULL) {
		(void)snprintf(text, sizeof(text), "%.2f", cost);
		vs_sim_station_note(command->station, "the display shows the cost", text);
	}
	return VS_OK;
}
