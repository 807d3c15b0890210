/* SPDX-License-Identifier: Apache-2.0 */
#include "raw.h"

#define HERE  "127.0.0.1"
#define THERE "127.9.9.9"

static struct house_guest guest;
static struct raw raw, other;

/* A guest's WebSocket answers pings by itself; a raw one does not. */
static void
the_same_station_takes_over_at_once(void)
{
	for (size_t reactor = 0; reactor < HOUSE_REACTORS; reactor++) {
		struct house *house = raw_house();
		int64_t displaced = vs_metric_read(VS_METRIC_sessions_displaced_total);

		raw_ask(house, &raw, 0, HERE, "CS-1", HOUSE_PASSWORD);
		CHECK(raw_status(house, &raw) == 101);
		for (int i = 0; i < 20; i++) { /* the old one never answers anything */
			raw_ask(house, &other, reactor, HERE, "CS-1", HOUSE_PASSWORD);
			CHECK(raw_status(house, &other) == 101);
			raw_close(&raw);
			raw = other;
		}
		CHECK(vs_metric_read(VS_METRIC_sessions_displaced_total) == displaced + 20);
		CHECK(house_events(house, VS_EVENT_SECURITY, "session.flapping") == 0);
		raw_close(&raw);
		house_free(house);
	}
}

static void
a_live_one_stays(size_t reactor)
{
	struct house *house = raw_house();

	guest_join(house, &guest, 0);
	raw_ask(house, &raw, reactor, THERE, "CS-1", HOUSE_PASSWORD);
	CHECK(raw_status(house, &raw) == 409);
	raw_close(&raw);
	HOUSE_UNTIL(house, house_events(house, VS_EVENT_SECURITY, "session.conflict") == 1);
	for (size_t i = 0; i < house->event_count; i++) {
		if (strcmp(house->events[i].type, "session.conflict") == 0)
			CHECK(house->events[i].severity == VS_CORE_CRITICAL);
	}
	CHECK(!guest.is_closed && vs_central_connected_count(house->central) == 1);
	guest_ask(&guest, "[2,\"1\",\"Heartbeat\",{}]", "[3,\"1\",");
	/* Who cannot prove it does not even have it asked. */
	raw_ask(house, &raw, reactor, THERE, "CS-1", "wrong");
	CHECK(raw_status(house, &raw) == 401);
	raw_close(&raw);
	CHECK(house_events(house, VS_EVENT_SECURITY, "session.conflict") == 1);
	house_free(house);
}

static void
a_live_one_stays_whoever_comes(void)
{
	a_live_one_stays(0);
	a_live_one_stays(1);
}

static void
a_dead_one_is_replaced(void)
{
	for (size_t reactor = 0; reactor < HOUSE_REACTORS; reactor++) {
		struct house *house = raw_house();
		uint64_t begin_ms = vs_clock_mono_ms();

		raw_ask(house, &raw, 0, HERE, "CS-1", HOUSE_PASSWORD);
		CHECK(raw_status(house, &raw) == 101);
		raw_ask(house, &other, reactor, THERE, "CS-1", HOUSE_PASSWORD);
		CHECK(raw_status(house, &other) == 101);
		/* It was asked before. */
		CHECK(vs_clock_mono_ms() - begin_ms >= HOUSE_LIVENESS_MS);
		RAW_UNTIL(house, &raw, raw.is_over);
		CHECK(vs_central_connected_count(house->central) == 1);
		CHECK(house_events(house, VS_EVENT_DISCONNECTED, NULL) == 0);
		raw_close(&raw);
		raw_close(&other);
		house_free(house);
	}
}

static void
one_contest_at_a_time(void)
{
	struct house *house = raw_house();
	static struct raw third;

	raw_ask(house, &raw, 0, HERE, "CS-1", HOUSE_PASSWORD);
	CHECK(raw_status(house, &raw) == 101);
	raw_ask(house, &other, 1, THERE, "CS-1", HOUSE_PASSWORD);
	for (int i = 0; i < 50; i++)
		house_turn(house);
	raw_ask(house, &third, 0, "127.8.8.8", "CS-1", HOUSE_PASSWORD);
	CHECK(raw_status(house, &third) == 503 && strstr(third.text, "Retry-After: ") != NULL);
	CHECK(raw_status(house, &other) == 101);
	raw_close(&third);
	raw_close(&other);
	raw_close(&raw);
	house_free(house);
}

