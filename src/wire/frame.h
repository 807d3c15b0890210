/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framed TCP protocol: STX DATA ETX LRC, and the single bytes ENQ ACK NAK EOT between frames.
 *
 * After ETX exactly one byte is the LRC, whatever its value. DATA is 0x20 to 0x7E; with is_utf8
 * also valid UTF-8 above. The LRC finds noise, not attackers. What the LRC covers differs between
 * implementations; AUTO learns it from the first frame whose LRC fits one of them and keeps to it.
 *
 * Limits: size_max, VS_LIMIT_FRAME_GARBAGE bytes that belong to nothing, VS_LIMIT_FRAME_DAMAGED
 * frames that were not whole; each per connection.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
	VS_FRAME_STX = 2,
	VS_FRAME_ETX = 3,
	VS_FRAME_EOT = 4,
	VS_FRAME_ENQ = 5,
	VS_FRAME_ACK = 6,
	VS_FRAME_NAK = 21
};

enum vs_frame_scope {
	VS_FRAME_DATA_ETX, /* the default */
	VS_FRAME_DATA,
	VS_FRAME_STX_DATA_ETX,
	VS_FRAME_AUTO,
};

enum vs_frame_event_type {
	VS_FRAME_EVENT_DATA,
	VS_FRAME_EVENT_DAMAGED, /* answer NAK: wrong LRC, a character that is not allowed, or cut
	                           short */
	VS_FRAME_EVENT_CONTROL,
};

struct vs_frame_event {
	enum vs_frame_event_type type;
	struct vs_bytes data; /* of DATA; until the next call */
	uint8_t control;      /* of CONTROL: one of VS_FRAME_ENQ, _ACK, _NAK, _EOT */
};

/* The fields are private. */
struct vs_frame {
	struct vs_buf data;
	enum vs_frame_scope scope; /* AUTO until it is learned */
	uint8_t state;
	uint8_t lrc; /* XOR of the data so far */
	uint8_t garbage;
	uint8_t damaged;
	bool is_utf8;
	bool is_delivered;
};

void vs_frame_init(struct vs_frame *frame, enum vs_frame_scope scope, bool is_utf8,
                   size_t size_max);
void vs_frame_done(struct vs_frame *frame);

/* Take bytes off *input up to the next event. AGAIN: all taken, no event. TOO_LONG: frame over
 * size_max; BAD_FRAME: over the limit of garbage or of damaged frames; NO_MEMORY: close the
 * connection. */
VS_RESULT vs_frame_receive(struct vs_frame *frame, struct vs_bytes *input,
                           struct vs_frame_event *event_out);

/* What the peer's LRC covers; VS_FRAME_DATA_ETX while that is not known. Answer in the same. */
enum vs_frame_scope vs_frame_scope_known(const struct vs_frame *frame);

/* Append one frame. BAD_VALUE: a character that is not allowed; TOO_LONG: out is full. scope is not
 * AUTO. */
VS_RESULT vs_frame_encode(enum vs_frame_scope scope, bool is_utf8, struct vs_bytes data,
                          struct vs_buf *out);
