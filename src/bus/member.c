/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/member.h"

#include <string.h>

void
vs_bus_write_text(struct vs_json_writer *json, const char *key, const char *text)
{
	vs_json_write_key(json, key);
	vs_json_write_text(json, text);
}

void
vs_bus_write_int(struct vs_json_writer *json, const char *key, int64_t value)
{
	vs_json_write_key(json, key);
	vs_json_write_int(json, value);
}

void
vs_bus_write_bool(struct vs_json_writer *json, const char *key, bool value)
{
	vs_json_write_key(json, key);
	vs_json_write_bool(json, value);
}

vs_result
vs_bus_read_text(const struct vs_json_tape *tape, const struct vs_json_node *object,
                 const char *key, char *room, size_t size)
{
	return vs_json_copy_text(tape, vs_json_member(tape, object, key), room, size);
}

vs_result
vs_bus_read_int(const struct vs_json_tape *tape, const struct vs_json_node *object, const char *key,
                int64_t *value_out)
{
	return vs_json_int(tape, vs_json_member(tape, object, key), value_out);
}

vs_result
vs_bus_value_count(const struct vs_json_tape *tape, const struct vs_json_node *value,
                   uint64_t *value_out)
{
	int64_t number = 0;

	VS_TRY(vs_json_int(tape, value, &number));
	if (number < 0)
		return VS_FAIL(OUT_OF_RANGE);
	*value_out = (uint64_t)number;
	return VS_OK;
}

vs_result
vs_bus_read_count(const struct vs_json_tape *tape, const struct vs_json_node *object,
                  const char *key, uint64_t *value_out)
{
	return vs_bus_value_count(tape, vs_json_member(tape, object, key), value_out);
}

vs_result
vs_bus_read_bool(const struct vs_json_tape *tape, const struct vs_json_node *object,
                 const char *key, bool *value_out)
{
	return vs_json_bool(vs_json_member(tape, object, key), value_out);
}

vs_result
vs_bus_value_node(const struct vs_json_tape *tape, const struct vs_json_node *value,
                  char name[static VS_BUS_NODE_SIZE])
{
	char text[VS_BUS_NODE_SIZE];

	VS_TRY(vs_json_copy_text(tape, value, text, sizeof(text)));
	if (!vs_bus_node_is_valid(text))
		return VS_FAIL(BAD_VALUE);
	memcpy(name, text, sizeof(text));
	return VS_OK;
}

vs_result
vs_bus_read_node(const struct vs_json_tape *tape, const struct vs_json_node *object,
                 const char *key, char name[static VS_BUS_NODE_SIZE])
{
	return vs_bus_value_node(tape, vs_json_member(tape, object, key), name);
}
