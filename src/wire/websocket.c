/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/websocket.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "wire/websocket_deflate.h"

#define CONTROL_SIZE_MAX 125u
#define MESSAGE_SIZE_MAX (1u << 30)
#define CONTINUATION     0
/* What does not compress gets longer, most with the smallest window and least memory: zlib's bound.
 */
#define PACKED_SIZE(size) ((size) + (size) / 8 + (size) / 64 + 16)

enum { FIN = 0x80, RSV1 = 0x40, RSV23 = 0x30, OPCODE = 0x0f, MASKED = 0x80, LENGTH = 0x7f };

_Static_assert(sizeof(struct vs_ws) <= 96, "an idle connection must stay small");

void
vs_ws_init(struct vs_ws *ws, enum vs_ws_role role, size_t message_size_max, unsigned window_bits)
{
	assert(ws != NULL);
	assert(window_bits == 0 || (window_bits >= 8 && window_bits <= 15));
	*ws =
	    (struct vs_ws){.is_client = role == VS_WS_CLIENT, .window_bits = (uint8_t)window_bits};
	vs_ws_set_message_size_max(ws, message_size_max);
	vs_buf_init(&ws->message, message_size_max + CONTROL_SIZE_MAX);
}

void
vs_ws_done(struct vs_ws *ws)
{
	if (ws != NULL)
		vs_buf_done(&ws->message);
}

void
vs_ws_set_message_size_max(struct vs_ws *ws, size_t message_size_max)
{
	assert(ws != NULL && message_size_max <= MESSAGE_SIZE_MAX);
	ws->message_size_max = (uint32_t)message_size_max;
}

void
vs_ws_set_lenient(struct vs_ws *ws)
{
	assert(ws != NULL);
	ws->is_lenient = true;
}

uint16_t
vs_ws_fail_code(const struct vs_ws *ws)
{
	assert(ws != NULL);
	return ws->fail_code;
}

