/* SPDX-License-Identifier: Apache-2.0 */
/* OCPP 2.1 block R: the controls of a distributed energy resource. */
#include <string.h>

#include "sim/command.h"

static vs_result
answer(const struct vs_sim_command *command, enum vs_ocpp_value status)
{
	vs_sim_command_put(command, "status", status);
	return VS_OK;
}

/* R04 */
VS_RESULT
vs_sim_command_set_der_control(const struct vs_sim_command *command)
{
	struct vs_sim_station *station = command->station;
	uint32_t superseded = 0;
	vs_result r = vs_sim_der_set(&station->ders, command->tape, command->payload,
	                             command->at.now_ms, command->at.wall_ms, &superseded);

	if (r.code == VS_E_UNSUPPORTED)
		return answer(command, VS_OCPP_V_NotSupported);
	if (r.code != VS_E_OK) {
		vs_sim_command_put_reason(command, r.code == VS_E_TOO_LONG ? "OutOfStorage"
		                                                           : "InvalidValue");
		return answer(command, VS_OCPP_V_Rejected);
	}
	if (superseded != 0) {
		vs_json_write_key(command->writer, "supersededIds");
		vs_json_write_array(command->writer);
		for (unsigned i = 0; i < station->ders.count; i++)
			if ((superseded >> i & 1) != 0)
				vs_json_write_text(command->writer, station->ders.list[i].id);
		vs_json_write_array_end(command->writer);
	}
	vs_sim_blocks_limit(station, command->at);
	return answer(command, VS_OCPP_V_Accepted);
}

/* id: room for what the filter points to. */
static vs_result
read_filter(const struct vs_sim_command *command, char id[static VS_SIM_DER_ID_SIZE],
            struct vs_sim_der_filter *filter)
{
	const struct vs_json_node *node = vs_sim_command_member(command, VS_OCPP_N_controlId);
	const struct vs_json_node *is_default = vs_sim_command_member(command, VS_OCPP_N_isDefault);
	bool wanted = false;

	*filter = (struct vs_sim_der_filter){
	    .type = vs_sim_command_value(command, VS_OCPP_N_controlType), .is_default = -1};
	if (is_default != NULL) {
		VS_TRY(vs_json_bool(is_default, &wanted));
		filter->is_default = wanted;
	}
	if (node == NULL)
		return VS_OK;
	filter->id = id;
	return vs_json_copy_text(command->tape, node, id, VS_SIM_DER_ID_SIZE);
}

static bool
is_any(const struct vs_sim_ders *ders, const struct vs_sim_der_filter *filter)
{
	for (unsigned i = 0; i < ders->count; i++)
		if (vs_sim_der_matches(&ders->list[i], filter))
			return true;
	return false;
}

/* R04: the controls follow, in a report. */
VS_RESULT
vs_sim_command_get_der_control(const struct vs_sim_command *command)
{
	struct vs_sim_station *station = command->station;
	struct vs_sim_der_filter filter;
	char id[VS_SIM_DER_ID_SIZE];

	VS_TRY(read_filter(command, id, &filter));
	if (!is_any(&station->ders, &filter))
		return answer(command, VS_OCPP_V_NotFound);
	vs_sim_say_ders(station,
	                vs_sim_command_int(command, command->payload, VS_OCPP_N_requestId, 0),
	                &filter);
	return answer(command, VS_OCPP_V_Accepted);
}

VS_RESULT
vs_sim_command_clear_der_control(const struct vs_sim_command *command)
{
	struct vs_sim_station *station = command->station;
	struct vs_sim_der_filter filter;
	char id[VS_SIM_DER_ID_SIZE];

	VS_TRY(read_filter(command, id, &filter));
	if (vs_sim_der_clear(&station->ders, &filter) == 0)
		return answer(command, VS_OCPP_V_NotFound);
	vs_sim_blocks_limit(station, command->at);
	return answer(command, VS_OCPP_V_Accepted);
}
