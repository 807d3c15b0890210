/* SPDX-License-Identifier: Apache-2.0 */
/* What is read as a message holds what the table says, and opening it with a key that nobody has
 * sealed with fails in one way. */
#include <stdlib.h>
#include <string.h>

#include "field/compat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
open_it(const struct vs_field_message *message)
{
	static const uint8_t key[VS_FIELD_KEY_SIZE] = {1};
	struct vs_field_compat *compat = NULL;
	struct vs_field_d2 *field = NULL;
	struct vs_field_values values;
	vs_result r = VS_FAIL(INTERNAL);

	vs_field_values_init(&values);
	if (message->profile == VS_FIELD_CLEAR) {
		r = vs_field_values_clear(message, &values);
	} else if (message->profile == VS_FIELD_D2) {
		if (vs_field_d2_new(key, "t", "d", (uint32_t)message->epoch, message->salt, &field)
		        .code == VS_E_OK)
			r = vs_field_d2_open(field, message, &values);
	} else if (vs_field_compat_new(key, &compat).code == VS_E_OK) {
		r = vs_field_compat_open(compat, "t", "d", message, &values);
	}
	if (r.code != VS_E_OK && (r.code != VS_E_NOT_AUTHENTIC || values.text.size != 0))
		abort();
	for (size_t i = 0; r.code == VS_E_OK && i < values.count; i++) {
		struct vs_bytes value = vs_field_values_at(&values, i);

		if (message->profile != VS_FIELD_D1 && vs_field_value_check(value).code != VS_E_OK)
			abort();
	}
	vs_field_values_done(&values);
	vs_field_d2_free(&field);
	vs_field_compat_free(&compat);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vs_field_message message;
	struct vs_json_tape tape;

	vs_json_tape_init(&tape);
	if (vs_field_message_read(&tape, vs_bytes_from(data, size), &message).code == VS_E_OK &&
	    message.kind == VS_FIELD_READINGS) {
		if (message.count == 0 || message.count > VS_LIMIT_SENSOR_READINGS)
			abort();
		open_it(&message);
	}
	vs_json_tape_done(&tape);
	return 0;
}
