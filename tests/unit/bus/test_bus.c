/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/bus.h"

#include <pthread.h>

#include "base/limits.h"
#include "test.h"

#define PUBLISHERS 3
#define EACH       20000

struct seen {
	struct vs_loop *loop;
	uint64_t events, missed, calls;
	int64_t last[PUBLISHERS];
};

static void
see(const struct vs_core_event *events, size_t count, uint64_t missed, void *arg)
{
	struct seen *seen = arg;

	CHECK(count > 0 || missed > 0);
	seen->calls++;
	seen->missed += missed;
	for (size_t i = 0; i < count; i++) {
		size_t who = (size_t)events[i].evse;

		CHECK(who < PUBLISHERS &&
		      events[i].power_w > seen->last[who]); /* in order of each thread */
		CHECK(strcmp(events[i].station, "CS1") == 0);
		seen->last[who] = events[i].power_w;
	}
	seen->events += count;
}

static void
publish(struct vs_port_events port, int64_t who, int64_t number)
{
	struct vs_core_event event;

	vs_core_event_init(&event, VS_EVENT_TRANSACTION, 5);
	(void)snprintf(event.station, sizeof(event.station), "CS1");
	event.evse = who;
	event.power_w = number;
	port.publish(port.self, &event);
}

static void
nobody_listens(void)
{
	struct vs_bus *bus = NULL;

	CHECK_OK(vs_bus_new(&bus));
	publish(vs_bus_publisher(bus), 0, 1);
	vs_bus_free(&bus);
	CHECK(bus == NULL);
	vs_bus_free(&bus);
}

static void
each_subscriber_gets_each_event_with_one_knock(void)
{
	struct vs_bus *bus = NULL;
	struct seen seen[2] = {{NULL, 0, 0, 0, {0}}, {NULL, 0, 0, 0, {0}}};

	CHECK_OK(vs_bus_new(&bus));
	for (int i = 0; i < 2; i++) {
		CHECK_OK(vs_loop_new(&seen[i].loop));
		CHECK_OK(vs_bus_subscribe(bus, seen[i].loop, see, &seen[i]));
	}
	for (int round = 1; round <= 2; round++) {
		for (int i = 1; i <= 100; i++)
			publish(vs_bus_publisher(bus), 0, round * 1000 + i);
		for (int i = 0; i < 2; i++) {
			CHECK_OK(vs_loop_turn(seen[i].loop, 0));
			CHECK(seen[i].events == (uint64_t)round * 100 &&
			      seen[i].calls == (uint64_t)round);
			CHECK(seen[i].missed == 0);
		}
	}
	for (int i = 0; i < 2; i++)
		vs_loop_free(&seen[i].loop);
	vs_bus_free(&bus);
}

/* At most once: what does not fit is dropped, the newest first, and counted. */
static void
a_slow_subscriber_is_told_what_it_missed(void)
{
	struct vs_bus *bus = NULL;
	struct seen seen = {NULL, 0, 0, 0, {0}};
	uint64_t before;

	CHECK_OK(vs_bus_new(&bus));
	CHECK_OK(vs_loop_new(&seen.loop));
	CHECK_OK(vs_bus_subscribe(bus, seen.loop, see, &seen));
	for (int i = 1; i <= 10; i++)
		publish(vs_bus_publisher(bus), 0, i);
	CHECK_OK(vs_loop_turn(seen.loop, 0)); /* so that the ring wraps */
	for (int i = 1; i <= VS_LIMIT_EVENT_RING + 7; i++)
		publish(vs_bus_publisher(bus), 0, 100 + i);
	CHECK_OK(vs_loop_turn(seen.loop, 0));
	CHECK(seen.missed == 7 && seen.events == 10 + VS_LIMIT_EVENT_RING);
	CHECK(seen.last[0] == 100 + VS_LIMIT_EVENT_RING);
	before = seen.events;
	publish(vs_bus_publisher(bus), 0, 1000000);
	CHECK_OK(vs_loop_turn(seen.loop, 0));
	CHECK(seen.events == before + 1 && seen.missed == 7); /* told once */
	vs_loop_free(&seen.loop);
	vs_bus_free(&bus);
}

