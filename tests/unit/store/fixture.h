/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the store share: a directory of their own, records, and a place where commits
 * come back. */
#pragma once

#include <dirent.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "postgres_fixture.h"
#include "store/seal.h"
#include "store/store.h"
#include "test_folder.h"
#include "test_seal.h"
#include "test_spool_key.h"

struct fixture {
	char dir[64], path[96], reason[256];
	struct vs_store_place place; /* what path names, or a database of PostgreSQL */
	struct vs_store_pg_place postgres;
	char database[64];
	struct vs_store *store;
	struct vs_port_writer writer;
	struct vs_port_reader reader;
	uint32_t interval_ms;
	struct test_seal seal;
	struct test_spool_key spool_key;
	char spool[96]; /* "": none */
	bool is_spooling;
	unsigned spooling_calls;
	bool is_strict;
	char damaged[64]; /* the last one, "table.column" */
	unsigned damaged_count;
	int64_t sealing[2]; /* last progress: done, count */
	unsigned sealing_calls, rewrites;
	pthread_mutex_t lock;
	pthread_cond_t came;
	size_t back, duplicates, taken, failed, lists; /* under lock */
	enum vs_err last_outcome;
	struct vs_core_record *first, **end; /* what came back, in order */
};

static inline void
fixture_committed(void *arg, uint8_t origin, struct vs_core_record *list)
{
	struct fixture *f = arg;

	(void)pthread_mutex_lock(&f->lock);
	f->lists++;
	*f->end = list;
	for (struct vs_core_record *r = list; r != NULL; r = r->next) {
		CHECK(r->origin == origin);
		f->back++;
		f->duplicates += r->was_duplicate;
		f->taken += r->was_taken;
		f->failed += r->outcome != VS_E_OK;
		f->last_outcome = r->outcome;
		f->end = &r->next;
	}
	(void)pthread_cond_broadcast(&f->came);
	(void)pthread_mutex_unlock(&f->lock);
}

static inline void
fixture_forget(struct fixture *f)
{
	(void)pthread_mutex_lock(&f->lock);
	while (f->first != NULL) {
		struct vs_core_record *record = f->first;

		f->first = record->next;
		vs_core_record_free(&record);
	}
	f->end = &f->first;
	f->back = f->duplicates = f->taken = f->failed = f->lists = 0;
	(void)pthread_mutex_unlock(&f->lock);
}

static inline void
fixture_damaged(void *arg, const char *tenant, const char *table, const char *column)
{
	struct fixture *f = arg;

	(void)tenant;
	(void)snprintf(f->damaged, sizeof(f->damaged), "%s.%s", table, column);
	f->damaged_count++;
}

static inline void
fixture_sealing(void *arg, const char *table, int64_t done, int64_t count)
{
	struct fixture *f = arg;

	f->sealing_calls += table != NULL;
	f->rewrites += table == NULL;
	if (table != NULL) {
		f->sealing[0] = done;
		f->sealing[1] = count;
	}
}

static inline void
fixture_spooling(void *arg, bool is_on, size_t count)
{
	struct fixture *f = arg;

	(void)count;
	(void)pthread_mutex_lock(&f->lock);
	CHECK(f->is_spooling != is_on);
	f->is_spooling = is_on;
	f->spooling_calls++;
	(void)pthread_cond_broadcast(&f->came);
	(void)pthread_mutex_unlock(&f->lock);
}

static inline struct vs_store_options
fixture_options(struct fixture *f)
{
	return (struct vs_store_options){.path = f->path,
	                                 .postgres = f->place.postgres,
	                                 .committed = fixture_committed,
	                                 .committed_arg = f,
	                                 .commit_interval_ms = f->interval_ms,
	                                 .seal = test_seal_port(&f->seal),
	                                 .is_strict = f->is_strict,
	                                 .damaged = fixture_damaged,
	                                 .sealing = fixture_sealing,
	                                 .spool = f->spool[0] != '\0' ? f->spool : NULL,
	                                 .spool_key = test_spool_key_port(&f->spool_key),
	                                 .spooling = fixture_spooling,
	                                 .watch_arg = f};
}

static inline vs_result
fixture_open(struct fixture *f)
{
	const struct vs_store_options options = fixture_options(f);
	vs_result r = vs_store_open(&options, f->reason, sizeof(f->reason), &f->store);

	if (r.code == VS_E_OK) {
		f->writer = vs_store_writer(f->store);
		f->reader = vs_store_reader(f->store);
	}
	return r;
}

static inline void
fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/voltseal-store-XXXXXX");
	test_folder_make(f->dir);
	(void)snprintf(f->path, sizeof(f->path), "%s/s.db", f->dir);
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_cond_init(&f->came, NULL);
	f->end = &f->first;
	f->place.path = f->path;
	if (on_postgres()) {
		postgres_make(&f->postgres, f->database);
		f->place.postgres = &f->postgres;
	}
}

static inline void
fixture_start(struct fixture *f)
{
	vs_result r;

	fixture_init(f);
	r = fixture_open(f);
	if (r.code != VS_E_OK)
		(void)fprintf(stderr, "%s\n", f->reason);
	CHECK_OK(r);
}

