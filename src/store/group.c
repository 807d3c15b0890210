/* SPDX-License-Identifier: Apache-2.0 */
#include "store/group.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metric.h"
#include "store/commit.h"
#include "store/dedup_load.h"

#define TRY_MS      250u   /* between two tries while the database is away */
#define PATIENCE    4u     /* a try that took long is made that many times its time later */
#define DEADLOCKS   3u     /* after a deadlock with another node */
#define MOVE_MS     500u   /* then the records that came meanwhile have their turn */
#define END_MS      10000u /* for what waits, before the end */
#define END_AWAY_MS 3000u  /* likewise, while the database does not answer */

static void
set_away(struct vs_store_group *group, bool is_away)
{
	if (group->is_away != is_away)
		vs_metric_add(VS_METRIC_store_away, is_away ? 1 : -1);
	group->is_away = is_away;
}

/* --- into the database ------------------------------------------------------------------------ */

/* When the oldest of what may be there already was taken. */
static int64_t
oldest_ms(struct vs_store_group *group)
{
	struct vs_core_record *first = NULL;
	int64_t last = 0, at_ms = vs_clock_wall_ms();

	if (group->spool == NULL || vs_store_spool_count(group->spool) == 0 ||
	    vs_store_spool_read(group->spool, 1, &first, &last).code != VS_E_OK)
		return at_ms;
	if (first->received_ms < at_ms)
		at_ms = first->received_ms;
	vs_core_record_free(&first);
	return at_ms;
}

/* What came through although nobody could say so is known by its hash again. */
static vs_result
make_sure(struct vs_store_group *group)
{
	if (!group->is_unsure)
		return VS_OK;
	VS_TRY(vs_store_dedup_load(group->batch.dedup, &group->db, oldest_ms(group)));
	group->is_unsure = false;
	return VS_OK;
}

static vs_result
write_list(struct vs_store_group *group, struct vs_core_record *list, bool is_sealing)
{
	vs_result r = make_sure(group);

	if (r.code == VS_E_OK && group->is_current != NULL &&
	    !group->is_current(group->is_current_arg))
		r = VS_FAIL(IO);
	if (r.code == VS_E_OK && is_sealing)
		r = vs_store_prepare(&group->prepare, &group->seal, list, group->batch.is_strict);
	if (r.code == VS_E_OK)
		r = vs_store_commit_list(&group->batch, list, false);
	for (unsigned i = 0; i < DEADLOCKS && r.code == VS_E_AGAIN; i++)
		r = vs_store_commit_list(&group->batch, list, false);
	if (r.code == VS_E_IO && group->db.pg != NULL)
		group->is_unsure = true;
	return r;
}

static void
count_commit(vs_result r)
{
	vs_metric_add(
	    r.code == VS_E_OK ? VS_METRIC_store_commits_total : VS_METRIC_store_errors_total, 1);
}

/* Sets the outcomes; IO: the database did not take any of them, and may again. */
static vs_result
commit(struct vs_store_group *group, struct vs_core_record *list, bool is_sealing)
{
	int64_t stored = 0;
	vs_result r = write_list(group, list, is_sealing);

	if (vs_store_is_of_one_record(r)) {
		vs_metric_add(VS_METRIC_store_errors_total, 1);
		r = vs_store_commit_list(&group->batch, list, true);
		if (r.code == VS_E_IO && group->db.pg != NULL)
			group->is_unsure = true;
	}
	count_commit(r);
	for (struct vs_core_record *record = list; record != NULL; record = record->next) {
		if (r.code != VS_E_OK) {
			record->outcome = VS_E_IO;
			record->was_duplicate = false;
		}
		stored += record->outcome == VS_E_OK && !record->was_duplicate;
	}
	vs_metric_add(VS_METRIC_store_records_total, stored);
	return r;
}

/* --- into the spool --------------------------------------------------------------------------- */

bool
vs_store_group_is_behind(const struct vs_store_group *group)
{
	return group->spool != NULL && (group->is_away || vs_store_spool_count(group->spool) > 0);
}

static void
tell(struct vs_store_group *group, bool is_on)
{
	if (group->is_told == is_on)
		return;
	group->is_told = is_on;
	if (group->spooling != NULL)
		group->spooling(group->spooling_arg, is_on, vs_store_spool_count(group->spool));
}

/* Nobody asks whether they came before: that is known when they are moved. */
static void
spool_some(struct vs_store_group *group, size_t count)
{
	vs_result r = VS_OK;

	if (count == 0)
		return;
	r = vs_store_spool_add(group->spool, group->spooled, count);
	if (r.code != VS_E_OK)
		vs_metric_add(VS_METRIC_store_errors_total, 1);
	for (size_t i = 0; i < count; i++) {
		group->spooled[i]->outcome = r.code == VS_E_OK ? VS_E_OK : VS_E_IO;
		group->spooled[i]->was_duplicate = false;
	}
}

