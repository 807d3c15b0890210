/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_read.h"

#include "test.h"

static void
refuses_the_same_member_twice(void)
{
	static const struct {
		const char *text;
		enum vs_err err;
	} rows[] = {
	    {"{\"a\":1,\"a\":1}", VS_E_DUPLICATE_KEY},
	    {"{\"a\":1,\"b\":{\"a\":1}}", VS_E_OK},
	    {"{\"\":1,\"\":2}", VS_E_DUPLICATE_KEY},
	    {"{\"a\":1,\"\\u0061\":1}", VS_E_DUPLICATE_KEY},
	    {"{\"\\u0061\":1,\"a\":1}", VS_E_DUPLICATE_KEY},
	    {"{\"\xe2\x82\xac\":1,\"\\u20ac\":1}", VS_E_DUPLICATE_KEY},
	    {"{\"x\\u20ac\":1,\"\\u0078\xe2\x82\xac\":1}", VS_E_DUPLICATE_KEY},
	    {"{\"xxx\\u20ac\":1,\"\\ud83d\\ude00\":1}", VS_E_OK},
	    {"{\"a\\n\":1,\"a\":1}", VS_E_OK},
	    {"{\"a\":1,\"a\\n\":1}", VS_E_OK},
	    {"{\"ab\":1,\"a\":[{}],\"b\":1}", VS_E_OK},
	};
	struct vs_json_tape tape;

	vs_json_tape_init(&tape);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(vs_json_parse(vs_bytes_from_text(rows[i].text), &tape).code == rows[i].err);
	CHECK_ERR(vs_json_parse(vs_bytes_from_text("{\"a\":1, \"a\":1}"), &tape), DUPLICATE_KEY);
	CHECK(tape.fault_at == 8);
	vs_json_tape_done(&tape);
}

/* `count` times open, then close. */
static vs_result
parse_nested(struct vs_json_tape *tape, size_t count, const char *open, const char *close)
{
	struct vs_buf buf;
	vs_result r;

	vs_buf_init(&buf, 4u << 20);
	for (size_t i = 0; i < count; i++)
		CHECK_OK(vs_buf_append_text(&buf, open));
	for (size_t i = 0; i < count; i++)
		CHECK_OK(vs_buf_append_text(&buf, close));
	r = vs_json_parse(vs_buf_view(&buf), tape);
	vs_buf_done(&buf);
	return r;
}

static void
ends_nesting_at_its_limit(void)
{
	struct vs_json_tape tape;

	vs_json_tape_init(&tape);
	CHECK_OK(parse_nested(&tape, VS_LIMIT_JSON_DEPTH, "[", "]"));
	CHECK_ERR(parse_nested(&tape, VS_LIMIT_JSON_DEPTH + 1, "[", "]"), TOO_DEEP);
	CHECK(tape.fault_at == VS_LIMIT_JSON_DEPTH);
	CHECK_ERR(parse_nested(&tape, 1000000, "[", "]"), TOO_DEEP);
	vs_json_tape_done(&tape);
}

static void
limits_members_and_nodes(void)
{
	struct vs_json_tape tape;
	struct vs_buf buf;

	vs_json_tape_init(&tape);
	vs_buf_init(&buf, 4u << 20);
	for (int extra = 0; extra < 2; extra++) {
		vs_buf_reset(&buf);
		for (int i = 0; i < VS_LIMIT_JSON_MEMBERS + extra; i++)
			CHECK_OK(vs_buf_printf(&buf, "%s\"k%d\":%d", i == 0 ? "{" : ",", i, i));
		CHECK_OK(vs_buf_append_text(&buf, "}"));
		if (extra == 0)
			CHECK_OK(vs_json_parse(vs_buf_view(&buf), &tape));
		else
			CHECK_ERR(vs_json_parse(vs_buf_view(&buf), &tape), TOO_LONG);
	}
	for (int extra = 0; extra < 2; extra++) {
		vs_buf_reset(&buf);
		for (int i = 0; i < VS_LIMIT_JSON_NODES - 1 + extra; i++)
			CHECK_OK(vs_buf_append_text(&buf, i == 0 ? "[1" : ",1"));
		CHECK_OK(vs_buf_append_text(&buf, "]"));
		if (extra == 0)
			CHECK_OK(vs_json_parse(vs_buf_view(&buf), &tape));
		else
			CHECK_ERR(vs_json_parse(vs_buf_view(&buf), &tape), TOO_LONG);
	}
	CHECK_OK(vs_json_parse(VS_BYTES_LITERAL("[]"), &tape)); /* usable after a refusal */
	vs_buf_done(&buf);
	vs_json_tape_done(&tape);
	vs_json_tape_done(&tape);
	vs_json_tape_done(NULL);
}

static void
works_on_the_nodes_of_the_caller(void)
{
	struct vs_json_node nodes[3];
	struct vs_json_tape tape;

	vs_json_tape_init_fixed(&tape, nodes, 3);
	CHECK_OK(vs_json_parse(VS_BYTES_LITERAL("[1,2]"), &tape));
	CHECK(vs_json_root(&tape) == nodes && nodes[0].span == 3 && nodes[0].size == 5);
	CHECK_ERR(vs_json_parse(VS_BYTES_LITERAL("[1,2,3]"), &tape), TOO_LONG);
	CHECK(vs_json_root(&tape) == NULL);
	vs_json_tape_done(&tape);
}

int
main(void)
{
	CASE(refuses_the_same_member_twice);
	CASE(ends_nesting_at_its_limit);
	CASE(limits_members_and_nodes);
	CASE(works_on_the_nodes_of_the_caller);
	return 0;
}
