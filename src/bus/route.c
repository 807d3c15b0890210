/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/route.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/metric.h"
#include "base/text.h"
#include "bus/route_inside.h"
#include "bus/subject.h"

#define ANSWER_MS 1000u
#define TRIES     3u

/* An order on its way: one allocation, with its payload behind it. */
struct ask {
	struct vs_timer timer; /* first: to ask again */
	struct vs_route *route;
	uint64_t number;
	unsigned tries;
	bool is_doubtful; /* an owner may have got it and was not heard */
	void (*said)(void *arg, vs_result result, const char *fault); /* NULL: nobody waits */
	void *said_arg;
	struct vs_bus_order order;
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	uint8_t payload[];
};

static void try_ask(struct ask *ask);

static void
ask_free(struct ask *ask)
{
	/* It may hold a password. */
	explicit_bzero(ask->payload, ask->order.payload.size);
	free(ask);
}

static vs_result
make_ask(struct vs_route *route, const char *tenant, const char *station,
         const struct vs_bus_order *order, struct ask **ask_out)
{
	struct ask *ask;

	if (order->payload.size > VS_LIMIT_BUS_MESSAGE_SIZE / 2)
		return VS_FAIL(TOO_LONG);
	ask = calloc(1, sizeof(*ask) + order->payload.size);
	if (ask == NULL)
		return VS_FAIL(NO_MEMORY);
	ask->route = route;
	ask->order = *order;
	ask->order.payload = vs_bytes_from(ask->payload, order->payload.size);
	if (order->payload.size > 0)
		memcpy(ask->payload, order->payload.data, order->payload.size);
	vs_text_copy(tenant, ask->tenant, sizeof(ask->tenant));
	vs_text_copy(station, ask->station, sizeof(ask->station));
	*ask_out = ask;
	return VS_OK;
}

/* --- in the loop ------------------------------------------------------------------------------ */

/* Who waits for a refusal gets it, and then it is no command. */
static void
end_ask(struct ask *ask, const struct vs_bus_answer *answer)
{
	struct vs_route *route = ask->route;
	bool is_failed = answer->said.code != VS_E_OK,
	     is_refused = is_failed && !ask->is_doubtful && ask->said != NULL;
	const struct vs_route_command command = {.tenant = ask->tenant,
	                                         .station = ask->station,
	                                         .id = ask->order.id,
	                                         .action = ask->order.action,
	                                         .payload = ask->order.payload,
	                                         .result = answer->said,
	                                         .fault = answer->fault};

	(void)vs_map_remove(route->asks, vs_bytes_from(&ask->number, sizeof(ask->number)));
	if (is_failed)
		vs_metric_add(VS_METRIC_bus_orders_failed_total, 1);
	if (is_failed && !is_refused && route->options.failed != NULL)
		route->options.failed(route->options.arg, &command);
	if (ask->said != NULL)
		ask->said(ask->said_arg, is_refused ? answer->said : VS_OK,
		          is_refused ? answer->fault : "");
	ask_free(ask);
}

/* The owner has not said what became of it (TIMEOUT), or may take it another time. */
static void
answered(vs_result r, struct vs_bytes data, void *arg, uint64_t number)
{
	struct vs_route *route = arg;
	struct vs_bus_answer answer = {.said = r};
	struct ask *ask = vs_map_get(route->asks, vs_bytes_from(&number, sizeof(number)));

	if (ask == NULL)
		return;
	if (r.code == VS_E_OK)
		r = vs_bus_answer_read(data, &answer);
	if (r.code != VS_E_OK && r.code != VS_E_NOT_CONNECTED)
		ask->is_doubtful = true;
	if (r.code != VS_E_OK)
		answer.said = r;
	if (ask->tries < TRIES && r.code == VS_E_TIMEOUT)
		try_ask(ask);
	else if (ask->tries < TRIES && answer.is_again)
		vs_timer_arm(route->loop, &ask->timer, route->options.answer_ms);
	else
		end_ask(ask, &answer);
}

static void
fire(struct vs_loop *loop, struct vs_timer *timer)
{
	(void)loop;
	try_ask((struct ask *)(void *)timer);
}

static vs_result
write_ask(struct ask *ask, char subject[static VS_BUS_SUBJECT_SIZE])
{
	VS_TRY(vs_bus_subject_of_station(VS_BUS_COMMAND, ask->tenant, ask->station, subject));
	vs_buf_reset(&ask->route->text);
	return vs_bus_order_write(&ask->order, &ask->route->text);
}

