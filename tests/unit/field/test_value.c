/* SPDX-License-Identifier: Apache-2.0 */
#include "field/value.h"

#include "made.h"

static void
scalars(void)
{
	static const char *const good[] = {"25.4", "-1e9", "true", "null", "\"open\"", " 1 "};
	static const char *const bad[] = {"", "25,4", "[1]", "{}", "nan", "1 2", "\"a", "01", "+1"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_OK(vs_field_value_check(vs_bytes_from_text(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(vs_field_value_check(vs_bytes_from_text(bad[i])), BAD_MESSAGE);
}

static void
from_text(void)
{
	static const char *const pairs[][2] = {
	    {"25.4", "25.4"},     {"1013.25", "1013.25"}, {"-0", "-0"},
	    {"True", "\"True\""}, {"true", "\"true\""},   {" 1", "\" 1\""},
	    {"nan", "\"nan\""},   {"", "\"\""},           {"a\"b", "\"a\\\"b\""}};
	struct vs_buf json;

	vs_buf_init(&json, 2000);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		vs_buf_reset(&json);
		CHECK_OK(vs_field_value_from_text(vs_bytes_from_text(pairs[i][0]), &json));
		CHECK(vs_bytes_equal_text(vs_buf_view(&json), pairs[i][1]));
	}
	vs_buf_reset(&json);
	CHECK_ERR(vs_field_value_from_text(VS_BYTES_LITERAL("\xff\xfe"), &json), BAD_UTF8);
	CHECK(json.size == 0);
	vs_buf_done(&json);
}

static void
clear(void)
{
	struct vs_field_values values;
	struct made made;

	vs_field_values_init(&values);
	CHECK_OK(made_read(&made, "{\"readings\":[{\"sensor_type\":\"a\",\"value\":1.50},"
	                          "{\"type\":\"b\",\"value\":\"on\"},{\"type\":\"c\",\"value\":"
	                          "false}]}"));
	CHECK_OK(vs_field_values_clear(&made.message, &values));
	CHECK(values.count == 3);
	CHECK(vs_bytes_equal_text(vs_field_values_at(&values, 0), "1.50"));
	CHECK(vs_bytes_equal_text(vs_field_values_at(&values, 1), "\"on\""));
	CHECK(vs_bytes_equal_text(vs_field_values_at(&values, 2), "false"));
	made.message.readings[1].is_sealed = true;
	CHECK_ERR(vs_field_values_clear(&made.message, &values), CONFLICT);
	vs_field_values_done(&values);
	CHECK(values.count == 0);
	made_done(&made);
}

int
main(void)
{
	CASE(scalars);
	CASE(from_text);
	CASE(clear);
	return 0;
}
