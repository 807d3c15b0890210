/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/events.h"

#include "base/limits.h"
#include "base/metric.h"
#include "bus/stream.h"
#include "bus/told.h"
#include "nats_fixture.h"

static struct nats_server server;

struct node {
	struct vs_loop *loop;
	struct vs_nats *nats;
	struct vs_bus *bus;
	struct vs_events *events;
	uint64_t local, count, missed, calls;
	int64_t last; /* evse of the newest one */
	bool is_in_order;
	char station[VS_CORE_IDENTITY_SIZE];
};

static void
see(const struct vs_core_event *events, size_t count, uint64_t missed, void *arg)
{
	struct node *node = arg;

	node->calls++;
	node->missed += missed;
	node->count += count;
	for (size_t i = 0; i < count; i++) {
		node->is_in_order = node->is_in_order && events[i].evse > node->last;
		node->last = events[i].evse;
		memcpy(node->station, events[i].station, sizeof(node->station));
	}
}

static void
see_local(const struct vs_core_event *events, size_t count, uint64_t missed, void *arg)
{
	(void)events, (void)missed;
	((struct node *)arg)->local += count;
}

static bool
is_current(const struct node *node)
{
	return vs_events_are_told(node->events);
}

static void
begin(struct node *node, const char *name)
{
	struct vs_events_options options = {.node = name};

	*node = (struct node){.is_in_order = true};
	CHECK_OK(vs_loop_new(&node->loop));
	CHECK_OK(vs_bus_new(&node->bus));
	CHECK_OK(vs_bus_subscribe_all(node->bus, node->loop, see, node));
	CHECK_OK(vs_bus_subscribe(node->bus, node->loop, see_local, node));
	CHECK_OK(nats_try(&server, name, "node", node->loop, &node->nats));
	options.nats = node->nats;
	options.bus = node->bus;
	CHECK_OK(vs_events_new(&options, &node->events));
	NATS_UNTIL(is_current(node), node->loop);
}

static void
end(struct node *node)
{
	vs_nats_free(&node->nats);
	vs_events_free(&node->events);
	CHECK(node->events == NULL);
	vs_bus_free(&node->bus);
	vs_loop_free(&node->loop);
}

static void
publish(struct node *node, int64_t number)
{
	const struct vs_port_events port = vs_bus_publisher(node->bus);
	struct vs_core_event event;

	vs_core_event_init(&event, VS_EVENT_STATUS, 1700000000000 + number);
	(void)snprintf(event.tenant, sizeof(event.tenant), "default");
	(void)snprintf(event.station, sizeof(event.station), "CS.%d", (int)(number % 7));
	event.evse = number;
	port.publish(port.self, &event);
}

/* Each at both, each once; who keeps events or raises alarms hears only his own. */
static void
each_node_shows_all(void)
{
	struct node a, b;

	begin(&a, "a");
	publish(&a, 1);
	NATS_UNTIL(a.local == 1 && is_current(&a), a.loop);
	begin(&b, "b"); /* from now on */
	publish(&a, 2);
	NATS_UNTIL(b.count == 1, b.loop, a.loop);
	CHECK(b.last == 2 && strcmp(b.station, "CS.2") == 0);
	publish(&b, 3);
	NATS_UNTIL(a.count == 3, a.loop, b.loop);
	for (int64_t i = 10; i < 3010; i++)
		publish(&a, i);
	NATS_UNTIL(b.count == 3002 && a.local == 3002 && is_current(&a), b.loop, a.loop);
	CHECK(a.is_in_order && b.is_in_order && a.missed == 0 && b.missed == 0);
	CHECK(a.count == 3003 && a.local == 3002 && b.local == 1);
	end(&a);
	end(&b);
}

/* What happens meanwhile waits; nothing comes twice. */
static void
while_nats_is_away(void)
{
	struct node a, b;

	begin(&a, "a");
	begin(&b, "b");
	for (int64_t i = 1; i <= 200; i++)
		publish(&a, i);
	NATS_UNTIL(a.local == 200, a.loop); /* some of them are on their way */
	nats_kill(&server);
	for (int64_t i = 201; i <= 210; i++)
		publish(&a, i);
	publish(&b, 300);
	for (int turn = 0; turn < 10; turn++) {
		CHECK_OK(vs_loop_turn(a.loop, NATS_TURN_MS));
		CHECK_OK(vs_loop_turn(b.loop, 0));
	}
	CHECK(!is_current(&a));
	nats_start(&server);
	NATS_UNTIL(b.count == 211 && a.count == 211, a.loop, b.loop);
	NATS_UNTIL(is_current(&a) && is_current(&b), a.loop, b.loop);
	CHECK(b.missed == 0 && a.missed == 0 && b.count == 211);
	end(&a);
	end(&b);
}

/* Too many wait: the oldest are told to nobody, and the others hear that. */
static void
too_many_wait(void)
{
	int64_t lost = vs_metric_read(VS_METRIC_bus_events_lost_total);
	struct node a, b;

	begin(&a, "a");
	begin(&b, "b");
	nats_kill(&server);
	NATS_UNTIL(!vs_nats_is_connected(a.nats), a.loop);
	for (int64_t i = 1; i <= VS_LIMIT_BUS_EVENTS + 5; i++) {
		publish(&a, i);
		if (i % 1000 == 0)
			CHECK_OK(vs_loop_turn(a.loop, 0));
	}
	NATS_UNTIL(a.local == VS_LIMIT_BUS_EVENTS + 5, a.loop);
	CHECK(vs_metric_read(VS_METRIC_bus_events_lost_total) == lost + 5);
	CHECK(vs_metric_read(VS_METRIC_bus_events_waiting) == VS_LIMIT_BUS_EVENTS);
	nats_start(&server);
	NATS_UNTIL(b.count + b.missed == VS_LIMIT_BUS_EVENTS + 5, a.loop, b.loop);
	CHECK(b.missed == 5 && b.last == VS_LIMIT_BUS_EVENTS + 5);
	NATS_UNTIL(is_current(&a), a.loop);
	CHECK(vs_metric_read(VS_METRIC_bus_events_waiting) == 0);
	end(&a);
	end(&b);
}

