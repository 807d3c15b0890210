/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/command.h"

#include <string.h>

typedef vs_result command_fn(const struct vs_sim_command *command);

static command_fn *const rows[VS_OCPP_ACTIONS] = {
#define COMMAND(action, function) [VS_OCPP_##action] = vs_sim_command_##function,
#include "sim/commands.def"
#undef COMMAND
};

static command_fn *const rows_of_16[VS_OCPP_ACTIONS] = {
#define COMMAND(action, function) [VS_OCPP_##action] = vs_sim_command_##function,
#include "sim/commands_v16.def"
#undef COMMAND
};

/* Starting and stopping are refused in the answer while Pending (OCPP 2.0.1 B02.FR.05), not by an
 * error. */
static bool
is_allowed(const struct vs_sim_station *station, enum vs_ocpp_action action)
{
	if (station->registration == VS_OCPP_PENDING &&
	    (action == VS_OCPP_RequestStartTransaction || action == VS_OCPP_RequestStopTransaction))
		return true;
	return vs_ocpp_action_is_allowed(action, station->registration, false);
}

static vs_result
run(struct vs_sim_station *station, const struct vs_ocpp_message *message, struct vs_sim_time at)
{
	struct vs_sim_scratch *scratch = station->config.scratch;
	struct vs_ocpp_outstanding answered = {.action = message->action};
	struct vs_ocpp_message checked;
	struct vs_ocpp_fault fault;
	struct vs_json_writer writer;
	struct vs_sim_command command = {station, at, message->tape, message->payload, &writer};
	command_fn *const *table = station->config.version == VS_OCPP_16 ? rows_of_16 : rows;

	if (!is_allowed(station, message->action))
		return VS_FAIL(NOT_NOW);
	if (table[message->action] == NULL)
		return VS_FAIL(UNSUPPORTED);
	if (!vs_bytes_copy_text(message->id, answered.id, sizeof(answered.id)))
		return VS_FAIL(BAD_FRAME);
	vs_ocpp_result_begin(&writer, &scratch->reply, message->id);
	vs_json_write_object(&writer);
	VS_TRY(table[message->action](&command));
	vs_json_write_object_end(&writer);
	VS_TRY(vs_ocpp_message_end(&writer));
	return vs_ocpp_message_parse(station->config.version, VS_OCPP_STATION,
	                             vs_buf_view(&scratch->reply), &answered, &scratch->check,
	                             &checked, &fault);
}

VS_RESULT
vs_sim_command_answer(struct vs_sim_station *station, const struct vs_ocpp_message *message,
                      struct vs_sim_time at)
{
	struct vs_buf *reply = &station->config.scratch->reply;
	vs_result r = run(station, message, at);

	station->config.counts->commands++;
	vs_sim_station_note(station, "asked for", vs_ocpp_action_name(message->action));
	if (r.code == VS_E_OK)
		return VS_OK;
	station->config.counts->bad_commands++;
	vs_buf_reset(reply);
	return vs_ocpp_error_write(reply, station->config.version, message->id, vs_err_ocpp(r.code),
	                           vs_err_text(r.code));
}

/* --- the device model (OCPP 2.0.1 B05 to B07) ------------------------------------------------ */

#define NAME_SIZE 201 /* 50 characters of four bytes, with the NUL */

/* A name that was left out is empty; the table has bounded it. */
static vs_result
read_name(const struct vs_sim_command *command, const struct vs_json_node *object,
          enum vs_ocpp_name name, char text[static NAME_SIZE])
{
	const struct vs_json_node *node = vs_ocpp_member(object, name);

	text[0] = 0;
	return node != NULL ? vs_json_copy_text(command->tape, node, text, NAME_SIZE) : VS_OK;
}

