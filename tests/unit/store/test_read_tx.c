/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#define TENANT VS_CORE_TENANT_DEFAULT

static char seen[256];

static bool
see_tx(const struct vs_core_tx_row *row, void *arg)
{
	size_t used = strlen(seen);

	(void)arg;
	(void)snprintf(seen + used, sizeof(seen) - used, "%s:%s%s ", row->station, row->tx_id,
	               row->is_active ? "*" : "");
	return true;
}

static void
put_tx(struct fixture *f, const char *station, const char *id, int64_t at_ms, bool is_over)
{
	struct vs_core_record *record = tx_record(station, id, 0, VS_CORE_TX_STARTED);

	record->u.tx_event.at_ms = at_ms;
	fixture_put(f, record);
	if (is_over)
		fixture_put(f, tx_record(station, id, 1, VS_CORE_TX_ENDED));
}

static const char *
list(struct fixture *f, const char *station, bool only_active, int64_t before_ms, size_t limit)
{
	seen[0] = '\0';
	CHECK_OK(f->reader.transactions(f->reader.self, TENANT, station, only_active, before_ms,
	                                limit, see_tx, NULL));
	return seen;
}

static void
lists_newest_first(void)
{
	struct fixture f;

	fixture_start(&f);
	put_tx(&f, "CS1", "a", 1000, true);
	put_tx(&f, "CS2", "b", 2000, false);
	put_tx(&f, "CS1", "c", 3000, false);
	put_tx(&f, "CS2", "d", 4000, true);
	CHECK(strcmp(list(&f, "", false, INT64_MAX, 10), "CS2:d CS1:c* CS2:b* CS1:a ") == 0);
	CHECK(strcmp(list(&f, "", false, 4000, 2), "CS1:c* CS2:b* ") == 0);
	CHECK(strcmp(list(&f, "", true, INT64_MAX, 10), "CS1:c* CS2:b* ") == 0);
	CHECK(strcmp(list(&f, "CS1", false, INT64_MAX, 10), "CS1:c* CS1:a ") == 0);
	CHECK(strcmp(list(&f, "CS2", true, INT64_MAX, 10), "CS2:b* ") == 0);
	CHECK(strcmp(list(&f, "CS3", false, INT64_MAX, 10), "") == 0);
	fixture_done(&f);
}

/* A list goes on from the last row's order_ms, also where Started was never seen. */
static int64_t last_order_ms;

static bool
see_order(const struct vs_core_tx_row *row, void *arg)
{
	CHECK(row->started_ms == VS_CORE_ABSENT && row->order_ms < last_order_ms);
	last_order_ms = row->order_ms;
	(*(int *)arg)++;
	return true;
}

static bool
see_running(const struct vs_core_running_row *row, void *arg)
{
	size_t used = strlen(seen);

	CHECK(row->power_w == VS_CORE_ABSENT);
	(void)snprintf(seen + used, sizeof(seen) - used, "%s ", row->station);
	return ++*(int *)arg < 3;
}

static void
adds_up_what_runs(void)
{
	struct fixture f;
	int count = 0;

	seen[0] = '\0';
	fixture_start(&f);
	put_tx(&f, "CS1", "a", 1000, false);
	put_tx(&f, "CS2", "b", 2000, true);
	put_tx(&f, "CS3", "c", 3000, false);
	CHECK_OK(f.reader.running(f.reader.self, TENANT, 10, see_running, &count));
	CHECK(strcmp(seen, "CS3 CS1 ") == 0);
	CHECK_OK(f.reader.running(f.reader.self, "another", 10, see_running, &count));
	CHECK_OK(f.reader.running(f.reader.self, TENANT, 1, see_running, &count));
	CHECK(count == 3);
	fixture_done(&f);
}

static void
pages_through_what_has_no_start(void)
{
	struct fixture f;
	int seen_count = 0;

	fixture_start(&f);
	for (int64_t i = 1; i <= 5; i++) {
		char id[8];

		(void)snprintf(id, sizeof(id), "t%d", (int)i);
		fixture_put(&f, tx_record("CS1", id, i, VS_CORE_TX_ENDED));
	}
	last_order_ms = INT64_MAX;
	for (int page = 0; page < 3; page++)
		CHECK_OK(f.reader.transactions(f.reader.self, TENANT, "", false, last_order_ms, 2,
		                               see_order, &seen_count));
	CHECK(seen_count == 5);
	fixture_done(&f);
}

