/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

#include "base/metric.h"

#define FLEET 12

static struct house_guest guests[FLEET], late;

static size_t
closed_count(void)
{
	size_t count = 0;

	for (size_t i = 0; i < FLEET; i++)
		count += guests[i].is_closed;
	return count;
}

static void
come_in(struct house *house)
{
	for (size_t i = 0; i < FLEET; i++) {
		char identity[16];

		(void)snprintf(identity, sizeof(identity), "FLEET-%zu", i);
		house_station(house, identity, VS_CORE_AUTH_BASIC, true);
		guest_begin(house, &guests[i], i % HOUSE_REACTORS, identity, HOUSE_PASSWORD, NULL);
	}
	for (size_t i = 0; i < FLEET; i++)
		HOUSE_UNTIL(house, guests[i].is_open || guests[i].is_closed);
	HOUSE_UNTIL(house, vs_central_connected_count(house->central) == FLEET);
}

static void
all_are_closed_over_a_time_and_nobody_is_let_in(void)
{
	struct house *house = house_new(NULL);
	int64_t drained = vs_metric_read(VS_METRIC_sessions_drained_total);
	uint64_t begin_ms = vs_clock_mono_ms();
	size_t first = 0;

	come_in(house);
	vs_central_drain(house->central, 1000, 0);
	HOUSE_UNTIL(house, closed_count() > 0);
	first = closed_count();
	guest_begin(house, &late, 0, "CS-1", HOUSE_PASSWORD, NULL);
	HOUSE_UNTIL(house, late.is_open || late.is_closed);
	CHECK(!late.is_open && late.close.http_status == 503);
	CHECK(late.close.retry_after_s >= 1 && late.close.retry_after_s <= 2);
	HOUSE_UNTIL(house, closed_count() == FLEET);
	/* One after the other, not all at once. */
	CHECK(first < FLEET && vs_clock_mono_ms() - begin_ms >= 500);
	for (size_t i = 0; i < FLEET; i++)
		CHECK(guests[i].close.ws_code == 1012);
	CHECK(vs_central_connected_count(house->central) == 0);
	CHECK(vs_metric_read(VS_METRIC_sessions_drained_total) - drained == FLEET);
	CHECK(house_events(house, VS_EVENT_DISCONNECTED, "this node drains") == FLEET);
	vs_central_resume(house->central);
	guest_join(house, &late, 1);
	for (int i = 0; i < 20; i++)
		house_turn(house);
	CHECK(!late.is_closed);
	/* And again. */
	vs_central_drain(house->central, 0, 0);
	HOUSE_UNTIL(house, late.is_closed);
	CHECK(late.close.ws_code == 1012);
	house_free(house);
}

static vs_result
send_reset(struct house *house)
{
	char fault[64];

	return house->commands.send(house->commands.self, "default", "FLEET-0", "the-command",
	                            "Reset", VS_BYTES_LITERAL("{\"type\":\"Immediate\"}"), 20000,
	                            fault, sizeof(fault));
}

static void
an_open_command_is_waited_for(void)
{
	struct house *house = house_new(NULL);

	come_in(house);
	guests[0].is_silent = true;
	CHECK_OK(send_reset(house));
	HOUSE_UNTIL(house, guests[0].heard == 1);
	vs_central_drain(house->central, 0, 60000);
	HOUSE_UNTIL(house, closed_count() == FLEET - 1);
	CHECK(!guests[0].is_closed);
	guest_say(&guests[0], "[3,\"the-command\",{\"status\":\"Accepted\"}]");
	HOUSE_UNTIL(house, guests[0].is_closed);
	CHECK(house_events(house, VS_EVENT_COMMAND, "answered") == 1);
	CHECK(house_events(house, VS_EVENT_COMMAND, "failed") == 0);
	house_free(house);
}

static void
but_not_for_ever(void)
{
	struct house *house = house_new(NULL);

	come_in(house);
	guests[0].is_silent = true;
	CHECK_OK(send_reset(house));
	HOUSE_UNTIL(house, guests[0].heard == 1);
	vs_central_drain(house->central, 0, 100);
	HOUSE_UNTIL(house, closed_count() == FLEET);
	/* Its end is clear. */
	HOUSE_UNTIL(house, house_events(house, VS_EVENT_COMMAND, "failed") == 1);
	house_free(house);
}

/* What the station was not told is kept is its own to send again; who waits for it is answered. */
static void
an_answer_that_waits_for_its_commit_is_waited_for(void)
{
	struct house *house = house_new(NULL);

	come_in(house);
	house->is_store_slow = true;
	guest_say(&guests[0],
	          "[2,\"tx\",\"TransactionEvent\",{\"eventType\":\"Started\",\"timestamp\":"
	          "\"2026-11-22T10:00:00Z\",\"triggerReason\":\"Authorized\",\"seqNo\":0,"
	          "\"transactionInfo\":{\"transactionId\":\"t-1\"}}]");
	for (int i = 0; i < 50; i++)
		house_turn(house);
	vs_central_drain(house->central, 0, 60000);
	HOUSE_UNTIL(house, closed_count() == FLEET - 1);
	CHECK(!guests[0].is_closed && guests[0].heard == 0);
	house->is_store_slow = false;
	HOUSE_UNTIL(house, guests[0].is_closed);
	CHECK(guests[0].heard == 1 && strncmp(guests[0].last, "[3,\"tx\",", 8) == 0);
	CHECK(house->committed[VS_RECORD_tx_event] == 1);
	house_free(house);
}

int
main(void)
{
	CASE(all_are_closed_over_a_time_and_nobody_is_let_in);
	CASE(an_open_command_is_waited_for);
	CASE(but_not_for_ever);
	CASE(an_answer_that_waits_for_its_commit_is_waited_for);
	return 0;
}
