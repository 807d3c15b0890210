/* SPDX-License-Identifier: Apache-2.0 */
/* What the central side asks in OCPP 2.1 alone: tariffs (I07 to I11), ways of energy transfer (Q),
 * payments on the web (C25). */
#include <string.h>

#include "sim/command.h"

static vs_result
answer(const struct vs_sim_command *command, enum vs_ocpp_value status)
{
	vs_sim_command_put(command, "status", status);
	return VS_OK;
}

/* --- tariffs --------------------------------------------------------------------------------- */

static vs_result
read_tariff_id(const struct vs_sim_command *command, char id[static VS_SIM_TARIFF_ID_SIZE])
{
	const struct vs_json_node *tariff = vs_sim_command_member(command, VS_OCPP_N_tariff);

	return vs_json_copy_text(command->tape, vs_ocpp_member(tariff, VS_OCPP_N_tariffId), id,
	                         VS_SIM_TARIFF_ID_SIZE);
}

VS_RESULT
vs_sim_command_set_default_tariff(const struct vs_sim_command *command)
{
	struct vs_sim_station *station = command->station;
	int64_t evse = vs_sim_command_int(command, command->payload, VS_OCPP_N_evseId, -1);
	char id[VS_SIM_TARIFF_ID_SIZE];
	vs_result r;

	VS_TRY(read_tariff_id(command, id));
	if (evse < 0 || evse > station->evse_count)
		return answer(command, VS_OCPP_V_Rejected);
	r = vs_sim_tariff_put(&station->tariffs, (unsigned)evse, id);
	if (r.code == VS_E_OK)
		vs_sim_station_note(station, "tariff", id);
	return answer(command, r.code == VS_E_OK       ? VS_OCPP_V_Accepted
	                       : r.code == VS_E_EXISTS ? VS_OCPP_V_DuplicateTariffId
	                                               : VS_OCPP_V_Rejected);
}

static void
put_assignment(const struct vs_sim_command *command, const struct vs_sim_tariff *tariff)
{
	vs_json_write_object(command->writer);
	vs_json_write_key(command->writer, "tariffId");
	vs_json_write_text(command->writer, tariff->id);
	vs_sim_command_put(command, "tariffKind", VS_OCPP_V_DefaultTariff);
	if (tariff->evse != 0) {
		vs_json_write_key(command->writer, "evseIds");
		vs_json_write_array(command->writer);
		vs_json_write_int(command->writer, tariff->evse);
		vs_json_write_array_end(command->writer);
	}
	vs_json_write_object_end(command->writer);
}

/* evseId 0 asks for all of them; an EVSE has its own or the station's. */
VS_RESULT
vs_sim_command_get_tariffs(const struct vs_sim_command *command)
{
	const struct vs_sim_tariffs *tariffs = &command->station->tariffs;
	int64_t evse = vs_sim_command_int(command, command->payload, VS_OCPP_N_evseId, -1);
	size_t found = 0;

	if (evse < 0 || evse > command->station->evse_count)
		return answer(command, VS_OCPP_V_Rejected);
	for (size_t i = 0; i < tariffs->count; i++) {
		const struct vs_sim_tariff *tariff = &tariffs->list[i];

		if (evse != 0 && tariff->evse != 0 && tariff->evse != (unsigned)evse)
			continue;
		if (found++ == 0) {
			vs_json_write_key(command->writer, "tariffAssignments");
			vs_json_write_array(command->writer);
		}
		put_assignment(command, tariff);
	}
	if (found > 0)
		vs_json_write_array_end(command->writer);
	return answer(command, found > 0 ? VS_OCPP_V_Accepted : VS_OCPP_V_NoTariff);
}

static void
put_cleared(const struct vs_sim_command *command, const char *id, bool is_gone)
{
	vs_json_write_object(command->writer);
	if (id != NULL) {
		vs_json_write_key(command->writer, "tariffId");
		vs_json_write_text(command->writer, id);
	}
	vs_sim_command_put(command, "status", is_gone ? VS_OCPP_V_Accepted : VS_OCPP_V_NoTariff);
	vs_json_write_object_end(command->writer);
}

VS_RESULT
vs_sim_command_clear_tariffs(const struct vs_sim_command *command)
{
	struct vs_sim_tariffs *tariffs = &command->station->tariffs;
	const struct vs_json_node *ids = vs_sim_command_member(command, VS_OCPP_N_tariffIds);
	const struct vs_json_node *node = NULL;
	int evse = (int)vs_sim_command_int(command, command->payload, VS_OCPP_N_evseId, -1);
	char id[VS_SIM_TARIFF_ID_SIZE];

	vs_json_write_key(command->writer, "clearTariffsResult");
	vs_json_write_array(command->writer);
	if (vs_json_count(ids) == 0)
		put_cleared(command, NULL, vs_sim_tariff_remove(tariffs, NULL, evse) > 0);
	while ((node = vs_json_next(ids, node)) != NULL) {
		bool is_text =
		    vs_json_copy_text(command->tape, node, id, sizeof(id)).code == VS_E_OK;

		put_cleared(command, is_text ? id : "",
		            is_text && vs_sim_tariff_remove(tariffs, id, evse) > 0);
	}
	vs_json_write_array_end(command->writer);
	return VS_OK;
}

VS_RESULT
vs_sim_command_change_transaction_tariff(const struct vs_sim_command *command)
{
	const struct vs_sim_evse *evse = vs_sim_command_transaction(
	    command, vs_sim_command_member(command, VS_OCPP_N_transactionId));
	char id[VS_SIM_TARIFF_ID_SIZE];

	VS_TRY(read_tariff_id(command, id));
	if (evse == NULL)
		return answer(command, VS_OCPP_V_TxNotFound);
	vs_sim_station_note(command->station, "the display shows the tariff", id);
	return answer(command, VS_OCPP_V_Accepted);
}

/* --- transactions ---------------------------------------------------------------------------- */

VS_RESULT
vs_sim_command_notify_allowed_energy_transfer(const struct vs_sim_command *command)
{
	bool is_there =
	    vs_sim_command_transaction(
		command, vs_sim_command_member(command, VS_OCPP_N_transactionId)) != NULL;

	return answer(command, is_there ? VS_OCPP_V_Accepted : VS_OCPP_V_Rejected);
}

VS_RESULT
vs_sim_command_notify_web_payment_started(const struct vs_sim_command *command)
{
	vs_sim_station_note(command->station, "somebody pays on the web", "");
	return VS_OK;
}