VS_RESULT
vs_sim_command_variable(const struct vs_sim_command *command, const struct vs_json_node *data,
                        enum vs_sim_variable *id_out)
{
	const struct vs_json_node *component = vs_ocpp_member(data, VS_OCPP_N_component);
	const struct vs_json_node *variable = vs_ocpp_member(data, VS_OCPP_N_variable);
	char component_name[NAME_SIZE], variable_name[NAME_SIZE], instance[NAME_SIZE];

	VS_TRY(read_name(command, component, VS_OCPP_N_name, component_name));
	VS_TRY(read_name(command, variable, VS_OCPP_N_name, variable_name));
	VS_TRY(read_name(command, variable, VS_OCPP_N_instance, instance));
	if (vs_ocpp_member(component, VS_OCPP_N_evse) != NULL ||
	    vs_ocpp_member(component, VS_OCPP_N_instance) != NULL)
		return VS_FAIL(NOT_FOUND);
	return vs_sim_variable_find(vs_bytes_from_text(component_name),
	                            vs_bytes_from_text(variable_name), vs_bytes_from_text(instance),
	                            id_out);
}

static enum vs_ocpp_value
status_of(vs_result r, const struct vs_json_node *data)
{
	enum vs_ocpp_value attribute = vs_ocpp_value(vs_ocpp_member(data, VS_OCPP_N_attributeType));

	if (r.code == VS_E_NOT_FOUND)
		return VS_OCPP_V_UnknownComponent;
	if (r.code != VS_E_OK)
		return VS_OCPP_V_UnknownVariable;
	if (attribute != VS_OCPP_V_none && attribute != VS_OCPP_V_Actual)
		return VS_OCPP_V_NotSupportedAttributeType;
	return VS_OCPP_V_Accepted;
}

/* What was asked for is said again, as it was asked. */
void
vs_sim_command_put_again(const struct vs_sim_command *command, const struct vs_json_node *data)
{
	static const enum vs_ocpp_name names[] = {VS_OCPP_N_attributeType, VS_OCPP_N_component,
	                                          VS_OCPP_N_variable};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct vs_json_node *node = vs_ocpp_member(data, names[i]);

		if (node == NULL)
			continue;
		vs_json_write_key(command->writer, vs_ocpp_name_text(names[i]));
		vs_json_write_raw(command->writer, vs_json_raw(command->tape, node));
	}
}

VS_RESULT
vs_sim_command_get_variables(const struct vs_sim_command *command)
{
	const struct vs_json_node *list = vs_sim_command_member(command, VS_OCPP_N_getVariableData);
	const struct vs_json_node *data = NULL;

	vs_sim_blocks_measure(command->station);
	vs_json_write_key(command->writer, "getVariableResult");
	vs_json_write_array(command->writer);
	while ((data = vs_json_next(list, data)) != NULL) {
		enum vs_sim_variable id = 0;
		enum vs_ocpp_value status =
		    status_of(vs_sim_command_variable(command, data, &id), data);

		if (status == VS_OCPP_V_Accepted &&
		    vs_sim_variable_row(id)->access == VS_SIM_VARIABLE_WRITE_ONLY)
			status = VS_OCPP_V_Rejected; /* B06.FR.09 */
		vs_json_write_object(command->writer);
		vs_sim_command_put(command, "attributeStatus", status);
		if (status == VS_OCPP_V_Accepted) {
			vs_json_write_key(command->writer, "attributeValue");
			vs_json_write_text(command->writer,
			                   vs_sim_device_text(&command->station->device, id));
		}
		vs_sim_command_put_again(command, data);
		vs_json_write_object_end(command->writer);
	}
	vs_json_write_array_end(command->writer);
	return VS_OK;
}