static void
try_ask(struct ask *ask)
{
	struct vs_route *route = ask->route;
	struct vs_bus_answer answer = {.said = VS_OK};
	char subject[VS_BUS_SUBJECT_SIZE];

	ask->tries++;
	answer.said = write_ask(ask, subject);
	if (answer.said.code == VS_E_OK) {
		const struct vs_nats_request request = {.subject = subject,
		                                        .data = vs_buf_view(&route->text),
		                                        .timeout_ms = route->options.answer_ms,
		                                        .done = answered,
		                                        .arg = route,
		                                        .token = ask->number};

		answer.said = vs_nats_ask(route->options.nats, &request);
	}
	if (answer.said.code != VS_E_OK)
		end_ask(ask, &answer);
}

static void
begin_ask(struct vs_loop *loop, void *argument)
{
	struct ask *ask = argument;
	struct vs_route *route = ask->route;
	struct vs_bus_answer answer = {.said = VS_OK};

	(void)loop;
	vs_metric_add(VS_METRIC_bus_orders_sent_total, 1);
	ask->timer.fire = fire;
	ask->number = ++route->last_number;
	answer.said =
	    vs_map_put(route->asks, vs_bytes_from(&ask->number, sizeof(ask->number)), ask, NULL);
	if (answer.said.code != VS_E_OK)
		end_ask(ask, &answer);
	else
		try_ask(ask);
}

/* Nobody answers; who closes it looks at the presence, or tries again. */
static void
tell(struct vs_loop *loop, void *argument)
{
	struct ask *ask = argument;
	char subject[VS_BUS_SUBJECT_SIZE];

	(void)loop;
	if (write_ask(ask, subject).code == VS_E_OK)
		(void)vs_nats_publish(ask->route->options.nats, subject,
		                      vs_buf_view(&ask->route->text));
	ask_free(ask);
}

/* --- the port, of any thread ------------------------------------------------------------------ */

static vs_result
fail(char *fault, size_t size, vs_result r, const char *text)
{
	if (size > 0)
		vs_text_copy(text, fault, size);
	return r;
}

static vs_result
ask_there(struct vs_route *route, const struct vs_port_command *command)
{
	struct vs_bus_order order = {.kind = VS_BUS_ORDER_SEND,
	                             .timeout_ms = command->timeout_ms,
	                             .payload = command->payload};
	struct ask *ask = NULL;
	vs_result r;

	if (strlen(command->id) >= sizeof(order.id) ||
	    strlen(command->action) >= sizeof(order.action))
		return VS_FAIL(TOO_LONG);
	vs_text_copy(command->id, order.id, sizeof(order.id));
	vs_text_copy(command->action, order.action, sizeof(order.action));
	if (route->options.node != NULL)
		vs_text_copy(route->options.node, order.from, sizeof(order.from));
	VS_TRY(make_ask(route, command->tenant, command->station, &order, &ask));
	ask->said = command->said;
	ask->said_arg = command->arg;
	r = vs_loop_post(route->loop, begin_ask, ask);
	if (r.code != VS_E_OK)
		ask_free(ask);
	return r;
}

static vs_result
port_ask(void *self, const struct vs_port_command *command, char *fault, size_t fault_size,
         bool *is_later_out)
{
	struct vs_route *route = self;
	const struct vs_route_options *options = &route->options;
	const struct vs_port_commands *local = &options->local;
	bool is_here = local->is_connected(local->self, command->tenant, command->station);

	*is_later_out = false;
	if (fault_size > 0)
		fault[0] = '\0';
	if (is_here && options->may_send != NULL) {
		vs_result r = options->may_send(options->arg, command->tenant, command->station);

		if (r.code != VS_E_OK)
			return fail(fault, fault_size, r, VS_ROUTE_NOT_CERTAIN);
	}
	if (is_here || (options->is_elsewhere != NULL &&
	                !options->is_elsewhere(options->arg, command->tenant, command->station)))
		return local->send(local->self, command->tenant, command->station, command->id,
		                   command->action, command->payload, command->timeout_ms, fault,
		                   fault_size);
	if (!vs_nats_is_connected(options->nats))
		return fail(fault, fault_size, VS_FAIL(BUS_UNAVAILABLE),
		            "the station is not connected to this node, and no other can be asked");
	VS_TRY(ask_there(route, command));
	*is_later_out = true;
	return VS_OK;
}

