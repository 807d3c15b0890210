/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/order.h"

#include <assert.h>

#include "bus/member.h"

static const char *const words[VS_BUS_ORDER_KINDS] = {
    [VS_BUS_ORDER_SEND] = "send", [VS_BUS_ORDER_DISCONNECT] = "disconnect"};

vs_result
vs_bus_order_write(const struct vs_bus_order *order, struct vs_buf *out)
{
	struct vs_json_writer json;

	assert(order != NULL && order->kind < VS_BUS_ORDER_KINDS);
	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_bus_write_text(&json, "do", words[order->kind]);
	if (order->kind == VS_BUS_ORDER_DISCONNECT) {
		vs_bus_write_text(&json, "reason", order->reason);
	} else {
		vs_bus_write_text(&json, "id", order->id);
		vs_bus_write_text(&json, "action", order->action);
		if (order->from[0] != '\0')
			vs_bus_write_text(&json, "from", order->from);
		vs_bus_write_int(&json, "timeout_ms", order->timeout_ms);
		vs_json_write_key(&json, "payload");
		vs_json_write_raw(&json, order->payload);
	}
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

static vs_result
read_send(const struct vs_json_tape *tape, const struct vs_json_node *root,
          struct vs_bus_order *order)
{
	const struct vs_json_node *payload = vs_json_member(tape, root, "payload");
	const struct vs_json_node *from = vs_json_member(tape, root, "from");
	int64_t timeout_ms = 0;

	VS_TRY(vs_bus_read_text(tape, root, "id", order->id, sizeof(order->id)));
	VS_TRY(vs_bus_read_text(tape, root, "action", order->action, sizeof(order->action)));
	VS_TRY(vs_bus_read_int(tape, root, "timeout_ms", &timeout_ms));
	if (timeout_ms < 0 || timeout_ms > UINT32_MAX)
		return VS_FAIL(OUT_OF_RANGE);
	if (from != NULL)
		VS_TRY(vs_json_copy_text(tape, from, order->from, sizeof(order->from)));
	if (order->from[0] != '\0' && !vs_bus_node_is_valid(order->from))
		return VS_FAIL(BAD_VALUE);
	if (payload == NULL)
		return VS_FAIL(MISSING);
	order->timeout_ms = (uint32_t)timeout_ms;
	order->payload = vs_json_raw(tape, payload);
	return VS_OK;
}

static vs_result
read_order(const struct vs_json_tape *tape, struct vs_bus_order *order)
{
	const struct vs_json_node *root = vs_json_root(tape),
				  *what = vs_json_member(tape, root, "do");

	if (vs_json_is(tape, what, words[VS_BUS_ORDER_SEND]))
		return read_send(tape, root, order);
	if (!vs_json_is(tape, what, words[VS_BUS_ORDER_DISCONNECT]))
		return VS_FAIL(UNKNOWN_TYPE);
	order->kind = VS_BUS_ORDER_DISCONNECT;
	return vs_bus_read_text(tape, root, "reason", order->reason, sizeof(order->reason));
}

vs_result
vs_bus_order_read(struct vs_bytes text, struct vs_bus_order *order_out)
{
	struct vs_bus_order order = {.kind = VS_BUS_ORDER_SEND};
	struct vs_json_tape tape;
	vs_result r;

	assert(order_out != NULL);
	vs_json_tape_init(&tape);
	r = vs_json_parse(text, &tape);
	if (r.code == VS_E_OK)
		r = read_order(&tape, &order);
	if (r.code == VS_E_OK)
		*order_out = order;
	vs_json_tape_done(&tape);
	return r;
}

vs_result
vs_bus_answer_write(const struct vs_bus_answer *answer, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_bus_write_text(&json, "error", vs_err_name(answer->said.code));
	if (answer->fault[0] != '\0')
		vs_bus_write_text(&json, "fault", answer->fault);
	if (answer->is_again)
		vs_bus_write_bool(&json, "again", true);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

static vs_result
said_of(struct vs_bytes name)
{
	for (int i = 0; i < VS_E_COUNT; i++) {
		if (vs_bytes_equal_text(name, vs_err_name((enum vs_err)i)))
			return (vs_result){(enum vs_err)i};
	}
	return VS_FAIL(INTERNAL);
}

vs_result
vs_bus_answer_read(struct vs_bytes text, struct vs_bus_answer *answer_out)
{
	struct vs_bus_answer answer = {.is_again = false};
	struct vs_json_node nodes[16];
	struct vs_json_tape tape;
	const struct vs_json_node *fault, *again;
	struct vs_bytes view;

	vs_json_tape_init_fixed(&tape, nodes, sizeof(nodes) / sizeof(nodes[0]));
	VS_TRY(vs_json_parse(text, &tape));
	fault = vs_json_member(&tape, vs_json_root(&tape), "fault");
	again = vs_json_member(&tape, vs_json_root(&tape), "again");
	VS_TRY(vs_json_text(&tape, vs_json_member(&tape, vs_json_root(&tape), "error"), NULL, 0,
	                    &view));
	answer.said = said_of(view);
	if (fault != NULL)
		VS_TRY(vs_json_copy_text(&tape, fault, answer.fault, sizeof(answer.fault)));
	if (again != NULL)
		VS_TRY(vs_json_bool(again, &answer.is_again));
	*answer_out = answer;
	return VS_OK;
}
