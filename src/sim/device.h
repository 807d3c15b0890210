/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The variables of a simulated station: the rows of variables.def and what was set since. Pure.
 *
 * A value that was never set costs no memory. Values are texts; the typed getters never fail,
 * because only what fits the row is ever stored. Limits: components are those of the whole station,
 * attributes other than Actual do not exist.
 */
#pragma once

#include "wire/json.h"

enum vs_sim_variable {
#define VS_VARIABLE(name, component, variable, instance, type, unit, access, value, min, max)      \
	VS_SIM_V_##name,
#include "sim/variables.def"
#undef VS_VARIABLE
	VS_SIM_VARIABLE_COUNT
};

enum vs_sim_variable_type {
	VS_SIM_VARIABLE_INTEGER,
	VS_SIM_VARIABLE_BOOLEAN,
	VS_SIM_VARIABLE_TEXT
};
enum vs_sim_variable_access {
	VS_SIM_VARIABLE_READ_ONLY,
	VS_SIM_VARIABLE_READ_WRITE,
	VS_SIM_VARIABLE_WRITE_ONLY
};

struct vs_sim_variable_row {
	const char *component, *variable, *instance;
	enum vs_sim_variable_type type;
	const char *unit;
	enum vs_sim_variable_access access;
	const char *value;
	int64_t min, max;
};

struct vs_sim_device {
	char *values[VS_SIM_VARIABLE_COUNT]; /* NULL: as in the row */
};

void vs_sim_device_init(struct vs_sim_device *device);
void vs_sim_device_done(struct vs_sim_device *device);

const struct vs_sim_variable_row *vs_sim_variable_row(enum vs_sim_variable id);
/* NOT_FOUND: no such component; MISSING: no such variable in it. An empty instance is none. */
VS_RESULT vs_sim_variable_find(struct vs_bytes component, struct vs_bytes variable,
                               struct vs_bytes instance, enum vs_sim_variable *id_out);

const char *vs_sim_device_text(const struct vs_sim_device *device, enum vs_sim_variable id);
int64_t vs_sim_device_int(const struct vs_sim_device *device, enum vs_sim_variable id);
bool vs_sim_device_bool(const struct vs_sim_device *device, enum vs_sim_variable id);
/* Whoever sets it. BAD_VALUE: it does not fit the row. */
VS_RESULT vs_sim_device_put(struct vs_sim_device *device, enum vs_sim_variable id,
                            struct vs_bytes value);

/* One ReportDataType object with what is readable. */
void vs_sim_device_write_report(const struct vs_sim_device *device, enum vs_sim_variable id,
                                struct vs_json_writer *writer);
/* The members of a ComponentType and of a VariableType: "component":{..},"variable":{..}. */
void vs_sim_variable_write_name(struct vs_json_writer *writer, enum vs_sim_variable id);
