/* SPDX-License-Identifier: Apache-2.0 */
/* What one node asks another, and the answer: what is read can be written and means the same. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "bus/order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
again(const struct vs_bus_order *order)
{
	struct vs_bus_order back;
	struct vs_buf text;

	vs_buf_init(&text, VS_LIMIT_BUS_MESSAGE_SIZE);
	if (vs_bus_order_write(order, &text).code != VS_E_OK ||
	    vs_bus_order_read(vs_buf_view(&text), &back).code != VS_E_OK ||
	    back.kind != order->kind || strcmp(back.id, order->id) != 0 ||
	    strcmp(back.reason, order->reason) != 0 ||
	    !vs_bytes_equal(back.payload, order->payload))
		abort();
	vs_buf_done(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_bytes view = vs_bytes_from(data, size);
	struct vs_bus_order order;
	struct vs_bus_answer answer;

	if (vs_bus_order_read(view, &order).code == VS_E_OK && size < 65536)
		again(&order);
	if (vs_bus_answer_read(view, &answer).code == VS_E_OK &&
	    strnlen(answer.fault, sizeof(answer.fault)) == sizeof(answer.fault))
		abort();
	return 0;
}
