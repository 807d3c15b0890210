/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/frame.h"

#include "base/limits.h"
#include "test.h"

/* Events as text: "D:data", "X" damaged, "E" ENQ, "A" ACK, "N" NAK, "." EOT, "!" failed. */
static enum vs_frame_scope
run(enum vs_frame_scope scope, bool is_utf8, size_t size_max, struct vs_bytes bytes, size_t step,
    struct vs_buf *log)
{
	struct vs_frame frame;
	enum vs_frame_scope known;

	vs_frame_init(&frame, scope, is_utf8, size_max);
	for (size_t at = 0; at < bytes.size; at += step) {
		size_t size = bytes.size - at < step ? bytes.size - at : step;
		struct vs_bytes input = {bytes.data + at, size};
		struct vs_frame_event event;
		vs_result r;

		while ((r = vs_frame_receive(&frame, &input, &event)).code == VS_E_OK) {
			if (event.type == VS_FRAME_EVENT_DATA) {
				CHECK_OK(vs_buf_append_text(log, "D:"));
				CHECK_OK(vs_buf_append_bytes(log, event.data));
			} else if (event.type == VS_FRAME_EVENT_DAMAGED) {
				CHECK_OK(vs_buf_append_byte(log, 'X'));
			} else {
				CHECK_OK(
				    vs_buf_append_byte(log, event.control == VS_FRAME_ENQ   ? 'E'
				                            : event.control == VS_FRAME_ACK ? 'A'
				                            : event.control == VS_FRAME_NAK ? 'N'
				                                                            : '.'));
			}
		}
		if (r.code != VS_E_AGAIN) {
			CHECK(r.code == VS_E_BAD_FRAME || r.code == VS_E_TOO_LONG);
			CHECK_OK(vs_buf_append_byte(log, '!'));
			break;
		}
		CHECK(input.size == 0);
	}
	known = vs_frame_scope_known(&frame);
	vs_frame_done(&frame);
	return known;
}

static void
check_run(enum vs_frame_scope scope, bool is_utf8, struct vs_bytes bytes, const char *expected)
{
	for (size_t step = 1; step <= 1000; step = step * 3 + 1) {
		struct vs_buf log;

		vs_buf_init(&log, 10000);
		(void)run(scope, is_utf8, 100, bytes, step, &log);
		CHECK(vs_bytes_equal_text(vs_buf_view(&log), expected));
		vs_buf_done(&log);
	}
}

/* The vectors of the published implementations: XOR of the data, and of STX, data and ETX. */
static void
test_vectors(void)
{
	static const struct {
		const char *data;
		uint8_t data_lrc;
		uint8_t whole_lrc;
	} known[] = {
	    {"REGISTER#CP#CP-001#40.5#-3.1#0.3", 0x05, 0x04},
	    {"HEARTBEAT#CP-001#ACTIVATED", 0x0a, 0x0b},
	    {"HEALTH_CHECK#CP-001", 0x29, 0x28},
	    {"SUPPLY_UPDATE#CP-001#0.714286#0.21", 0x7c, 0x7d},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct vs_bytes data = vs_bytes_from_text(known[i].data);
		struct vs_buf out;

		vs_buf_init(&out, 200);
		CHECK_OK(vs_frame_encode(VS_FRAME_DATA, false, data, &out));
		CHECK(out.size == data.size + 3 && out.data[0] == 2 && out.data[out.size - 2] == 3);
		CHECK(out.data[out.size - 1] == known[i].data_lrc);
		CHECK_OK(vs_frame_encode(VS_FRAME_STX_DATA_ETX, false, data, &out));
		CHECK(out.data[out.size - 1] == known[i].whole_lrc);
		CHECK_OK(vs_frame_encode(VS_FRAME_DATA_ETX, false, data, &out));
		CHECK(out.data[out.size - 1] == (known[i].data_lrc ^ 3));
		vs_buf_done(&out);
	}
}

