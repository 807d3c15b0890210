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
#include "store/store.h"
#include "test.h"

struct fixture {
	char dir[64], path[96], reason[256];
	struct vs_store *store;
	struct vs_port_writer writer;
	struct vs_port_reader reader;
	uint32_t interval_ms;
	pthread_mutex_t lock;
	pthread_cond_t came;
	size_t back, duplicates, failed, lists; /* under lock */
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
	f->back = f->duplicates = f->failed = f->lists = 0;
	(void)pthread_mutex_unlock(&f->lock);
}

static inline vs_result
fixture_open(struct fixture *f)
{
	const struct vs_store_options options = {f->path, fixture_committed, f, f->interval_ms};
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
	CHECK(mkdtemp(f->dir) != NULL);
	(void)snprintf(f->path, sizeof(f->path), "%s/s.db", f->dir);
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_cond_init(&f->came, NULL);
	f->end = &f->first;
}

static inline void
fixture_start(struct fixture *f)
{
	fixture_init(f);
	CHECK_OK(fixture_open(f));
}

static inline void
fixture_done(struct fixture *f)
{
	DIR *dir;
	struct dirent *entry;

	vs_store_close(&f->store);
	fixture_forget(f);
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
tx_record(const char *station, const char *tx_id, int64_t seq_no, enum vs_core_tx_type type)
{
	struct vs_core_record *record = record_new(VS_RECORD_tx_event, station, "{}");
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

/* Looks into the file beside the store. */
static inline int64_t
fixture_ask(struct fixture *f, const char *sql)
{
	sqlite3 *sqlite = NULL;
	sqlite3_stmt *statement = NULL;
	int64_t number;

	CHECK(sqlite3_open_v2(f->path, &sqlite, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
	CHECK(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK);
	CHECK(sqlite3_step(statement) == SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(sqlite);
	return number;
}
