/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json.h"

#include <math.h>

#include "test.h"

static struct vs_json_tape tape;

static const struct vs_json_node *
parse(const char *text)
{
	CHECK_OK(vs_json_parse(vs_bytes_from_text(text), &tape));
	return vs_json_root(&tape);
}

static bool
view_is(struct vs_bytes view, const char *text)
{
	return vs_bytes_equal_text(view, text);
}

static void
finds_members_and_items(void)
{
	const struct vs_json_node *root =
	    parse(" {\"a\":1,\"list\":[10,[20],{\"x\":30}],\"\":null,\"\\u0062\":true} ");
	const struct vs_json_node *list = vs_json_member(&tape, root, "list");
	const struct vs_json_node *item = NULL;
	int64_t value = 0;
	bool flag = false;

	CHECK(vs_json_count(root) == 4 && vs_json_count(list) == 3);
	CHECK_OK(vs_json_int(&tape, vs_json_member(&tape, root, "a"), &value));
	CHECK(value == 1);
	CHECK(vs_json_member(&tape, root, "")->type == VS_JSON_NULL);
	CHECK_OK(vs_json_bool(vs_json_member(&tape, root, "b"), &flag)); /* the escape is b */
	CHECK(flag);
	item = vs_json_next(list, vs_json_next(list, vs_json_next(list, NULL)));
	CHECK_OK(vs_json_int(&tape, vs_json_member(&tape, item, "x"), &value));
	CHECK(value == 30);
	CHECK(vs_json_next(list, item) == NULL);
	CHECK(view_is(vs_json_raw(&tape, list), "[10,[20],{\"x\":30}]"));
	CHECK(view_is(vs_json_key(&tape, list), "list") && vs_json_key(&tape, root).size == 0);
	CHECK(vs_json_member(&tape, root, "c") == NULL && vs_json_member(&tape, list, "a") == NULL);
	CHECK(vs_json_member(&tape, NULL, "a") == NULL && vs_json_next(NULL, NULL) == NULL);
	CHECK(vs_json_count(NULL) == 0 && vs_json_raw(&tape, NULL).size == 0);
	CHECK(vs_json_member_named(root, 0) == NULL && vs_json_member_named(root, 7) == NULL);
}

static void
reads_text(void)
{
	const struct vs_json_node *root =
	    parse("[\"plain\",\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud83d\\ude00\","
	          "\"nul\\u0000\",1]");
	const struct vs_json_node *node = vs_json_next(root, NULL);
	struct vs_bytes text = VS_BYTES_LITERAL("untouched");
	char room[64];

	CHECK_OK(vs_json_text(&tape, node, NULL, 0, &text));
	CHECK(view_is(text, "plain") && view_is(vs_json_raw(&tape, node), "\"plain\""));
	CHECK_ERR(vs_json_copy_text(&tape, node, room, 5), TOO_LONG);
	CHECK_OK(vs_json_copy_text(&tape, node, room, 6));
	CHECK(strcmp(room, "plain") == 0 && vs_json_is(&tape, node, "plain") &&
	      !vs_json_is(&tape, node, "plai"));
	node = vs_json_next(root, node);
	CHECK_ERR(vs_json_text(&tape, node, NULL, 0, &text), TOO_LONG);
	CHECK(view_is(text, "plain"));
	CHECK_OK(vs_json_text(&tape, node, room, sizeof(room), &text));
	CHECK(view_is(text, "a\"\\/\b\f\n\r\té€😀"));
	CHECK(vs_json_is(&tape, node, "a\"\\/\b\f\n\r\té€😀") &&
	      !vs_json_is(&tape, node, "a\"\\/\b\f\n\r\té€"));
	node = vs_json_next(root, node);
	CHECK_OK(vs_json_text(&tape, node, room, sizeof(room), &text));
	CHECK(text.size == 4 && text.data[3] == 0);
	CHECK_ERR(vs_json_copy_text(&tape, node, room, sizeof(room)), BAD_VALUE);
	node = vs_json_next(root, node);
	CHECK_ERR(vs_json_text(&tape, node, room, sizeof(room), &text), WRONG_TYPE);
	CHECK_ERR(vs_json_text(&tape, NULL, room, sizeof(room), &text), MISSING);
	CHECK(!vs_json_is(&tape, node, "1") && !vs_json_is(&tape, NULL, ""));
}

