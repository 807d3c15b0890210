/* SPDX-License-Identifier: Apache-2.0 */
/* OCPP 2.0.1 B08 (GetReport) and N02 to N06: which variables are looked at, and what of them is
 * told. */
#include "sim/command.h"

#include <string.h>

/* --- B08 ------------------------------------------------------------------------------------- */

static void
choose(uint64_t *chosen, unsigned i)
{
	chosen[i / 64] |= UINT64_C(1) << (i % 64);
}

static bool
is_chosen(const uint64_t *chosen, unsigned i)
{
	return (chosen[i / 64] >> (i % 64) & 1) != 0;
}

static bool
is_component(const struct vs_sim_command *command, const struct vs_json_node *component,
             unsigned id)
{
	char name[201];

	if (vs_json_copy_text(command->tape, vs_ocpp_member(component, VS_OCPP_N_name), name,
	                      sizeof(name))
	        .code != VS_E_OK)
		return false;
	return vs_ocpp_member(component, VS_OCPP_N_evse) == NULL &&
	       vs_ocpp_member(component, VS_OCPP_N_instance) == NULL &&
	       vs_bytes_equal_nocase(vs_bytes_from_text(name),
	                             vs_sim_variable_row((enum vs_sim_variable)id)->component);
}

/* Those that componentVariable names; without a variable, all of the component (B08.FR.06). */
static bool
is_listed(const struct vs_sim_command *command, unsigned id)
{
	const struct vs_json_node *list =
	    vs_sim_command_member(command, VS_OCPP_N_componentVariable);
	const struct vs_json_node *item = NULL;

	if (list == NULL)
		return true;
	while ((item = vs_json_next(list, item)) != NULL) {
		enum vs_sim_variable named = 0;

		if (vs_ocpp_member(item, VS_OCPP_N_variable) == NULL) {
			if (is_component(command, vs_ocpp_member(item, VS_OCPP_N_component), id))
				return true;
		} else if (vs_sim_command_variable(command, item, &named).code == VS_E_OK &&
		           (unsigned)named == id) {
			return true;
		}
	}
	return false;
}

/* B08.FR.07 to B08.FR.10: what has no such variable counts as Active, Available and Enabled. */
static bool
meets(const struct vs_sim_command *command, unsigned id)
{
	const struct vs_json_node *criteria =
	    vs_sim_command_member(command, VS_OCPP_N_componentCriteria);
	const struct vs_json_node *item = NULL;
	const char *component = vs_sim_variable_row((enum vs_sim_variable)id)->component;

	if (criteria == NULL)
		return true;
	while ((item = vs_json_next(criteria, item)) != NULL) {
		enum vs_ocpp_value criterion = vs_ocpp_value(item);
		enum vs_sim_variable variable = 0;
		vs_result r =
		    vs_sim_variable_find(vs_bytes_from_text(component),
		                         vs_bytes_from_text(vs_ocpp_value_text(criterion)),
		                         vs_bytes_from_text(""), &variable);
		bool is_true = r.code == VS_E_OK
		                   ? vs_sim_device_bool(&command->station->device, variable)
		                   : criterion != VS_OCPP_V_Problem;

		if (is_true)
			return true;
	}
	return false;
}

VS_RESULT
vs_sim_command_get_report(const struct vs_sim_command *command)
{
	struct vs_sim_report *report = &command->station->report;
	struct vs_sim_report wanted = {.is_active = true, .is_chosen_only = true};
	bool is_any = false;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_requestId),
	                   &wanted.request_id));
	for (unsigned i = 0; i < VS_SIM_VARIABLE_COUNT; i++) {
		if (!is_listed(command, i) || !meets(command, i))
			continue;
		choose(wanted.chosen, i);
		is_any = true;
	}
	if (!is_any) { /* B08.FR.15 */
		vs_sim_command_put(command, "status", VS_OCPP_V_EmptyResultSet);
	} else if (report->is_active) {
		vs_sim_command_put(command, "status", VS_OCPP_V_Rejected);
	} else {
		vs_sim_blocks_measure(command->station);
		*report = wanted;
		vs_sim_command_put(command, "status", VS_OCPP_V_Accepted);
	}
	return VS_OK;
}

/* --- N03 to N06 ------------------------------------------------------------------------------ */

