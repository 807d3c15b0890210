/* SPDX-License-Identifier: Apache-2.0 */
/* A server that goes away under a store, and comes back. (With files: there is no spool.) */
#include "store/group.h"

#include "base/file.h"
#include "base/metric.h"
#include "fixture.h"

static void
start(struct fixture *f)
{
	fixture_init(f);
	(void)snprintf(f->spool, sizeof(f->spool), "%s/spool.db", f->dir);
	CHECK_OK(fixture_open(f));
}

/* Nobody may connect, and whoever is, is not any more. */
static void
cut(struct fixture *f)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
	               "ALTER DATABASE %s ALLOW_CONNECTIONS false; SELECT pg_terminate_backend(pid)"
	               " FROM pg_stat_activity WHERE datname = '%s'",
	               f->database, f->database);
	postgres_exec(NULL, sql);
}

static void
mend(struct fixture *f)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "ALTER DATABASE %s ALLOW_CONNECTIONS true", f->database);
	postgres_exec(NULL, sql);
}

static void
wait_spooling(struct fixture *f, bool is_on)
{
	(void)pthread_mutex_lock(&f->lock);
	while (f->is_spooling != is_on)
		(void)pthread_cond_wait(&f->came, &f->lock);
	(void)pthread_mutex_unlock(&f->lock);
}

static struct vs_core_record *
boot_record(const char *station, const char *firmware, uint64_t hash)
{
	struct vs_core_record *record = record_new(VS_RECORD_boot, station, "");

	(void)snprintf(record->u.boot.firmware, sizeof(record->u.boot.firmware), "%s", firmware);
	record->message_hash = hash;
	return record;
}

static struct vs_core_record *
station_record(const char *identity)
{
	struct vs_core_record *record = record_new(VS_RECORD_station_put, identity, "");

	(void)snprintf(record->u.station_put.tenant, sizeof(record->tenant), "%s", record->tenant);
	(void)snprintf(record->u.station_put.identity, sizeof(record->station), "%s", identity);
	return record;
}

static void
what_a_station_says_is_taken_and_moved(void)
{
	struct fixture f;

	start(&f);
	fixture_put(&f, station_record("CS1"));
	fixture_put(&f, tx_record("CS1", "tx", 1, VS_CORE_TX_STARTED));
	CHECK(f.failed == 0 && f.spooling_calls == 0);
	cut(&f);
	fixture_put(&f, tx_record("CS1", "tx", 2, VS_CORE_TX_UPDATED));
	CHECK(f.failed == 0 && f.is_spooling);
	fixture_put(&f, boot_record("CS1", "2.0", 77));
	fixture_put(&f, boot_record("CS1", "2.0", 77)); /* said twice, answered twice */
	fixture_put(&f, boot_record("CS1", "3.0", 78));
	fixture_put(&f, record_new(VS_RECORD_security_event, "CS1", "{}"));
	fixture_put(&f, tx_record("CS1", "tx", 1, VS_CORE_TX_STARTED)); /* from before */
	fixture_put(&f, meter_record("CS1", 5));
	CHECK(f.failed == 0);
	/* What an operator wants is not promised. */
	fixture_put(&f, station_record("CS2"));
	CHECK(f.failed == 1 && f.last_outcome == VS_E_IO);
	CHECK(vs_metric_read(VS_METRIC_spool_records) == 7);
	CHECK(vs_metric_read(VS_METRIC_store_away) == 1);
	CHECK(f.spool_key.made == 1 && f.spool_key.has_key);
	mend(&f);
	wait_spooling(&f, false);
	CHECK(vs_metric_read(VS_METRIC_spool_records) == 0);
	CHECK(vs_metric_read(VS_METRIC_store_away) == 0);
	CHECK(!f.spool_key.has_key); /* what lay there opens nowhere any more */
	fixture_put(&f, tx_record("CS1", "tx", 3, VS_CORE_TX_ENDED));
	fixture_put(&f, meter_record("CS1", 5)); /* and a third time */
	CHECK(f.failed == 1 && f.spooling_calls == 2);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 3);
	CHECK(fixture_ask(&f, "SELECT event_count FROM tx") == 3);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM boot") == 2);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM event") == 1);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == 1);
	CHECK(fixture_ask(&f, "SELECT firmware = '3.0' FROM station") == 1); /* in order */
	CHECK(fixture_ask(&f, "SELECT count(*) FROM spool_mark WHERE number = 7") == 1);
	CHECK(fixture_ask(&f, "SELECT value FROM total WHERE name = 'tx_events'") == 3);
	fixture_done(&f);
}

