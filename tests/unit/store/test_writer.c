/* SPDX-License-Identifier: Apache-2.0 */
#include "store/writer.h"

#include <stdatomic.h>

#include "base/limits.h"
#include "base/metric.h"
#include "fixture.h"

/* --- a disk that fails on demand: SQLite's own file system with writes and syncs that can be told
 * to fail ------- */

static atomic_int write_error, sync_error; /* SQLITE_OK: none */
static atomic_int fail_after;              /* that many calls still go well */
static sqlite3_io_methods methods[2];      /* of the file and of its log, which has no locks */
static const sqlite3_io_methods *real[2];
static sqlite3_vfs disk;
static sqlite3_vfs *real_vfs;

static int
verdict(atomic_int *error)
{
	int code = atomic_load(error);

	if (code == SQLITE_OK || atomic_fetch_sub(&fail_after, 1) > 0)
		return SQLITE_OK;
	return code;
}

static int
disk_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
	int code = verdict(&write_error);

	return code != SQLITE_OK ? code : real[0]->xWrite(file, data, size, at);
}

static int
disk_sync(sqlite3_file *file, int flags)
{
	int code = verdict(&sync_error);

	return code != SQLITE_OK ? code : real[0]->xSync(file, flags);
}

static int
disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out)
{
	int rc, is_log = (flags & SQLITE_OPEN_WAL) != 0;

	(void)vfs;
	rc = real_vfs->xOpen(real_vfs, name, file, flags, flags_out);
	if (rc != SQLITE_OK || (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0)
		return rc;
	if (real[is_log] == NULL) {
		real[is_log] = file->pMethods;
		methods[is_log] = *real[is_log];
		methods[is_log].xWrite = disk_write;
		methods[is_log].xSync = disk_sync;
	}
	CHECK(file->pMethods == real[is_log]);
	CHECK(real[0]->xWrite == real[is_log]->xWrite && real[0]->xSync == real[is_log]->xSync);
	file->pMethods = &methods[is_log];
	return rc;
}

static void
install_disk(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	CHECK(real_vfs != NULL);
	disk = *real_vfs;
	disk.zName = "failing";
	disk.xOpen = disk_open;
	disk.pNext = NULL;
	CHECK(sqlite3_vfs_register(&disk, 1) == SQLITE_OK);
}

static void
fail(atomic_int *error, int code, int after)
{
	atomic_store(&fail_after, after);
	atomic_store(error, code);
}

static void
mend(void)
{
	atomic_store(&write_error, SQLITE_OK);
	atomic_store(&sync_error, SQLITE_OK);
}

/* Whatever call fails, the first or a later one: a record is reported stored only if it is, and
 * when the disk is well again the same messages go in, each once. */
static void
survives(atomic_int *error, int code, int calls)
{
	for (int after = 0; after < calls; after++) {
		struct fixture f;
		int64_t errors = vs_metric_read(VS_METRIC_store_errors_total);
		struct vs_core_record *list;

		fixture_start(&f);
		fixture_put(&f, meter_record("CS1", 1));
		CHECK(f.failed == 0);
		fail(error, code, after);
		for (uint64_t i = 2; i <= 9; i++) {
			list = meter_record("CS1", i);
			list->next = tx_record("CS1", "tx", (int64_t)i, VS_CORE_TX_UPDATED);
			CHECK_OK(f.writer.submit(f.writer.self, list, 2));
			fixture_wait(&f, 1 + (i - 1) * 2);
		}
		mend();
		CHECK(f.failed > 0 && f.failed % 2 == 0 && f.duplicates == 0);
		for (list = f.first; list != NULL; list = list->next)
			CHECK(list->outcome == VS_E_OK || list->outcome == VS_E_IO);
		CHECK(vs_metric_read(VS_METRIC_store_errors_total) - errors >=
		      (int64_t)f.failed / 2);
		CHECK(fixture_ask(&f, "SELECT (SELECT count(*) FROM meter_values) + (SELECT "
		                      "count(*) FROM tx_event)") == (int64_t)(f.back - f.failed));

		size_t failed = f.failed;
		fixture_forget(&f);
		fixture_reopen(&f);
		for (uint64_t i = 1; i <= 9; i++) {
			fixture_put(&f, meter_record("CS1", i));
			fixture_put(&f, tx_record("CS1", "tx", (int64_t)i, VS_CORE_TX_UPDATED));
		}
		CHECK(f.failed == 0 && f.duplicates == 18 - failed - 1);
		CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == 9);
		CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 9);
		CHECK(fixture_ask(&f, "SELECT sum(value) FROM total WHERE name IN ('meter_values', "
		                      "'tx_events')") == 18);
		CHECK(fixture_ask(&f, "SELECT (SELECT * FROM pragma_integrity_check) = 'ok'") == 1);
		fixture_done(&f);
	}
}

