/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that commands.def names, and what each is given. Private to command*.c. */
#pragma once

#include "sim/station_private.h"

struct vs_sim_command {
	struct vs_sim_station *station;
	struct vs_sim_time at;
	const struct vs_json_tape *tape; /* of the request */
	const struct vs_json_node *payload;
	struct vs_json_writer *writer; /* within the object that is the answer */
};

/* Write the members of the answer and do what was asked. On failure nothing was done, and a
 * CALLERROR goes out. */
#define COMMAND(action, function)                                                                  \
	VS_RESULT vs_sim_command_##function(const struct vs_sim_command *command);
#include "sim/commands.def"
#undef COMMAND

static inline const struct vs_json_node *
vs_sim_command_member(const struct vs_sim_command *command, enum vs_ocpp_name name)
{
	return vs_ocpp_member(command->payload, name);
}

static inline enum vs_ocpp_value
vs_sim_command_value(const struct vs_sim_command *command, enum vs_ocpp_name name)
{
	return vs_ocpp_value(vs_sim_command_member(command, name));
}

static inline void
vs_sim_command_put(const struct vs_sim_command *command, const char *key, enum vs_ocpp_value value)
{
	vs_json_write_key(command->writer, key);
	vs_json_write_text(command->writer, vs_ocpp_value_text(value));
}
