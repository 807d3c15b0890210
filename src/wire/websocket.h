/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket framing (RFC 6455), both roles, without a socket: bytes in, events out; messages in,
 * bytes out.
 *
 * A message that arrives as one whole frame is unmasked where it lies and handed out as a view into
 * the caller's buffer. Only what is fragmented, or split between two reads, is copied into a buffer
 * of the connection, which is freed when the message is through: an idle connection holds
 * sizeof(struct vs_ws).
 *
 * Limits: the message size of the connection (inflated size included), and, unless the connection
 * is lenient, VS_LIMIT_WS_FRAGMENTS, VS_LIMIT_WS_EMPTY_FRAGMENTS, VS_LIMIT_WS_INFLATE_RATIO.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/utf8.h"

struct vs_ws_deflate; /* websocket_deflate.h */

enum vs_ws_role { VS_WS_SERVER, VS_WS_CLIENT };

/* The values are the opcodes of RFC 6455 5.2. */
enum vs_ws_type {
	VS_WS_TEXT = 1,
	VS_WS_BINARY = 2,
	VS_WS_CLOSE = 8,
	VS_WS_PING = 9,
	VS_WS_PONG = 10,
};

/* Close codes of RFC 6455 7.4.1 that we send or look for. */
enum {
	VS_WS_CLOSE_NORMAL = 1000,
	VS_WS_CLOSE_GOING_AWAY = 1001,
	VS_WS_CLOSE_PROTOCOL = 1002,
	VS_WS_CLOSE_BAD_TYPE = 1003,
	VS_WS_CLOSE_NO_CODE = 1005, /* never sent: the close frame had no code */
	VS_WS_CLOSE_BAD_DATA = 1007,
	VS_WS_CLOSE_POLICY = 1008,
	VS_WS_CLOSE_TOO_BIG = 1009,
	VS_WS_CLOSE_INTERNAL = 1011,
	VS_WS_CLOSE_TRY_LATER = 1013,
};

struct vs_ws_event {
	enum vs_ws_type type;
	/* Text is valid UTF-8. For CLOSE: the reason, valid UTF-8. Lives until the next
	 * vs_ws_receive() of any connection that shares the input buffer or the deflate object. */
	struct vs_bytes payload;
	uint16_t close_code; /* of CLOSE: the peer's code, or VS_WS_CLOSE_NO_CODE */
};

/* The fields are private; the struct is open so that it can lie inside a connection. */
struct vs_ws {
	struct vs_buf message; /* what has come of a split message, then of a split control frame */
	uint32_t message_size_max;
	uint32_t open_size_max; /* that of the open message */
	uint32_t frame_left;    /* payload bytes of the open frame still to come */
	uint32_t control_start; /* offset in message where a control frame's payload begins */
	uint32_t mask;          /* of the open frame, rotated to the next byte */
	uint16_t fail_code;
	uint16_t fragments;
	uint16_t empty_fragments;
	struct vs_utf8 utf8;
	uint8_t header[14]; /* of a split frame header */
	uint8_t header_size;
	uint8_t frame_opcode; /* of the open frame; its FIN is frame_is_last */
	uint8_t message_type; /* 0: no message is open */
	uint8_t
	    window_bits; /* 0: no permessage-deflate; else the largest window for what we send */
	bool is_client;
	bool is_lenient;
	bool is_compressed; /* the open message */
	bool frame_is_last;
	bool frame_is_open;
	bool is_delivered; /* the buffer was handed out and is to be freed */
	bool is_closed;    /* a close frame has come or the peer has failed: the rest is not read */
};

/* window_bits: 0 without permessage-deflate, else what the negotiation gave (websocket_deflate.h).
 */
void vs_ws_init(struct vs_ws *ws, enum vs_ws_role role, size_t message_size_max,
                unsigned window_bits);
void vs_ws_done(struct vs_ws *ws);
/* Any number of fragments and any inflate ratio; the message size still holds. */
void vs_ws_set_lenient(struct vs_ws *ws);
/* For messages that begin from now on; at most 1 GiB. */
void vs_ws_set_message_size_max(struct vs_ws *ws, size_t message_size_max);

/*
 * Read from *data, *size bytes, which are changed (unmasked) in place, up to the next event; *data
 * and *size move on. Call it until it says AGAIN: then all bytes are taken and no memory is held
 * that is not needed. deflate may be NULL when it was not negotiated. After a CLOSE event the rest
 * is swallowed.
 *
 * Failures: BAD_FRAME (1002), BAD_UTF8 (1007), BAD_MESSAGE (1007: does not inflate), TOO_LONG
 * (1009, or 1008 for too many fragments), NO_MEMORY (1011). vs_ws_fail_code() is the close code to
 * send; the connection cannot be read any more.
 */
VS_RESULT vs_ws_receive(struct vs_ws *ws, struct vs_ws_deflate *deflate, uint8_t **data,
                        size_t *size, struct vs_ws_event *event_out);
uint16_t vs_ws_fail_code(const struct vs_ws *ws);

/*
 * Append one message, or one control frame (payload <= 125), to out. A text must be valid UTF-8.
 * mask is used by the client only: four unpredictable bytes (RFC 6455 5.3). A message is compressed
 * when it was negotiated, deflate is given and it is worth it. For CLOSE use vs_ws_send_close().
 * TOO_LONG: out is full, unchanged.
 */
VS_RESULT vs_ws_send(const struct vs_ws *ws, struct vs_ws_deflate *deflate, enum vs_ws_type type,
                     struct vs_bytes payload, uint32_t mask, struct vs_buf *out);
/* The reason (UTF-8) is cut to 123 bytes, never inside a character. code VS_WS_CLOSE_NO_CODE sends
 * an empty close frame. */
VS_RESULT vs_ws_send_close(const struct vs_ws *ws, uint16_t code, struct vs_bytes reason,
                           uint32_t mask, struct vs_buf *out);

#define VS_WS_HEADER_SIZE_MAX 14 /* of a single frame, with a mask */
/* XOR with the mask (its bytes in memory order, starting with the first). True when all bytes are
 * ASCII afterwards. */
bool vs_ws_mask(uint8_t *data, size_t size, uint32_t mask);

/* May a peer send this code in a close frame (RFC 6455 7.4, IANA registry)? */
bool vs_ws_is_close_code(uint16_t code);