/* Records that came through the door together go two ways, and home in the order they came. */
static void
part(struct vs_store_group *group, struct vs_core_record *list, bool is_sealing)
{
	struct vs_core_record *rest = NULL, **end = &rest;
	size_t count = 0, spooled = 0;
	vs_result r;

	for (struct vs_core_record *record = list; record != NULL; record = record->next) {
		assert(count < VS_LIMIT_STORE_BATCH);
		group->order[count++] = record;
	}
	for (size_t i = 0; i < count; i++) {
		struct vs_core_record *record = group->order[i];

		if (vs_core_record_is_spooled(record)) {
			group->spooled[spooled++] = record;
			continue;
		}
		record->outcome = VS_E_IO;
		record->was_duplicate = false;
		*end = record;
		end = &record->next;
	}
	*end = NULL;
	spool_some(group, spooled);
	if (rest != NULL && !group->is_away) {
		r = commit(group, rest, is_sealing);
		if (r.code == VS_E_IO)
			set_away(group, true);
	}
	for (size_t i = 0; i + 1 < count; i++)
		group->order[i]->next = group->order[i + 1];
	if (count > 0)
		group->order[count - 1]->next = NULL;
}

void
vs_store_group_commit(struct vs_store_group *group, struct vs_core_record *list, bool is_sealing)
{
	vs_result r;

	assert(group != NULL && list != NULL);
	if (vs_store_group_is_behind(group)) {
		part(group, list, is_sealing);
		return;
	}
	r = commit(group, list, is_sealing);
	if (r.code != VS_E_IO || group->spool == NULL)
		return;
	set_away(group, true);
	group->next_ms = vs_clock_mono_ms() + TRY_MS;
	part(group, list, is_sealing);
	tell(group, true);
}

/* --- and out of it ---------------------------------------------------------------------------- */

/* What the database says of this spool: all up to there was moved. */
static vs_result
look_at_mark(struct vs_store_group *group)
{
	const struct vs_store_value id = vs_store_text(vs_store_spool_id(group->spool));
	int64_t number = 0;
	vs_result r;

	if (group->is_marked)
		return VS_OK;
	r = vs_store_run_id(&group->db, VS_QUERY_spool_mark, &id, 1, &number);
	if (r.code == VS_E_NOT_FOUND)
		r = VS_OK;
	if (r.code == VS_E_OK && number > 0)
		r = vs_store_spool_remove(group->spool, number);
	group->is_marked = r.code == VS_E_OK;
	return r;
}

static bool
is_list_sealing(const struct vs_store_group *group, const struct vs_core_record *list)
{
	for (; list != NULL; list = list->next)
		if (vs_store_record_subject(list, group->batch.is_strict) != NULL)
			return true;
	return false;
}

static size_t
free_list(struct vs_core_record *list)
{
	size_t count = 0;

	for (; list != NULL; count++) {
		struct vs_core_record *next = list->next;

		vs_core_record_free(&list);
		list = next;
	}
	return count;
}

/* OCPP 1.6: the station was given a number that another transaction of it has already, once in some
 * billions. What it says is kept as of that one, and a person is told (tx_write.c). */
static bool
is_mended(struct vs_core_record *record, vs_result r)
{
	if (r.code != VS_E_CONFLICT || record->kind != VS_RECORD_tx_event ||
	    record->u.tx_event.start == 0)
		return false;
	record->u.tx_event.start = 0;
	record->u.tx_event.number = 0;
	return true;
}

/* The list is in the database, with the mark; or nothing of it. One record that is not for the
 * database is found by halving. */
static vs_result
move_list(struct vs_store_group *group, struct vs_core_record *list, int64_t last)
{
	vs_result r;

	group->batch.spool = vs_store_spool_id(group->spool);
	group->batch.moved = last;
	r = write_list(group, list, is_list_sealing(group, list));
	if (list->next == NULL && is_mended(list, r))
		r = write_list(group, list, true);
	group->batch.moved = 0;
	count_commit(r);
	return r;
}

/* A signed message that another node has taken meanwhile: it is in the database. */
static vs_result
drop_repeat(struct vs_store_group *group, int64_t last)
{
	vs_metric_add(VS_METRIC_replays_detected_total, 1);
	VS_LOG(WARN, "spool.repeat", vs_bytes_from_text(vs_store_spool_id(group->spool)),
	       VS_LOG_NUM("number", last));
	return vs_store_spool_remove(group->spool, last);
}