/* --- who controls a server ------------------------------------------------------------------- */

struct spy {
	struct node node;
	struct vs_stream *stream;
	unsigned count, answers;
	char subject[256];
	uint8_t data[2048];
	size_t size;
};

static void
captured(const struct vs_stream_message *message, void *arg)
{
	struct spy *spy = arg;

	spy->count++;
	CHECK(message->data.size <= sizeof(spy->data));
	memcpy(spy->data, message->data.data, message->data.size);
	spy->size = message->data.size;
	(void)snprintf(spy->subject, sizeof(spy->subject), "%s", message->subject);
}

static void
answered(vs_result r, struct vs_bytes data, void *arg, uint64_t token)
{
	(void)data, (void)token;
	CHECK_OK(r);
	((struct spy *)arg)->answers++;
}

static void
put(struct spy *spy, const char *subject)
{
	const struct vs_nats_request request = {.subject = subject,
	                                        .data = vs_bytes_from(spy->data, spy->size),
	                                        .is_open = true,
	                                        .timeout_ms = 5000,
	                                        .done = answered,
	                                        .arg = spy};
	unsigned before = spy->answers;

	CHECK_OK(vs_nats_ask(spy->node.nats, &request));
	NATS_UNTIL(spy->answers > before, spy->node.loop);
}

/* Again, elsewhere, altered, or by one that has not the key: nothing of it is shown. */
static void
nothing_that_no_node_said(void)
{
	struct vs_stream_options options = {.name = "EVT",
	                                    .prefix = "evt",
	                                    .deliver = "spy",
	                                    .config = "",
	                                    .is_from_now = true,
	                                    .message = captured};
	int64_t forged = vs_metric_read(VS_METRIC_bus_forged_total);
	int64_t repeated = vs_metric_read(VS_METRIC_bus_events_repeated_total);
	struct node a, b, thief;
	static struct spy spy;

	begin(&a, "a");
	begin(&b, "b");
	CHECK_OK(vs_loop_new(&spy.node.loop));
	CHECK_OK(nats_try(&server, "spy", "node", spy.node.loop, &spy.node.nats));
	options.nats = spy.node.nats;
	options.arg = &spy;
	CHECK_OK(vs_stream_new(&options, &spy.stream));
	NATS_UNTIL(vs_stream_is_current(spy.stream, vs_clock_mono_ms(), 2000), spy.node.loop);
	publish(&a, 1);
	NATS_UNTIL(spy.count == 1 && b.count == 1, a.loop, b.loop, spy.node.loop);
	CHECK(memmem(spy.data, spy.size, "default", 7) == NULL); /* it is sealed */
	put(&spy, spy.subject);
	NATS_UNTIL(vs_metric_read(VS_METRIC_bus_events_repeated_total) == repeated + 1, b.loop);
	put(&spy, "evt.other.CS.status");
	NATS_UNTIL(vs_metric_read(VS_METRIC_bus_forged_total) == forged + 1, b.loop);
	spy.data[spy.size / 2] ^= 1;
	put(&spy, spy.subject);
	NATS_UNTIL(vs_metric_read(VS_METRIC_bus_forged_total) == forged + 2, b.loop);
	begin(&thief, "thief");
	publish(&thief, 2);
	NATS_UNTIL(vs_metric_read(VS_METRIC_bus_forged_total) >= forged + 3, b.loop, thief.loop);
	publish(&a, 3);
	NATS_UNTIL(b.count == 2, a.loop, b.loop);
	CHECK(b.last == 3 && b.missed == 0);
	vs_nats_free(&spy.node.nats);
	vs_stream_free(&spy.stream);
	vs_loop_free(&spy.node.loop);
	end(&a);
	end(&b);
	end(&thief);
}

/* A text that is none costs that event, and nobody waits for it. */
static void
what_cannot_be_said(void)
{
	const struct vs_core_event *none = NULL;
	struct vs_port_events port;
	struct vs_core_event event;
	struct node a, b;

	begin(&a, "a");
	begin(&b, "b");
	port = vs_bus_publisher(a.bus);
	vs_core_event_init(&event, VS_EVENT_STATUS, 1);
	(void)snprintf(event.tenant, sizeof(event.tenant), "default");
	(void)snprintf(event.detail, sizeof(event.detail), "\xff\xfe");
	port.publish(port.self, &event);
	publish(&a, 2);
	NATS_UNTIL(b.count == 1 && is_current(&a), a.loop, b.loop);
	CHECK(b.last == 2);
	vs_bus_hear(b.bus, none, 4);
	NATS_UNTIL(b.missed == 4, b.loop);
	end(&a);
	end(&b);
}

int
main(void)
{
	(void)nats_program();
	pki_init();
	nats_make(&server);
	nats_start(&server);
	CASE(each_node_shows_all);
	CASE(while_nats_is_away);
	CASE(too_many_wait);
	CASE(nothing_that_no_node_said);
	CASE(what_cannot_be_said);
	nats_done(&server);
	pki_done();
	return 0;
}