static inline void
fixture_done(struct fixture *f)
{
	DIR *dir;
	struct dirent *entry;

	vs_store_close(&f->store);
	fixture_forget(f);
	if (on_postgres())
		postgres_drop(f->database);
	dir = opendir(f->dir);
	CHECK(dir != NULL);
	while ((entry = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	CHECK(rmdir(f->dir) == 0);
	(void)pthread_mutex_destroy(&f->lock);
	(void)pthread_cond_destroy(&f->came);
}

static inline void
fixture_reopen(struct fixture *f)
{
	vs_store_close(&f->store);
	CHECK_OK(fixture_open(f));
}

static inline void
fixture_wait(struct fixture *f, size_t back)
{
	(void)pthread_mutex_lock(&f->lock);
	while (f->back < back)
		(void)pthread_cond_wait(&f->came, &f->lock);
	(void)pthread_mutex_unlock(&f->lock);
}

static inline struct vs_core_record *
record_new(enum vs_core_record_kind kind, const char *station, const char *payload)
{
	struct vs_core_record *record = NULL;

	CHECK_OK(vs_core_record_new(kind, VS_CORE_TENANT_DEFAULT, station, vs_clock_wall_ms(),
	                            vs_bytes_from_text(payload), (struct vs_bytes){NULL, 0},
	                            &record));
	return record;
}

static inline struct vs_core_record *
tx_record_saying(const char *station, const char *tx_id, int64_t seq_no, enum vs_core_tx_type type,
                 const char *payload)
{
	struct vs_core_record *record = record_new(VS_RECORD_tx_event, station, payload);
	struct vs_core_tx_event *event = &record->u.tx_event;

	(void)snprintf(event->tx_id, sizeof(event->tx_id), "%s", tx_id);
	event->seq_no = seq_no;
	event->type = type;
	event->at_ms = 1000000 + seq_no * 1000;
	event->evse = event->connector = VS_CORE_ABSENT;
	event->energy_wh = event->power_w = event->soc_percent = VS_CORE_ABSENT;
	return record;
}

static inline struct vs_core_record *
tx_record(const char *station, const char *tx_id, int64_t seq_no, enum vs_core_tx_type type)
{
	return tx_record_saying(station, tx_id, seq_no, type, "{}");
}

static inline struct vs_core_record *
meter_record(const char *station, uint64_t hash)
{
	struct vs_core_record *record =
	    record_new(VS_RECORD_meter_values, station, "[{\"sampledValue\":[]}]");

	record->message_hash = hash;
	record->u.meter_values.evse = 1;
	return record;
}

/* Submit one and wait until it came back. */
static inline void
fixture_put(struct fixture *f, struct vs_core_record *record)
{
	size_t before;

	(void)pthread_mutex_lock(&f->lock);
	before = f->back;
	(void)pthread_mutex_unlock(&f->lock);
	CHECK_OK(f->writer.submit(f->writer.self, record, 1));
	fixture_wait(f, before + 1);
}

/* A list, in one commit when nothing else is on its way. */
static inline void
fixture_put_all(struct fixture *f, struct vs_core_record *list, size_t count)
{
	size_t before;

	(void)pthread_mutex_lock(&f->lock);
	before = f->back;
	(void)pthread_mutex_unlock(&f->lock);
	CHECK_OK(f->writer.submit(f->writer.self, list, count));
	fixture_wait(f, before + count);
}

/* In SQL: plain('event', 'payload', tenant, payload, id): a sealed column of a row, opened. */
static inline void
fixture_plain(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct vs_port_seal port = test_seal_port(sqlite3_user_data(context));
	struct vs_core_cell cell = {.table = (const char *)sqlite3_value_text(values[0]),
	                            .column = (const char *)sqlite3_value_text(values[1]),
	                            .tenant = (const char *)sqlite3_value_text(values[2])};
	struct vs_store_row row;
	struct vs_buf plain;

	vs_store_row_begin(&row);
	for (int i = 4; i < count; i++) {
		if (sqlite3_value_type(values[i]) == SQLITE_INTEGER)
			vs_store_row_number(&row, sqlite3_value_int64(values[i]));
		else
			vs_store_row_bytes(&row,
			                   vs_bytes_from(sqlite3_value_blob(values[i]),
			                                 (size_t)sqlite3_value_bytes(values[i])));
	}
	cell.row = vs_bytes_from(row.data, row.size);
	vs_buf_init(&plain, 1u << 20);
	if (sqlite3_value_type(values[3]) == SQLITE_NULL)
		sqlite3_result_null(context);
	else if (port.open(port.self, &cell,
	                   vs_bytes_from(sqlite3_value_blob(values[3]),
	                                 (size_t)sqlite3_value_bytes(values[3])),
	                   &plain)
	             .code != VS_E_OK)
		sqlite3_result_error(context, "it does not open", -1);
	else
		sqlite3_result_text(context, (const char *)plain.data, (int)plain.size,
		                    SQLITE_TRANSIENT);
	vs_buf_done(&plain);
}

/* Looks into the file beside the store. */
static inline int64_t
fixture_ask(struct fixture *f, const char *sql)
{
	sqlite3 *sqlite = NULL;
	sqlite3_stmt *statement = NULL;
	int64_t number;

	if (on_postgres())
		sqlite = postgres_copy(f->database);
	else
		CHECK(sqlite3_open_v2(f->path, &sqlite, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
	CHECK(sqlite3_create_function(sqlite, "plain", -1, SQLITE_UTF8, &f->seal, fixture_plain,
	                              NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK);
	CHECK(sqlite3_step(statement) == SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(sqlite);
	return number;
}

/* Changes the file behind the store's back. */
static inline void
fixture_do(struct fixture *f, const char *sql)
{
	sqlite3 *sqlite = NULL;

	if (on_postgres()) {
		postgres_exec(f->database, sql);
		return;
	}
	CHECK(sqlite3_open_v2(f->path, &sqlite, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	CHECK(sqlite3_busy_timeout(sqlite, 5000) == SQLITE_OK);
	CHECK(sqlite3_exec(sqlite, sql, NULL, NULL, NULL) == SQLITE_OK);
	(void)sqlite3_close(sqlite);
}
