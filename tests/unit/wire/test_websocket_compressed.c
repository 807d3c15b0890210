/* SPDX-License-Identifier: Apache-2.0 */
/* The receiver and sender of wire/websocket.c with permessage-deflate. */
#include "ws_feed.h"

/* What one role sends, the other reads, compressed or not, in pieces of any size. */
static void
test_both_roles(void)
{
	struct vs_ws_deflate *deflate = NULL;

	CHECK_OK(vs_ws_deflate_new(300000, &deflate));
	for (size_t size = 0; size < 140000; size = size * 5 / 3 + 1) {
		for (unsigned bits = 0; bits <= 15; bits += bits == 0 ? 8 : 1) {
			struct vs_ws sender, reader;
			struct vs_buf message, wire, log;

			vs_buf_init(&message, 300000);
			vs_buf_init(&wire, 600000);
			vs_buf_init(&log, 600000);
			for (size_t i = 0; i < size; i++)
				CHECK_OK(vs_buf_append_byte(
				    &message, (uint8_t)('a' + (i * i * 31 >> 7) % 17)));
			vs_ws_init(&sender, bits % 2 ? VS_WS_CLIENT : VS_WS_SERVER, 300000, bits);
			vs_ws_init(&reader, bits % 2 ? VS_WS_SERVER : VS_WS_CLIENT, 300000,
			           bits == 0 ? 0 : 15);
			CHECK_OK(vs_ws_send(&sender, deflate, VS_WS_TEXT, vs_buf_view(&message),
			                    some_mask, &wire));
			CHECK(((wire.data[0] & RSV1) != 0) ==
			      (bits != 0 && size >= VS_WS_DEFLATE_SIZE_MIN && size <= 1u << bits));
			CHECK_OK(vs_ws_send(&sender, deflate, VS_WS_PING, VS_BYTES_LITERAL("p"), 7,
			                    &wire));
			receive_all(&reader, deflate, vs_buf_view(&wire), 1 + size % 1500, &log);
			CHECK(log.size == size + 6);
			CHECK(vs_bytes_equal(vs_bytes_from(log.data + 2, size),
			                     vs_buf_view(&message)));
			CHECK(memcmp(log.data + size + 2, " P:p", 4) == 0);
			vs_buf_done(&log);
			vs_buf_done(&wire);
			vs_buf_done(&message);
		}
	}
	vs_ws_deflate_free(&deflate);
}

/* RFC 7692 6.1, 7.2.3.1: a compressed message in two fragments; RSV1 only on the first */
static void
test_compressed_fragments(void)
{
	struct vs_ws_deflate *deflate = NULL;
	struct vs_buf bytes, log;
	struct vs_ws ws;

	CHECK_OK(vs_ws_deflate_new(1000, &deflate));
	vs_buf_init(&bytes, 1000);
	vs_buf_init(&log, 1000);
	put_frame(&bytes, RSV1 | TEXT, VS_BYTES_LITERAL("\xf2\x48\xcd"), true);
	put_frame(&bytes, FIN | PING, VS_BYTES_LITERAL("x"), true);
	put_frame(&bytes, FIN | CONT, VS_BYTES_LITERAL("\xc9\xc9\x07\x00"), true);
	put_frame(&bytes, FIN | TEXT, VS_BYTES_LITERAL("plain"), true);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		vs_buf_reset(&log);
		vs_ws_init(&ws, VS_WS_SERVER, 1000, 15);
		receive_all(&ws, deflate, vs_buf_view(&bytes), steps[i], &log);
		CHECK(vs_bytes_equal_text(vs_buf_view(&log), "P:x T:Hello T:plain"));
		CHECK(ws.message.data == NULL);
		vs_ws_done(&ws);
	}
	vs_ws_deflate_free(&deflate);
	vs_buf_done(&log);
	vs_buf_done(&bytes);
}

static void
check_compressed(unsigned first, struct vs_bytes payload, size_t size_max, const char *expected)
{
	struct vs_ws_deflate *deflate = NULL;
	struct vs_buf bytes, log;
	struct vs_ws ws;

	CHECK_OK(vs_ws_deflate_new(100000, &deflate));
	vs_buf_init(&bytes, 100000);
	vs_buf_init(&log, 100000);
	put_frame(&bytes, first, payload, true);
	vs_ws_init(&ws, VS_WS_SERVER, size_max, 15);
	receive_all(&ws, deflate, vs_buf_view(&bytes), 1000, &log);
	CHECK(vs_bytes_equal_text(vs_buf_view(&log), expected));
	vs_ws_done(&ws);
	vs_ws_deflate_free(&deflate);
	vs_buf_done(&log);
	vs_buf_done(&bytes);
}

