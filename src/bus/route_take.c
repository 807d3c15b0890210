/* SPDX-License-Identifier: Apache-2.0 */
/* Orders of other nodes, for stations whose socket is here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/metric.h"
#include "bus/route_inside.h"
#include "bus/subject.h"

vs_result
vs_route_memory_init(struct vs_route_memory *memory)
{
	memory->ring = calloc(VS_LIMIT_BUS_ORDERS, sizeof(*memory->ring));
	if (memory->ring == NULL)
		return VS_FAIL(NO_MEMORY);
	return vs_map_new(VS_LIMIT_BUS_ORDERS, &memory->places);
}

void
vs_route_memory_done(struct vs_route_memory *memory)
{
	vs_map_free(&memory->places);
	free(memory->ring);
	memory->ring = NULL;
}

static void
remember(struct vs_route_memory *memory, const struct vs_bus_order *order, vs_result said)
{
	struct vs_route_sent *sent = &memory->ring[memory->next];

	memory->next = (memory->next + 1) % VS_LIMIT_BUS_ORDERS;
	if (sent->id[0] != '\0')
		(void)vs_map_remove(memory->places, vs_bytes_from_text(sent->id));
	memcpy(sent->id, order->id, sizeof(sent->id));
	memcpy(sent->from, order->from, sizeof(sent->from));
	sent->said = said.code;
	if (vs_map_put(memory->places, vs_bytes_from_text(sent->id), sent, NULL).code != VS_E_OK)
		sent->id[0] = '\0';
}

bool
vs_route_ended(struct vs_route *route, const char *id, char node_out[VS_BUS_NODE_SIZE])
{
	struct vs_route_sent *sent = vs_map_get(route->memory.places, vs_bytes_from_text(id));

	if (sent == NULL || sent->from[0] == '\0')
		return false;
	memcpy(node_out, sent->from, sizeof(sent->from));
	sent->from[0] = '\0';
	return true;
}

static void
send_here(struct vs_route *route, const struct vs_bus_subject *subject,
          const struct vs_bus_order *order, struct vs_bus_answer *answer)
{
	const struct vs_port_commands *local = &route->options.local;
	const struct vs_route_sent *sent =
	    vs_map_get(route->memory.places, vs_bytes_from_text(order->id));

	vs_metric_add(VS_METRIC_bus_orders_total, 1);
	if (sent != NULL) {
		vs_metric_add(VS_METRIC_bus_orders_repeated_total, 1);
		answer->said = (vs_result){sent->said};
		return;
	}
	if (route->options.may_send != NULL)
		answer->said =
		    route->options.may_send(route->options.arg, subject->tenant, subject->station);
	if (answer->said.code != VS_E_OK) {
		answer->is_again = true;
		(void)snprintf(answer->fault, sizeof(answer->fault), "%s", VS_ROUTE_NOT_CERTAIN);
		return;
	}
	answer->said =
	    local->send(local->self, subject->tenant, subject->station, order->id, order->action,
	                order->payload, order->timeout_ms, answer->fault, sizeof(answer->fault));
	/* What was refused was not sent: it may come again, and be taken then. */
	if (answer->said.code == VS_E_OK)
		remember(&route->memory, order, answer->said);
}

void
vs_route_take(const struct vs_nats_message *message, void *arg)
{
	struct vs_route *route = arg;
	const struct vs_port_commands *local = &route->options.local;
	struct vs_bus_answer answer = {.said = VS_OK};
	struct vs_bus_subject subject;
	struct vs_bus_order order;

	if (vs_bus_subject_read(vs_bytes_from_text(message->subject), &subject).code != VS_E_OK)
		return;
	answer.said = vs_bus_order_read(message->data, &order);
	if (answer.said.code == VS_E_OK && order.kind == VS_BUS_ORDER_SEND)
		send_here(route, &subject, &order, &answer);
	else if (answer.said.code == VS_E_OK)
		local->disconnect(local->self, subject.tenant, subject.station, order.reason);
	if (message->reply[0] == '\0')
		return;
	vs_buf_reset(&route->text);
	if (vs_bus_answer_write(&answer, &route->text).code != VS_E_OK) {
		answer.fault[0] = '\0'; /* it was cut within a character */
		if (vs_bus_answer_write(&answer, &route->text).code != VS_E_OK)
			return;
	}
	(void)vs_nats_publish(route->options.nats, message->reply, vs_buf_view(&route->text));
}
