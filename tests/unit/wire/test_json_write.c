/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>

#include "test.h"
#include "wire/json.h"

static struct vs_buf buf;
static struct vs_json_writer writer;

static void
begin(void)
{
	vs_buf_reset(&buf);
	vs_json_write_begin(&writer, &buf);
}

static bool
ends_as(const char *text)
{
	return vs_json_write_end(&writer).code == VS_E_OK &&
	       vs_bytes_equal_text(vs_buf_view(&buf), text);
}

static void
writes_values(void)
{
	begin();
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "a");
	vs_json_write_int(&writer, INT64_MIN);
	vs_json_write_key(&writer, "b\"");
	vs_json_write_array(&writer);
	vs_json_write_bool(&writer, true);
	vs_json_write_bool(&writer, false);
	vs_json_write_null(&writer);
	vs_json_write_object(&writer);
	vs_json_write_object_end(&writer);
	vs_json_write_array(&writer);
	vs_json_write_array_end(&writer);
	vs_json_write_raw(&writer, VS_BYTES_LITERAL("{\"r\":1}"));
	vs_json_write_time(&writer, 1500);
	vs_json_write_array_end(&writer);
	vs_json_write_object_end(&writer);
	CHECK(ends_as("{\"a\":-9223372036854775808,\"b\\\"\":[true,false,null,{},[],{\"r\":1},"
	              "\"1970-01-01T00:00:01.500Z\"]}"));
}

static void
escapes_strings(void)
{
	begin();
	vs_json_write_string(&writer,
	                     (struct vs_bytes){(const uint8_t *)"\"\\\b\f\n\r\t\0\x1f\x7f/é😀", 17});
	CHECK(ends_as("\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\x7f/é😀\""));
	begin();
	vs_json_write_string(&writer, (struct vs_bytes){NULL, 0});
	CHECK(ends_as("\"\""));
	begin();
	vs_json_write_text(&writer, "bad \xc3");
	CHECK_ERR(vs_json_write_end(&writer), BAD_UTF8);
	CHECK(buf.size == 0);
}

static void
writes_doubles_that_read_back(void)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {{0.1, "0.1"},      {1.0, "1"},
	            {-0.0, "-0"},      {230.4, "230.4"},
	            {1e300, "1e+300"}, {0.30000000000000004, "0.30000000000000004"}};
	uint64_t state = 1;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		vs_json_write_double(&writer, rows[i].value);
		CHECK(ends_as(rows[i].text));
	}
	for (int i = 0; i < 20000; i++) {
		struct vs_json_node nodes[1];
		struct vs_json_tape tape;
		double value;
		double read = 0;

		state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
		memcpy(&value, &state, sizeof(value));
		if (!isfinite(value))
			continue;
		begin();
		vs_json_write_double(&writer, value);
		CHECK_OK(vs_json_write_end(&writer));
		vs_json_tape_init_fixed(&tape, nodes, 1);
		CHECK_OK(vs_json_parse(vs_buf_view(&buf), &tape));
		CHECK_OK(vs_json_double(&tape, vs_json_root(&tape), &read));
		CHECK(memcmp(&read, &value, sizeof(read)) == 0);
	}
	begin();
	vs_json_write_double(&writer, NAN);
	CHECK_ERR(vs_json_write_end(&writer), BAD_VALUE);
	begin();
	vs_json_write_double(&writer, HUGE_VAL);
	CHECK_ERR(vs_json_write_end(&writer), BAD_VALUE);
}

static void
refuses_disorder(void)
{
	begin();
	CHECK_ERR(vs_json_write_end(&writer), INTERNAL); /* nothing written */
	begin();
	vs_json_write_int(&writer, 1);
	vs_json_write_int(&writer, 2);
	CHECK_ERR(vs_json_write_end(&writer), INTERNAL);
	begin();
	vs_json_write_object(&writer);
	vs_json_write_int(&writer, 1); /* without its name */
	CHECK_ERR(vs_json_write_end(&writer), INTERNAL);
	begin();
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "a");
	vs_json_write_object_end(&writer);
	CHECK_ERR(vs_json_write_end(&writer), INTERNAL);
	begin();
	vs_json_write_array(&writer);
	vs_json_write_key(&writer, "a");
	CHECK_ERR(vs_json_write_end(&writer), INTERNAL);
	begin();
	vs_json_write_array(&writer);
	vs_json_write_object_end(&writer);
	CHECK_ERR(vs_json_write_end(&writer), INTERNAL);
	begin();
	vs_json_write_array(&writer);
	CHECK_ERR(vs_json_write_end(&writer), INTERNAL); /* still open */
	begin();
	for (int i = 0; i < 70; i++)
		vs_json_write_array(&writer);
	CHECK_ERR(vs_json_write_end(&writer), TOO_DEEP);
	CHECK(buf.size == 0);
}

static void
takes_back_what_does_not_fit(void)
{
	struct vs_buf small;

	vs_buf_init(&small, 12);
	CHECK_OK(vs_buf_append_text(&small, "kept"));
	vs_json_write_begin(&writer, &small);
	vs_json_write_text(&writer, "much too long");
	CHECK_ERR(vs_json_write_end(&writer), TOO_LONG);
	CHECK(vs_bytes_equal_text(vs_buf_view(&small), "kept"));
	vs_buf_done(&small);
}

int
main(void)
{
	vs_buf_init(&buf, 65536);
	CASE(writes_values);
	CASE(escapes_strings);
	CASE(writes_doubles_that_read_back);
	CASE(refuses_disorder);
	CASE(takes_back_what_does_not_fit);
	vs_buf_done(&buf);
	return 0;
}
