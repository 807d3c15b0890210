/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/live.h"

#include "base/limits.h"
#include "base/metric.h"
#include "nats_fixture.h"

#define MANY 200u

static struct nats_server server;

struct node {
	struct vs_loop *loop;
	struct vs_nats *nats;
	struct vs_frames *frames;
	struct vs_live *live;
	struct vs_port_frames port; /* of who watches */
	bool is_elsewhere;          /* as this node has it, of all stations */
	uint64_t at;                /* where its watcher goes on */
	size_t count, gaps;         /* that the watcher saw */
	unsigned last;              /* the number in the text of the last one */
};

static struct vs_core_frame_row rows[MANY];

static bool
is_elsewhere(void *arg, const char *tenant, const char *station)
{
	(void)tenant, (void)station;
	return ((struct node *)arg)->is_elsewhere;
}

static void
begin(struct node *node, const char *name, bool is_away)
{
	struct vs_live_options options = {.node = name, .is_elsewhere = is_elsewhere, .arg = node};

	*node = (struct node){.is_elsewhere = is_away, .at = UINT64_MAX};
	CHECK_OK(vs_loop_new(&node->loop));
	CHECK_OK(nats_try(&server, name, "node", node->loop, &node->nats));
	CHECK_OK(vs_frames_new(1000 * (uint64_t)(name[0] - 'a' + 1), &node->frames));
	options.nats = node->nats;
	options.frames = node->frames;
	CHECK_OK(vs_live_new(&options, &node->live));
	node->port = vs_live_port(node->live);
	NATS_UNTIL(vs_nats_is_connected(node->nats), node->loop);
}

static void
end(struct node *node)
{
	vs_nats_free(&node->nats);
	vs_live_free(&node->live);
	CHECK(node->live == NULL);
	vs_frames_free(&node->frames);
	vs_loop_free(&node->loop);
}

static void
note(struct node *node, const char *station, unsigned number)
{
	char text[64];
	struct vs_core_frame frame = {.tenant = "default",
	                              .station = station,
	                              .at_ms = 5,
	                              .is_received = true,
	                              .action = "",
	                              .verdict = ""};

	(void)snprintf(text, sizeof(text), "[2,\"%u\",\"Heartbeat\",{}]", number);
	frame.text = vs_bytes_from_text(text);
	frame.size = strlen(text);
	CHECK(node->port.wants(node->port.self, "default", station, vs_clock_wall_ms()));
	node->port.note(node->port.self, &frame);
}

/* As a stream of the dashboard does, again and again. */
static size_t
watch(struct node *node, const char *station)
{
	size_t found = node->port.from(node->port.self, "default", station, &node->at, rows, MANY);

	for (size_t i = 0; i < found; i++) {
		if (strcmp(rows[i].action, "missed") == 0) {
			CHECK(strstr(rows[i].verdict, "node b") != NULL);
			node->gaps++;
			continue;
		}
		node->last = (unsigned)strtoul(rows[i].id, NULL, 10);
		node->count++;
	}
	return node->count;
}

static int64_t
sent(void)
{
	return vs_metric_read(VS_METRIC_bus_frames_sent_total);
}

/* Until the nodes have nothing more to say to each other. */
static void
settle(struct node *a, struct node *b)
{
	uint64_t end_ms = vs_clock_mono_ms() + 300;

	while (vs_clock_mono_ms() < end_ms) {
		CHECK_OK(vs_loop_turn(a->loop, NATS_TURN_MS));
		CHECK_OK(vs_loop_turn(b->loop, 0));
	}
}

static void
only_what_is_watched(void)
{
	int64_t before = sent();
	struct node a, b;

	begin(&a, "a", true);
	begin(&b, "b", false);
	note(&b, "CS", 1);
	note(&b, "OTHER", 2);
	settle(&a, &b);
	CHECK(sent() == before);
	CHECK(watch(&a, "CS") == 0);
	NATS_UNTIL(watch(&a, "CS") == 1, a.loop, b.loop); /* what was there */
	for (unsigned i = 3; i <= 102; i++) {
		note(&b, "CS", i);
		note(&b, "OTHER", i);
	}
	NATS_UNTIL(watch(&a, "CS") == 101, a.loop, b.loop);
	CHECK(a.last == 102 && a.gaps == 0 && sent() == before + 101);
	CHECK(rows[0].is_far && strcmp(rows[0].action, "Heartbeat") == 0);
	/* Both watch, and a third: nobody tells what he was told. */
	CHECK(watch(&b, "CS") == 0);
	settle(&a, &b);
	CHECK(watch(&b, "CS") == 0 && watch(&a, "CS") == 101);
	note(&b, "CS", 200);
	NATS_UNTIL(watch(&a, "CS") == 102, a.loop, b.loop);
	settle(&a, &b);
	CHECK(watch(&a, "CS") == 102 && watch(&b, "CS") == 1);
	CHECK(sent() == before + 102);
	end(&a);
	end(&b);
}

static void
a_third_one_that_watches(void)
{
	struct node a, b, c;

	begin(&a, "a", true);
	begin(&b, "b", false);
	begin(&c, "c", true);
	note(&b, "CS", 1);
	(void)watch(&a, "CS");
	NATS_UNTIL(watch(&a, "CS") == 1, a.loop, b.loop, c.loop);
	(void)watch(&c, "CS");
	note(&b, "CS", 2);
	NATS_UNTIL(watch(&c, "CS") == 2 && watch(&a, "CS") == 2, a.loop, b.loop, c.loop);
	settle(&a, &b);
	settle(&c, &b);
	CHECK(watch(&c, "CS") == 2 && watch(&a, "CS") == 2 && a.gaps == 0 && c.gaps == 0);
	end(&a);
	end(&b);
	end(&c);
}

