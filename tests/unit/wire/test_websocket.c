/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/websocket.h"

#include "base/limits.h"
#include "ws_feed.h"

static void
check_bytes(enum vs_ws_role role, size_t size_max, struct vs_bytes bytes, const char *expected)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct vs_buf log;
		struct vs_ws ws;

		vs_buf_init(&log, 4000000);
		vs_ws_init(&ws, role, size_max, 0);
		receive_all(&ws, NULL, bytes, steps[i], &log);
		if (!vs_bytes_equal_text(vs_buf_view(&log), expected))
			(void)fprintf(stderr, "step %zu: got \"%.*s\", expected \"%s\"\n", steps[i],
			              VS_BYTES_PRINTF(vs_buf_view(&log)), expected);
		CHECK(vs_bytes_equal_text(vs_buf_view(&log), expected));
		vs_ws_done(&ws);
		vs_buf_done(&log);
	}
}

struct frame {
	unsigned first;
	const char *payload;
};

static const struct {
	const char *expected;
	struct frame frames[8]; /* the last one has no payload pointer */
} cases[] = {
#define WS_CASE(expected, ...) {expected, {__VA_ARGS__, {0, NULL}}},
#include "websocket_cases.def"
#undef WS_CASE
};

static void
test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (enum vs_ws_role role = VS_WS_SERVER; role <= VS_WS_CLIENT; role++) {
			struct vs_buf bytes;

			vs_buf_init(&bytes, 10000);
			for (const struct frame *f = cases[i].frames; f->payload != NULL; f++)
				put_frame(&bytes, f->first, vs_bytes_from_text(f->payload),
				          role == VS_WS_SERVER);
			check_bytes(role, 1000, vs_buf_view(&bytes), cases[i].expected);
			vs_buf_done(&bytes);
		}
	}
}

/* RFC 6455 7.4.1, 7.4.2 and the IANA registry (1012 to 1014); Autobahn 7.7 and 7.9 */
static void
test_close_codes(void)
{
	for (unsigned code = 0; code <= 0xffff; code++) {
		uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};
		bool is_good = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
		               (code >= 3000 && code <= 4999);
		struct vs_ws_event event;
		struct vs_buf bytes;
		uint8_t *data;
		struct vs_ws ws;
		vs_result r;

		CHECK(vs_ws_is_close_code((uint16_t)code) == is_good);
		vs_buf_init(&bytes, 100);
		vs_ws_init(&ws, VS_WS_SERVER, 100, 0);
		put_frame(&bytes, FIN | CLOSE, vs_bytes_from(payload, 2), true);
		data = bytes.data;
		r = vs_ws_receive(&ws, NULL, &data, &bytes.size, &event);
		if (is_good)
			CHECK(r.code == VS_E_OK && event.close_code == code &&
			      event.payload.size == 0);
		else
			CHECK(r.code == VS_E_BAD_FRAME && vs_ws_fail_code(&ws) == 1002);
		vs_ws_done(&ws);
		vs_buf_done(&bytes);
	}
}