/* Large enough that the pages leave the cache before the commit: then a row fails, not the commit.
 */
static struct vs_core_record *
large_rows(uint64_t count)
{
	static char payload[60000];
	struct vs_core_record *list = NULL;

	memset(payload, 'x', sizeof(payload) - 1);
	for (uint64_t i = count; i > 0; i--) {
		struct vs_core_record *record = record_new(VS_RECORD_meter_values, "CS1", payload);

		record->message_hash = i;
		record->u.meter_values.evse = 1;
		record->next = list;
		list = record;
	}
	return list;
}

static void
rows_that_go_in_together_fail_together(void)
{
	enum { COUNT = 400 };
	struct fixture f;

	fixture_start(&f);
	for (int after = 0; after <= 2000; after += 500) {
		fail(&write_error, SQLITE_FULL, after);
		CHECK_OK(f.writer.submit(f.writer.self, large_rows(COUNT), COUNT));
		fixture_wait(&f, COUNT);
		CHECK(f.failed == COUNT && f.duplicates == 0 && f.last_outcome == VS_E_IO);
		mend();
		fixture_forget(&f);
	}
	CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == 0);
	for (size_t i = 0; i < 2; i++) {
		CHECK_OK(f.writer.submit(f.writer.self, large_rows(COUNT), COUNT));
		fixture_wait(&f, COUNT);
		CHECK(f.failed == 0 && f.duplicates == i * COUNT);
		fixture_forget(&f);
		CHECK(fixture_ask(&f, "SELECT count(DISTINCT message_hash) FROM meter_values") ==
		      COUNT);
		CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == COUNT);
	}
	fixture_done(&f);
}

static void
a_full_disk_fails_the_records_and_not_the_writer(void)
{
	survives(&write_error, SQLITE_FULL, 20);
}

static void
a_failing_write_fails_the_records_and_not_the_writer(void)
{
	survives(&write_error, SQLITE_IOERR_WRITE, 20);
}

static void
a_failing_sync_fails_the_records_and_not_the_writer(void)
{
	survives(&sync_error, SQLITE_IOERR_FSYNC, 8); /* one sync for each commit */
}

/* What failed is not remembered as stored: sent again without a restart, it goes in. */
static void
recovers_without_a_restart(void)
{
	struct fixture f;

	fixture_start(&f);
	fail(&write_error, SQLITE_FULL, 0);
	fixture_put(&f, meter_record("CS1", 5));
	CHECK(f.last_outcome == VS_E_IO && f.failed == 1);
	mend();
	fixture_put(&f, meter_record("CS1", 5));
	CHECK(f.last_outcome == VS_E_OK && f.failed == 1 && f.duplicates == 0);
	fixture_put(&f, meter_record("CS1", 5));
	CHECK(f.duplicates == 1);
	fixture_done(&f);
}

/* --- queue ------------------------------------------------------------------------------------ */

