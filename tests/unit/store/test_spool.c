/* SPDX-License-Identifier: Apache-2.0 */
#include "store/spool.h"

#include "base/limits.h"
#include "base/metric.h"
#include "fixture.h"

struct world {
	struct fixture f;
	struct vs_port_spool_key key;
	struct vs_store_spool *spool;
};

static vs_result
try_open(struct world *w)
{
	return vs_store_spool_open(w->f.path, &w->key, w->f.reason, sizeof(w->f.reason), &w->spool);
}

static void
start(struct world *w)
{
	memset(w, 0, sizeof(*w));
	fixture_init(&w->f);
	w->key = test_spool_key_port(&w->f.spool_key);
	CHECK_OK(try_open(w));
}

static void
reopen(struct world *w)
{
	vs_store_spool_close(&w->spool);
	CHECK_OK(try_open(w));
}

static void
end(struct world *w)
{
	vs_store_spool_close(&w->spool);
	CHECK(vs_metric_read(VS_METRIC_spool_records) == 0);
	fixture_done(&w->f);
}

static void
add(struct world *w, int64_t from, int64_t to)
{
	struct vs_core_record *records[64] = {NULL};
	size_t count = 0;

	for (int64_t i = from; i <= to; i++)
		records[count++] = tx_record("CS1", "tx", i, VS_CORE_TX_UPDATED);
	CHECK_OK(vs_store_spool_add(w->spool, records, count));
	for (size_t i = 0; i < count; i++)
		vs_core_record_free(&records[i]);
}

/* What it reads: these numbers of events, in order; the number of the last. */
static int64_t
read_all(struct world *w, size_t count_max, int64_t from, int64_t to)
{
	struct vs_core_record *list = NULL;
	int64_t last = 0;

	CHECK_OK(vs_store_spool_read(w->spool, count_max, &list, &last));
	while (list != NULL) {
		struct vs_core_record *next = list->next;

		CHECK(list->kind == VS_RECORD_tx_event && list->u.tx_event.seq_no == from++);
		vs_core_record_free(&list);
		list = next;
	}
	CHECK(from == to + 1);
	return last;
}

static void
what_goes_in_comes_out_in_order(void)
{
	struct world w;
	struct vs_core_record *none = NULL;
	char id[VS_STORE_SPOOL_ID_SIZE];
	int64_t last;

	start(&w);
	CHECK_ERR(vs_store_spool_read(w.spool, 10, &none, &last), NOT_FOUND);
	add(&w, 1, 5);
	add(&w, 6, 10);
	CHECK(vs_store_spool_count(w.spool) == 10 && w.f.spool_key.made == 1);
	CHECK(vs_metric_read(VS_METRIC_spool_records) == 10);
	last = read_all(&w, 3, 1, 3);
	CHECK_OK(vs_store_spool_remove(w.spool, last));
	(void)snprintf(id, sizeof(id), "%s", vs_store_spool_id(w.spool));
	CHECK(strlen(id) == 32);
	reopen(&w);
	CHECK(strcmp(id, vs_store_spool_id(w.spool)) == 0 && vs_store_spool_count(w.spool) == 7);
	last = read_all(&w, 100, 4, 10);
	CHECK(w.f.spool_key.forgotten == 0);
	CHECK_OK(vs_store_spool_remove(w.spool, last));
	CHECK(vs_store_spool_count(w.spool) == 0 && w.f.spool_key.forgotten == 1);
	/* No number is given twice, though nothing is left of the first ones. */
	reopen(&w);
	add(&w, 11, 11);
	CHECK(w.f.spool_key.made == 2 && read_all(&w, 1, 11, 11) == last + 1);
	end(&w);
}

/* The database knows of numbers that this file, brought back from a copy, has yet to give. */
static void
a_mark_that_is_ahead_is_passed(void)
{
	struct world w;

	start(&w);
	CHECK_OK(vs_store_spool_remove(w.spool, 100));
	add(&w, 1, 1);
	CHECK(read_all(&w, 1, 1, 1) == 101);
	end(&w);
}

static void
nothing_lies_in_the_clear(void)
{
	struct world w;
	struct vs_core_record *record;

	start(&w);
	record = tx_record_saying("CS-Geheim", "tx", 1, VS_CORE_TX_STARTED, "{\"x\":\"Personal\"}");
	CHECK_OK(vs_store_spool_add(w.spool, &record, 1));
	vs_core_record_free(&record);
	vs_store_spool_close(&w.spool);
	for (int i = 0; i < 2; i++) {
		char path[128], text[65536];
		FILE *file;
		size_t size;

		(void)snprintf(path, sizeof(path), "%s%s", w.f.path, i == 0 ? "" : "-wal");
		file = fopen(path, "rb");
		size = file != NULL ? fread(text, 1, sizeof(text), file) : 0;
		CHECK(memmem(text, size, "Geheim", 6) == NULL);
		CHECK(memmem(text, size, "Personal", 8) == NULL);
		if (file != NULL)
			(void)fclose(file);
	}
	CHECK_OK(try_open(&w));
	end(&w);
}