/* What came meanwhile comes later, as far as it is in memory; a gap is a row. */
static void
while_nats_is_away(void)
{
	struct node a, b;

	begin(&a, "a", true);
	begin(&b, "b", false);
	(void)watch(&a, "CS");
	note(&b, "CS", 1);
	NATS_UNTIL(watch(&a, "CS") == 1, a.loop, b.loop);
	for (unsigned round = 0; round < 2; round++) {
		unsigned more = round == 0 ? 50 : VS_LIMIT_BUS_LIVE_BACKLOG + 50;

		nats_kill(&server);
		NATS_UNTIL(!vs_nats_is_connected(a.nats) && !vs_nats_is_connected(b.nats), a.loop,
		           b.loop);
		a.count = 0;
		for (unsigned i = 1; i <= more; i++)
			note(&b, "CS", 1000 * (round + 1) + i);
		settle(&a, &b);
		CHECK(watch(&a, "CS") == 0);
		nats_start(&server);
		NATS_UNTIL(watch(&a, "CS") == (round == 0 ? 50 : VS_LIMIT_BUS_LIVE_BACKLOG), a.loop,
		           b.loop);
		CHECK(a.gaps == round && a.last == 1000 * (round + 1) + more);
	}
	note(&b, "CS", 5000);
	NATS_UNTIL(watch(&a, "CS") == VS_LIMIT_BUS_LIVE_BACKLOG + 1, a.loop, b.loop);
	CHECK(a.gaps == 1 && a.last == 5000);
	end(&a);
	end(&b);
}

/* More than a batch at once, and more than one turn may tell. */
static void
a_station_that_says_much(void)
{
	struct node a, b;
	unsigned count = VS_LIMIT_BUS_LIVE_ROWS * 3;

	begin(&a, "a", true);
	begin(&b, "b", false);
	(void)watch(&a, "CS");
	note(&b, "CS", 1);
	NATS_UNTIL(watch(&a, "CS") == 1, a.loop, b.loop);
	for (unsigned i = 2; i <= count; i++)
		note(&b, "CS", i);
	NATS_UNTIL(watch(&a, "CS") == count, a.loop, b.loop);
	CHECK(a.last == count && a.gaps == 0);
	end(&a);
	end(&b);
}

/* --- the list ----------------------------------------------------------------------------------
 */

static _Atomic size_t listed;

static void *
list(void *arg)
{
	struct node *node = arg;

	listed = 1 + node->port.before(node->port.self, "default", "CS", UINT64_MAX, rows, MANY);
	return NULL;
}

static void
a_list_waits_for_the_stations_node(void)
{
	struct node a, b;
	pthread_t thread;
	uint64_t began;

	begin(&a, "a", true);
	begin(&b, "b", false);
	for (unsigned i = 1; i <= 7; i++)
		note(&b, "CS", i);
	listed = 0;
	CHECK(pthread_create(&thread, NULL, list, &a) == 0);
	NATS_UNTIL(listed != 0, a.loop, b.loop);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(listed == 1 + 7 && strcmp(rows[0].id, "7") == 0 && rows[0].is_far);
	/* Nobody answers: it goes on after a moment. */
	began = vs_clock_mono_ms();
	CHECK(a.port.before(a.port.self, "default", "NOBODY", UINT64_MAX, rows, MANY) == 0);
	CHECK(vs_clock_mono_ms() - began >= 250);
	end(&a);
	end(&b);
}

/* Who no longer asks is told nothing more; there is room for others then. */
static void
nobody_watches_any_more(void)
{
	struct vs_port_frames plain;
	char station[16];
	struct node a, b;

	begin(&a, "a", true);
	plain = vs_frames_port(a.frames);
	begin(&b, "b", false);
	for (int i = 0; i < VS_LIMIT_BUS_WATCHES; i++) {
		(void)snprintf(station, sizeof(station), "CS-%d", i);
		(void)watch(&a, station);
	}
	(void)watch(&a, "ONE MORE");
	note(&b, "ONE MORE", 1);
	note(&b, "CS-3", 2);
	NATS_UNTIL(watch(&a, "CS-3") == 1, a.loop, b.loop);
	CHECK(watch(&a, "ONE MORE") == 1); /* the other one; this one is not asked for */
	for (uint64_t end_ms = vs_clock_mono_ms() + VS_LIMIT_FRAME_WATCH_MS + 500;
	     vs_clock_mono_ms() < end_ms;) {
		CHECK_OK(vs_loop_turn(a.loop, 50));
		CHECK_OK(vs_loop_turn(b.loop, 0));
	}
	note(&b, "CS-3", 3);
	settle(&a, &b);
	CHECK(plain.before(plain.self, "default", "CS-3", UINT64_MAX, rows, MANY) == 1);
	a.count = 0;
	(void)watch(&a, "ONE MORE");
	NATS_UNTIL(watch(&a, "ONE MORE") == 1, a.loop, b.loop);
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
	CASE(only_what_is_watched);
	CASE(a_third_one_that_watches);
	CASE(while_nats_is_away);
	CASE(a_station_that_says_much);
	CASE(a_list_waits_for_the_stations_node);
	CASE(nobody_watches_any_more);
	nats_done(&server);
	pki_done();
	return 0;
}
