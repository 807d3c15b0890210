/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a test, read from their JSON. */
#pragma once

#include "field/message.h"
#include "test.h"

struct made {
	struct vs_json_tape tape;
	struct vs_field_message message;
};

static inline vs_result
made_read(struct made *made, const char *json)
{
	vs_json_tape_init(&made->tape);
	return vs_field_message_read(&made->tape, vs_bytes_from_text(json), &made->message);
}

static inline void
made_done(struct made *made)
{
	vs_json_tape_done(&made->tape);
}

static const uint8_t made_key[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                     11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                     22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