/* The holder goes, or the newcomer goes, while it is being decided. */
static void
leaving_in_between(void)
{
	struct house *house = raw_house();
	int64_t closed;

	raw_ask(house, &raw, 0, HERE, "CS-1", HOUSE_PASSWORD);
	CHECK(raw_status(house, &raw) == 101);
	raw_ask(house, &other, 1, THERE, "CS-1", HOUSE_PASSWORD);
	for (int i = 0; i < 50; i++)
		house_turn(house);
	raw_close(&raw);
	CHECK(raw_status(house, &other) == 101);
	closed = vs_metric_read(VS_METRIC_sessions_displaced_total);
	raw_ask(house, &raw, 0, HERE, "CS-1", HOUSE_PASSWORD);
	for (int i = 0; i < 50; i++)
		house_turn(house);
	raw_close(&raw);
	HOUSE_UNTIL(house, vs_metric_read(VS_METRIC_sessions_displaced_total) == closed + 1);
	HOUSE_UNTIL(house, vs_central_connected_count(house->central) == 0);
	/* Nobody has the place: it is free at once. */
	guest_join(house, &guest, 0);
	raw_close(&other);
	house_free(house);
}

static void
flapping_ends_in_quarantine(void)
{
	struct house *house = raw_house();
	const char *from = HERE;
	unsigned taken = 0;
	int status = 101;

	raw_ask(house, &raw, 0, from, "CS-1", HOUSE_PASSWORD);
	CHECK(raw_status(house, &raw) == 101);
	while (taken < 10) {
		from = taken % 2 == 0 ? THERE : HERE;
		raw_ask(house, &other, 0, from, "CS-1", HOUSE_PASSWORD);
		status = raw_status(house, &other);
		if (status != 101)
			break;
		taken++;
		raw_close(&raw);
		raw = other;
	}
	CHECK(taken == 3 && status == 409);
	raw_close(&other);
	HOUSE_UNTIL(house, house_events(house, VS_EVENT_SECURITY, "session.flapping") == 1);
	/* Who holds the place is not shut out: it comes again from where it is. */
	raw_ask(house, &other, 1, THERE, "CS-1", HOUSE_PASSWORD);
	CHECK(raw_status(house, &other) == 101);
	raw_close(&raw);
	raw_close(&other);
	HOUSE_UNTIL(house, vs_central_connected_count(house->central) == 0);
	/* And when nobody holds it, it is free. */
	raw_ask(house, &raw, 0, HERE, "CS-1", HOUSE_PASSWORD);
	CHECK(raw_status(house, &raw) == 101);
	raw_close(&raw);
	house_free(house);
}

static void
the_end_while_it_is_being_asked(void)
{
	struct house *house = raw_house();

	raw_ask(house, &raw, 0, HERE, "CS-1", HOUSE_PASSWORD);
	CHECK(raw_status(house, &raw) == 101);
	raw_ask(house, &other, 0, THERE, "CS-1", HOUSE_PASSWORD);
	for (int i = 0; i < 50; i++)
		house_turn(house);
	vs_net_drain(house->nets[0]);
	vs_net_drain(house->nets[1]);
	CHECK(raw_status(house, &other) != 101);
	raw_close(&raw);
	raw_close(&other);
	house_free(house);
}

int
main(void)
{
	CASE(the_same_station_takes_over_at_once);
	CASE(a_live_one_stays_whoever_comes);
	CASE(a_dead_one_is_replaced);
	CASE(one_contest_at_a_time);
	CASE(leaving_in_between);
	CASE(flapping_ends_in_quarantine);
	CASE(the_end_while_it_is_being_asked);
	return 0;
}
