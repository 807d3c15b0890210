/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often a device may send what does not open, before its key is replaced and before it is kept
 * out (budget.def). This is what makes the padding oracle of D1 useless: it ends after a handful of
 * questions. Pure; the caller keeps one for each device, whatever the number of its connections.
 */
#pragma once

#include <stdint.h>

#include "sensor/ratchet.h"

#define VS_SENSOR_BUDGET_HOUR_MS       3600000
#define VS_SENSOR_BUDGET_QUARANTINE_MS 900000
#define VS_SENSOR_BUDGET_TIMES         20

enum vs_sensor_budget_state {
	VS_SENSOR_BUDGET_GOOD,
	VS_SENSOR_BUDGET_SUSPECT, /* its key was replaced; the next time it is only closed */
	VS_SENSOR_BUDGET_QUARANTINED,
	VS_SENSOR_BUDGET_STATES
};
enum vs_sensor_budget_event {
	VS_SENSOR_BUDGET_FAILED, /* below every threshold */
	VS_SENSOR_BUDGET_MANY,
	VS_SENSOR_BUDGET_FLOOD,
	VS_SENSOR_BUDGET_QUIET,    /* no failure within the hour */
	VS_SENSOR_BUDGET_RELEASED, /* the quarantine is over */
	VS_SENSOR_BUDGET_EVENTS
};
enum vs_sensor_budget_action {
	VS_SENSOR_BUDGET_NOTHING,
	VS_SENSOR_BUDGET_ROTATE,
	VS_SENSOR_BUDGET_CLOSE
};
struct vs_sensor_budget_step {
	enum vs_sensor_budget_state next;
	enum vs_sensor_budget_action action;
};
struct vs_sensor_budget_step vs_sensor_budget_step(enum vs_sensor_budget_state state,
                                                   enum vs_sensor_budget_event event);

/* Zero is a good one. */
struct vs_sensor_budget {
	enum vs_sensor_budget_state state;
	uint8_t in_a_row;
	uint8_t count;                         /* of the times */
	int64_t times[VS_SENSOR_BUDGET_TIMES]; /* of failures, the oldest first */
	int64_t until_ms;                      /* of the quarantine */
};

/* A message that was sent as `sent` did not open. */
enum vs_sensor_budget_action vs_sensor_budget_fail(struct vs_sensor_budget *budget,
                                                   enum vs_field_profile sent, int64_t now_ms);
/* One opened. */
void vs_sensor_budget_good(struct vs_sensor_budget *budget);
/* It connects: CLOSE while it is in quarantine. */
enum vs_sensor_budget_action vs_sensor_budget_enter(struct vs_sensor_budget *budget,
                                                    int64_t now_ms);
