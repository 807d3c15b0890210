/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_shown.h"

#include "test.h"

static const char *const names[] = {"id", "n", "types"};

static void
is_shown_as(const char *text, const char *wanted)
{
	struct vs_json_writer writer;
	struct vs_json_tape tape;
	struct vs_buf out;

	vs_json_tape_init(&tape);
	vs_buf_init(&out, 4096);
	CHECK_OK(vs_json_parse(vs_bytes_from_text(text), &tape));
	vs_json_write_begin(&writer, &out);
	vs_json_write_shown(&writer, &tape, vs_json_root(&tape), names, 3);
	CHECK_OK(vs_json_write_end(&writer));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), wanted));
	vs_buf_done(&out);
	vs_json_tape_done(&tape);
}

static void
what_is_named_is_shown(void)
{
	is_shown_as("{\"id\":\"a\",\"n\":7,\"x\":{\"n\":true},\"types\":[\"a\",\"b\"]}",
	            "{\"id\":\"a\",\"n\":7,\"x\":{\"n\":true},\"types\":[\"a\",\"b\"]}");
	is_shown_as("{}", "{}");
	is_shown_as("[]", "[]");
}

static void
the_rest_is_left_out(void)
{
	is_shown_as(
	    "{\"value\":21.5,\"list\":[1,{\"value\":null}],\"id\":\"a\"}",
	    "{\"value\":\"(left out)\",\"list\":[\"(left out)\",{\"value\":\"(left out)\"}],"
	    "\"id\":\"a\"}");
	is_shown_as("\"secret\"", "\"(left out)\"");
	is_shown_as("[1,2]", "[\"(left out)\",\"(left out)\"]");
	/* A name that hides behind escapes is none that is known. */
	is_shown_as("{\"\\u0069d\":\"secret\"}", "{\"?\":\"(left out)\"}");
}

static void
nothing_is_null(void)
{
	struct vs_json_writer writer;
	struct vs_json_tape tape;
	struct vs_buf out;

	vs_json_tape_init(&tape);
	vs_buf_init(&out, 64);
	vs_json_write_begin(&writer, &out);
	vs_json_write_shown(&writer, &tape, NULL, names, 3);
	CHECK_OK(vs_json_write_end(&writer));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), "null"));
	vs_buf_done(&out);
	vs_json_tape_done(&tape);
}

int
main(void)
{
	CASE(what_is_named_is_shown);
	CASE(the_rest_is_left_out);
	CASE(nothing_is_null);
	return 0;
}
