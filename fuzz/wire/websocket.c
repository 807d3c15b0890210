/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of frames, read at once and in pieces: both must see the same messages and the same
 * failure. The first byte chooses role and compression, the second the size of the pieces.
 */
#include <stdlib.h>
#include <string.h>

#include "wire/websocket.h"
#include "wire/websocket_deflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MESSAGE_MAX 40000u

static void
check_event(const struct vs_ws_event *event)
{
	bool is_text = event->type == VS_WS_TEXT || event->type == VS_WS_CLOSE;

	if (event->payload.size > MESSAGE_MAX || (is_text && !vs_utf8_is_valid(event->payload)))
		abort();
	if ((event->type >= VS_WS_CLOSE) && event->payload.size > 125)
		abort();
}

/* What was seen, as one number for order, types and contents, and the close code. */
static uint64_t
receive(enum vs_ws_role role, unsigned bits, struct vs_ws_deflate *deflate, struct vs_bytes bytes,
        size_t step)
{
	uint64_t seen = 14695981039346656037u;
	vs_result r = VS_FAIL(AGAIN);
	struct vs_ws_event event;
	struct vs_ws ws;

	vs_ws_init(&ws, role, MESSAGE_MAX, bits);
	for (size_t at = 0; at < bytes.size && r.code == VS_E_AGAIN; at += step) {
		size_t size = bytes.size - at < step ? bytes.size - at : step;
		uint8_t *piece = malloc(size), *now = piece;

		if (piece == NULL)
			abort();
		memcpy(piece, bytes.data + at, size);
		while ((r = vs_ws_receive(&ws, deflate, &now, &size, &event)).code == VS_E_OK) {
			check_event(&event);
			seen =
			    (seen ^ event.type ^ (uint64_t)event.close_code << 8) * 1099511628211u;
			for (size_t i = 0; i < event.payload.size; i++)
				seen = (seen ^ event.payload.data[i]) * 1099511628211u;
		}
		if (r.code == VS_E_AGAIN && size != 0)
			abort();
		free(piece);
	}
	if ((r.code != VS_E_AGAIN) != (vs_ws_fail_code(&ws) != 0))
		abort();
	if (r.code == VS_E_CLOSED || r.code == VS_E_NO_MEMORY)
		abort();
	seen ^= vs_ws_fail_code(&ws);
	vs_ws_done(&ws);
	return seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vs_ws_deflate *deflate;
	enum vs_ws_role role;
	struct vs_bytes bytes;
	unsigned bits;

	if (deflate == NULL && vs_ws_deflate_new(MESSAGE_MAX, &deflate).code != VS_E_OK)
		abort();
	if (size < 2)
		return 0;
	role = data[0] & 1 ? VS_WS_CLIENT : VS_WS_SERVER;
	bits = data[0] & 2 ? 15 : 0;
	bytes = vs_bytes_from(data + 2, size - 2);
	if (receive(role, bits, deflate, bytes, size) !=
	    receive(role, bits, deflate, bytes, (size_t)data[1] % 17 + 1))
		abort();
	return 0;
}
