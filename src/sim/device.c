/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/device.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct vs_sim_variable_row rows[] = {
#define VS_VARIABLE(name, component, variable, instance, type, unit, access, value, min, max)      \
	[VS_SIM_V_##name] = {                                                                      \
	    component, variable, instance, VS_SIM_VARIABLE_##type, unit, VS_SIM_VARIABLE_##access, \
	    value,     min,      max},
#include "sim/variables.def"
#undef VS_VARIABLE
};

static const char *const type_texts[] = {"integer", "boolean", "string"};
static const char *const access_texts[] = {"ReadOnly", "ReadWrite", "WriteOnly"};

void
vs_sim_device_init(struct vs_sim_device *device)
{
	*device = (struct vs_sim_device){{NULL}};
}

void
vs_sim_device_done(struct vs_sim_device *device)
{
	if (device == NULL)
		return;
	for (unsigned i = 0; i < VS_SIM_VARIABLE_COUNT; i++) {
		free(device->values[i]);
		device->values[i] = NULL;
	}
}

const struct vs_sim_variable_row *
vs_sim_variable_row(enum vs_sim_variable id)
{
	assert(id < VS_SIM_VARIABLE_COUNT);
	return &rows[id];
}

VS_RESULT
vs_sim_variable_find(struct vs_bytes component, struct vs_bytes variable, struct vs_bytes instance,
                     enum vs_sim_variable *id_out)
{
	bool is_component_known = false;

	/* Names are compared without case (OCPP 2.0.1 Part 1, 4.1.3). */
	for (unsigned i = 0; i < VS_SIM_VARIABLE_COUNT; i++) {
		if (!vs_bytes_equal_nocase(component, rows[i].component))
			continue;
		is_component_known = true;
		if (vs_bytes_equal_nocase(variable, rows[i].variable) &&
		    vs_bytes_equal_nocase(instance, rows[i].instance)) {
			*id_out = (enum vs_sim_variable)i;
			return VS_OK;
		}
	}
	return is_component_known ? VS_FAIL(MISSING) : VS_FAIL(NOT_FOUND);
}

const char *
vs_sim_device_text(const struct vs_sim_device *device, enum vs_sim_variable id)
{
	return device->values[id] != NULL ? device->values[id] : vs_sim_variable_row(id)->value;
}

/* Decimal digits with a sign, nothing else, at most 18 of them. */
static bool
read_int(const char *text, int64_t *value_out)
{
	bool is_negative = *text == '-';
	const char *digits = is_negative ? text + 1 : text;
	int64_t value = 0;
	size_t count = strlen(digits);

	if (count == 0 || count > 18)
		return false;
	for (; *digits != 0; digits++) {
		if (*digits < '0' || *digits > '9')
			return false;
		value = value * 10 + (*digits - '0');
	}
	*value_out = is_negative ? -value : value;
	return true;
}

int64_t
vs_sim_device_int(const struct vs_sim_device *device, enum vs_sim_variable id)
{
	int64_t value = 0;
	bool is_int = read_int(vs_sim_device_text(device, id), &value);

	assert(is_int && vs_sim_variable_row(id)->type == VS_SIM_VARIABLE_INTEGER);
	return value;
}

bool
vs_sim_device_bool(const struct vs_sim_device *device, enum vs_sim_variable id)
{
	assert(vs_sim_variable_row(id)->type == VS_SIM_VARIABLE_BOOLEAN);
	return strcmp(vs_sim_device_text(device, id), "true") == 0;
}

static bool
fits(const struct vs_sim_variable_row *row, const char *text, size_t size)
{
	int64_t value = 0;

	switch (row->type) {
	case VS_SIM_VARIABLE_INTEGER:
		return read_int(text, &value) && value >= row->min && value <= row->max;
	case VS_SIM_VARIABLE_BOOLEAN:
		return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
	case VS_SIM_VARIABLE_TEXT:
		break;
	}
	return (int64_t)size >= row->min && (int64_t)size <= row->max;
}

VS_RESULT
vs_sim_device_put(struct vs_sim_device *device, enum vs_sim_variable id, struct vs_bytes value)
{
	const struct vs_sim_variable_row *row = vs_sim_variable_row(id);
	char *text = calloc(1, value.size + 1);

	if (text == NULL)
		return VS_FAIL(NO_MEMORY);
	if (!vs_bytes_copy_text(value, text, value.size + 1) || !fits(row, text, value.size)) {
		free(text);
		return VS_FAIL(BAD_VALUE);
	}
	free(device->values[id]);
	device->values[id] = text;
	return VS_OK;
}

void
vs_sim_variable_write_name(struct vs_json_writer *writer, enum vs_sim_variable id)
{
	const struct vs_sim_variable_row *row = vs_sim_variable_row(id);

	vs_json_write_key(writer, "component");
	vs_json_write_object(writer);
	vs_json_write_key(writer, "name");
	vs_json_write_text(writer, row->component);
	vs_json_write_object_end(writer);
	vs_json_write_key(writer, "variable");
	vs_json_write_object(writer);
	vs_json_write_key(writer, "name");
	vs_json_write_text(writer, row->variable);
	if (row->instance[0] != 0) {
		vs_json_write_key(writer, "instance");
		vs_json_write_text(writer, row->instance);
	}
	vs_json_write_object_end(writer);
}

static void
write_characteristics(const struct vs_sim_variable_row *row, struct vs_json_writer *writer)
{
	vs_json_write_key(writer, "variableCharacteristics");
	vs_json_write_object(writer);
	if (row->unit[0] != 0) {
		vs_json_write_key(writer, "unit");
		vs_json_write_text(writer, row->unit);
	}
	vs_json_write_key(writer, "dataType");
	vs_json_write_text(writer, type_texts[row->type]);
	if (row->type == VS_SIM_VARIABLE_INTEGER) {
		vs_json_write_key(writer, "minLimit");
		vs_json_write_int(writer, row->min);
	}
	if (row->type != VS_SIM_VARIABLE_BOOLEAN) {
		vs_json_write_key(writer, "maxLimit");
		vs_json_write_int(writer, row->max);
	}
	vs_json_write_key(writer, "supportsMonitoring");
	vs_json_write_bool(writer, row->access != VS_SIM_VARIABLE_WRITE_ONLY);
	vs_json_write_object_end(writer);
}

void
vs_sim_device_write_report(const struct vs_sim_device *device, enum vs_sim_variable id,
                           struct vs_json_writer *writer)
{
	const struct vs_sim_variable_row *row = vs_sim_variable_row(id);
	const char *value = vs_sim_device_text(device, id);

	vs_json_write_object(writer);
	vs_sim_variable_write_name(writer, id);
	vs_json_write_key(writer, "variableAttribute");
	vs_json_write_array(writer);
	vs_json_write_object(writer);
	/* A write-only value is never told, an empty one is left out (OCPP 2.0.1 B08.FR.20 and its
	 * kin). */
	if (row->access != VS_SIM_VARIABLE_WRITE_ONLY && value[0] != 0) {
		vs_json_write_key(writer, "value");
		vs_json_write_text(writer, value);
	}
	vs_json_write_key(writer, "mutability");
	vs_json_write_text(writer, access_texts[row->access]);
	vs_json_write_object_end(writer);
	vs_json_write_array_end(writer);
	write_characteristics(row, writer);
	vs_json_write_object_end(writer);
}
