/* SPDX-License-Identifier: Apache-2.0 */
/* What wire does when memory runs out in the middle of a message. */
#include "fault.h"
#include "wire/frame.h"
#include "wire/http1.h"
#include "wire/websocket.h"
#include "wire/websocket_deflate.h"

/* A fragmented message: "ab" + "c"; close 1011, and no memory is held. */
static void
test_websocket(void)
{
	for (long nth = 1;; nth++) {
		uint8_t bytes[] = "\x01\x02"
				  "ab\x80\x01"
				  "c";
		uint8_t *data = bytes;
		size_t size = sizeof(bytes) - 1;
		struct vs_ws_event event;
		struct vs_ws ws;
		vs_result r;

		vs_ws_init(&ws, VS_WS_CLIENT, 100, 0);
		fault_arm(nth);
		r = vs_ws_receive(&ws, NULL, &data, &size, &event);
		if (fault_left() > 0) {
			fault_arm(0);
			CHECK_OK(r);
			CHECK(vs_bytes_equal_text(event.payload, "abc") && nth > 1);
			vs_ws_done(&ws);
			break;
		}
		CHECK_ERR(r, NO_MEMORY);
		CHECK(vs_ws_fail_code(&ws) == VS_WS_CLOSE_INTERNAL && ws.message.data == NULL);
		CHECK_ERR(vs_ws_receive(&ws, NULL, &data, &size, &event), CLOSED);
		vs_ws_done(&ws);
	}
}

static void
test_send(void)
{
	struct vs_ws ws;
	struct vs_buf out;

	vs_ws_init(&ws, VS_WS_SERVER, 100, 0);
	vs_buf_init(&out, 1000);
	EACH_FAULT(vs_ws_send(&ws, NULL, VS_WS_TEXT, VS_BYTES_LITERAL("abc"), 0, &out), NO_MEMORY,
	           CHECK(out.size == 0));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), "\x81\x03"
	                                             "abc"));
	vs_buf_done(&out);
}

/* Without memory to compress, the message goes as it is. */
static void
test_deflate(void)
{
	struct vs_ws_deflate *deflate = NULL;
	struct vs_bytes message = {NULL, 0};
	static uint8_t zeros[500];
	struct vs_ws ws;
	struct vs_buf out;
	uint8_t *room = NULL;

	EACH_FAULT(vs_ws_deflate_new(1000, &deflate), NO_MEMORY, CHECK(deflate == NULL));
	EACH_FAULT(vs_ws_inflate(deflate, VS_BYTES_LITERAL("\xf2\x48\xcd\xc9\xc9\x07\x00"), 100,
	                         VS_LIMIT_WS_INFLATE_RATIO, &message),
	           NO_MEMORY, CHECK(message.data == NULL));
	CHECK(vs_bytes_equal_text(message, "Hello"));
	vs_ws_init(&ws, VS_WS_SERVER, 1000, 15);
	vs_buf_init(&out, 2000);
	CHECK_OK(vs_buf_reserve(&out, 1000, &room));
	fault_arm(1);
	CHECK_OK(
	    vs_ws_send(&ws, deflate, VS_WS_BINARY, vs_bytes_from(zeros, sizeof(zeros)), 0, &out));
	CHECK(fault_left() == 0 && out.data[0] == 0x82 && out.size == 504);
	vs_buf_reset(&out);
	CHECK_OK(
	    vs_ws_send(&ws, deflate, VS_WS_BINARY, vs_bytes_from(zeros, sizeof(zeros)), 0, &out));
	CHECK(out.data[0] == 0xc2 && out.size < 50);
	vs_buf_done(&out);
	vs_ws_deflate_free(&deflate);
}

static void
test_http(void)
{
	struct vs_buf out;

	vs_buf_init(&out, 1000);
	EACH_FAULT(vs_http_response_write(&out, 200, "text/plain", VS_BYTES_LITERAL("ok"), true),
	           NO_MEMORY, CHECK(out.size == 0));
	vs_buf_done(&out);
}

static void
test_frame(void)
{
	struct vs_frame frame;
	struct vs_frame_event event;
	struct vs_bytes input;

	vs_frame_init(&frame, VS_FRAME_DATA, false, 100);
	input = VS_BYTES_LITERAL("\x02"
	                         "ab\x03\x03");
	fault_arm(1);
	CHECK_ERR(vs_frame_receive(&frame, &input, &event), NO_MEMORY);
	vs_frame_done(&frame);
}

int
main(void)
{
	CASE(test_websocket);
	CASE(test_send);
	CASE(test_deflate);
	CASE(test_http);
	CASE(test_frame);
	return 0;
}