enum vs_ocpp_value
vs_sim_command_set(const struct vs_sim_command *command, enum vs_sim_variable id,
                   const struct vs_json_node *node)
{
	char value[1001 * 4];
	vs_result r;

	if (id == VS_SIM_V_BASIC_AUTH_PASSWORD)
		return vs_sim_command_password(command, node);
	if (vs_sim_variable_row(id)->access != VS_SIM_VARIABLE_READ_WRITE)
		return VS_OCPP_V_Rejected;
	r = vs_json_copy_text(command->tape, node, value, sizeof(value));
	if (r.code == VS_E_OK)
		r = vs_sim_device_put(&command->station->device, id, vs_bytes_from_text(value));
	if (r.code != VS_E_OK)
		return VS_OCPP_V_Rejected;
	if (id == VS_SIM_V_HEARTBEAT_INTERVAL)
		command->station->heartbeat_ms =
		    command->at.now_ms; /* the new interval begins now */
	if (id == VS_SIM_V_NETWORK_PRIORITY)
		vs_sim_command_prioritise(command->station, value);
	if (id == VS_SIM_V_ALIGNED_INTERVAL)
		command->station->all_meters_ms = command->at.now_ms;
	return VS_OCPP_V_Accepted;
}

static enum vs_ocpp_value
set_variable(const struct vs_sim_command *command, const struct vs_json_node *data)
{
	enum vs_sim_variable id = 0;
	enum vs_ocpp_value status = status_of(vs_sim_command_variable(command, data, &id), data);

	if (status != VS_OCPP_V_Accepted)
		return status;
	return vs_sim_command_set(command, id, vs_ocpp_member(data, VS_OCPP_N_attributeValue));
}

VS_RESULT
vs_sim_command_set_variables(const struct vs_sim_command *command)
{
	const struct vs_json_node *list = vs_sim_command_member(command, VS_OCPP_N_setVariableData);
	const struct vs_json_node *data = NULL;

	vs_json_write_key(command->writer, "setVariableResult");
	vs_json_write_array(command->writer);
	while ((data = vs_json_next(list, data)) != NULL) {
		vs_json_write_object(command->writer);
		vs_sim_command_put(command, "attributeStatus", set_variable(command, data));
		vs_sim_command_put_again(command, data);
		vs_json_write_object_end(command->writer);
	}
	vs_json_write_array_end(command->writer);
	return VS_OK;
}

VS_RESULT
vs_sim_command_get_base_report(const struct vs_sim_command *command)
{
	struct vs_sim_report *report = &command->station->report;
	enum vs_ocpp_value base = vs_sim_command_value(command, VS_OCPP_N_reportBase);
	int64_t request_id = 0;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_requestId),
	                   &request_id));
	if (base == VS_OCPP_V_SummaryInventory) { /* optional: B07.FR.02 */
		vs_sim_command_put(command, "status", VS_OCPP_V_NotSupported);
		return VS_OK;
	}
	if (report->is_active) {
		vs_sim_command_put(command, "status", VS_OCPP_V_Rejected);
		return VS_OK;
	}
	*report =
	    (struct vs_sim_report){.is_active = true,
	                           .is_inventory_only = base == VS_OCPP_V_ConfigurationInventory,
	                           .request_id = request_id};
	vs_sim_command_put(command, "status", VS_OCPP_V_Accepted);
	return VS_OK;
}

/* --- authorization (C11, D01, D02) ----------------------------------------------------------- */

VS_RESULT
vs_sim_command_clear_cache(const struct vs_sim_command *command)
{
	bool is_enabled = vs_sim_device_bool(&command->station->device, VS_SIM_V_CACHE_ENABLED);

	if (is_enabled)
		vs_sim_auth_clear_cache(&command->station->auth);
	vs_sim_command_put(command, "status", is_enabled ? VS_OCPP_V_Accepted : VS_OCPP_V_Rejected);
	return VS_OK;
}

VS_RESULT
vs_sim_command_get_local_list_version(const struct vs_sim_command *command)
{
	vs_json_write_key(command->writer, "versionNumber");
	vs_json_write_int(command->writer, command->station->auth.list_version);
	return VS_OK;
}