/* Groups in which some may wait and some may not: each has its outcome, and its place in line. */
static void
mixed_groups_come_home_in_order(void)
{
	struct fixture f;
	struct vs_core_record *list[6];
	size_t i = 0;

	start(&f);
	cut(&f);
	for (; i < 6; i++) {
		list[i] = i % 2 == 0 ? tx_record("CS1", "tx", (int64_t)i, VS_CORE_TX_UPDATED)
		                     : station_record("CS1");
		list[i]->token = i;
		if (i > 0)
			list[i - 1]->next = list[i];
	}
	fixture_put_all(&f, list[0], 6);
	i = 0;
	for (const struct vs_core_record *record = f.first; record != NULL; record = record->next) {
		CHECK(record->token == i);
		CHECK(record->outcome == (i % 2 == 0 ? VS_E_OK : VS_E_IO));
		i++;
	}
	CHECK(i == 6);
	mend(&f);
	wait_spooling(&f, false);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 3);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM station") == 0);
	fixture_done(&f);
}

/* The daemon ends and begins again before the server is back: it waits in the file. */
static void
it_outlives_its_program(void)
{
	struct fixture f;

	start(&f);
	cut(&f);
	for (int64_t i = 1; i <= 20; i++)
		fixture_put(&f, tx_record("CS1", "tx", i, VS_CORE_TX_UPDATED));
	CHECK(f.failed == 0);
	vs_store_close(&f.store);
	CHECK(vs_metric_read(VS_METRIC_spool_records) == 0);
	CHECK_ERR(fixture_open(&f), IO); /* it begins with its database */
	mend(&f);
	f.is_spooling = false;
	CHECK_OK(fixture_open(&f));
	/* Moved at once, before what is new. */
	fixture_put(&f, tx_record("CS1", "tx", 21, VS_CORE_TX_ENDED));
	wait_spooling(&f, false);
	for (int i = 0; i < 500 && vs_metric_read(VS_METRIC_spool_records) > 0; i++)
		(void)usleep(10000);
	CHECK(vs_metric_read(VS_METRIC_spool_records) == 0);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 21);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event WHERE seq_no = 21 AND received_ms <"
	                      " (SELECT max(received_ms) FROM tx_event WHERE seq_no < 21)") == 0);
	fixture_done(&f);
}

static void
copy_file(const char *from, const char *to)
{
	struct vs_buf content;

	vs_buf_init(&content, 1 << 24);
	CHECK_OK(vs_file_read(from, &content));
	CHECK_OK(vs_file_write(to, vs_buf_view(&content)));
	vs_buf_done(&content);
}

/* It was moved, and the file does not know it yet: what the database says holds. */
static void
what_was_moved_is_not_moved_again(void)
{
	struct fixture f;
	char copy[96];

	start(&f);
	cut(&f);
	for (int i = 0; i < 3; i++) /* nothing by which the database would know them */
		fixture_put(&f, record_new(VS_RECORD_event, "CS1", "{}"));
	vs_store_close(&f.store);
	(void)snprintf(copy, sizeof(copy), "%s/copy", f.dir);
	copy_file(f.spool, copy); /* it was closed: there is nothing beside it */
	mend(&f);
	f.is_spooling = false;
	CHECK_OK(fixture_open(&f));
	for (int i = 0; i < 500 && vs_metric_read(VS_METRIC_spool_records) > 0; i++)
		(void)usleep(10000);
	vs_store_close(&f.store);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM event") == 3);
	CHECK(unlink(f.spool) == 0);
	CHECK(rename(copy, f.spool) == 0);
	f.spool_key.has_key = true;
	f.is_spooling = false;
	CHECK_OK(fixture_open(&f));
	CHECK(vs_metric_read(VS_METRIC_spool_records) == 0);
	fixture_put(&f, record_new(VS_RECORD_event, "CS1", "{}"));
	cut(&f);
	fixture_put(&f, record_new(VS_RECORD_event, "CS1", "{}")); /* under a number of its own */
	mend(&f);
	wait_spooling(&f, false);
	CHECK(f.failed == 0 && fixture_ask(&f, "SELECT count(*) FROM event") == 5);
	fixture_done(&f);
}