static void
reads_integers_exactly(void)
{
	static const struct {
		const char *text;
		enum vs_err err;
		int64_t value;
	} rows[] = {
	    {"0", VS_E_OK, 0},
	    {"-0", VS_E_OK, 0},
	    {"0e400", VS_E_OK, 0},
	    {"-1", VS_E_OK, -1},
	    {"1.0", VS_E_OK, 1},
	    {"1e2", VS_E_OK, 100},
	    {"120e-1", VS_E_OK, 12},
	    {"1.5e1", VS_E_OK, 15},
	    {"0.0000001e7", VS_E_OK, 1},
	    {"9007199254740993", VS_E_OK, INT64_C(9007199254740993)}, /* no double holds it */
	    {"9223372036854775807", VS_E_OK, INT64_MAX},
	    {"-9223372036854775808", VS_E_OK, INT64_MIN},
	    {"9223372036854775808", VS_E_OUT_OF_RANGE, 0},
	    {"-9223372036854775809", VS_E_OUT_OF_RANGE, 0},
	    {"99999999999999999999", VS_E_OUT_OF_RANGE, 0},
	    {"1e400", VS_E_OUT_OF_RANGE, 0},
	    {"1e99999999999999999999", VS_E_OUT_OF_RANGE, 0},
	    {"1.5", VS_E_WRONG_TYPE, 0},
	    {"1e-1", VS_E_WRONG_TYPE, 0},
	    {"1e-99999999999999999999", VS_E_WRONG_TYPE, 0},
	    {"\"1\"", VS_E_WRONG_TYPE, 0},
	    {"true", VS_E_WRONG_TYPE, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t value = 77;
		vs_result r = vs_json_int(&tape, parse(rows[i].text), &value);

		CHECK(r.code == rows[i].err);
		CHECK(value == (rows[i].err == VS_E_OK ? rows[i].value : 77));
	}
	CHECK_ERR(vs_json_int(&tape, NULL, &(int64_t){0}), MISSING);
}

static void
reads_doubles(void)
{
	double value = 0;

	CHECK_OK(vs_json_double(&tape, parse("-0.1"), &value));
	CHECK(memcmp(&value, &(double){-0.1}, sizeof(value)) == 0);
	CHECK_OK(vs_json_double(&tape, parse("1.7976931348623157e308"), &value));
	CHECK(isfinite(value) && value > 1e308);
	CHECK_OK(vs_json_double(&tape, parse("1e-400"), &value)); /* too small is 0 */
	CHECK(fpclassify(value) == FP_ZERO);
	CHECK_ERR(vs_json_double(&tape, parse("1e400"), &value), OUT_OF_RANGE);
	CHECK_ERR(vs_json_double(&tape, parse("null"), &value), WRONG_TYPE);
	CHECK_ERR(vs_json_double(&tape, NULL, &value), MISSING);
}

static void
reads_bools_and_times(void)
{
	bool flag = true;
	int64_t wall_ms = 0;

	CHECK_OK(vs_json_bool(parse("false"), &flag));
	CHECK(!flag);
	CHECK_ERR(vs_json_bool(parse("0"), &flag), WRONG_TYPE);
	CHECK_ERR(vs_json_bool(NULL, &flag), MISSING);
	CHECK_OK(vs_json_time(&tape, parse("\"1970-01-01T00:00:01.5Z\""), &wall_ms));
	CHECK(wall_ms == 1500);
	CHECK_OK(vs_json_time(&tape, parse("\"1970-01-01T\\u00300:00:02Z\""), &wall_ms));
	CHECK(wall_ms == 2000);
	CHECK_ERR(vs_json_time(&tape, parse("\"2022-02-29T00:00:00Z\""), &wall_ms), BAD_TIME);
	CHECK_ERR(vs_json_time(&tape, parse("\"\""), &wall_ms), BAD_TIME);
	CHECK_ERR(vs_json_time(&tape, parse("5"), &wall_ms), WRONG_TYPE);
	CHECK(wall_ms == 2000);
}

int
main(void)
{
	vs_json_tape_init(&tape);
	CASE(finds_members_and_items);
	CASE(reads_text);
	CASE(reads_integers_exactly);
	CASE(reads_doubles);
	CASE(reads_bools_and_times);
	vs_json_tape_done(&tape);
	return 0;
}