static void
sums_one_up(void)
{
	struct fixture f;
	struct vs_core_record *record;
	struct vs_core_tx_row row;

	fixture_start(&f);
	record = tx_record("CS1", "a", 0, VS_CORE_TX_STARTED);
	record->u.tx_event.energy_wh = 10000;
	record->u.tx_event.evse = 2;
	fixture_put(&f, record);
	record = tx_record("CS1", "a", 2, VS_CORE_TX_ENDED);
	record->u.tx_event.energy_wh = 17500;
	record->u.tx_event.soc_percent = 80;
	(void)snprintf(record->u.tx_event.stopped_reason, 21, "Local");
	fixture_put(&f, record);
	CHECK_OK(f.reader.transaction(f.reader.self, TENANT, "", "a", &row));
	CHECK(row.energy_wh == 7500 && row.soc_percent == 80 && row.power_w == VS_CORE_ABSENT);
	CHECK(row.evse == 2 && row.connector == VS_CORE_ABSENT && !row.is_active);
	CHECK(row.started_ms == 1000000 && row.ended_ms == 1002000 && row.last_ms == 1002000);
	CHECK(row.event_count == 2 &&
	      row.last_seq_no - row.first_seq_no + 1 == 3); /* one is missing */
	CHECK(strcmp(row.stopped_reason, "Local") == 0);
	CHECK_OK(f.reader.transaction(f.reader.self, TENANT, "CS1", "a", &row));
	CHECK_ERR(f.reader.transaction(f.reader.self, TENANT, "CS2", "a", &row), NOT_FOUND);
	CHECK_ERR(f.reader.transaction(f.reader.self, "other", "", "a", &row), NOT_FOUND);
	fixture_put(&f, tx_record("CS2", "a", 0, VS_CORE_TX_STARTED));
	CHECK_ERR(f.reader.transaction(f.reader.self, TENANT, "", "a", &row), CONFLICT);
	fixture_done(&f);
}

static bool
see_event(const struct vs_core_tx_event *event, int64_t received_ms, void *arg)
{
	size_t used = strlen(seen);

	(void)arg;
	CHECK(received_ms > 0 && event->at_ms == 1000000 + event->seq_no * 1000);
	(void)snprintf(seen + used, sizeof(seen) - used, "%d ", (int)event->seq_no);
	return true;
}

static void
tells_its_events_in_order(void)
{
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, tx_record("CS1", "a", 3, VS_CORE_TX_ENDED));
	fixture_put(&f, tx_record("CS1", "a", 0, VS_CORE_TX_STARTED));
	fixture_put(&f, tx_record("CS1", "b", 7, VS_CORE_TX_STARTED));
	fixture_put(&f, tx_record("CS1", "a", 1, VS_CORE_TX_UPDATED));
	seen[0] = '\0';
	CHECK_OK(f.reader.tx_events(f.reader.self, TENANT, "CS1", "a", 10, see_event, NULL));
	CHECK(strcmp(seen, "0 1 3 ") == 0);
	fixture_done(&f);
}

static void
tells_what_was_said_last(void)
{
	struct vs_buf said;
	struct fixture f;

	fixture_start(&f);
	vs_buf_init(&said, 256);
	for (int64_t i = 0; i < 3; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "{\"amount\":\"0.%d\"}", (int)i);
		fixture_put(&f, tx_record_saying("CS1", "a", i, VS_CORE_TX_UPDATED, text));
	}
	CHECK_OK(f.reader.tx_said(f.reader.self, TENANT, "CS1", "a", &said));
	CHECK(vs_bytes_equal_text(vs_buf_view(&said), "{\"amount\":\"0.2\"}"));
	CHECK_ERR(f.reader.tx_said(f.reader.self, TENANT, "CS2", "a", &said), NOT_FOUND);
	CHECK_ERR(f.reader.tx_said(f.reader.self, TENANT, "CS1", "b", &said), NOT_FOUND);
	CHECK_ERR(f.reader.tx_said(f.reader.self, "other", "CS1", "a", &said), NOT_FOUND);
	vs_buf_done(&said);
	fixture_done(&f);
}

int
main(void)
{
	CASE(adds_up_what_runs);
	CASE(lists_newest_first);
	CASE(pages_through_what_has_no_start);
	CASE(sums_one_up);
	CASE(tells_its_events_in_order);
	CASE(tells_what_was_said_last);
	return 0;
}
