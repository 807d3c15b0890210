/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "wire/websocket.h"

static void
test_mask(void)
{
	static const uint32_t mask = 0x1d5b3a77;

	for (size_t size = 0; size < 70; size++) {
		for (size_t offset = 0; offset < 9; offset++) {
			uint8_t data[80] = {0};

			CHECK(vs_ws_mask(data + offset, size, mask));
			for (size_t i = 0; i < sizeof(data); i++) {
				bool is_inside = i >= offset && i < offset + size;

				CHECK(data[i] ==
				      (is_inside ? ((const uint8_t *)&mask)[(i - offset) % 4] : 0));
			}
		}
	}
}

/* One byte above ASCII at any place is noticed. */
static void
test_mask_tells_ascii(void)
{
	for (size_t size = 1; size < 70; size++) {
		for (size_t at = 0; at < size; at++) {
			uint8_t data[70] = {0};

			data[at] = 0x80;
			CHECK(!vs_ws_mask(data, size, 0x01020304));
			CHECK(vs_ws_mask(data, at, 0x01020304));
		}
	}
	CHECK(vs_ws_mask(NULL, 0, 0xffffffff));
}

/* RFC 6455 5.7, the examples, byte by byte */
static void
test_send(void)
{
	struct vs_ws server, client;
	uint32_t mask;
	struct vs_buf out;

	memcpy(&mask, "\x37\xfa\x21\x3d", 4);
	vs_buf_init(&out, 40);
	vs_ws_init(&server, VS_WS_SERVER, 100, 0);
	vs_ws_init(&client, VS_WS_CLIENT, 100, 0);
	CHECK_OK(vs_ws_send(&server, NULL, VS_WS_TEXT, VS_BYTES_LITERAL("Hello"), mask, &out));
	CHECK(vs_bytes_equal(vs_buf_view(&out), VS_BYTES_LITERAL("\x81\x05Hello")));
	vs_buf_reset(&out);
	CHECK_OK(vs_ws_send(&client, NULL, VS_WS_TEXT, VS_BYTES_LITERAL("Hello"), mask, &out));
	CHECK(vs_bytes_equal(vs_buf_view(&out),
	                     VS_BYTES_LITERAL("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")));
	vs_buf_reset(&out);
	CHECK_OK(vs_ws_send(&server, NULL, VS_WS_PING, VS_BYTES_LITERAL("Hello"), 0, &out));
	CHECK(vs_bytes_equal(vs_buf_view(&out), VS_BYTES_LITERAL("\x89\x05Hello")));
	CHECK_ERR(vs_ws_send(&server, NULL, VS_WS_TEXT,
	                     VS_BYTES_LITERAL("0123456789012345678901234567890123456789"), 0, &out),
	          TOO_LONG);
	CHECK(out.size == 7);
	vs_buf_done(&out);
}

static void
test_send_close(void)
{
	struct vs_ws server;
	struct vs_buf out;
	char reason[200];

	vs_buf_init(&out, 1000);
	vs_ws_init(&server, VS_WS_SERVER, 100, 0);
	CHECK_OK(vs_ws_send_close(&server, 1000, VS_BYTES_LITERAL("ok"), 0, &out));
	CHECK(vs_bytes_equal(vs_buf_view(&out), VS_BYTES_LITERAL("\x88\x04\x03\xe8ok")));
	vs_buf_reset(&out);
	CHECK_OK(vs_ws_send_close(&server, VS_WS_CLOSE_NO_CODE, VS_BYTES_LITERAL("x"), 0, &out));
	CHECK(vs_bytes_equal(vs_buf_view(&out), VS_BYTES_LITERAL("\x88\x00")));
	vs_buf_reset(&out);
	memset(reason, 'a', sizeof(reason));
	memcpy(reason + 122, "\xe2\x82\xac", 3); /* would be cut in the middle */
	CHECK_OK(vs_ws_send_close(&server, 1008, vs_bytes_from(reason, sizeof(reason)), 0, &out));
	CHECK(out.size == 2 + 2 + 122);
	vs_buf_done(&out);
}

int
main(void)
{
	CASE(test_mask);
	CASE(test_mask_tells_ascii);
	CASE(test_send);
	CASE(test_send_close);
	return 0;
}
