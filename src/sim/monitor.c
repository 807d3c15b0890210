/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/monitor.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"

enum { LEVEL_ALL = 9, PERIOD_MAX_S = 86400 };

void
vs_sim_monitors_init(struct vs_sim_monitors *monitors)
{
	*monitors = (struct vs_sim_monitors){.level = LEVEL_ALL};
}

void
vs_sim_monitors_done(struct vs_sim_monitors *monitors)
{
	free(monitors->list);
	vs_sim_monitors_init(monitors);
}

/* The value of a variable as a number: false 0, true 1, of a text one that changes with it. */
static double
number_of(const struct vs_sim_device *device, enum vs_sim_variable id)
{
	switch (vs_sim_variable_row(id)->type) {
	case VS_SIM_VARIABLE_INTEGER:
		return (double)vs_sim_device_int(device, id);
	case VS_SIM_VARIABLE_BOOLEAN:
		return vs_sim_device_bool(device, id) ? 1 : 0;
	case VS_SIM_VARIABLE_TEXT:
		break;
	}
	return (double)(uint32_t)vs_hash(vs_bytes_from_text(vs_sim_device_text(device, id)));
}

static bool
is_threshold(enum vs_ocpp_value type)
{
	return type == VS_OCPP_V_UpperThreshold || type == VS_OCPP_V_LowerThreshold;
}

static vs_result
check(const struct vs_sim_monitor *monitor)
{
	const struct vs_sim_variable_row *row = vs_sim_variable_row(monitor->variable);

	if (row->access == VS_SIM_VARIABLE_WRITE_ONLY)
		return VS_FAIL(UNSUPPORTED);
	if (monitor->severity < 0 || monitor->severity > LEVEL_ALL)
		return VS_FAIL(BAD_VALUE);
	if (is_threshold(monitor->type)) {
		if (row->type != VS_SIM_VARIABLE_INTEGER)
			return VS_FAIL(UNSUPPORTED);
		return monitor->value < (double)row->min || monitor->value > (double)row->max
		           ? VS_FAIL(BAD_VALUE)
		           : VS_OK;
	}
	if (monitor->type == VS_OCPP_V_Delta)
		return monitor->value < 0 ? VS_FAIL(BAD_VALUE) : VS_OK;
	return monitor->value < 1 || monitor->value > PERIOD_MAX_S ? VS_FAIL(BAD_VALUE) : VS_OK;
}

static uint64_t
next_period(const struct vs_sim_monitor *monitor, const struct vs_sim_moment *moment)
{
	int64_t period_ms = 1000 * (int64_t)monitor->value;

	if (monitor->type == VS_OCPP_V_Periodic)
		return moment->now_ms + (uint64_t)period_ms;
	if (monitor->type == VS_OCPP_V_PeriodicClockAligned)
		return moment->now_ms + (uint64_t)(period_ms - moment->wall_ms % period_ms);
	return UINT64_MAX;
}

static struct vs_sim_monitor *
find(const struct vs_sim_monitors *monitors, int64_t id)
{
	for (uint32_t i = 0; i < monitors->count; i++)
		if (monitors->list[i].id == id)
			return &monitors->list[i];
	return NULL;
}

static bool
is_doubled(const struct vs_sim_monitors *monitors, const struct vs_sim_monitor *monitor)
{
	for (uint32_t i = 0; i < monitors->count; i++) {
		const struct vs_sim_monitor *other = &monitors->list[i];

		if (other->id != monitor->id && other->variable == monitor->variable &&
		    other->type == monitor->type && other->severity == monitor->severity)
			return true;
	}
	return false;
}

VS_RESULT
vs_sim_monitor_put(struct vs_sim_monitors *monitors, const struct vs_sim_device *device,
                   const struct vs_sim_monitor *monitor, const struct vs_sim_moment *moment,
                   int64_t *id_out)
{
	struct vs_sim_monitor *place = find(monitors, monitor->id);

	VS_TRY(check(monitor));
	if (monitor->id != 0 && place == NULL)
		return VS_FAIL(NOT_FOUND);
	/* With another variable it would be another monitor (N04.FR.11). */
	if (place != NULL && place->variable != monitor->variable)
		return VS_FAIL(BAD_VALUE);
	if (is_doubled(monitors, monitor))
		return VS_FAIL(EXISTS);
	if (monitors->list == NULL)
		monitors->list = calloc(VS_LIMIT_SIM_MONITORS, sizeof(monitors->list[0]));
	if (monitors->list == NULL)
		return VS_FAIL(NO_MEMORY);
	if (place == NULL && monitors->count == VS_LIMIT_SIM_MONITORS)
		return VS_FAIL(TOO_LONG);
	if (place == NULL)
		place = &monitors->list[monitors->count++];
	*place = *monitor;
	if (place->id == 0)
		place->id = ++monitors->last_id;
	place->is_over = false;
	place->told = number_of(device, place->variable);
	place->due_ms = next_period(place, moment);
	*id_out = place->id;
	return VS_OK;
}

bool
vs_sim_monitor_remove(struct vs_sim_monitors *monitors, int64_t id)
{
	struct vs_sim_monitor *gone = find(monitors, id);

	if (gone == NULL)
		return false;
	*gone = monitors->list[--monitors->count];
	return true;
}

void
vs_sim_monitors_clear(struct vs_sim_monitors *monitors)
{
	monitors->count = 0;
}

static bool
fires_threshold(struct vs_sim_monitor *monitor, double value, bool *is_cleared_out)
{
	bool is_over = monitor->type == VS_OCPP_V_UpperThreshold ? value > monitor->value
	                                                         : value < monitor->value;

	if (is_over == monitor->is_over)
		return false;
	monitor->is_over = is_over;
	*is_cleared_out = !is_over;
	return true;
}

static bool
fires_delta(struct vs_sim_monitor *monitor, double value, bool is_number)
{
	double step = value > monitor->told ? value - monitor->told : monitor->told - value;

	if (!(step > 0) || (is_number && step < monitor->value))
		return false;
	monitor->told = value;
	return true;
}

bool
vs_sim_monitor_fires(struct vs_sim_monitor *monitor, const struct vs_sim_device *device,
                     const struct vs_sim_moment *moment, bool *is_cleared_out)
{
	double value = number_of(device, monitor->variable);

	*is_cleared_out = false;
	if (monitor->is_transaction_only && !moment->has_transaction)
		return false;
	if (is_threshold(monitor->type))
		return fires_threshold(monitor, value, is_cleared_out);
	if (monitor->type == VS_OCPP_V_Delta)
		return fires_delta(monitor, value,
		                   vs_sim_variable_row(monitor->variable)->type ==
		                       VS_SIM_VARIABLE_INTEGER);
	if (moment->now_ms < monitor->due_ms)
		return false;
	monitor->due_ms = next_period(monitor, moment);
	return true;
}

uint64_t
vs_sim_monitor_due(const struct vs_sim_monitors *monitors)
{
	uint64_t due_ms = UINT64_MAX;

	for (uint32_t i = 0; i < monitors->count; i++)
		if (monitors->list[i].due_ms < due_ms)
			due_ms = monitors->list[i].due_ms;
	return due_ms;
}
