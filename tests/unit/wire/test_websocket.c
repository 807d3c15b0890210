/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/websocket.h"

#include "base/limits.h"
#include "test.h"
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
	unsigned
	    first; /* 0 with an empty payload ends the list unless it is a continuation: see END */
	const char *payload;
};

#define END                                                                                        \
	{                                                                                          \
		0x100, NULL                                                                        \
	}

static const struct {
	const char *expected;
	struct frame frames[8];
} cases[] = {
    /* 1: framing */
    {"T:", {{FIN | TEXT, ""}, END}},
    {"T:hello", {{FIN | TEXT, "hello"}, END}},
    {"B:", {{FIN | BIN, ""}, END}},
    {"B:\xff\xfe", {{FIN | BIN, "\xff\xfe"}, END}},
    {"T:a T:b B:c", {{FIN | TEXT, "a"}, {FIN | TEXT, "b"}, {FIN | BIN, "c"}, END}},
    /* 2: pings and pongs */
    {"P:", {{FIN | PING, ""}, END}},
    {"P:x Q:y T:z", {{FIN | PING, "x"}, {FIN | PONG, "y"}, {FIN | TEXT, "z"}, END}},
    {"P:\xff\xfe", {{FIN | PING, "\xff\xfe"}, END}},
    /* 3: reserved bits (RFC 6455 5.2: fail when nothing was negotiated that gives them a meaning)
     */
    {"!1002", {{FIN | RSV1 | TEXT, "a"}, END}},
    {"!1002", {{FIN | RSV2 | TEXT, "a"}, END}},
    {"!1002", {{FIN | RSV3 | TEXT, "a"}, END}},
    {"T:a !1002", {{FIN | TEXT, "a"}, {FIN | RSV2 | RSV3 | BIN, ""}, END}},
    {"!1002", {{FIN | RSV1 | PING, ""}, END}},
    {"!1002", {{FIN | RSV3 | CLOSE, ""}, END}},
    /* 4: reserved opcodes */
    {"!1002", {{FIN | 3, ""}, END}},
    {"!1002", {{FIN | 4, "a"}, END}},
    {"!1002", {{FIN | 7, "a"}, END}},
    {"!1002", {{FIN | 11, ""}, END}},
    {"T:a !1002", {{FIN | TEXT, "a"}, {FIN | 15, "a"}, END}},
    /* 5: fragmentation */
    {"!1002", {{PING, "a"}, END}},
    {"!1002", {{PONG, "a"}, END}},
    {"!1002", {{CLOSE, ""}, END}},
    {"T:ab", {{TEXT, "a"}, {FIN | CONT, "b"}, END}},
    {"B:abc", {{BIN, "a"}, {CONT, "b"}, {FIN | CONT, "c"}, END}},
    {"P:x T:ab", {{TEXT, "a"}, {FIN | PING, "x"}, {FIN | CONT, "b"}, END}},
    {"P:x Q:y P: T:abc",
     {{TEXT, "a"},
      {FIN | PING, "x"},
      {FIN | PONG, "y"},
      {CONT, "b"},
      {FIN | PING, ""},
      {FIN | CONT, "c"},
      END}},
    {"T:", {{TEXT, ""}, {CONT, ""}, {FIN | CONT, ""}, END}},
    {"T:a", {{TEXT, ""}, {CONT, "a"}, {FIN | CONT, ""}, END}},
    {"P:x T:a", {{TEXT, ""}, {FIN | PING, "x"}, {FIN | CONT, "a"}, END}},
    {"!1002", {{FIN | CONT, "a"}, END}},
    {"!1002", {{CONT, "a"}, END}},
    {"T:ab !1002", {{TEXT, "a"}, {FIN | CONT, "b"}, {FIN | CONT, "c"}, END}},
    {"!1002", {{TEXT, "a"}, {FIN | TEXT, "b"}, END}},
    {"!1002", {{BIN, "a"}, {TEXT, "b"}, END}},
    {"P: !1002", {{TEXT, "a"}, {FIN | PING, ""}, {FIN | BIN, "b"}, END}},
    {"!1002", {{TEXT, "a"}, {FIN | RSV1 | CONT, "b"}, END}},
    /* 6: UTF-8, whole, split inside a character, and too early an end */
    {"T:\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
     {{FIN | TEXT, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"}, END}},
    {"T:\xce\xba\xe1\xbd\xb9", {{TEXT, "\xce"}, {CONT, "\xba\xe1\xbd"}, {FIN | CONT, "\xb9"}, END}},
    {"P:\xff T:\xe2\x82\xac",
     {{TEXT, "\xe2"}, {FIN | PING, "\xff"}, {FIN | CONT, "\x82\xac"}, END}},
    {"!1007",
     {{FIN | TEXT, "\xce\xba\xed\xa0\x80"
                   "edited"},
      END}},
    {"!1007", {{TEXT, "\xce\xba\xe1\xbd\xb9\xf4\x90\x80\x80"}, END}},
    {"!1007", {{TEXT, "\xf4"}, {CONT, "\x90"}, END}},
    {"!1007", {{FIN | TEXT, "\xce"}, END}},
    {"!1007", {{TEXT, "\xe2\x82"}, {FIN | CONT, ""}, END}},
    {"!1007", {{FIN | TEXT, "\xc0\x80"}, END}},
    {"!1007", {{FIN | TEXT, "\xfe"}, END}},
    {"T:\xf4\x8f\xbf\xbf\xef\xbf\xbf", {{FIN | TEXT, "\xf4\x8f\xbf\xbf\xef\xbf\xbf"}, END}},
    /* 7: close */
    {"C:1005:", {{FIN | CLOSE, ""}, END}},
    {"C:1000:", {{FIN | CLOSE, "\x03\xe8"}, END}},
    {"C:1000:bye",
     {{FIN | CLOSE, "\x03\xe8"
                    "bye"},
      {FIN | TEXT, "ignored"},
      {FIN | 15, ""},
      END}},
    {"T:a C:1000:", {{FIN | TEXT, "a"}, {FIN | CLOSE, "\x03\xe8"}, {FIN | PING, ""}, END}},
    {"C:1001:", {{TEXT, "a"}, {FIN | CLOSE, "\x03\xe9"}, {FIN | CONT, "b"}, END}},
    {"!1002", {{FIN | CLOSE, "\x03"}, END}},
    {"!1007", {{FIN | CLOSE, "\x03\xe8\xce\xba\xed\xa0"}, END}},
    {"!1007", {{FIN | CLOSE, "\x03\xe8\xce"}, END}},
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

static void
test_mask(void)
{
	for (size_t size = 0; size < 70; size++) {
		for (size_t offset = 0; offset < 9; offset++) {
			uint8_t data[80] = {0};

			vs_ws_mask(data + offset, size, some_mask);
			for (size_t i = 0; i < sizeof(data); i++) {
				bool is_inside = i >= offset && i < offset + size;

				CHECK(data[i] ==
				      (is_inside ? ((const uint8_t *)&some_mask)[(i - offset) % 4]
				                 : 0));
			}
		}
	}
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

	check_compressed(FIN | RSV1 | TEXT, hello, 5,
	                 "!1009"); /* seven bytes packed are over five, too */
	check_compressed(FIN | RSV1 | TEXT, hello, 7, "T:Hello");
	check_compressed(FIN | RSV1 | TEXT, VS_BYTES_LITERAL("\xff\xff"), 100, "!1007");
	check_compressed(FIN | RSV1 | TEXT, not_text, 100, "!1007");
	check_compressed(FIN | RSV1 | BIN, not_text, 100, "B:\xff");
	check_compressed(FIN | RSV1 | PING, hello, 100, "!1002");
	check_compressed(FIN | RSV1 | CONT, hello, 100, "!1002");
	check_compressed(FIN | RSV1 | RSV2 | TEXT, hello, 100, "!1002");
	check_compressed(FIN | TEXT, VS_BYTES_LITERAL("plain"), 100, "T:plain");
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
	CASE(test_fails_fast);
	CASE(test_mask);
	CASE(test_send);
	CASE(test_send_close);
	CASE(test_both_roles);
	CASE(test_compressed_fragments);
	CASE(test_bad_compressed);
	return 0;
}
