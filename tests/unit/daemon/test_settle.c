/* SPDX-License-Identifier: Apache-2.0 */
/* Between two daemons: tests/interop/test_nodes.py. */
#include "daemon/settle.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "test.h"

static struct vs_daemon_settle *settle;

static void
begin(void)
{
	CHECK_OK(vs_daemon_settle_new(&settle));
}

static void
end(void)
{
	vs_daemon_settle_free(&settle);
	CHECK(settle == NULL);
	vs_daemon_settle_free(&settle);
}

static void
commit(enum vs_core_record_kind kind, const char *identity)
{
	struct vs_core_record record = {.kind = kind};

	(void)snprintf(record.station, sizeof(record.station), "%s", identity);
	vs_daemon_settle_committed(settle, &record);
}

static void
take(const char *identity, uint64_t now_ms)
{
	CHECK_OK(vs_daemon_settle_taken(settle, "default", identity,
	                                vs_daemon_settle_count(settle, identity), now_ms));
}

static bool
is_next(uint64_t now_ms, const char *identity)
{
	struct vs_daemon_settle_row row;

	return vs_daemon_settle_next(settle, now_ms, &row) && strcmp(row.identity, identity) == 0 &&
	       strcmp(row.tenant, "default") == 0;
}

static bool
is_none(uint64_t now_ms)
{
	struct vs_daemon_settle_row row = {.identity = "untouched"};

	return !vs_daemon_settle_next(settle, now_ms, &row) &&
	       strcmp(row.identity, "untouched") == 0;
}

static void
what_nothing_was_committed_for_is_settled(void)
{
	begin();
	CHECK(is_none(0));
	take("CS-1", 1000);
	CHECK(is_none(1000) && is_none(1999) && is_none(2000));
	commit(VS_RECORD_boot, "CS-1"); /* too late to have been hidden */
	CHECK(is_none(2001));
	end();
}

static void
a_commit_since_before_the_reading_asks_for_it_again(void)
{
	static const enum vs_core_record_kind kinds[] = {
	    VS_RECORD_boot,  VS_RECORD_station_put, VS_RECORD_station_remove,
	    VS_RECORD_enrol, VS_RECORD_proved,      VS_RECORD_claim_station};

	begin();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		take("CS-1", 1000);
		take("CS-2", 1000);
		commit(kinds[i], "CS-1");
		CHECK(is_next(1001, "CS-1"));
		CHECK(is_none(1001));
		CHECK(is_none(2000));
	}
	/* What says nothing of the entry. */
	take("CS-1", 1000);
	commit(VS_RECORD_tx_event, "CS-1");
	commit(VS_RECORD_session, "CS-1");
	CHECK(is_none(1001));
	end();
}

/* The commit came between the reading and what followed. */
static void
the_count_is_that_of_before(void)
{
	uint32_t count;

	begin();
	count = vs_daemon_settle_count(settle, "CS-1");
	commit(VS_RECORD_station_put, "CS-1");
	CHECK_OK(vs_daemon_settle_taken(settle, "default", "CS-1", count, 1000));
	CHECK(is_next(9000, "CS-1")); /* however late one looks */
	take("CS-1", 9000);
	CHECK(is_none(9001));
	end();
}

static void
a_list_of_records_counts_each(void)
{
	struct vs_core_record second = {.kind = VS_RECORD_boot, .station = "CS-2"};
	struct vs_core_record first = {.kind = VS_RECORD_boot, .station = "CS-1", .next = &second};

	begin();
	take("CS-1", 0);
	take("CS-2", 0);
	vs_daemon_settle_committed(settle, &first);
	CHECK(is_next(1, "CS-1") && is_next(1, "CS-2") && is_none(1));
	vs_daemon_settle_committed(settle, NULL);
	end();
}

static void
there_is_an_end_to_what_is_remembered(void)
{
	struct vs_daemon_settle_row row;
	vs_result r = VS_OK;
	size_t count = 0;

	begin();
	while (r.code == VS_E_OK && count <= VS_LIMIT_SETTLING_ROWS) {
		r = vs_daemon_settle_taken(settle, "default", "CS-1", 0, 1000);
		count += r.code == VS_E_OK;
	}
	CHECK_ERR(r, TOO_LONG);
	CHECK(count == VS_LIMIT_SETTLING_ROWS);
	commit(VS_RECORD_boot, "CS-1");
	for (size_t i = 0; i < count; i++)
		CHECK(vs_daemon_settle_next(settle, 1001, &row));
	CHECK(is_none(1001));
	take("CS-1", 1001);
	end();
}

#define COMMITS 20000

static void *
commit_many(void *arg)
{
	(void)arg;
	for (int i = 0; i < COMMITS; i++)
		commit(VS_RECORD_boot, "CS-1");
	return NULL;
}

/* A writer beside the feed: at the end it is settled, and nothing that was committed is missed. */
static void
two_threads(void)
{
	struct vs_daemon_settle_row row;
	uint32_t before;
	pthread_t thread;

	begin();
	before = vs_daemon_settle_count(settle, "CS-1");
	take("CS-1", 0);
	CHECK(pthread_create(&thread, NULL, commit_many, NULL) == 0);
	for (int i = 0; i < COMMITS; i++)
		if (vs_daemon_settle_next(settle, 0, &row))
			take("CS-1", 0);
	CHECK(pthread_join(thread, NULL) == 0);
	while (vs_daemon_settle_next(settle, 0, &row))
		take("CS-1", 0);
	CHECK(vs_daemon_settle_count(settle, "CS-1") == before + COMMITS);
	commit(VS_RECORD_boot, "CS-1");
	CHECK(is_next(0, "CS-1") && is_none(0));
	end();
}

int
main(void)
{
	CASE(what_nothing_was_committed_for_is_settled);
	CASE(a_commit_since_before_the_reading_asks_for_it_again);
	CASE(the_count_is_that_of_before);
	CASE(a_list_of_records_counts_each);
	CASE(there_is_an_end_to_what_is_remembered);
	CASE(two_threads);
	return 0;
}