/* 1.6 names the members otherwise, and has the token itself where 2.0.1 has an object. */
static vs_result
apply_list(const struct vs_sim_command *command, const struct vs_json_node *list, bool is_16)
{
	struct vs_sim_auth *auth = &command->station->auth;
	const struct vs_json_node *data = NULL;

	while ((data = vs_json_next(list, data)) != NULL) {
		const struct vs_json_node *info =
		    vs_ocpp_member(data, is_16 ? VS_OCPP_N_idTagInfo : VS_OCPP_N_idTokenInfo);
		const struct vs_json_node *text =
		    is_16 ? vs_ocpp_member(data, VS_OCPP_N_idTag)
			  : vs_ocpp_member(vs_ocpp_member(data, VS_OCPP_N_idToken),
		                           VS_OCPP_N_idToken);
		char token[VS_SIM_TOKEN_SIZE];

		VS_TRY(vs_json_copy_text(command->tape, text, token, sizeof(token)));
		if (info == NULL) /* D01.FR.16: without info it is to be removed */
			vs_sim_auth_list_remove(auth, token);
		else
			VS_TRY(vs_sim_auth_list_put(
			    auth, token,
			    vs_ocpp_value(vs_ocpp_member(info, VS_OCPP_N_status)) ==
				VS_OCPP_V_Accepted));
	}
	return VS_OK;
}

enum vs_ocpp_value
vs_sim_command_take_list(const struct vs_sim_command *command, int64_t version, bool is_16)
{
	struct vs_sim_auth *auth = &command->station->auth;
	const struct vs_json_node *list =
	    vs_sim_command_member(command, VS_OCPP_N_localAuthorizationList);
	bool is_full = vs_sim_command_value(command, VS_OCPP_N_updateType) == VS_OCPP_V_Full;

	if (vs_json_count(list) > VS_LIMIT_SIM_LIST || version <= 0)
		return VS_OCPP_V_Failed;
	if (!is_full && version <= auth->list_version)
		return VS_OCPP_V_VersionMismatch; /* D01.FR.15 */
	if (is_full)
		vs_sim_auth_list_clear(auth);
	if (apply_list(command, list, is_16).code != VS_E_OK)
		return VS_OCPP_V_Failed;
	auth->list_version = version;
	return VS_OCPP_V_Accepted;
}

VS_RESULT
vs_sim_command_send_local_list(const struct vs_sim_command *command)
{
	enum vs_ocpp_value status = VS_OCPP_V_Failed;
	int64_t version = 0;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_versionNumber),
	                   &version));
	if (vs_sim_device_bool(&command->station->device, VS_SIM_V_LIST_ENABLED))
		status = vs_sim_command_take_list(command, version, false);
	vs_sim_command_put(command, "status", status);
	return VS_OK;
}

/* --- what takes time, and what is nobody's --------------------------------------------------- */

VS_RESULT
vs_sim_command_get_log(const struct vs_sim_command *command)
{
	int64_t request_id = 0;
	bool was_busy;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_requestId),
	                   &request_id));
	was_busy = vs_sim_job_start(&command->station->log_job, VS_OCPP_LogStatusNotification,
	                            false, request_id, command->at);
	vs_sim_job_send_to(
	    command->station, &command->station->log_job, command->tape,
	    vs_ocpp_member(vs_sim_command_member(command, VS_OCPP_N_log), VS_OCPP_N_remoteLocation),
	    vs_sim_command_value(command, VS_OCPP_N_logType) == VS_OCPP_V_SecurityLog);
	vs_sim_command_put(command, "status",
	                   was_busy ? VS_OCPP_V_AcceptedCanceled : VS_OCPP_V_Accepted);
	vs_json_write_key(command->writer, "filename");
	vs_json_write_text(command->writer,
	                   vs_sim_command_value(command, VS_OCPP_N_logType) == VS_OCPP_V_SecurityLog
	                       ? "security.log"
	                       : "diagnostics.log");
	return VS_OK;
}
