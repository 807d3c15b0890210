/* SPDX-License-Identifier: Apache-2.0 */
/* OCPP 2.0.1 block P: what vendors say. */

#include "sim/command.h"

/* --- DataTransfer ---------------------------------------------------------------------------- */

typedef enum vs_ocpp_value hook_fn(const struct vs_sim_command *command);

/* The data come back. */
static enum vs_ocpp_value
hook_echo(const struct vs_sim_command *command)
{
	const struct vs_json_node *data = vs_sim_command_member(command, VS_OCPP_N_data);

	if (data != NULL) {
		vs_json_write_key(command->writer, "data");
		vs_json_write_raw(command->writer, vs_json_raw(command->tape, data));
	}
	return VS_OCPP_V_Accepted;
}

/* Play the energy management system of the site: data is a limit in W, below 0 lifts it. */
static enum vs_ocpp_value
hook_limit(const struct vs_sim_command *command)
{
	const struct vs_json_node *data = vs_sim_command_member(command, VS_OCPP_N_data);
	double limit_w = 0;

	if (data == NULL || vs_json_double(command->tape, data, &limit_w).code != VS_E_OK ||
	    vs_sim_command_limit_from_outside(command, limit_w).code != VS_E_OK)
		return VS_OCPP_V_Rejected;
	return VS_OCPP_V_Accepted;
}

static const struct {
	const char *vendor, *message; /* NULL: whatever the message */
	hook_fn *run;
} hooks[] = {
    {"voltseal.echo", NULL, hook_echo},
    {"voltseal.sim", "ExternalLimit", hook_limit},
};

VS_RESULT
vs_sim_command_data_transfer(const struct vs_sim_command *command)
{
	const struct vs_json_node *vendor = vs_sim_command_member(command, VS_OCPP_N_vendorId);
	const struct vs_json_node *message = vs_sim_command_member(command, VS_OCPP_N_messageId);
	enum vs_ocpp_value status = VS_OCPP_V_UnknownVendorId;

	for (unsigned i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		if (!vs_json_is(command->tape, vendor, hooks[i].vendor))
			continue;
		status = VS_OCPP_V_UnknownMessageId;
		if (hooks[i].message != NULL &&
		    !vs_json_is(command->tape, message, hooks[i].message))
			continue;
		status = hooks[i].run(command);
		break;
	}
	vs_sim_command_put(command, "status", status);
	return VS_OK;
}
