/* SPDX-License-Identifier: Apache-2.0 */
/* Builds frames as a peer would, feeds them in pieces and writes down what comes out. */
#pragma once

#include "test.h"
#include "wire/websocket.h"
#include "wire/websocket_deflate.h"

enum {
	FIN = 0x80,
	RSV1 = 0x40,
	RSV2 = 0x20,
	RSV3 = 0x10,
	CONT = 0,
	TEXT = 1,
	BIN = 2,
	CLOSE = 8,
	PING = 9,
	PONG = 10
};

static const uint32_t some_mask = 0x1d5b3a77;

/* One frame with a minimal length, masked or not. */
static void
put_frame(struct vs_buf *out, unsigned first, struct vs_bytes payload, bool is_masked)
{
	uint8_t *body = NULL;

	CHECK_OK(vs_buf_append_byte(out, (uint8_t)first));
	if (payload.size <= 125) {
		CHECK_OK(
		    vs_buf_append_byte(out, (uint8_t)(payload.size | (is_masked ? 0x80u : 0))));
	} else if (payload.size <= 0xffff) {
		CHECK_OK(vs_buf_append_byte(out, is_masked ? 0xfe : 0x7e));
		CHECK_OK(vs_buf_append_byte(out, (uint8_t)(payload.size >> 8)));
		CHECK_OK(vs_buf_append_byte(out, (uint8_t)payload.size));
	} else {
		CHECK_OK(vs_buf_append_byte(out, is_masked ? 0xff : 0x7f));
		for (int i = 7; i >= 0; i--)
			CHECK_OK(
			    vs_buf_append_byte(out, (uint8_t)((uint64_t)payload.size >> (8 * i))));
	}
	if (is_masked)
		CHECK_OK(vs_buf_append(out, &some_mask, 4));
	CHECK_OK(vs_buf_reserve(out, payload.size, &body));
	for (size_t i = 0; i < payload.size; i++)
		body[i] = payload.data[i] ^ (is_masked ? ((const uint8_t *)&some_mask)[i % 4] : 0);
	out->size += payload.size;
}

/* What came out, as text: "T:hello C:1000:bye" and "!1002" for a failure. */
static void
note_event(struct vs_buf *log, const struct vs_ws_event *event)
{
	if (log->size > 0)
		CHECK_OK(vs_buf_append_byte(log, ' '));
	switch (event->type) {
	case VS_WS_TEXT:
		CHECK_OK(vs_buf_append_text(log, "T:"));
		break;
	case VS_WS_BINARY:
		CHECK_OK(vs_buf_append_text(log, "B:"));
		break;
	case VS_WS_PING:
		CHECK_OK(vs_buf_append_text(log, "P:"));
		break;
	case VS_WS_PONG:
		CHECK_OK(vs_buf_append_text(log, "Q:"));
		break;
	case VS_WS_CLOSE:
		CHECK_OK(vs_buf_printf(log, "C:%u:", event->close_code));
		break;
	}
	CHECK_OK(vs_buf_append_bytes(log, event->payload));
}

/* Feed in pieces of `step` bytes, each in a block of exactly its size. */
static void
receive_all(struct vs_ws *ws, struct vs_ws_deflate *deflate, struct vs_bytes bytes, size_t step,
            struct vs_buf *log)
{
	for (size_t at = 0; at < bytes.size; at += step) {
		size_t size = bytes.size - at < step ? bytes.size - at : step;
		uint8_t *piece = malloc(size), *data = piece;
		struct vs_ws_event event;
		vs_result r;

		CHECK(piece != NULL);
		memcpy(piece, bytes.data + at, size);
		while ((r = vs_ws_receive(ws, deflate, &data, &size, &event)).code == VS_E_OK)
			note_event(log, &event);
		free(piece);
		if (r.code != VS_E_AGAIN) {
			CHECK(r.code != VS_E_CLOSED && vs_ws_fail_code(ws) != 0);
			CHECK_OK(vs_buf_printf(log, "%s!%u", log->size > 0 ? " " : "",
			                       vs_ws_fail_code(ws)));
			CHECK(ws->message.data == NULL);
			return;
		}
		CHECK(size == 0);
	}
}

static const size_t steps[] = {1, 2, 3, 5, 7, 16, 61, 1000000};
