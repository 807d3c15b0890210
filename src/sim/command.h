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
#include "sim/commands_v16.def"
#undef COMMAND

/* D01, 1.6 5.15: the local list, or what it is changed by; the status of the answer. */
enum vs_ocpp_value vs_sim_command_take_list(const struct vs_sim_command *command, int64_t version,
                                            bool is_16);
/* A01: the next password. */
enum vs_ocpp_value vs_sim_command_password(const struct vs_sim_command *command,
                                           const struct vs_json_node *value);

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

static inline void
vs_sim_command_put_int(const struct vs_sim_command *command, const char *key, int64_t value)
{
	vs_json_write_key(command->writer, key);
	vs_json_write_int(command->writer, value);
}

/* Why, in one word: "statusInfo":{"reasonCode":..}. */
static inline void
vs_sim_command_put_reason(const struct vs_sim_command *command, const char *reason)
{
	vs_json_write_key(command->writer, "statusInfo");
	vs_json_write_object(command->writer);
	vs_json_write_key(command->writer, "reasonCode");
	vs_json_write_text(command->writer, reason);
	vs_json_write_object_end(command->writer);
}

/* An integer member, or what it is when it is not there. */
static inline int64_t
vs_sim_command_int(const struct vs_sim_command *command, const struct vs_json_node *object,
                   enum vs_ocpp_name name, int64_t absent)
{
	const struct vs_json_node *node = vs_ocpp_member(object, name);
	int64_t value = absent;

	return node != NULL && vs_json_int(command->tape, node, &value).code == VS_E_OK ? value
	                                                                                : absent;
}

/* The EVSE with this id on the wire; the one with this transaction; NULL when there is none. */
struct vs_sim_evse *vs_sim_command_evse(const struct vs_sim_command *command,
                                        const struct vs_json_node *id_node);
struct vs_sim_evse *vs_sim_command_transaction(const struct vs_sim_command *command,
                                               const struct vs_json_node *id_node);
/* Give a variable this text: Accepted or Rejected. */
enum vs_ocpp_value vs_sim_command_set(const struct vs_sim_command *command, enum vs_sim_variable id,
                                      const struct vs_json_node *node);
/* What both versions of TriggerMessage do; only: one EVSE, NULL: all. */
enum vs_ocpp_value vs_sim_command_trigger(const struct vs_sim_command *command,
                                          enum vs_ocpp_value message,
                                          const struct vs_sim_evse *only);
/* Free, and not reserved for another token. */
bool vs_sim_command_is_free_for(const struct vs_sim_command *command,
                                const struct vs_sim_evse *evse, const char *token);
/* The variable that a component and a variable name: NOT_FOUND, MISSING. */
VS_RESULT vs_sim_command_variable(const struct vs_sim_command *command,
                                  const struct vs_json_node *data, enum vs_sim_variable *id_out);
/* The chargingProfile of a RequestStartTransaction, if there is one, waits for the transaction of
 * this EVSE; false: it cannot. */
bool vs_sim_command_install_for_start(const struct vs_sim_command *command,
                                      const struct vs_sim_evse *evse);
/* The same of a RemoteStartTransaction of 1.6. */
bool vs_sim_command_v16_install_for_start(const struct vs_sim_command *command,
                                          const struct vs_sim_evse *evse);
/* PeriodicEventStreamParams, whole. OUT_OF_RANGE. */
VS_RESULT vs_sim_command_stream_params(const struct vs_sim_command *command,
                                       const struct vs_json_node *params,
                                       struct vs_sim_stream_params *params_out);
/* Repeat members of the request in the answer. */
void vs_sim_command_put_again(const struct vs_sim_command *command,
                              const struct vs_json_node *data);
/* The limit of an energy management system, W; below 0: it is lifted (K11 to K13). */
VS_RESULT vs_sim_command_limit_from_outside(const struct vs_sim_command *command, double limit_w);