bool
vs_ws_is_close_code(uint16_t code)
{
	if (code >= 3000 && code <= 4999)
		return true;
	return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

/* The mask as it applies to the byte that follows `size` bytes. */
static uint32_t
rotate_mask(uint32_t mask, size_t size)
{
	uint8_t key[4], turned[4];

	memcpy(key, &mask, 4);
	for (size_t i = 0; i < 4; i++)
		turned[i] = key[(i + size) & 3];
	memcpy(&mask, turned, 4);
	return mask;
}

/* RFC 6455 7.1.7: fail the connection; nothing that comes now is looked at. */
static vs_result
fail(struct vs_ws *ws, vs_result r, uint16_t close_code)
{
	ws->fail_code = close_code;
	ws->is_closed = true;
	ws->is_delivered = false;
	vs_buf_done(&ws->message);
	return r;
}

static vs_result
fail_protocol(struct vs_ws *ws)
{
	return fail(ws, VS_FAIL(BAD_FRAME), VS_WS_CLOSE_PROTOCOL);
}

static bool
is_control(uint8_t opcode)
{
	return (opcode & 8) != 0;
}

static bool
is_opcode(uint8_t opcode)
{
	return opcode <= VS_WS_BINARY || (opcode >= VS_WS_CLOSE && opcode <= VS_WS_PONG);
}

/* What the first two bytes must not be, whatever follows (RFC 6455 5.2, 5.4, 5.5; RFC 7692 6.2). */
static bool
is_good_start(const struct vs_ws *ws, uint8_t first, uint8_t second)
{
	uint8_t opcode = first & OPCODE;

	if (!is_opcode(opcode) || (first & RSV23) != 0)
		return false;
	if (((second & MASKED) != 0) == ws->is_client) /* 5.1: a client masks, a server does not */
		return false;
	if (is_control(opcode))
		return (first & FIN) != 0 && (first & RSV1) == 0 &&
		       (second & LENGTH) <= CONTROL_SIZE_MAX &&
		       !(opcode == VS_WS_CLOSE && (second & LENGTH) == 1);
	if ((first & RSV1) != 0 && (ws->window_bits == 0 || opcode == CONTINUATION))
		return false;
	return (opcode == CONTINUATION) == (ws->message_type != 0);
}

static size_t
header_size(uint8_t second)
{
	unsigned length = second & LENGTH;
	size_t size = length == 126 ? 4 : length == 127 ? 10 : 2;

	return (second & MASKED) != 0 ? size + 4 : size;
}

/* RFC 6455 5.2: the minimal number of bytes must be used, and 2^63 is out. False when not so. */
static bool
read_length(const uint8_t *header, uint64_t *length_out)
{
	uint64_t length = header[1] & LENGTH;
	size_t bytes = length == 126 ? 2 : length == 127 ? 8 : 0;

	if (bytes == 0) {
		*length_out = length;
		return true;
	}
	length = 0;
	for (size_t i = 0; i < bytes; i++)
		length = length << 8 | header[2 + i];
	*length_out = length;
	return bytes == 2 ? length > 125 : length > 0xffff && length >> 63 == 0;
}

static vs_result
open_data_frame(struct vs_ws *ws, uint8_t first, uint64_t length)
{
	bool is_last = (first & FIN) != 0;

	if (ws->message_type == 0) {
		ws->message_type = first & OPCODE;
		ws->is_compressed = (first & RSV1) != 0;
		ws->open_size_max = ws->message_size_max;
		ws->message.size_max = (size_t)(ws->is_compressed ? PACKED_SIZE(ws->open_size_max)
		                                                  : ws->open_size_max) +
		                       CONTROL_SIZE_MAX;
		ws->fragments = 0;
		ws->empty_fragments = 0;
		ws->utf8 = (struct vs_utf8){0};
	}
	/* Refused by its announced length, before the bytes have come. */
	if (length > ws->message.size_max - CONTROL_SIZE_MAX - ws->message.size)
		return fail(ws, VS_FAIL(TOO_LONG), VS_WS_CLOSE_TOO_BIG);
	if (ws->is_lenient)
		return VS_OK;
	ws->fragments++;
	ws->empty_fragments = (uint16_t)(ws->empty_fragments + (length == 0 && !is_last));
	if (ws->fragments > VS_LIMIT_WS_FRAGMENTS ||
	    ws->empty_fragments > VS_LIMIT_WS_EMPTY_FRAGMENTS)
		return fail(ws, VS_FAIL(TOO_LONG), VS_WS_CLOSE_POLICY);
	return VS_OK;
}

static vs_result
open_frame(struct vs_ws *ws, const uint8_t *header, size_t size)
{
	uint64_t length;

	if (!read_length(header, &length))
		return fail_protocol(ws);
	if (is_control(header[0] & OPCODE))
		ws->control_start = (uint32_t)ws->message.size;
	else
		VS_TRY(open_data_frame(ws, header[0], length));
	ws->mask = 0;
	if ((header[1] & MASKED) != 0)
		memcpy(&ws->mask, header + size - 4, 4);
	ws->frame_opcode = header[0] & OPCODE;
	ws->frame_is_last = (header[0] & FIN) != 0;
	ws->frame_left = (uint32_t)length; /* within the message size: below 2^31 */
	ws->frame_is_open = true;
	return VS_OK;
}

static void
advance(uint8_t **data, size_t *size, size_t count)
{
	*data += count;
	*size -= count;
}

/* A header that is split between two reads is collected in ws->header. */
static vs_result
take_split_header(struct vs_ws *ws, uint8_t **data, size_t *size)
{
	size_t needed = ws->header_size < 2 ? 2 : header_size(ws->header[1]);

	while (ws->header_size < needed) {
		if (*size == 0)
			return VS_FAIL(AGAIN);
		ws->header[ws->header_size++] = **data;
		advance(data, size, 1);
		if (ws->header_size == 2) {
			if (!is_good_start(ws, ws->header[0], ws->header[1]))
				return fail_protocol(ws);
			needed = header_size(ws->header[1]);
		}
	}
	ws->header_size = 0;
	return open_frame(ws, ws->header, needed);
}

static vs_result
take_header(struct vs_ws *ws, uint8_t **data, size_t *size)
{
	uint8_t *header = *data;
	size_t needed;

	if (ws->header_size > 0 || *size < 2)
		return take_split_header(ws, data, size);
	if (!is_good_start(ws, header[0], header[1]))
		return fail_protocol(ws);
	needed = header_size(header[1]);
	if (*size < needed)
		return take_split_header(ws, data, size);
	advance(data, size, needed);
	return open_frame(ws, header, needed);
}

static vs_result
finish_close(struct vs_ws *ws, struct vs_bytes payload, struct vs_ws_event *event_out)
{
	uint16_t code = VS_WS_CLOSE_NO_CODE;

	if (payload.size >= 2) {
		code = (uint16_t)(payload.data[0] << 8 | payload.data[1]);
		payload.data += 2;
		payload.size -= 2;
		if (!vs_ws_is_close_code(code))
			return fail_protocol(ws);
		if (!vs_utf8_is_valid(payload))
			return fail(ws, VS_FAIL(BAD_UTF8), VS_WS_CLOSE_BAD_DATA);
	}
	ws->is_closed = true;
	*event_out = (struct vs_ws_event){VS_WS_CLOSE, payload, code};
	return VS_OK;
}

static vs_result
inflate_message(struct vs_ws *ws, struct vs_ws_deflate *deflate, struct vs_bytes *payload)
{
	vs_result r;

	assert(deflate != NULL); /* it was negotiated */
	r = vs_ws_inflate(deflate, *payload, ws->open_size_max,
	                  ws->is_lenient ? 0 : VS_LIMIT_WS_INFLATE_RATIO, payload);
	if (r.code == VS_E_OK)
		return r;
	if (r.code == VS_E_TOO_LONG)
		return fail(ws, r, VS_WS_CLOSE_TOO_BIG);
	return fail(ws, r,
	            r.code == VS_E_BAD_MESSAGE ? VS_WS_CLOSE_BAD_DATA : VS_WS_CLOSE_INTERNAL);
}

/* is_checked: the text is ASCII or went through ws->utf8 as it came. */
static vs_result
finish_message(struct vs_ws *ws, struct vs_ws_deflate *deflate, struct vs_bytes payload,
               bool is_checked, struct vs_ws_event *event_out)
{
	enum vs_ws_type type = (enum vs_ws_type)ws->message_type;

	if (ws->is_compressed) {
		VS_TRY(inflate_message(ws, deflate, &payload));
		is_checked = false;
	}
	if (type == VS_WS_TEXT &&
	    !(is_checked ? vs_utf8_is_whole(&ws->utf8) : vs_utf8_is_valid(payload)))
		return fail(ws, VS_FAIL(BAD_UTF8), VS_WS_CLOSE_BAD_DATA);
	ws->message_type = 0;
	*event_out = (struct vs_ws_event){type, payload, 0};
	return VS_OK;
}

static vs_result
finish_frame(struct vs_ws *ws, struct vs_ws_deflate *deflate, struct vs_bytes payload,
             bool is_checked, struct vs_ws_event *event_out)
{
	ws->frame_is_open = false;
	ws->is_delivered = true;
	if (ws->frame_opcode == VS_WS_CLOSE)
		return finish_close(ws, payload, event_out);
	if (is_control(ws->frame_opcode)) {
		*event_out = (struct vs_ws_event){(enum vs_ws_type)ws->frame_opcode, payload, 0};
		return VS_OK;
	}
	return finish_message(ws, deflate, payload, is_checked, event_out);
}

/* The bytes are unmasked; those of a frame that is not whole, or is not the whole message, are
 * kept. */
static vs_result
keep(struct vs_ws *ws, struct vs_bytes part)
{
	bool is_text = ws->message_type == VS_WS_TEXT && !ws->is_compressed;

	/* RFC 6455 8.1: what can never become UTF-8 is refused at once. */
	if (!is_control(ws->frame_opcode) && is_text && !vs_utf8_feed(&ws->utf8, part))
		return fail(ws, VS_FAIL(BAD_UTF8), VS_WS_CLOSE_BAD_DATA);
	/* Grown by what has come, not by what was announced: a header alone buys no memory. */
	if (vs_buf_append_bytes(&ws->message, part).code != VS_E_OK)
		return fail(ws, VS_FAIL(NO_MEMORY), VS_WS_CLOSE_INTERNAL);
	return VS_OK;
}

/* AGAIN with *is_more set: the frame is through without an event, go on with the next. */
static vs_result
take_payload(struct vs_ws *ws, struct vs_ws_deflate *deflate, uint8_t **data, size_t *size,
             struct vs_ws_event *event_out, bool *is_more)
{
	size_t count = *size < ws->frame_left ? *size : ws->frame_left;
	struct vs_bytes part = {*data, count};
	bool is_event = is_control(ws->frame_opcode) || ws->frame_is_last;
	size_t start = is_control(ws->frame_opcode) ? ws->control_start : 0;
	bool is_ascii = false; /* seen while unmasking: no second look at most messages */

	if (!ws->is_client)
		is_ascii = vs_ws_mask(*data, count, ws->mask);
	advance(data, size, count);
	if (count == ws->frame_left && is_event && ws->message.size == start)
		return finish_frame(ws, deflate, part, is_ascii, event_out);

	VS_TRY(keep(ws, part));
	ws->frame_left -= (uint32_t)count;
	if (ws->frame_left > 0) {
		ws->mask = rotate_mask(ws->mask, count);
		return VS_FAIL(AGAIN);
	}
	if (is_event) {
		part = (struct vs_bytes){ws->message.data + start, ws->message.size - start};
		return finish_frame(ws, deflate, part, true, event_out);
	}
	ws->frame_is_open = false;
	*is_more = true;
	return VS_FAIL(AGAIN);
}

/* What the last event showed is no longer looked at. */
static void
release(struct vs_ws *ws)
{
	ws->is_delivered = false;
	if (ws->message_type != 0 && !ws->is_closed)
		ws->message.size = ws->control_start;
	else if (ws->message.data != NULL)
		vs_buf_done(&ws->message);
}

vs_result
vs_ws_receive(struct vs_ws *ws, struct vs_ws_deflate *deflate, uint8_t **data, size_t *size,
              struct vs_ws_event *event_out)
{
	bool is_more;
	vs_result r;

	assert(ws != NULL && data != NULL && size != NULL && event_out != NULL);
	if (ws->is_delivered)
		release(ws);
	if (ws->is_closed) {
		advance(data, size, *size);
		return ws->fail_code != 0 ? VS_FAIL(CLOSED) : VS_FAIL(AGAIN);
	}
	do {
		is_more = false;
		if (!ws->frame_is_open)
			VS_TRY(take_header(ws, data, size));
		r = take_payload(ws, deflate, data, size, event_out, &is_more);
	} while (is_more);
	return r;
}
