/* SPDX-License-Identifier: Apache-2.0 */
#include "field/value.h"

#include <assert.h>
#include <string.h>

void
vs_field_values_init(struct vs_field_values *values)
{
	assert(values != NULL);
	vs_buf_init(&values->text, VS_LIMIT_WS_MESSAGE_SIZE);
	values->count = 0;
}

void
vs_field_values_reset(struct vs_field_values *values)
{
	assert(values != NULL);
	if (values->text.size > 0)
		explicit_bzero(values->text.data, values->text.size);
	vs_buf_reset(&values->text);
	values->count = 0;
}

void
vs_field_values_done(struct vs_field_values *values)
{
	vs_field_values_reset(values);
	vs_buf_done(&values->text);
}

struct vs_bytes
vs_field_values_at(const struct vs_field_values *values, size_t index)
{
	size_t start = 0;

	assert(values != NULL && index < values->count);
	for (size_t i = 0; i < index; i++)
		start += values->sizes[i];
	return vs_bytes_from(values->text.data + start, values->sizes[index]);
}

static bool
is_scalar(struct vs_bytes text, uint8_t *type_out)
{
	struct vs_json_node nodes[1];
	struct vs_json_tape tape;
	bool is;

	vs_json_tape_init_fixed(&tape, nodes, 1);
	is = vs_json_parse(text, &tape).code == VS_E_OK && nodes[0].type != VS_JSON_ARRAY &&
	     nodes[0].type != VS_JSON_OBJECT;
	if (is)
		*type_out = nodes[0].type;
	vs_json_tape_done(&tape);
	return is;
}

vs_result
vs_field_value_check(struct vs_bytes text)
{
	uint8_t type = 0;

	return text.size <= VS_LIMIT_SENSOR_VALUE_SIZE && is_scalar(text, &type)
	           ? VS_OK
	           : VS_FAIL(BAD_MESSAGE);
}

vs_result
vs_field_value_from_text(struct vs_bytes text, struct vs_buf *json)
{
	struct vs_json_writer writer;
	uint8_t type = 0;

	if (text.size > VS_LIMIT_SENSOR_VALUE_SIZE)
		return VS_FAIL(TOO_LONG);
	/* White space around a number would be part of the JSON text: then it is a string. */
	if (text.size > 0 && text.data[0] > ' ' && text.data[text.size - 1] > ' ' &&
	    is_scalar(text, &type) && type == VS_JSON_NUMBER)
		return vs_buf_append_bytes(json, text);
	vs_json_write_begin(&writer, json);
	vs_json_write_string(&writer, text);
	return vs_json_write_end(&writer);
}

vs_result
vs_field_values_clear(const struct vs_field_message *message, struct vs_field_values *values)
{
	assert(message != NULL && values != NULL);
	vs_field_values_reset(values);
	for (size_t i = 0; i < message->count; i++) {
		if (message->readings[i].is_sealed)
			return VS_FAIL(CONFLICT);
		VS_TRY(vs_buf_append_bytes(&values->text, message->readings[i].value));
		values->sizes[i] = message->readings[i].value.size;
		values->count = i + 1;
	}
	return VS_OK;
}