static vs_result
port_send(void *self, const char *tenant, const char *station, const char *command_id,
          const char *action, struct vs_bytes payload, uint32_t timeout_ms, char *fault,
          size_t fault_size)
{
	const struct vs_port_command command = {.tenant = tenant,
	                                        .station = station,
	                                        .id = command_id,
	                                        .action = action,
	                                        .payload = payload,
	                                        .timeout_ms = timeout_ms};
	bool is_later;

	return port_ask(self, &command, fault, fault_size, &is_later);
}

static bool
port_is_connected(void *self, const char *tenant, const char *station)
{
	struct vs_route *route = self;
	const struct vs_route_options *options = &route->options;

	return options->local.is_connected(options->local.self, tenant, station) ||
	       (options->is_elsewhere != NULL &&
	        options->is_elsewhere(options->arg, tenant, station));
}

static void
port_disconnect(void *self, const char *tenant, const char *station, const char *reason)
{
	struct vs_route *route = self;
	const struct vs_route_options *options = &route->options;
	struct vs_bus_order order = {.kind = VS_BUS_ORDER_DISCONNECT};
	struct ask *ask = NULL;

	options->local.disconnect(options->local.self, tenant, station, reason);
	vs_text_copy(reason, order.reason, sizeof(order.reason));
	if (vs_nats_is_connected(options->nats) &&
	    make_ask(route, tenant, station, &order, &ask).code == VS_E_OK &&
	    vs_loop_post(route->loop, tell, ask).code != VS_E_OK)
		ask_free(ask);
}

struct vs_port_commands
vs_route_commands(struct vs_route *route)
{
	assert(route != NULL);
	return (struct vs_port_commands){.self = route,
	                                 .send = port_send,
	                                 .ask = port_ask,
	                                 .is_connected = port_is_connected,
	                                 .disconnect = port_disconnect};
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_route_own(struct vs_route *route, const char *tenant, const char *station)
{
	char subject[VS_BUS_SUBJECT_SIZE];
	vs_result r;

	VS_TRY(vs_bus_subject_of_station(VS_BUS_COMMAND, tenant, station, subject));
	r = vs_nats_listen(route->options.nats, subject);
	return r.code == VS_E_EXISTS ? VS_OK : r;
}

void
vs_route_disown(struct vs_route *route, const char *tenant, const char *station)
{
	char subject[VS_BUS_SUBJECT_SIZE];

	if (vs_bus_subject_of_station(VS_BUS_COMMAND, tenant, station, subject).code == VS_E_OK)
		vs_nats_unlisten(route->options.nats, subject);
}

vs_result
vs_route_new(const struct vs_route_options *options, struct vs_route **route_out)
{
	struct vs_route *route;
	vs_result r;

	assert(options != NULL && options->nats != NULL && options->local.send != NULL);
	route = calloc(1, sizeof(*route));
	if (route == NULL)
		return VS_FAIL(NO_MEMORY);
	route->options = *options;
	route->loop = vs_nats_loop(options->nats);
	if (route->options.answer_ms == 0)
		route->options.answer_ms = ANSWER_MS;
	vs_buf_init(&route->text, VS_LIMIT_BUS_MESSAGE_SIZE);
	r = vs_route_memory_init(&route->memory);
	if (r.code == VS_E_OK)
		r = vs_map_new(VS_LIMIT_BUS_REQUESTS, &route->asks);
	if (r.code == VS_E_OK)
		r = vs_nats_handle(options->nats, "cmd", vs_route_take, route);
	if (r.code != VS_E_OK) {
		vs_route_free(&route);
		return r;
	}
	*route_out = route;
	return VS_OK;
}

void
vs_route_free(struct vs_route **route)
{
	struct vs_map_cursor cursor = {0};

	if (route == NULL || *route == NULL)
		return;
	/* Those whose answer was waited for have ended with the connection; these wait for a timer.
	 */
	while ((*route)->asks != NULL && vs_map_next((*route)->asks, &cursor)) {
		struct ask *ask = cursor.value;

		vs_timer_cancel(ask->route->loop, &ask->timer);
		(void)vs_map_remove((*route)->asks, cursor.key);
		ask_free(ask);
	}
	vs_map_free(&(*route)->asks);
	vs_route_memory_done(&(*route)->memory);
	vs_buf_done(&(*route)->text);
	free(*route);
	*route = NULL;
}