VS_RESULT
vs_sim_command_set_monitoring_base(const struct vs_sim_command *command)
{
	/* There are no preconfigured and no hard-wired ones: the two others take the custom ones
	 * away (N03.FR.04, N03.FR.05). */
	if (vs_sim_command_value(command, VS_OCPP_N_monitoringBase) != VS_OCPP_V_All) {
		vs_sim_streams_end(command->station, 0, command->at);
		vs_sim_monitors_clear(&command->station->monitors);
	}
	vs_sim_command_put(command, "status", VS_OCPP_V_Accepted);
	return VS_OK;
}

VS_RESULT
vs_sim_command_set_monitoring_level(const struct vs_sim_command *command)
{
	int64_t severity = vs_sim_command_int(command, command->payload, VS_OCPP_N_severity, -1);
	bool is_good = severity >= 0 && severity <= 9;

	if (is_good)
		command->station->monitors.level = severity;
	vs_sim_command_put(command, "status", is_good ? VS_OCPP_V_Accepted : VS_OCPP_V_Rejected);
	return VS_OK;
}

static enum vs_ocpp_value
status_of(vs_result r)
{
	switch ((unsigned)r.code) {
	case VS_E_OK:
		return VS_OCPP_V_Accepted;
	case VS_E_UNSUPPORTED:
		return VS_OCPP_V_UnsupportedMonitorType;
	case VS_E_EXISTS:
		return VS_OCPP_V_Duplicate;
	default:
		return VS_OCPP_V_Rejected;
	}
}

/* OCPP 2.1 N11: only what is told by the clock can be streamed, and only so many. */
static bool
may_stream(const struct vs_sim_command *command, const struct vs_sim_monitor *monitor,
           const struct vs_json_node *wanted, struct vs_sim_stream_params *params)
{
	const struct vs_sim_streams *streams = &command->station->streams;

	if (wanted == NULL)
		return true;
	return (monitor->type == VS_OCPP_V_Periodic ||
	        monitor->type == VS_OCPP_V_PeriodicClockAligned) &&
	       (streams->count < VS_LIMIT_SIM_STREAMS ||
	        vs_sim_stream_of(streams, monitor->id) != NULL) &&
	       vs_sim_command_stream_params(command, wanted, params).code == VS_E_OK;
}

static enum vs_ocpp_value
set_monitor(const struct vs_sim_command *command, const struct vs_json_node *data, int64_t *id)
{
	struct vs_sim_moment moment = vs_sim_blocks_moment(command->station, command->at);
	const struct vs_json_node *transaction = vs_ocpp_member(data, VS_OCPP_N_transaction);
	const struct vs_json_node *wanted = vs_ocpp_member(data, VS_OCPP_N_periodicEventStream);
	struct vs_sim_stream_params params = {0, 0};
	struct vs_sim_monitor monitor = {
	    .id = vs_sim_command_int(command, data, VS_OCPP_N_id, 0),
	    .type = vs_ocpp_value(vs_ocpp_member(data, VS_OCPP_N_type)),
	    .severity = vs_sim_command_int(command, data, VS_OCPP_N_severity, -1),
	};
	vs_result r = vs_sim_command_variable(command, data, &monitor.variable);

	if (r.code == VS_E_NOT_FOUND)
		return VS_OCPP_V_UnknownComponent;
	if (r.code != VS_E_OK)
		return VS_OCPP_V_UnknownVariable;
	if (!may_stream(command, &monitor, wanted, &params))
		return VS_OCPP_V_Rejected;
	r = vs_json_double(command->tape, vs_ocpp_member(data, VS_OCPP_N_value), &monitor.value);
	if (r.code == VS_E_OK && transaction != NULL)
		r = vs_json_bool(transaction, &monitor.is_transaction_only);
	if (r.code == VS_E_OK)
		r = vs_sim_monitor_put(&command->station->monitors, &command->station->device,
		                       &monitor, &moment, id);
	if (r.code == VS_E_OK) /* one that is replaced tells otherwise from now on */
		vs_sim_streams_end(command->station, *id, command->at);
	if (r.code == VS_E_OK && wanted != NULL)
		r = vs_sim_stream_add(&command->station->streams, *id, &params);
	return status_of(r);
}

