/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What readings say when they are open: JSON scalars, one after the other in one buffer. They keep
 * their type: 25.4 stays a number as it was written, "open" a text, true a boolean.
 */
#pragma once

#include "field/message.h"

struct vs_field_values {
	struct vs_buf text; /* the caller's; wiped by vs_field_values_reset and _done */
	size_t sizes[VS_LIMIT_SENSOR_READINGS];
	size_t count;
};

void vs_field_values_init(struct vs_field_values *values);
void vs_field_values_reset(struct vs_field_values *values);
void vs_field_values_done(struct vs_field_values *values);
/* The i-th; until the next change. */
struct vs_bytes vs_field_values_at(const struct vs_field_values *values, size_t index);

/* One JSON scalar and nothing else, at most VS_LIMIT_SENSOR_VALUE_SIZE: else BAD_MESSAGE. */
VS_RESULT vs_field_value_check(struct vs_bytes text);
/* Appends what D1 means by a text: a number when it is one by the grammar of JSON, else a string.
 * BAD_UTF8. */
VS_RESULT vs_field_value_from_text(struct vs_bytes text, struct vs_buf *json);
/* The values of a message that is not sealed. */
VS_RESULT vs_field_values_clear(const struct vs_field_message *message,
                                struct vs_field_values *values);