/* RFC 6455 5.1: masking by role; 5.2: minimal lengths; 5.5: control frames up to 125 */
static void
test_headers(void)
{
	check_bytes(VS_WS_SERVER, 100,
	            VS_BYTES_LITERAL("\x81\x01"
	                             "a"),
	            "!1002");
	check_bytes(VS_WS_CLIENT, 100,
	            VS_BYTES_LITERAL("\x81\x81\x00\x00\x00\x00"
	                             "a"),
	            "!1002");
	check_bytes(VS_WS_CLIENT, 100,
	            VS_BYTES_LITERAL("\x81\x01"
	                             "a"),
	            "T:a");
	check_bytes(VS_WS_SERVER, 100,
	            VS_BYTES_LITERAL("\x81\x81\x00\x00\x00\x00"
	                             "a"),
	            "T:a");
	check_bytes(VS_WS_CLIENT, 100,
	            VS_BYTES_LITERAL("\x81\x7e\x00\x01"
	                             "a"),
	            "!1002");
	check_bytes(VS_WS_CLIENT, 1000, VS_BYTES_LITERAL("\x82\x7e\x00\x7d"), "!1002");
	check_bytes(VS_WS_CLIENT, 1000, VS_BYTES_LITERAL("\x82\x7e\x00\x7e"), "");
	check_bytes(VS_WS_CLIENT, 1000000,
	            VS_BYTES_LITERAL("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"), "!1002");
	check_bytes(VS_WS_CLIENT, 1000000,
	            VS_BYTES_LITERAL("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"), "");
	check_bytes(VS_WS_CLIENT, 1000000,
	            VS_BYTES_LITERAL("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00"), "!1002");
	check_bytes(VS_WS_CLIENT, 1000000,
	            VS_BYTES_LITERAL("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), "!1009");
	check_bytes(VS_WS_CLIENT, 1000, VS_BYTES_LITERAL("\x89\x7e\x00\x7e"), "!1002");
	check_bytes(VS_WS_CLIENT, 1000, VS_BYTES_LITERAL("\x88\x01\x03"), "!1002");
	check_bytes(VS_WS_CLIENT, 1000, VS_BYTES_LITERAL("\x82"), "");
}

/* Autobahn 1.1, 1.2, 9: the sizes at which the header changes, and beyond one read */
static void
test_sizes(void)
{
	static const size_t sizes[] = {0,   1,   15,  16,    17,    125,   126,
	                               127, 128, 300, 65535, 65536, 65537, 200000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct vs_buf bytes, log, payload;
		struct vs_ws ws;

		vs_buf_init(&bytes, 1000000);
		vs_buf_init(&log, 1000000);
		vs_buf_init(&payload, 1000000);
		for (size_t k = 0; k < sizes[i]; k++)
			CHECK_OK(vs_buf_append_byte(&payload, (uint8_t)('!' + k % 90)));
		put_frame(&bytes, FIN | TEXT, vs_buf_view(&payload), true);
		for (size_t step = 997; step < 1000000; step += 333333) {
			vs_buf_reset(&log);
			vs_ws_init(&ws, VS_WS_SERVER, 200000, 0);
			receive_all(&ws, NULL, vs_buf_view(&bytes), step, &log);
			CHECK(log.size == sizes[i] + 2);
			CHECK(memcmp(log.data, "T:", 2) == 0);
			CHECK(sizes[i] == 0 || memcmp(log.data + 2, payload.data, sizes[i]) == 0);
			CHECK(ws.message.data == NULL);
			vs_ws_done(&ws);
		}
		vs_buf_done(&payload);
		vs_buf_done(&log);
		vs_buf_done(&bytes);
	}
}

static void
test_zero_copy_and_memory(void)
{
	uint8_t bytes[] =
	    "\x81\x85\0\0\0\0hello\x01\x82\0\0\0\0ab\x80\x81\0\0\0\0c\x81\x84\0\0\0\0lo";
	uint8_t *data = bytes;
	size_t size = sizeof(bytes) - 1;
	struct vs_ws_event event;
	struct vs_ws ws;

	vs_ws_init(&ws, VS_WS_SERVER, 100, 0);
	CHECK(sizeof(ws) <= 96);
	CHECK_OK(vs_ws_receive(&ws, NULL, &data, &size, &event));
	CHECK(event.payload.data == bytes + 6 && event.payload.size == 5);
	CHECK(ws.message.data == NULL); /* one whole frame: nothing was copied */
	CHECK_OK(vs_ws_receive(&ws, NULL, &data, &size, &event));
	CHECK(vs_bytes_equal_text(event.payload, "abc") && event.payload.data == ws.message.data);
	CHECK_ERR(vs_ws_receive(&ws, NULL, &data, &size, &event), AGAIN);
	CHECK(ws.message.size == 2); /* "lo" of a frame of four */
	data = bytes;
	size = 2;
	memcpy(bytes, "st", 2);
	CHECK_OK(vs_ws_receive(&ws, NULL, &data, &size, &event));
	CHECK(vs_bytes_equal_text(event.payload, "lost"));
	CHECK_ERR(vs_ws_receive(&ws, NULL, &data, &size, &event), AGAIN);
	CHECK(ws.message.data == NULL); /* idle again: no memory */
	vs_ws_done(&ws);
	vs_ws_done(NULL);
}

/* A header that announces much buys no memory before the bytes are there. */
static void
test_announced_size(void)
{
	uint8_t bytes[] = "\x82\xff\0\0\0\0\0\x0f\0\0\1\2\3\4x";
	uint8_t *data = bytes;
	size_t size = sizeof(bytes) - 1;
	struct vs_ws_event event;
	struct vs_ws ws;

	vs_ws_init(&ws, VS_WS_SERVER, 1000000, 0);
	CHECK_ERR(vs_ws_receive(&ws, NULL, &data, &size, &event), AGAIN);
	CHECK(ws.message.capacity <= 4096);
	vs_ws_done(&ws);
}

static void
test_message_limit(void)
{
	struct vs_buf bytes;
	uint8_t text[40];

	memset(text, 'a', sizeof(text));
	vs_buf_init(&bytes, 1000);
	put_frame(&bytes, FIN | TEXT, vs_bytes_from(text, 10), true);
	put_frame(&bytes, FIN | TEXT, vs_bytes_from(text, 11), true);
	check_bytes(VS_WS_SERVER, 10, vs_buf_view(&bytes), "T:aaaaaaaaaa !1009");
	vs_buf_reset(&bytes);
	put_frame(&bytes, TEXT, vs_bytes_from(text, 6), true);
	put_frame(&bytes, FIN | PING, vs_bytes_from(text, 40), true); /* does not count */
	put_frame(&bytes, CONT, vs_bytes_from(text, 4), true);
	put_frame(&bytes, FIN | CONT, vs_bytes_from(text, 1), true);
	check_bytes(VS_WS_SERVER, 10, vs_buf_view(&bytes),
	            "P:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa !1009");
	check_bytes(VS_WS_SERVER, 11, vs_buf_view(&bytes),
	            "P:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa T:aaaaaaaaaaa");
	vs_buf_done(&bytes);
}

/* The limit of an open message does not change; the next one has the new one. */
static void
test_limit_at_run_time(void)
{
	uint8_t text[100];
	struct vs_buf bytes, log;
	struct vs_ws ws;

	memset(text, 'a', sizeof(text));
	vs_buf_init(&bytes, 1000);
	vs_buf_init(&log, 1000);
	vs_ws_init(&ws, VS_WS_SERVER, 10, 0);
	put_frame(&bytes, BIN, vs_bytes_from(text, 10), true);
	receive_all(&ws, NULL, vs_buf_view(&bytes), 100, &log);
	vs_ws_set_message_size_max(&ws, 100);
	vs_buf_reset(&bytes);
	put_frame(&bytes, FIN | CONT, vs_bytes_from_text(""), true);
	put_frame(&bytes, FIN | BIN, vs_bytes_from(text, 100), true);
	receive_all(&ws, NULL, vs_buf_view(&bytes), 100, &log);
	CHECK(log.size == 2 + 10 + 1 + 2 + 100);
	vs_ws_set_message_size_max(&ws, 99);
	vs_buf_reset(&bytes);
	vs_buf_reset(&log);
	put_frame(&bytes, FIN | BIN, vs_bytes_from(text, 100), true);
	receive_all(&ws, NULL, vs_buf_view(&bytes), 3, &log);
	CHECK(vs_bytes_equal_text(vs_buf_view(&log), "!1009"));
	vs_ws_done(&ws);
	vs_buf_done(&log);
	vs_buf_done(&bytes);
}

static void
test_fragment_limits(void)
{
	for (int more = 0; more <= 1; more++) {
		struct vs_buf bytes;

		vs_buf_init(&bytes, 10000);
		for (int i = 0; i < VS_LIMIT_WS_FRAGMENTS - 1 + more; i++)
			put_frame(&bytes, i == 0 ? BIN : CONT, VS_BYTES_LITERAL("x"), true);
		put_frame(&bytes, FIN | CONT, VS_BYTES_LITERAL(""), true);
		check_bytes(
		    VS_WS_SERVER, 1000, vs_buf_view(&bytes),
		    more ? "!1008"
			 : "B:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
		vs_buf_reset(&bytes);
		for (int i = 0; i < VS_LIMIT_WS_EMPTY_FRAGMENTS + more; i++)
			put_frame(&bytes, i == 0 ? BIN : CONT, VS_BYTES_LITERAL(""), true);
		put_frame(&bytes, FIN | CONT, VS_BYTES_LITERAL("x"), true);
		check_bytes(VS_WS_SERVER, 1000, vs_buf_view(&bytes), more ? "!1008" : "B:x");
		vs_buf_done(&bytes);
	}
}

/* 70 000 fragments, more than a counter of 16 bits holds, empty ones among them. */
static void
test_lenient_fragments(void)
{
	const size_t count = 70000;
	struct vs_buf bytes;
	struct vs_ws_event event;
	struct vs_ws ws;
	uint8_t *data;
	size_t size;

	vs_buf_init(&bytes, count * 16);
	for (size_t i = 0; i <= count; i++)
		put_frame(&bytes, (i == count ? FIN : 0) | (i == 0 ? BIN : CONT),
		          vs_bytes_from("x", i % 2), true);
	vs_ws_init(&ws, VS_WS_SERVER, count / 2, 0);
	vs_ws_set_lenient(&ws);
	data = bytes.data;
	size = bytes.size;
	CHECK_OK(vs_ws_receive(&ws, NULL, &data, &size, &event));
	CHECK(event.type == VS_WS_BINARY && event.payload.size == count / 2 && size == 0);
	vs_ws_done(&ws);
	vs_buf_done(&bytes);
}

/* Autobahn 6.4: the frame is refused at its bad byte, not at its end. */
static void
test_fails_fast(void)
{
	uint8_t bytes[] = "\x81\x9e\0\0\0\0aaaaaaaaaaaaaaaaaaaa\xed\xa0";
	uint8_t *data = bytes;
	size_t size = sizeof(bytes) - 1;
	struct vs_ws_event event;
	struct vs_ws ws;

	vs_ws_init(&ws, VS_WS_SERVER, 100, 0);
	CHECK_ERR(vs_ws_receive(&ws, NULL, &data, &size, &event), BAD_UTF8);
	CHECK(vs_ws_fail_code(&ws) == VS_WS_CLOSE_BAD_DATA);
	data = bytes;
	size = 5;
	CHECK_ERR(vs_ws_receive(&ws, NULL, &data, &size, &event), CLOSED);
	CHECK(size == 0);
	vs_ws_done(&ws);
}

int
main(void)
{
	CASE(test_cases);
	CASE(test_close_codes);
	CASE(test_headers);
	CASE(test_sizes);
	CASE(test_zero_copy_and_memory);
	CASE(test_announced_size);
	CASE(test_message_limit);
	CASE(test_limit_at_run_time);
	CASE(test_fragment_limits);
	CASE(test_lenient_fragments);
	CASE(test_fails_fast);
	return 0;
}
