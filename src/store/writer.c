/* SPDX-License-Identifier: Apache-2.0 */
#include "store/writer.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/metric.h"
#include "store/group.h"

#define COMMIT_INTERVAL_MS 25u
#define ORIGINS            256u
/* Readings of many devices: after a group with CROWD of them the next one waits up to CROWD_MS, so
 * that what a device sends meanwhile is one row (reading_write.h). A few are committed at once. */
#define CROWD    256u
#define CROWD_MS 200u

/* A checkpoint copies what the log holds into the file, and each page once: the fewer, the less
 * work. One is due when nothing has come for a while, or when the log is long: the records that
 * come meanwhile wait for it, some milliseconds for this many pages of 8 KiB. Readers do not block
 * it; they may keep the log from starting over. */
#define CHECKPOINT_PAGES_IDLE 64
#define CHECKPOINT_PAGES_BUSY 500
#define CHECKPOINT_IDLE_MS    20u

struct vs_store_writer {
	int64_t lag_ms; /* in the gauge; of the thread */
	struct vs_store_group group;
	void (*committed)(void *arg, uint8_t origin, struct vs_core_record *list);
	void *committed_arg;
	uint32_t interval_ms;
	pthread_t thread;
	int log_pages; /* of the write-ahead log, not yet in the file */
	struct list {
		struct vs_core_record *first, *last;
	} back[ORIGINS];

	pthread_mutex_t lock;
	pthread_cond_t came;
	/* under lock */
	struct vs_core_record *first, **end;
	size_t count, urgent;  /* urgent: a reply waits for the commit */
	size_t readings;       /* whose replies wait too, but for each other */
	bool is_crowded;       /* many of them were in the last group */
	size_t sealing;        /* those of which something is sealed */
	uint64_t oldest_ms;    /* when `first` came, while nothing urgent waits */
	struct errand *errand; /* what somebody waits for */
	pthread_cond_t errand_done;
	bool is_stopping;
};

/* Work on the writing connection that is no record: between two groups. */
struct errand {
	vs_result (*run)(struct vs_store_db *db, void *arg);
	void *arg;
	vs_result result;
	bool is_running;
};

/* --- queue ------------------------------------------------------------------------------------ */

static bool
is_urgent(const struct vs_core_record *record)
{
	return record->kind != VS_RECORD_readings && vs_core_record_is_after_commit(record->kind);
}

vs_result
vs_store_writer_submit(void *self, struct vs_core_record *list, size_t count)
{
	struct vs_store_writer *writer = self;
	struct vs_core_record *last = NULL;
	size_t urgent = 0, readings = 0, sealing = 0, seen = 0;
	vs_result r = VS_OK;

	assert(writer != NULL && list != NULL);
	for (struct vs_core_record *record = list; record != NULL; record = record->next, seen++) {
		urgent += is_urgent(record);
		readings += record->kind == VS_RECORD_readings;
		sealing += vs_store_record_subject(record, writer->group.batch.is_strict) != NULL;
		last = record;
	}
	assert(seen == count && last != NULL);
	(void)pthread_mutex_lock(&writer->lock);
	if (writer->is_stopping) {
		r = VS_FAIL(CLOSED);
	} else if (count > VS_LIMIT_STORE_QUEUE - writer->count) {
		r = VS_FAIL(BUSY);
	} else {
		bool was_empty = writer->count == 0;

		if (was_empty)
			writer->oldest_ms = vs_clock_mono_ms();
		*writer->end = list;
		writer->end = &last->next;
		writer->count += count;
		writer->urgent += urgent;
		writer->readings += readings;
		writer->sealing += sealing;
		vs_metric_add(VS_METRIC_store_queue, (int64_t)count);
		if (was_empty || urgent > 0 || (readings > 0 && !writer->is_crowded) ||
		    writer->count >= VS_LIMIT_STORE_BATCH)
			(void)pthread_cond_signal(&writer->came);
	}
	(void)pthread_mutex_unlock(&writer->lock);
	return r;
}

static void
wait_until(struct vs_store_writer *writer, uint64_t mono_ms)
{
	struct timespec at = {(time_t)(mono_ms / 1000), (long)(mono_ms % 1000) * 1000000};

	(void)pthread_cond_timedwait(&writer->came, &writer->lock, &at);
}

/* Whether to look for a group now; false: nothing has come for a while, and the log could be
 * emptied, or what was spooled could be moved. */
static bool
wait_for_some(struct vs_store_writer *writer)
{
	bool is_behind = vs_store_group_is_behind(&writer->group);
	uint64_t until_ms =
	    is_behind ? writer->group.next_ms : vs_clock_mono_ms() + CHECKPOINT_IDLE_MS;

	while (writer->count == 0 && !writer->is_stopping && writer->errand == NULL) {
		if (writer->log_pages < CHECKPOINT_PAGES_IDLE && !is_behind)
			(void)pthread_cond_wait(&writer->came, &writer->lock);
		else if (vs_clock_mono_ms() < until_ms)
			wait_until(writer, until_ms);
		else
			return false;
	}
	return true;
}

