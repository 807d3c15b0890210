/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill -9 at every write of the spool: while records go in, while they are moved into PostgreSQL,
 * while they are removed. Afterwards the next program opens it beside the same database: whatever
 * was answered is there exactly once. The records have nothing by which the database would know
 * them again. Runs under tests/with_postgres.py.
 */
#include <sys/wait.h>

#include "../unit/store/fixture.h"
#include "base/metric.h"
#include "count_writes.h"

#define RECORDS 6

static void
say(struct fixture *f, const char *what)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "ALTER DATABASE %s ALLOW_CONNECTIONS %s", f->database,
	               what);
	postgres_exec(NULL, sql);
}

static void
cut(struct fixture *f)
{
	char sql[256];

	say(f, "false");
	(void)snprintf(
	    sql, sizeof(sql),
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'",
	    f->database);
	postgres_exec(NULL, sql);
}

static void
wait_until_moved(void)
{
	for (int i = 0; i < 2000 && vs_metric_read(VS_METRIC_spool_records) > 0; i++)
		(void)usleep(5000);
	CHECK(vs_metric_read(VS_METRIC_spool_records) == 0);
}

static struct vs_core_record *
event_record(unsigned n, unsigned i)
{
	struct vs_core_record *record = record_new(VS_RECORD_event, "CS1", "{\"said\":\"it\"}");

	(void)snprintf(record->u.event.type, sizeof(record->u.event.type), "%u.%u", n, i);
	return record;
}

/* Tells by a byte for each record that it was answered. */
static void
work(struct fixture *f, unsigned n, int told)
{
	count_writes_of_sqlite();
	writes_left = n;
	CHECK_OK(fixture_open(f));
	cut(f);
	for (unsigned i = 0; i < RECORDS; i++) {
		fixture_put(f, event_record(n, i));
		CHECK(f->failed == 0 && write(told, "", 1) == 1);
	}
	say(f, "true");
	wait_until_moved();
	vs_store_close(&f->store);
}

static bool
run_and_kill_at(struct fixture *f, unsigned n, unsigned *answered_out)
{
	char bytes[RECORDS + 1];
	int told[2], status = 0;
	ssize_t size;
	pid_t child;

	CHECK(pipe(told) == 0);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		work(f, n, told[1]);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && close(told[1]) == 0);
	CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
	size = read(told[0], bytes, sizeof(bytes));
	CHECK(size >= 0 && size <= RECORDS && close(told[0]) == 0);
	*answered_out = (unsigned)size;
	return WIFSIGNALED(status);
}

static void
check(struct fixture *f, unsigned n, unsigned answered)
{
	char sql[200];

	vs_result r;

	say(f, "true");
	f->spool_key.has_key = true;
	r = fixture_open(f);
	if (r.code != VS_E_OK)
		(void)fprintf(stderr, "after %u: %s\n", n, f->reason);
	CHECK_OK(r);
	wait_until_moved();
	vs_store_close(&f->store);
	f->is_spooling = false;
	CHECK(fixture_ask(f, "SELECT count(*) - count(DISTINCT type) FROM event") == 0);
	(void)snprintf(sql, sizeof(sql),
	               "SELECT count(*) FROM event WHERE type GLOB '%u.*' AND CAST(substr(type,"
	               " instr(type, '.') + 1) AS INTEGER) < %u",
	               n, answered);
	CHECK(fixture_ask(f, sql) == answered);
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM event WHERE type GLOB '%u.*'", n);
	CHECK(fixture_ask(f, sql) <= answered + 1); /* the one that was not answered any more */
}

int
main(void)
{
	struct fixture f;
	unsigned n = 0, answered = 0;
	bool was_killed = true;

	if (!on_postgres())
		return 77;
	fixture_init(&f);
	CHECK_OK(test_spool_key_begin(&f.spool_key, false)); /* as if it were in its file */
	CHECK_OK(fixture_open(&f));                          /* tables */
	vs_store_close(&f.store);
	while (was_killed) {
		CHECK(++n < 1000);
		(void)snprintf(f.spool, sizeof(f.spool), "%s/%u.db", f.dir, n);
		f.spool_key.has_key = true; /* the same one for both */
		was_killed = run_and_kill_at(&f, n, &answered);
		check(&f, n, answered);
	}
	(void)fprintf(stderr, "  the spool: killed at each of %u writes\n", n - 1);
	CHECK(n > 20 && answered == RECORDS);
	fixture_done(&f);
	return 0;
}