static void
ask(struct world *w, const char *sql, int64_t expected)
{
	sqlite3 *sqlite = NULL;
	sqlite3_stmt *statement = NULL;

	CHECK(sqlite3_open(w->f.path, &sqlite) == SQLITE_OK);
	CHECK(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK);
	if (expected >= 0)
		CHECK(sqlite3_step(statement) == SQLITE_ROW &&
		      sqlite3_column_int64(statement, 0) == expected);
	else
		CHECK(sqlite3_step(statement) == SQLITE_DONE);
	(void)sqlite3_finalize(statement);
	CHECK(sqlite3_close(sqlite) == SQLITE_OK);
}

/* It is put aside with its key, and what is behind it goes on. */
static void
what_cannot_be_read_or_stored_is_kept_aside(void)
{
	struct world w;
	struct vs_core_record *none = NULL;
	int64_t last = 0;

	start(&w);
	add(&w, 1, 4);
	vs_store_spool_close(&w.spool);
	ask(&w, "UPDATE waiting SET sealed = zeroblob(60) WHERE number = 2", -1);
	ask(&w,
	    "UPDATE waiting SET sealed = (SELECT sealed FROM waiting WHERE number = 1) WHERE"
	    " number = 3",
	    -1);
	CHECK_OK(try_open(&w));
	CHECK_OK(vs_store_spool_remove(w.spool, read_all(&w, 10, 1, 1)));
	CHECK_ERR(vs_store_spool_read(w.spool, 10, &none, &last), NOT_AUTHENTIC);
	CHECK_OK(vs_store_spool_refuse(w.spool, VS_E_NOT_AUTHENTIC));
	/* It is authentic, and of another place. */
	CHECK_ERR(vs_store_spool_read(w.spool, 10, &none, &last), NOT_AUTHENTIC);
	CHECK_OK(vs_store_spool_refuse(w.spool, VS_E_NOT_AUTHENTIC));
	CHECK_OK(vs_store_spool_remove(w.spool, read_all(&w, 10, 4, 4)));
	CHECK(vs_store_spool_count(w.spool) == 0 && w.f.spool_key.forgotten == 0);
	vs_store_spool_close(&w.spool);
	ask(&w, "SELECT sum(number) FROM refused", 5);
	CHECK_OK(try_open(&w));
	add(&w, 5, 5);
	CHECK(w.f.spool_key.made == 1);
	end(&w);
}

static void
it_is_bounded(void)
{
	struct world w;
	static struct vs_core_record *records[VS_LIMIT_SPOOL_RECORDS + 1];
	struct vs_core_record *record = tx_record("CS1", "tx", 1, VS_CORE_TX_UPDATED);

	start(&w);
	for (size_t i = 0; i <= VS_LIMIT_SPOOL_RECORDS; i++)
		records[i] = record;
	CHECK_ERR(vs_store_spool_add(w.spool, records, VS_LIMIT_SPOOL_RECORDS + 1), BUSY);
	CHECK(vs_store_spool_count(w.spool) == 0 && w.f.spool_key.made == 0);
	vs_core_record_free(&record);
	end(&w);
}

static void
without_its_key_it_is_not_opened(void)
{
	struct world w;
	struct vs_core_record *record = tx_record("CS1", "tx", 1, VS_CORE_TX_UPDATED);

	start(&w);
	w.f.spool_key.is_gone = true;
	CHECK_ERR(vs_store_spool_add(w.spool, &record, 1), CLOSED);
	w.f.spool_key.is_gone = false;
	CHECK_OK(vs_store_spool_add(w.spool, &record, 1));
	vs_store_spool_close(&w.spool);
	w.f.spool_key.has_key = false;
	CHECK_ERR(try_open(&w), CONFIG);
	CHECK(strstr(w.f.reason, "1 records wait in it") != NULL);
	w.f.spool_key.has_key = true;
	CHECK_OK(try_open(&w));
	vs_core_record_free(&record);
	end(&w);
}

int
main(void)
{
	CASE(what_goes_in_comes_out_in_order);
	CASE(a_mark_that_is_ahead_is_passed);
	CASE(nothing_lies_in_the_clear);
	CASE(what_cannot_be_read_or_stored_is_kept_aside);
	CASE(it_is_bounded);
	CASE(without_its_key_it_is_not_opened);
	return 0;
}