static void
test_bad_compressed(void)
{
	struct vs_bytes hello = VS_BYTES_LITERAL("\xf2\x48\xcd\xc9\xc9\x07\x00");
	struct vs_bytes not_text =
	    VS_BYTES_LITERAL("\x00\x01\x00\xfe\xff\xff\x00"); /* stored: FF */

	check_compressed(FIN | RSV1 | TEXT, hello, 4, "!1009");
	/* Seven bytes packed: what counts is what comes out of them. */
	check_compressed(FIN | RSV1 | TEXT, hello, 5, "T:Hello");
	check_compressed(FIN | RSV1 | TEXT, VS_BYTES_LITERAL("\xff\xff"), 100, "!1007");
	check_compressed(FIN | RSV1 | TEXT, not_text, 100, "!1007");
	check_compressed(FIN | RSV1 | BIN, not_text, 100, "B:\xff");
	check_compressed(FIN | RSV1 | PING, hello, 100, "!1002");
	check_compressed(FIN | RSV1 | CONT, hello, 100, "!1002");
	check_compressed(FIN | RSV1 | RSV2 | TEXT, hello, 100, "!1002");
	check_compressed(FIN | TEXT, VS_BYTES_LITERAL("plain"), 100, "T:plain");
}

/* What does not compress is longer on the wire than in the end; that is bounded, too. */
static void
test_longer_when_packed(void)
{
	uint8_t stored[8 + 65];

	/* Stored blocks of one byte, six bytes each: "aaaaaaaaaaaa" in 73 bytes. */
	for (size_t i = 0; i < 12; i++)
		memcpy(stored + 6 * i,
		       "\x00\x01\x00\xfe\xff"
		       "a",
		       6);
	stored[72] = 0;
	check_compressed(FIN | RSV1 | BIN, vs_bytes_from(stored, 18 + 1), 3, "B:aaa");
	check_compressed(FIN | RSV1 | BIN, vs_bytes_from(stored, 73), 12, "!1009");
	check_compressed(FIN | RSV1 | BIN, vs_bytes_from(stored, 73), 52, "B:aaaaaaaaaaaa");
	check_compressed(FIN | BIN, VS_BYTES_LITERAL("aaaa"), 3, "!1009");
}

/* A lenient connection takes any ratio; the size holds. */
static void
test_lenient(void)
{
	static uint8_t zeros[100000];

	for (int is_lenient = 0; is_lenient <= 1; is_lenient++) {
		for (size_t short_by = 0; short_by <= 1; short_by++) {
			struct vs_ws_deflate *deflate = NULL;
			struct vs_bytes packed = {0};
			struct vs_ws_event event;
			struct vs_buf bytes;
			struct vs_ws ws;
			uint8_t *data;
			size_t size;

			CHECK_OK(vs_ws_deflate_new(sizeof(zeros), &deflate));
			vs_buf_init(&bytes, 10000);
			CHECK_OK(
			    vs_ws_compress(deflate, vs_bytes_from(zeros, sizeof(zeros)), &packed));
			put_frame(&bytes, FIN | RSV1 | BIN, packed, true);
			vs_ws_init(&ws, VS_WS_SERVER, sizeof(zeros) - short_by, 15);
			if (is_lenient)
				vs_ws_set_lenient(&ws);
			data = bytes.data;
			size = bytes.size;
			if (is_lenient && short_by == 0) {
				CHECK_OK(vs_ws_receive(&ws, deflate, &data, &size, &event));
				CHECK(vs_bytes_equal(event.payload,
				                     vs_bytes_from(zeros, sizeof(zeros))));
			} else {
				CHECK_ERR(vs_ws_receive(&ws, deflate, &data, &size, &event),
				          TOO_LONG);
				CHECK(vs_ws_fail_code(&ws) == VS_WS_CLOSE_TOO_BIG);
			}
			vs_ws_done(&ws);
			vs_buf_done(&bytes);
			vs_ws_deflate_free(&deflate);
		}
	}
}

int
main(void)
{
	CASE(test_longer_when_packed);
	CASE(test_lenient);
	CASE(test_both_roles);
	CASE(test_compressed_fragments);
	CASE(test_bad_compressed);
	return 0;
}