static vs_result
move_some(struct vs_store_group *group)
{
	struct vs_core_record *list = NULL;
	int64_t last = 0;
	size_t count;
	vs_result r = vs_store_spool_read(group->spool, group->chunk, &list, &last);

	if (r.code == VS_E_NOT_AUTHENTIC || r.code == VS_E_BAD_MESSAGE)
		return vs_store_spool_refuse(group->spool, r.code);
	VS_TRY(r);
	r = move_list(group, list, last);
	count = free_list(list);
	if (r.code == VS_E_OK) {
		vs_metric_add(VS_METRIC_store_records_total, (int64_t)count);
		group->chunk = group->chunk > VS_LIMIT_STORE_BATCH / 2 ? VS_LIMIT_STORE_BATCH
		                                                       : group->chunk * 2;
		r = vs_store_spool_remove(group->spool, last);
		group->is_marked = r.code == VS_E_OK;
		return r;
	}
	if (!vs_store_is_of_one_record(r)) {
		group->is_marked = false;
		return r;
	}
	if (count == 1 && r.code == VS_E_EXISTS)
		return drop_repeat(group, last);
	if (count == 1)
		return vs_store_spool_refuse(group->spool, r.code);
	group->chunk = (count + 1) / 2;
	return VS_OK;
}

void
vs_store_group_move(struct vs_store_group *group)
{
	uint64_t began_ms = vs_clock_mono_ms(), now_ms = began_ms, took_ms;
	vs_result r;

	if (!vs_store_group_is_behind(group) || began_ms < group->next_ms)
		return;
	tell(group, true);
	r = vs_store_revive(&group->db);
	took_ms = r.code == VS_E_OK ? 0 : vs_clock_mono_ms() - began_ms;
	if (r.code == VS_E_OK)
		r = make_sure(group);
	if (r.code == VS_E_OK)
		r = look_at_mark(group);
	while (r.code == VS_E_OK && vs_store_spool_count(group->spool) > 0 &&
	       now_ms - began_ms < MOVE_MS) {
		r = move_some(group);
		now_ms = vs_clock_mono_ms();
	}
	set_away(group, r.code != VS_E_OK);
	if (r.code != VS_E_OK) {
		group->next_ms = vs_clock_mono_ms() +
		                 (took_ms * PATIENCE > TRY_MS ? took_ms * PATIENCE : TRY_MS);
		return;
	}
	group->next_ms = 0;
	if (vs_store_spool_count(group->spool) == 0)
		tell(group, false);
}

void
vs_store_group_end(struct vs_store_group *group)
{
	const struct timespec pause = {0, TRY_MS * 1000000L};
	uint64_t began_ms = vs_clock_mono_ms(), moved_ms = began_ms, now_ms = began_ms;

	while (vs_store_group_is_behind(group) && now_ms - began_ms < END_MS &&
	       now_ms - moved_ms < END_AWAY_MS) {
		group->next_ms = 0;
		vs_store_group_move(group);
		now_ms = vs_clock_mono_ms();
		if (!group->is_away)
			moved_ms = now_ms;
		else if (nanosleep(&pause, NULL) != 0)
			return;
	}
}

/* --- life ------------------------------------------------------------------------------------- */

static vs_result
open_spool(struct vs_store_group *group, const struct vs_store_options *options, char *reason,
           size_t reason_size)
{
	if (options->spool == NULL)
		return VS_OK;
	VS_TRY(vs_store_spool_open(options->spool, &options->spool_key, reason, reason_size,
	                           &group->spool));
	return look_at_mark(group);
}

vs_result
vs_store_group_init(struct vs_store_group *group, struct vs_store_db *db,
                    const struct vs_store_options *options, const struct vs_store_seal *seal,
                    char *reason, size_t reason_size)
{
	vs_result r;

	assert(group != NULL && db != NULL && options != NULL && seal != NULL);
	group->db = *db;
	group->seal = *seal;
	group->spooling = options->spooling;
	group->is_current = options->is_current;
	group->is_current_arg = options->is_current_arg;
	group->spooling_arg = options->watch_arg;
	group->chunk = VS_LIMIT_STORE_BATCH;
	r = vs_store_batch_init(&group->batch, &group->db, &group->seal, options->is_strict);
	if (r.code == VS_E_OK)
		r = vs_store_dedup_new(VS_LIMIT_STORE_DEDUP, &group->batch.dedup);
	if (r.code == VS_E_OK)
		r = open_spool(group, options, reason, reason_size);
	/* A commit that nobody knows of may have been before the last end. */
	if (r.code == VS_E_OK)
		r = vs_store_dedup_load(group->batch.dedup, &group->db, oldest_ms(group));
	if (r.code == VS_E_OK) {
		memset(db, 0, sizeof(*db));
		return r;
	}
	memset(&group->db, 0, sizeof(group->db)); /* it stays the caller's */
	vs_store_group_done(group);
	return r;
}

void
vs_store_group_done(struct vs_store_group *group)
{
	set_away(group, false);
	vs_store_spool_close(&group->spool);
	vs_store_dedup_free(&group->batch.dedup);
	vs_store_batch_done(&group->batch);
	vs_store_db_close(&group->db);
}