/* With the lock, which is given up meanwhile. */
static void
run_errand(struct vs_store_writer *writer)
{
	struct errand *errand = writer->errand;

	if (errand == NULL || writer->is_stopping)
		return;
	errand->is_running = true;
	(void)pthread_mutex_unlock(&writer->lock);
	errand->result = errand->run(&writer->group.db, errand->arg);
	(void)pthread_mutex_lock(&writer->lock);
	writer->errand = NULL;
	(void)pthread_cond_broadcast(&writer->errand_done);
}

vs_result
vs_store_writer_do(struct vs_store_writer *writer,
                   vs_result (*run)(struct vs_store_db *db, void *arg), void *arg)
{
	struct errand errand = {.run = run, .arg = arg, .result = VS_FAIL(CLOSED)};

	(void)pthread_mutex_lock(&writer->lock);
	while (writer->errand != NULL && !writer->is_stopping)
		(void)pthread_cond_wait(&writer->errand_done, &writer->lock);
	if (!writer->is_stopping)
		/* cppcheck-suppress autoVariables ; it is gone from there when this returns */
		writer->errand = &errand;
	(void)pthread_cond_signal(&writer->came);
	while (writer->errand == &errand && (errand.is_running || !writer->is_stopping))
		(void)pthread_cond_wait(&writer->errand_done, &writer->lock);
	if (writer->errand == &errand)
		writer->errand = NULL; /* it was not begun */
	(void)pthread_mutex_unlock(&writer->lock);
	return errand.result;
}

/* When what waits is to be committed. */
static uint64_t
due_ms(const struct vs_store_writer *writer)
{
	if (writer->urgent > 0)
		return 0;
	if (writer->readings > 0)
		return writer->is_crowded ? writer->oldest_ms + CROWD_MS : 0;
	return writer->oldest_ms + writer->interval_ms;
}

/* The next group: an owned list of at most VS_LIMIT_STORE_BATCH; NULL when there will be none any
 * more, or (*is_idle_out) when nothing has come for a while. */
static struct vs_core_record *
take_batch(struct vs_store_writer *writer, bool *is_idle_out, bool *is_sealing_out)
{
	struct vs_core_record *list, *last = NULL;
	size_t taken = 0, sealing = 0, readings = 0;

	(void)pthread_mutex_lock(&writer->lock);
	*is_idle_out = !wait_for_some(writer);
	run_errand(writer);
	if (writer->count == 0 && !writer->is_stopping)
		*is_idle_out = true;
	while (!*is_idle_out && !writer->is_stopping && writer->errand == NULL &&
	       writer->count < VS_LIMIT_STORE_BATCH && vs_clock_mono_ms() < due_ms(writer))
		wait_until(writer, due_ms(writer));
	list = writer->first;
	if (writer->count <= VS_LIMIT_STORE_BATCH) { /* all: no need to look at each, cold */
		taken = writer->count;
		sealing = writer->sealing;
		readings = writer->readings;
		writer->first = NULL;
		writer->end = &writer->first;
		writer->urgent = 0;
	} else {
		for (; taken < VS_LIMIT_STORE_BATCH; taken++) {
			last = last == NULL ? list : last->next;
			writer->urgent -= is_urgent(last);
			readings += last->kind == VS_RECORD_readings;
			sealing +=
			    vs_store_record_subject(last, writer->group.batch.is_strict) != NULL;
		}
		writer->first = last->next;
		last->next = NULL;
	}
	writer->count -= taken;
	writer->sealing -= sealing;
	writer->readings -= readings;
	if (taken > 0)
		writer->is_crowded = readings >= CROWD;
	*is_sealing_out = sealing > 0;
	writer->oldest_ms = vs_clock_mono_ms();
	(void)pthread_mutex_unlock(&writer->lock);
	vs_metric_add(VS_METRIC_store_queue, -(int64_t)taken);
	return list;
}

/* --- back ------------------------------------------------------------------------------------- */

/* How old was the first of them when it was on disk? */
static void
lag_note(struct vs_store_writer *writer, const struct vs_core_record *oldest)
{
	int64_t now_ms = vs_clock_wall_ms(), lag_ms = 0;

	/* Not when it does not say, or the wall clock was set back. */
	if (oldest->received_ms > 0 && oldest->received_ms < now_ms)
		lag_ms = now_ms - oldest->received_ms;
	vs_metric_add(VS_METRIC_store_lag_milliseconds, lag_ms - writer->lag_ms);
	writer->lag_ms = lag_ms;
}

