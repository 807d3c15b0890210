/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/order.h"

#include "base/limits.h"
#include "test.h"

static void
an_order_is_read_back(void)
{
	struct vs_bus_order order = {.kind = VS_BUS_ORDER_SEND,
	                             .id = "0190a1b2-0000-7000-8000-000000000001",
	                             .action = "Reset",
	                             .timeout_ms = 30000,
	                             .payload = VS_BYTES_LITERAL("{\"type\":\"Immediate\"}")};
	struct vs_bus_order back;
	struct vs_buf text;

	vs_buf_init(&text, VS_LIMIT_BUS_MESSAGE_SIZE);
	CHECK_OK(vs_bus_order_write(&order, &text));
	CHECK(vs_bytes_equal_text(
	    vs_buf_view(&text),
	    "{\"do\":\"send\",\"id\":\"0190a1b2-0000-7000-8000-000000000001\",\"action\":\"Reset\","
	    "\"timeout_ms\":30000,\"payload\":{\"type\":\"Immediate\"}}"));
	CHECK_OK(vs_bus_order_read(vs_buf_view(&text), &back));
	CHECK(back.kind == VS_BUS_ORDER_SEND && strcmp(back.id, order.id) == 0 &&
	      strcmp(back.action, "Reset") == 0 && back.timeout_ms == 30000 &&
	      vs_bytes_equal(back.payload, order.payload));
	CHECK(back.from[0] == '\0');
	(void)snprintf(order.from, sizeof(order.from), "north-1");
	vs_buf_reset(&text);
	CHECK_OK(vs_bus_order_write(&order, &text));
	CHECK_OK(vs_bus_order_read(vs_buf_view(&text), &back));
	CHECK(strcmp(back.from, "north-1") == 0);
	order = (struct vs_bus_order){.kind = VS_BUS_ORDER_DISCONNECT, .reason = "re\"voked"};
	vs_buf_reset(&text);
	CHECK_OK(vs_bus_order_write(&order, &text));
	CHECK_OK(vs_bus_order_read(vs_buf_view(&text), &back));
	CHECK(back.kind == VS_BUS_ORDER_DISCONNECT && strcmp(back.reason, "re\"voked") == 0);
	vs_buf_done(&text);
}

static void
what_is_no_order_is_refused(void)
{
	static const struct {
		const char *text;
		enum vs_err err;
	} rows[] = {
	    {"", VS_E_TRUNCATED},
	    {"[]", VS_E_UNKNOWN_TYPE},
	    {"{}", VS_E_UNKNOWN_TYPE},
	    {"{\"do\":\"jump\"}", VS_E_UNKNOWN_TYPE},
	    {"{\"do\":\"disconnect\"}", VS_E_MISSING},
	    {"{\"do\":\"send\",\"action\":\"Reset\",\"timeout_ms\":1,\"payload\":{}}",
	     VS_E_MISSING},
	    {"{\"do\":\"send\",\"id\":\"1\",\"action\":\"Reset\",\"timeout_ms\":1}", VS_E_MISSING},
	    {"{\"do\":\"send\",\"id\":\"1\",\"action\":\"Reset\",\"timeout_ms\":-1,\"payload\":{}}",
	     VS_E_OUT_OF_RANGE},
	    {"{\"do\":\"send\",\"id\":\"1\",\"action\":\"Reset\",\"timeout_ms\":4294967296,"
	     "\"payload\":{}}",
	     VS_E_OUT_OF_RANGE},
	    {"{\"do\":\"send\",\"id\":\"1234567890123456789012345678901234567\",\"action\":"
	     "\"Reset\","
	     "\"timeout_ms\":1,\"payload\":{}}",
	     VS_E_TOO_LONG},
	    {"{\"do\":\"send\",\"id\":\"1\",\"action\":\"Reset\",\"timeout_ms\":1,\"payload\":{},"
	     "\"from\":\"a.b\"}",
	     VS_E_BAD_VALUE},
	    {"{\"do\":\"send\",\"do\":\"send\"}", VS_E_DUPLICATE_KEY},
	    {"{\"do\":\"disconnect\",\"reason\":\"x\"} ,", VS_E_TRAILING},
	};
	struct vs_bus_order order;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vs_result r = vs_bus_order_read(vs_bytes_from_text(rows[i].text), &order);

		if (r.code != rows[i].err)
			(void)fprintf(stderr, "  %s: %s\n", rows[i].text, vs_err_name(r.code));
		CHECK(r.code == rows[i].err);
	}
}

static void
an_answer_is_read_back(void)
{
	struct vs_bus_answer answer = {.said = VS_FAIL(NOT_NOW), .is_again = true, .fault = "wait"};
	struct vs_bus_answer back = {.said = VS_OK};
	struct vs_buf text;

	vs_buf_init(&text, 1024);
	CHECK_OK(vs_bus_answer_write(&answer, &text));
	CHECK(vs_bytes_equal_text(vs_buf_view(&text),
	                          "{\"error\":\"NOT_NOW\",\"fault\":\"wait\",\"again\":true}"));
	CHECK_OK(vs_bus_answer_read(vs_buf_view(&text), &back));
	CHECK(back.said.code == VS_E_NOT_NOW && back.is_again && strcmp(back.fault, "wait") == 0);
	CHECK_OK(vs_bus_answer_read(VS_BYTES_LITERAL("{\"error\":\"OK\"}"), &back));
	CHECK(back.said.code == VS_E_OK && !back.is_again && back.fault[0] == '\0');
	/* Of a newer version. */
	CHECK_OK(vs_bus_answer_read(VS_BYTES_LITERAL("{\"error\":\"FULL_MOON\"}"), &back));
	CHECK(back.said.code == VS_E_INTERNAL);
	CHECK_ERR(vs_bus_answer_read(VS_BYTES_LITERAL("{}"), &back), MISSING);
	CHECK_ERR(vs_bus_answer_read(VS_BYTES_LITERAL("{\"error\":1}"), &back), WRONG_TYPE);
	CHECK_ERR(vs_bus_answer_read(VS_BYTES_LITERAL("nothing"), &back), BAD_MESSAGE);
	vs_buf_done(&text);
}

int
main(void)
{
	CASE(an_order_is_read_back);
	CASE(what_is_no_order_is_refused);
	CASE(an_answer_is_read_back);
	return 0;
}