static void
gives_each_origin_its_own_in_order(void)
{
	struct fixture f;
	struct vs_core_record *list = NULL, **end = &list;
	uint64_t last[3] = {0, 0, 0}, count = 0;

	fixture_start(&f);
	for (uint64_t i = 1; i <= 20000; i++) {
		*end = meter_record("CS1", i);
		(*end)->origin = (uint8_t)(i * 7 % 3);
		(*end)->token = i;
		end = &(*end)->next;
	}
	CHECK_OK(f.writer.submit(f.writer.self, list, 20000));
	fixture_wait(&f, 20000);
	for (struct vs_core_record *r = f.first; r != NULL; r = r->next) {
		CHECK(r->token > last[r->origin]);
		last[r->origin] = r->token;
		count++;
	}
	CHECK(count == 20000 && f.failed == 0);
	CHECK(f.lists >= 3 * 20000 / VS_LIMIT_STORE_BATCH); /* no group was larger than the limit */
	fixture_done(&f);
}

static void
refuses_what_does_not_fit(void)
{
	struct fixture f;
	struct vs_core_record *list = NULL, *one;

	fixture_start(&f);
	for (uint32_t i = 0; i <= VS_LIMIT_STORE_QUEUE; i++) {
		one = meter_record("CS1", 0);
		one->next = list;
		list = one;
	}
	CHECK_ERR(f.writer.submit(f.writer.self, list, VS_LIMIT_STORE_QUEUE + 1), BUSY);
	while (list != NULL) { /* still ours */
		one = list;
		list = list->next;
		vs_core_record_free(&one);
	}
	CHECK(f.back == 0);
	fixture_put(&f, meter_record("CS1", 1));
	CHECK(f.failed == 0);
	fixture_done(&f);
}

/* With an interval of a minute nothing would come back if the answer that waits did not hasten it.
 */
static void
an_answer_that_waits_hastens_the_commit(void)
{
	struct fixture f;

	fixture_init(&f);
	f.interval_ms = 60000;
	CHECK_OK(fixture_open(&f));
	CHECK_OK(f.writer.submit(f.writer.self, meter_record("CS1", 1), 1));
	CHECK_OK(f.writer.submit(f.writer.self, tx_record("CS1", "tx", 1, VS_CORE_TX_UPDATED), 1));
	fixture_wait(&f, 2);
	CHECK(f.failed == 0);
	fixture_done(&f);
}

/* The log is brought into the file again and again: it does not grow with what was written. */
static void
the_log_stays_small(void)
{
	struct fixture f;
	struct stat st;
	char wal[128], *payload = malloc(4001);

	CHECK(payload != NULL);
	memset(payload, 'x', 4000);
	payload[4000] = '\0';
	fixture_start(&f);
	for (size_t i = 1; i <= 4000; i++) {
		CHECK_OK(f.writer.submit(f.writer.self,
		                         record_new(VS_RECORD_meter_values, "CS1", payload), 1));
		if (i % 500 == 0)
			fixture_wait(&f, i);
	}
	fixture_wait(&f, 4000);
	(void)snprintf(wal, sizeof(wal), "%s-wal", f.path);
	CHECK(stat(wal, &st) == 0 && st.st_size < 14 << 20); /* 16 MB went through it */
	vs_store_close(&f.store);
	CHECK(stat(wal, &st) != 0 || st.st_size == 0);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == 4000);
	free(payload);
	fixture_done(&f);
}

int
main(void)
{
	install_disk();
	CASE_OF_SQLITE(a_full_disk_fails_the_records_and_not_the_writer);
	CASE_OF_SQLITE(a_failing_write_fails_the_records_and_not_the_writer);
	CASE_OF_SQLITE(a_failing_sync_fails_the_records_and_not_the_writer);
	CASE_OF_SQLITE(rows_that_go_in_together_fail_together);
	CASE_OF_SQLITE(recovers_without_a_restart);
	CASE(gives_each_origin_its_own_in_order);
	CASE(refuses_what_does_not_fit);
	CASE(an_answer_that_waits_hastens_the_commit);
	CASE_OF_SQLITE(the_log_stays_small);
	return 0;
}
