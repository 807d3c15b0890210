/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/budget.h"

#include <assert.h>
#include <string.h>

static const struct {
	uint8_t row, many, flood;
} limits[VS_FIELD_PROFILES] = {
#define VS_SENSOR_FAILURES(profile, row, many, flood) [VS_FIELD_##profile] = {row, many, flood},
#include "sensor/failures.def"
#undef VS_SENSOR_FAILURES
};

/* Complete: an enumerator twice does not compile, and the count says that none is missing. */
enum cell {
#define VS_SENSOR_BUDGET_STEP(state, event, next, action) CELL_##state##_##event,
#include "sensor/budget.def"
#undef VS_SENSOR_BUDGET_STEP
	CELL_COUNT
};
static_assert(CELL_COUNT == VS_SENSOR_BUDGET_STATES * VS_SENSOR_BUDGET_EVENTS,
              "a row for each state and event");

static const struct vs_sensor_budget_step steps[VS_SENSOR_BUDGET_STATES][VS_SENSOR_BUDGET_EVENTS] =
    {
#define VS_SENSOR_BUDGET_STEP(state, event, next, action)                                          \
	[VS_SENSOR_BUDGET_##state][VS_SENSOR_BUDGET_##event] = {VS_SENSOR_BUDGET_##next,           \
	                                                        VS_SENSOR_BUDGET_##action},
#include "sensor/budget.def"
#undef VS_SENSOR_BUDGET_STEP
};

struct vs_sensor_budget_step
vs_sensor_budget_step(enum vs_sensor_budget_state state, enum vs_sensor_budget_event event)
{
	assert(state < VS_SENSOR_BUDGET_STATES && event < VS_SENSOR_BUDGET_EVENTS);
	return steps[state][event];
}

static enum vs_sensor_budget_action
go(struct vs_sensor_budget *budget, enum vs_sensor_budget_event event, int64_t now_ms)
{
	struct vs_sensor_budget_step step = steps[budget->state][event];

	if (step.next == VS_SENSOR_BUDGET_QUARANTINED &&
	    budget->state != VS_SENSOR_BUDGET_QUARANTINED)
		budget->until_ms = now_ms + VS_SENSOR_BUDGET_QUARANTINE_MS;
	budget->state = step.next;
	return step.action;
}

static void
forget_old(struct vs_sensor_budget *budget, int64_t now_ms)
{
	uint8_t old = 0;

	while (old < budget->count && now_ms - budget->times[old] >= VS_SENSOR_BUDGET_HOUR_MS)
		old++;
	budget->count = (uint8_t)(budget->count - old);
	memmove(budget->times, budget->times + old, budget->count * sizeof(budget->times[0]));
}

enum vs_sensor_budget_action
vs_sensor_budget_fail(struct vs_sensor_budget *budget, enum vs_field_profile sent, int64_t now_ms)
{
	enum vs_sensor_budget_event event = VS_SENSOR_BUDGET_FAILED;

	assert(budget != NULL && sent < VS_FIELD_PROFILES);
	(void)vs_sensor_budget_enter(budget, now_ms);
	if (budget->count == VS_SENSOR_BUDGET_TIMES) {
		budget->count--;
		memmove(budget->times, budget->times + 1, budget->count * sizeof(budget->times[0]));
	}
	budget->times[budget->count++] = now_ms;
	if (budget->in_a_row < UINT8_MAX)
		budget->in_a_row++;
	if (limits[sent].flood != 0 && budget->count >= limits[sent].flood)
		event = VS_SENSOR_BUDGET_FLOOD;
	else if ((limits[sent].many != 0 && budget->count >= limits[sent].many) ||
	         (limits[sent].row != 0 && budget->in_a_row >= limits[sent].row))
		event = VS_SENSOR_BUDGET_MANY;
	return go(budget, event, now_ms);
}

void
vs_sensor_budget_good(struct vs_sensor_budget *budget)
{
	assert(budget != NULL);
	budget->in_a_row = 0;
}

enum vs_sensor_budget_action
vs_sensor_budget_enter(struct vs_sensor_budget *budget, int64_t now_ms)
{
	enum vs_sensor_budget_action action = VS_SENSOR_BUDGET_NOTHING;

	assert(budget != NULL);
	forget_old(budget, now_ms);
	if (budget->state == VS_SENSOR_BUDGET_QUARANTINED && now_ms >= budget->until_ms) {
		/* Its count stays: what it does next within the hour counts with what it did. */
		budget->in_a_row = 0;
		return go(budget, VS_SENSOR_BUDGET_RELEASED, now_ms);
	}
	if (budget->count == 0)
		action = go(budget, VS_SENSOR_BUDGET_QUIET, now_ms);
	else if (budget->state == VS_SENSOR_BUDGET_QUARANTINED)
		action = VS_SENSOR_BUDGET_CLOSE;
	return action;
}
