/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Monitors on the variables of a simulated station (OCPP 2.0.1 N02 to N08). Pure: time and values
 * are arguments.
 *
 * A threshold fires when it is crossed and once more, cleared, on the way back; a delta when the
 * value is that far from what was told last (of what is no number: whenever it changes); a period
 * when it has passed, an aligned one at its multiples of the day. There are no preconfigured and no
 * hard-wired monitors. Limit: VS_LIMIT_SIM_MONITORS.
 */
#pragma once

#include "base/limits.h"
#include "ocpp/action.h"
#include "sim/device.h"

struct vs_sim_monitor {
	int64_t id;
	enum vs_sim_variable variable;
	enum vs_ocpp_value type; /* MonitorEnumType */
	double value;
	int64_t severity;         /* 0 is the gravest, 9 the least */
	bool is_transaction_only; /* looks only while a transaction runs */
	bool is_over;             /* a threshold that is crossed */
	double told;              /* a delta counts from here */
	uint64_t due_ms;          /* of a period */
};

struct vs_sim_monitors {
	struct vs_sim_monitor *list; /* NULL while there never was one */
	uint32_t count;
	int64_t last_id;
	int64_t level; /* what is less grave (greater) is not told */
};

struct vs_sim_moment {
	uint64_t now_ms;
	int64_t wall_ms;
	bool has_transaction;
};

void vs_sim_monitors_init(struct vs_sim_monitors *monitors);
void vs_sim_monitors_done(struct vs_sim_monitors *monitors);

/* Add it, or replace the one with its id. id 0: it gets one. UNSUPPORTED: a threshold on what is no
 * number; BAD_VALUE: a threshold outside of the variable's range, a delta or period that is none;
 * NOT_FOUND: no monitor has this id; EXISTS: one of this type and severity is there already;
 * TOO_LONG, NO_MEMORY. */
VS_RESULT vs_sim_monitor_put(struct vs_sim_monitors *monitors, const struct vs_sim_device *device,
                             const struct vs_sim_monitor *monitor,
                             const struct vs_sim_moment *moment, int64_t *id_out);
bool vs_sim_monitor_remove(struct vs_sim_monitors *monitors, int64_t id);
void vs_sim_monitors_clear(struct vs_sim_monitors *monitors);
/* Has it something to tell now? *is_cleared_out: a threshold that is not crossed any more. */
bool vs_sim_monitor_fires(struct vs_sim_monitor *monitor, const struct vs_sim_device *device,
                          const struct vs_sim_moment *moment, bool *is_cleared_out);
/* When the next period has passed; UINT64_MAX. */
uint64_t vs_sim_monitor_due(const struct vs_sim_monitors *monitors);
