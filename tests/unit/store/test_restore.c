/* SPDX-License-Identifier: Apache-2.0 */
#include "store/restore.h"

#include "fixture.h"
#include "store/sqlite.h"

static struct fixture f;
static struct vs_store_mark mark;
static struct vs_keystore_tombstone stones[3];
static char seen[128];

static bool
see(const struct vs_keystore_tombstone *stone, void *arg)
{
	size_t *limit = arg;

	(void)snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s/%s/%s/%s/%u ",
	               stone->tenant, stone->kind, stone->owner, stone->period,
	               (unsigned)stone->version);
	return --*limit > 0;
}

static vs_result
list(struct vs_store_db *db, void *arg)
{
	size_t *limit = arg;

	seen[0] = '\0';
	return vs_store_restore_each(db, see, limit);
}

static vs_result
read_mark(struct vs_store_db *db, void *arg)
{
	return vs_store_restore_mark(db, arg);
}

static vs_result
keep(struct vs_store_db *db, void *arg)
{
	return vs_store_restore_keep(db, &mark, stones, *(size_t *)arg);
}

static vs_result
change(struct vs_store_db *db, void *arg)
{
	return vs_store_error(sqlite3_exec(db->sqlite, arg, NULL, NULL, NULL));
}

/* Tombstones are kept once, in the order of their erasure, and nobody takes one away. */
static void
what_was_erased_is_remembered(void)
{
	struct vs_store_mark got;
	size_t count = 2, limit = 100;

	fixture_start(&f);
	CHECK_OK(vs_store_do(f.store, read_mark, &got));
	CHECK(got.audit_id == 0 && got.tombstone_id == 0);
	CHECK_OK(vs_store_do(f.store, list, &limit));
	CHECK(seen[0] == '\0');
	stones[0] = (struct vs_keystore_tombstone){
	    .tenant = "default", .kind = "device", .owner = "CS-2", .at_ms = 20};
	stones[1] = (struct vs_keystore_tombstone){.tenant = "default",
	                                           .kind = "dek",
	                                           .owner = "CS-1",
	                                           .period = "2026-11",
	                                           .version = 3,
	                                           .at_ms = 10};
	mark = (struct vs_store_mark){.audit_id = 7, .audit_print = "x", .tombstone_id = 2};
	CHECK_OK(vs_store_do(f.store, keep, &count));
	CHECK_OK(vs_store_do(f.store, keep, &count)); /* again: the same */
	CHECK_OK(vs_store_do(f.store, list, &limit));
	CHECK(strcmp(seen, "default/dek/CS-1/2026-11/3 default/device/CS-2//0 ") == 0);
	limit = 1;
	CHECK_OK(vs_store_do(f.store, list, &limit));
	CHECK(strcmp(seen, "default/dek/CS-1/2026-11/3 ") == 0);
	CHECK(vs_store_do(f.store, change, (char[]){"DELETE FROM erased"}).code != VS_E_OK);
	CHECK(vs_store_do(f.store, change, (char[]){"UPDATE erased SET at_ms = 0"}).code !=
	      VS_E_OK);
	/* Over a restart. */
	fixture_reopen(&f);
	CHECK_OK(vs_store_do(f.store, read_mark, &got));
	CHECK(got.audit_id == 7 && strcmp(got.audit_print, "x") == 0 && got.tombstone_id == 2);
	fixture_done(&f);
}

static vs_result
count_readings(struct vs_store_db *db, void *arg)
{
	return vs_store_restore_readings(db, arg);
}

/* What was taken is counted in its commit, and goes on being counted when it is removed. */
static void
readings_are_counted(void)
{
	int64_t count = -1;

	fixture_start(&f);
	CHECK_OK(vs_store_do(f.store, count_readings, &count));
	CHECK(count == 0);
	for (int i = 1; i <= 2; i++) {
		struct vs_core_record *record = record_new(VS_RECORD_readings, "press", "[]");

		record->u.readings = (struct vs_core_readings){.at_ms = i, .count = 3};
		fixture_put(&f, record);
		CHECK_OK(vs_store_do(f.store, count_readings, &count));
		CHECK(count == 3 * i);
	}
	fixture_do(&f, "DELETE FROM reading");
	fixture_reopen(&f);
	CHECK_OK(vs_store_do(f.store, count_readings, &count));
	CHECK(count == 6);
	fixture_done(&f);
}

int
main(void)
{
	CASE(what_was_erased_is_remembered);
	CASE(readings_are_counted);
	return 0;
}
