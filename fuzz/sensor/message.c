/* SPDX-License-Identifier: Apache-2.0 */
/* What is read as a message holds what the table says, and opening it with a key that nobody has
 * sealed with fails in one way. */
#include <stdlib.h>
#include <string.h>

#include "sensor/compat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
open_it(const struct vs_sensor_message *message)
{
	static const uint8_t key[VS_SENSOR_KEY_SIZE] = {1};
	struct vs_sensor_compat *compat = NULL;
	struct vs_sensor_field *field = NULL;
	struct vs_sensor_values values;
	vs_result r = VS_FAIL(INTERNAL);

	vs_sensor_values_init(&values);
	if (message->profile == VS_SENSOR_CLEAR) {
		r = vs_sensor_values_clear(message, &values);
	} else if (message->profile == VS_SENSOR_D2) {
		if (vs_sensor_field_new(key, "t", "d", (uint32_t)message->epoch, message->salt,
		                        &field)
		        .code == VS_E_OK)
			r = vs_sensor_field_open(field, message, &values);
	} else if (vs_sensor_compat_new(key, &compat).code == VS_E_OK) {
		r = vs_sensor_compat_open(compat, "t", "d", message, &values);
	}
	if (r.code != VS_E_OK && (r.code != VS_E_NOT_AUTHENTIC || values.text.size != 0))
		abort();
	for (size_t i = 0; r.code == VS_E_OK && i < values.count; i++) {
		struct vs_bytes value = vs_sensor_values_at(&values, i);

		if (message->profile != VS_SENSOR_D1 &&
		    vs_sensor_value_check(value).code != VS_E_OK)
			abort();
	}
	vs_sensor_values_done(&values);
	vs_sensor_field_free(&field);
	vs_sensor_compat_free(&compat);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vs_sensor_message message;
	struct vs_json_tape tape;

	vs_json_tape_init(&tape);
	if (vs_sensor_message_read(&tape, vs_bytes_from(data, size), &message).code == VS_E_OK &&
	    message.kind == VS_SENSOR_READINGS) {
		if (message.count == 0 || message.count > VS_LIMIT_SENSOR_READINGS)
			abort();
		open_it(&message);
	}
	vs_json_tape_done(&tape);
	return 0;
}
