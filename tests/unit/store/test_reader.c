/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reader.h"

#include <stdatomic.h>

#include "fixture.h"

static void
counts_what_was_stored(void)
{
	struct fixture f;
	struct vs_core_counts counts;
	struct vs_core_record *station;

	fixture_start(&f);
	CHECK_OK(f.reader.counts(f.reader.self, &counts));
	CHECK(counts.tx_events == 0 && counts.stations == 0);
	fixture_put(&f, tx_record("CS1", "a", 0, VS_CORE_TX_STARTED));
	fixture_put(&f, tx_record("CS1", "a", 1, VS_CORE_TX_UPDATED));
	fixture_put(&f,
	            tx_record("CS1", "a", 1, VS_CORE_TX_UPDATED)); /* a repetition does not count */
	fixture_put(&f, meter_record("CS1", 1));
	fixture_put(&f, record_new(VS_RECORD_boot, "CS1", ""));
	fixture_put(&f, record_new(VS_RECORD_security_event, "CS1", "{}"));
	station = record_new(VS_RECORD_station_put, "CS1", "");
	(void)snprintf(station->u.station_put.tenant, sizeof(station->u.station_put.tenant), "%s",
	               VS_CORE_TENANT_DEFAULT);
	fixture_put(&f, station);
	fixture_reopen(&f);
	CHECK_OK(f.reader.counts(f.reader.self, &counts));
	CHECK(counts.stations == 1 && counts.transactions == 1 && counts.tx_events == 2);
	CHECK(counts.meter_values == 1 && counts.events == 1 && counts.boots == 1 &&
	      counts.statuses == 0);
	fixture_done(&f);
}

/* More callers than connections, while the writer writes: nobody fails, and no count goes back. */
static atomic_bool is_over;

static void *
read_all_the_time(void *arg)
{
	struct fixture *f = arg;
	int64_t before = 0;

	while (!atomic_load(&is_over)) {
		struct vs_core_counts counts;

		CHECK_OK(f->reader.counts(f->reader.self, &counts));
		CHECK(counts.meter_values >= before);
		before = counts.meter_values;
	}
	return NULL;
}

static void
more_callers_than_connections(void)
{
	struct fixture f;
	pthread_t threads[VS_STORE_READERS + 3];

	fixture_start(&f);
	for (size_t i = 0; i < VS_STORE_READERS + 3; i++)
		CHECK(pthread_create(&threads[i], NULL, read_all_the_time, &f) == 0);
	for (uint64_t i = 1; i <= 200; i++)
		CHECK_OK(f.writer.submit(f.writer.self, meter_record("CS1", i), 1));
	fixture_wait(&f, 200);
	atomic_store(&is_over, true);
	for (size_t i = 0; i < VS_STORE_READERS + 3; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	CHECK(f.failed == 0);
	fixture_done(&f);
}

int
main(void)
{
	CASE(counts_what_was_stored);
	CASE(more_callers_than_connections);
	return 0;
}