/* After ETX one byte is the LRC, also when it looks like STX, ETX, ENQ or EOT. */
static void
test_any_lrc(void)
{
	for (unsigned a = 0x20; a <= 0x7e; a++) {
		for (unsigned b = 0x20; b <= 0x7e; b++) {
			uint8_t text[2] = {(uint8_t)a, (uint8_t)b};
			struct vs_frame frame;
			struct vs_frame_event event;
			struct vs_bytes input;
			struct vs_buf out;

			vs_buf_init(&out, 100);
			CHECK_OK(
			    vs_frame_encode(VS_FRAME_DATA, false, vs_bytes_from(text, 2), &out));
			CHECK_OK(
			    vs_frame_encode(VS_FRAME_DATA, false, VS_BYTES_LITERAL("next"), &out));
			vs_frame_init(&frame, VS_FRAME_DATA, false, 10);
			input = vs_buf_view(&out);
			CHECK_OK(vs_frame_receive(&frame, &input, &event));
			CHECK(vs_bytes_equal(event.data, vs_bytes_from(text, 2)));
			CHECK_OK(vs_frame_receive(&frame, &input, &event));
			CHECK(vs_bytes_equal_text(event.data, "next"));
			CHECK_ERR(vs_frame_receive(&frame, &input, &event), AGAIN);
			CHECK(frame.data.data == NULL);
			vs_frame_done(&frame);
			vs_buf_done(&out);
		}
	}
}

static void
test_stream(void)
{
	/* "ab" has the XOR 03, with ETX 00 */
	check_run(VS_FRAME_DATA_ETX, false,
	          VS_BYTES_LITERAL("\x05\x02"
	                           "ab\x03\x00\x06\x15\x04"),
	          "ED:abAN.");
	check_run(VS_FRAME_DATA_ETX, false, VS_BYTES_LITERAL("\x02\x03\x03"), "D:");
	check_run(VS_FRAME_DATA_ETX, false,
	          VS_BYTES_LITERAL("\x02"
	                           "ab\x03\x01\x02"
	                           "ab\x03\x00"),
	          "XD:ab");
	check_run(VS_FRAME_DATA, false,
	          VS_BYTES_LITERAL("\x02"
	                           "ab\x03\x03\x05"),
	          "D:abE");
	check_run(VS_FRAME_STX_DATA_ETX, false,
	          VS_BYTES_LITERAL("\x02"
	                           "ab\x03\x02\x05"),
	          "D:abE");
	/* a new STX starts anew; a control byte inside a frame is no control */
	check_run(VS_FRAME_DATA_ETX, false,
	          VS_BYTES_LITERAL("\x02"
	                           "xyz\x02"
	                           "ab\x03\x00"),
	          "XD:ab");
	check_run(VS_FRAME_DATA_ETX, false,
	          VS_BYTES_LITERAL("\x02"
	                           "a\x06"),
	          "X");
	check_run(VS_FRAME_DATA_ETX, false,
	          VS_BYTES_LITERAL("\x02"
	                           "a\x7f"
	                           "junk\x02"
	                           "ab\x03\x00"),
	          "XD:ab");
	check_run(VS_FRAME_DATA_ETX, false,
	          VS_BYTES_LITERAL("junk\r\n\x02"
	                           "ab\x03\x00"),
	          "D:ab");
}

static void
test_utf8(void)
{
	/* C3 ^ A9 ^ 03 = 69 */
	check_run(VS_FRAME_DATA_ETX, true, VS_BYTES_LITERAL("\x02\xc3\xa9\x03\x69"), "D:\xc3\xa9");
	check_run(VS_FRAME_DATA_ETX, false, VS_BYTES_LITERAL("\x02\xc3\xa9\x03\x69"), "X");
	check_run(VS_FRAME_DATA_ETX, true, VS_BYTES_LITERAL("\x02\xc3\x03\xc0"),
	          "X"); /* the LRC fits */
}