static void
put_raw(const struct vs_sim_command *command, const struct vs_json_node *data,
        enum vs_ocpp_name name)
{
	vs_json_write_key(command->writer, vs_ocpp_name_text(name));
	vs_json_write_raw(command->writer, vs_json_raw(command->tape, vs_ocpp_member(data, name)));
}

VS_RESULT
vs_sim_command_set_variable_monitoring(const struct vs_sim_command *command)
{
	const struct vs_json_node *list =
	    vs_sim_command_member(command, VS_OCPP_N_setMonitoringData);
	const struct vs_json_node *data = NULL;

	vs_sim_blocks_measure(command->station);
	vs_json_write_key(command->writer, "setMonitoringResult");
	vs_json_write_array(command->writer);
	while ((data = vs_json_next(list, data)) != NULL) {
		int64_t id = 0;
		enum vs_ocpp_value status = set_monitor(command, data, &id);

		vs_json_write_object(command->writer);
		vs_sim_command_put(command, "status", status);
		if (status == VS_OCPP_V_Accepted)
			vs_sim_command_put_int(command, "id", id);
		put_raw(command, data, VS_OCPP_N_type);
		put_raw(command, data, VS_OCPP_N_severity);
		vs_sim_command_put_again(command, data);
		vs_json_write_object_end(command->writer);
	}
	vs_json_write_array_end(command->writer);
	return VS_OK;
}

VS_RESULT
vs_sim_command_clear_variable_monitoring(const struct vs_sim_command *command)
{
	const struct vs_json_node *list = vs_sim_command_member(command, VS_OCPP_N_id);
	const struct vs_json_node *node = NULL;

	vs_json_write_key(command->writer, "clearMonitoringResult");
	vs_json_write_array(command->writer);
	while ((node = vs_json_next(list, node)) != NULL) {
		int64_t id = 0;
		bool is_gone = vs_json_int(command->tape, node, &id).code == VS_E_OK &&
		               vs_sim_monitor_remove(&command->station->monitors, id);

		if (is_gone)
			vs_sim_streams_end(command->station, id, command->at);

		vs_json_write_object(command->writer);
		vs_sim_command_put(command, "status",
		                   is_gone ? VS_OCPP_V_Accepted : VS_OCPP_V_NotFound);
		vs_json_write_key(command->writer, "id");
		vs_json_write_raw(command->writer, vs_json_raw(command->tape, node));
		vs_json_write_object_end(command->writer);
	}
	vs_json_write_array_end(command->writer);
	return VS_OK;
}

static bool
is_of_kind(const struct vs_sim_command *command, enum vs_ocpp_value type)
{
	const struct vs_json_node *list =
	    vs_sim_command_member(command, VS_OCPP_N_monitoringCriteria);
	const struct vs_json_node *node = NULL;
	enum vs_ocpp_value kind = VS_OCPP_V_PeriodicMonitoring;

	if (list == NULL)
		return true;
	if (type == VS_OCPP_V_Delta)
		kind = VS_OCPP_V_DeltaMonitoring;
	if (type == VS_OCPP_V_UpperThreshold || type == VS_OCPP_V_LowerThreshold)
		kind = VS_OCPP_V_ThresholdMonitoring;
	while ((node = vs_json_next(list, node)) != NULL)
		if (vs_ocpp_value(node) == kind)
			return true;
	return false;
}

VS_RESULT
vs_sim_command_get_monitoring_report(const struct vs_sim_command *command)
{
	const struct vs_sim_monitors *monitors = &command->station->monitors;
	uint64_t chosen[(VS_LIMIT_SIM_MONITORS + 63) / 64] = {0};
	int64_t request_id = 0;
	bool is_any = false;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_requestId),
	                   &request_id));
	for (uint32_t i = 0; i < monitors->count; i++) {
		if (is_listed(command, monitors->list[i].variable) &&
		    is_of_kind(command, monitors->list[i].type))
			choose(chosen, i);
		is_any = is_any || is_chosen(chosen, i);
	}
	vs_sim_command_put(command, "status",
	                   is_any ? VS_OCPP_V_Accepted : VS_OCPP_V_EmptyResultSet);
	if (is_any)
		vs_sim_say_monitors(command->station, request_id, chosen, command->at);
	return VS_OK;
}