/* Back to where they came from, each origin's in order. */
static void
hand_back(struct vs_store_writer *writer, struct vs_core_record *list)
{
	bool is_used[ORIGINS] = {false};

	if (list != NULL)
		lag_note(writer, list);
	while (list != NULL) {
		struct vs_core_record *record = list;
		struct list *back = &writer->back[record->origin];

		list = record->next;
		record->next = NULL;
		if (is_used[record->origin])
			back->last->next = record;
		else
			back->first = record;
		back->last = record;
		is_used[record->origin] = true;
	}
	for (unsigned origin = 0; origin < ORIGINS; origin++) {
		if (is_used[origin])
			writer->committed(writer->committed_arg, (uint8_t)origin,
			                  writer->back[origin].first);
	}
}

/* --- checkpoints ------------------------------------------------------------------------------ */

static int
log_grew(void *arg, sqlite3 *sqlite, const char *name, int pages)
{
	struct vs_store_writer *writer = arg;

	(void)sqlite, (void)name;
	writer->log_pages = pages;
	return SQLITE_OK;
}

static void
checkpoint(struct vs_store_writer *writer, int mode)
{
	int in_log = 0, in_file = 0, rc;

	if (writer->group.db.sqlite == NULL)
		return;
	rc = sqlite3_wal_checkpoint_v2(writer->group.db.sqlite, "main", mode, &in_log, &in_file);

	/* A reader that is still behind leaves a rest (SQLITE_BUSY or in_file < in_log): it is
	 * taken next time. */
	if (rc != SQLITE_OK && rc != SQLITE_BUSY)
		vs_metric_add(VS_METRIC_store_errors_total, 1);
	writer->log_pages = 0;
}

/* --- thread ----------------------------------------------------------------------------------- */

static void *
run(void *arg)
{
	struct vs_store_writer *writer = arg;
	struct vs_core_record *list;
	bool is_idle = false, is_sealing = false;

	(void)pthread_setname_np(pthread_self(), "vs-writer");
	while ((list = take_batch(writer, &is_idle, &is_sealing)) != NULL || is_idle) {
		if (list != NULL) {
			vs_store_group_commit(&writer->group, list, is_sealing);
			hand_back(writer, list);
		}
		vs_store_group_move(&writer->group);
		if (is_idle || writer->log_pages >= CHECKPOINT_PAGES_BUSY)
			checkpoint(writer, SQLITE_CHECKPOINT_PASSIVE);
	}
	vs_store_group_end(&writer->group);
	checkpoint(writer, SQLITE_CHECKPOINT_TRUNCATE);
	return NULL;
}

static vs_result
start_thread(struct vs_store_writer *writer)
{
	pthread_condattr_t attributes;
	int error;

	if (pthread_condattr_init(&attributes) != 0)
		return VS_FAIL(NO_MEMORY);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	error = pthread_cond_init(&writer->came, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	if (error != 0)
		return VS_FAIL(NO_MEMORY);
	/* Of Linux: neither of these takes anything that would have to be given back. */
	if (pthread_cond_init(&writer->errand_done, NULL) == 0 &&
	    pthread_mutex_init(&writer->lock, NULL) == 0 &&
	    pthread_create(&writer->thread, NULL, run, writer) == 0)
		return VS_OK;
	(void)pthread_cond_destroy(&writer->came);
	return VS_FAIL(NO_MEMORY);
}

vs_result
vs_store_writer_new(struct vs_store_db *db, const struct vs_store_options *options,
                    const struct vs_store_seal *seal, char *reason, size_t reason_size,
                    struct vs_store_writer **writer_out)
{
	struct vs_store_writer *writer;
	vs_result r;

	assert(db != NULL && options != NULL && options->committed != NULL && writer_out != NULL);
	writer = calloc(1, sizeof(*writer));
	if (writer == NULL)
		return VS_FAIL(NO_MEMORY);
	writer->committed = options->committed;
	writer->committed_arg = options->committed_arg;
	writer->interval_ms =
	    options->commit_interval_ms == 0 ? COMMIT_INTERVAL_MS : options->commit_interval_ms;
	writer->end = &writer->first;
	r = vs_store_group_init(&writer->group, db, options, seal, reason, reason_size);
	if (r.code != VS_E_OK) {
		free(writer);
		return r;
	}
	if (writer->group.db.sqlite != NULL)
		(void)sqlite3_wal_hook(writer->group.db.sqlite, log_grew, writer);
	r = start_thread(writer);
	if (r.code != VS_E_OK) {
		vs_store_group_done(&writer->group);
		free(writer);
		return r;
	}
	*writer_out = writer;
	return VS_OK;
}

void
vs_store_writer_free(struct vs_store_writer **writer)
{
	struct vs_store_writer *w;

	if (writer == NULL || *writer == NULL)
		return;
	w = *writer;
	(void)pthread_mutex_lock(&w->lock);
	w->is_stopping = true;
	(void)pthread_cond_signal(&w->came);
	(void)pthread_cond_broadcast(&w->errand_done);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_cond_destroy(&w->came);
	(void)pthread_cond_destroy(&w->errand_done);
	vs_store_group_done(&w->group);
	free(w);
	*writer = NULL;
}