/* One record that the database will never take does not hold up the others. */
static void
one_that_is_refused_is_put_aside(void)
{
	struct fixture f;
	struct vs_core_record *bad = tx_record("CS1", "tx", 50, VS_CORE_TX_UPDATED);

	start(&f);
	cut(&f);
	for (int64_t i = 1; i <= 40; i++)
		fixture_put(&f, tx_record("CS1", "tx", i, VS_CORE_TX_UPDATED));
	(void)snprintf(bad->u.tx_event.trigger, sizeof(bad->u.tx_event.trigger), "\xff\xfe");
	fixture_put(&f, bad);
	for (int64_t i = 41; i <= 49; i++)
		fixture_put(&f, tx_record("CS1", "tx", i, VS_CORE_TX_UPDATED));
	CHECK(f.failed == 0);
	mend(&f);
	wait_spooling(&f, false);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 49);
	CHECK(vs_metric_read(VS_METRIC_spool_refused_total) == 1);
	CHECK(f.spool_key.has_key);
	fixture_done(&f);
}

/* OCPP 1.6: the number that a station was given is another transaction's. Nothing is lost. */
static void
a_number_that_was_taken_is_kept(void)
{
	struct fixture f;
	struct vs_core_record *record = tx_record("CS1", "17", 1, VS_CORE_TX_STARTED);

	start(&f);
	record->u.tx_event.number = 17;
	record->u.tx_event.start = 1001;
	fixture_put(&f, record);
	cut(&f);
	record = tx_record("CS1", "17", 9, VS_CORE_TX_STARTED);
	record->u.tx_event.number = 17;
	record->u.tx_event.start = 2002;
	fixture_put(&f, record);
	fixture_put(&f, tx_record("CS1", "17", 10, VS_CORE_TX_ENDED));
	CHECK(f.failed == 0);
	mend(&f);
	wait_spooling(&f, false);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 3);
	fixture_done(&f);
}

/* Stopped as soon as the server is back: it is in the database, and not in a file. */
static void
what_waits_is_moved_at_the_end(void)
{
	struct fixture f;

	start(&f);
	cut(&f);
	for (int64_t i = 1; i <= 10; i++)
		fixture_put(&f, tx_record("CS1", "tx", i, VS_CORE_TX_UPDATED));
	mend(&f);
	(void)usleep(1100000); /* a lost connection is made anew once a second at most */
	vs_store_close(&f.store);
	CHECK(f.failed == 0 && !f.spool_key.has_key);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 10);
	fixture_done(&f);
}

/* The server is cut again and again while records come without end. */
static void
under_load(void)
{
	enum { ROUNDS = 6, EACH = 300 };
	struct fixture f;
	int64_t sent = 0;

	start(&f);
	for (int round = 0; round < ROUNDS; round++) {
		if (round % 2 == 1)
			cut(&f);
		for (int i = 0; i < EACH; i++, sent++) {
			char station[16];

			(void)snprintf(station, sizeof(station), "CS%d", i % 7);
			CHECK_OK(f.writer.submit(
			    f.writer.self, tx_record(station, "tx", sent, VS_CORE_TX_UPDATED), 1));
		}
		if (round % 2 == 1)
			mend(&f);
		fixture_wait(&f, (size_t)sent);
		fixture_put(&f, record_new(VS_RECORD_security_event, "CS1", "{}"));
		sent++;
	}
	CHECK(f.failed == 0);
	for (int i = 0; i < 1000 && vs_metric_read(VS_METRIC_spool_records) > 0; i++)
		(void)usleep(10000);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == ROUNDS * EACH);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM event") == ROUNDS);
	CHECK(fixture_ask(&f, "SELECT sum(event_count) FROM tx") == ROUNDS * EACH);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx") == 7);
	fixture_done(&f);
}

/* Without a spool it is as it was: they fail, and nothing waits. */
static void
without_a_spool_they_fail(void)
{
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, tx_record("CS1", "tx", 1, VS_CORE_TX_STARTED));
	CHECK(f.failed == 0 && f.spooling_calls == 0);
	if (on_postgres()) {
		cut(&f);
		fixture_put(&f, tx_record("CS1", "tx", 2, VS_CORE_TX_UPDATED));
		CHECK(f.failed == 1 && f.last_outcome == VS_E_IO && f.spooling_calls == 0);
		mend(&f);
	}
	fixture_done(&f);
}

int
main(void)
{
	CASE(without_a_spool_they_fail);
	if (!on_postgres())
		return 0;
	CASE(what_a_station_says_is_taken_and_moved);
	CASE(mixed_groups_come_home_in_order);
	CASE(it_outlives_its_program);
	CASE(what_was_moved_is_not_moved_again);
	CASE(one_that_is_refused_is_put_aside);
	CASE(a_number_that_was_taken_is_kept);
	CASE(what_waits_is_moved_at_the_end);
	CASE(under_load);
	return 0;
}