/* What other nodes tell goes to those who show it. */
static void
only_who_asked_hears_other_nodes(void)
{
	struct vs_bus *bus = NULL;
	struct seen own = {NULL, 0, 0, 0, {0}}, all = {NULL, 0, 0, 0, {0}};
	struct vs_core_event event;

	CHECK_OK(vs_bus_new(&bus));
	CHECK_OK(vs_loop_new(&own.loop));
	CHECK_OK(vs_loop_new(&all.loop));
	CHECK_OK(vs_bus_subscribe(bus, own.loop, see, &own));
	CHECK_OK(vs_bus_subscribe_all(bus, all.loop, see, &all));
	vs_core_event_init(&event, VS_EVENT_TRANSACTION, 5);
	(void)snprintf(event.station, sizeof(event.station), "CS1");
	event.evse = 0;
	event.power_w = 1;
	vs_bus_hear(bus, &event, 3);
	vs_bus_hear(bus, NULL, 1);
	CHECK_OK(vs_loop_turn(own.loop, 0));
	CHECK_OK(vs_loop_turn(all.loop, 0));
	CHECK(own.events == 0 && own.missed == 0 && all.events == 1 && all.missed == 4);
	publish(vs_bus_publisher(bus), 0, 2);
	CHECK_OK(vs_loop_turn(own.loop, 0));
	CHECK_OK(vs_loop_turn(all.loop, 0));
	CHECK(own.events == 1 && all.events == 2);
	vs_loop_free(&own.loop);
	vs_loop_free(&all.loop);
	vs_bus_free(&bus);
}

static void
at_most_eight(void)
{
	struct vs_bus *bus = NULL;
	struct seen seen = {NULL, 0, 0, 0, {0}};

	CHECK_OK(vs_bus_new(&bus));
	CHECK_OK(vs_loop_new(&seen.loop));
	for (int i = 0; i < 8; i++)
		CHECK_OK(vs_bus_subscribe(bus, seen.loop, see, &seen));
	CHECK_ERR(vs_bus_subscribe(bus, seen.loop, see, &seen), TOO_LONG);
	vs_loop_free(&seen.loop);
	vs_bus_free(&bus);
}

struct publisher {
	struct vs_port_events port;
	int64_t who;
};

static void *
publish_many(void *arg)
{
	const struct publisher *p = arg;

	for (int64_t i = 1; i <= EACH; i++)
		publish(p->port, p->who, i);
	return NULL;
}

static void
threads_publish_at_once(void)
{
	struct vs_bus *bus = NULL;
	struct seen seen = {NULL, 0, 0, 0, {0}};
	struct publisher publishers[PUBLISHERS];
	pthread_t threads[PUBLISHERS];

	CHECK_OK(vs_bus_new(&bus));
	CHECK_OK(vs_loop_new(&seen.loop));
	CHECK_OK(vs_bus_subscribe(bus, seen.loop, see, &seen));
	for (int i = 0; i < PUBLISHERS; i++) {
		publishers[i] = (struct publisher){vs_bus_publisher(bus), i};
		CHECK(pthread_create(&threads[i], NULL, publish_many, &publishers[i]) == 0);
	}
	while (seen.events + seen.missed < (uint64_t)PUBLISHERS * EACH)
		CHECK_OK(vs_loop_turn(seen.loop, 100));
	for (int i = 0; i < PUBLISHERS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	CHECK(seen.events + seen.missed == (uint64_t)PUBLISHERS * EACH);
	vs_loop_free(&seen.loop);
	vs_bus_free(&bus);
}

int
main(void)
{
	CASE(nobody_listens);
	CASE(each_subscriber_gets_each_event_with_one_knock);
	CASE(a_slow_subscriber_is_told_what_it_missed);
	CASE(only_who_asked_hears_other_nodes);
	CASE(at_most_eight);
	CASE(threads_publish_at_once);
	return 0;
}