static void
test_limits(void)
{
	struct vs_buf log;
	char junk[VS_LIMIT_FRAME_GARBAGE + 1];

	memset(junk, 'j', sizeof(junk));
	check_run(VS_FRAME_DATA_ETX, false, vs_bytes_from(junk, sizeof(junk) - 1), "");
	check_run(VS_FRAME_DATA_ETX, false, vs_bytes_from(junk, sizeof(junk)), "!");
	check_run(VS_FRAME_DATA_ETX, false,
	          VS_BYTES_LITERAL("\x02"
	                           "a\x02"
	                           "a\x02"
	                           "a\x02"
	                           "ab\x03\x00"),
	          "XXXD:ab");
	check_run(VS_FRAME_DATA_ETX, false,
	          VS_BYTES_LITERAL("\x02"
	                           "a\x02"
	                           "a\x02"
	                           "a\x02"
	                           "a\x02"),
	          "XXX!");
	vs_buf_init(&log, 100);
	(void)run(VS_FRAME_DATA_ETX, false, 2,
	          VS_BYTES_LITERAL("\x02"
	                           "ab\x03\x00"),
	          1, &log);
	CHECK(vs_bytes_equal_text(vs_buf_view(&log), "D:ab"));
	vs_buf_reset(&log);
	(void)run(VS_FRAME_DATA_ETX, false, 1,
	          VS_BYTES_LITERAL("\x02"
	                           "ab\x03\x00"),
	          1, &log);
	CHECK(vs_bytes_equal_text(vs_buf_view(&log), "!"));
	vs_buf_done(&log);
}

/* AUTO takes the first form that fits and refuses the others from then on. */
static void
test_learning(void)
{
	struct vs_buf log;

	vs_buf_init(&log, 1000);
	CHECK(run(VS_FRAME_AUTO, false, 100,
	          VS_BYTES_LITERAL("\x02"
	                           "ab\x03\x03\x02"
	                           "ab\x03\x00"),
	          3, &log) == VS_FRAME_DATA);
	CHECK(vs_bytes_equal_text(vs_buf_view(&log), "D:abX"));
	vs_buf_reset(&log);
	CHECK(run(VS_FRAME_AUTO, false, 100,
	          VS_BYTES_LITERAL("\x02"
	                           "ab\x03\x77\x02"
	                           "ab\x03\x02\x02"
	                           "ab\x03\x02"),
	          3, &log) == VS_FRAME_STX_DATA_ETX);
	CHECK(vs_bytes_equal_text(vs_buf_view(&log), "XD:abD:ab"));
	vs_buf_reset(&log);
	CHECK(run(VS_FRAME_AUTO, false, 100,
	          VS_BYTES_LITERAL("\x02"
	                           "ab\x03\x00"),
	          3, &log) == VS_FRAME_DATA_ETX);
	CHECK(run(VS_FRAME_AUTO, false, 100, VS_BYTES_LITERAL("\x05"), 3, &log) ==
	      VS_FRAME_DATA_ETX);
	vs_buf_done(&log);
}

static void
test_encode_refuses(void)
{
	struct vs_buf out;

	vs_buf_init(&out, 6);
	CHECK_ERR(vs_frame_encode(VS_FRAME_DATA, false,
	                          VS_BYTES_LITERAL("a\x03"
	                                           "b"),
	                          &out),
	          BAD_VALUE);
	CHECK_ERR(vs_frame_encode(VS_FRAME_DATA, false, VS_BYTES_LITERAL("\xc3\xa9"), &out),
	          BAD_VALUE);
	CHECK_ERR(vs_frame_encode(VS_FRAME_DATA, true, VS_BYTES_LITERAL("\xc3"), &out), BAD_VALUE);
	CHECK_ERR(vs_frame_encode(VS_FRAME_DATA, true, VS_BYTES_LITERAL("abcd"), &out), TOO_LONG);
	CHECK(out.size == 0);
	CHECK_OK(vs_frame_encode(VS_FRAME_DATA, true, VS_BYTES_LITERAL("\xc3\xa9z"), &out));
	CHECK(out.size == 6);
	vs_buf_done(&out);
}

int
main(void)
{
	CASE(test_vectors);
	CASE(test_any_lrc);
	CASE(test_stream);
	CASE(test_utf8);
	CASE(test_limits);
	CASE(test_learning);
	CASE(test_encode_refuses);
	return 0;
}
