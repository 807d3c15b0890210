/* SPDX-License-Identifier: Apache-2.0 */
#include "store/commit.h"

#include <assert.h>
#include <string.h>

#include "store/ahead.h"
#include "store/numbers.h"
#include "store/once.h"
#include "store/reading_write.h"
#include "store/signed_write.h"

#define AHEAD 8u /* records; more than their memory takes to come */

static vs_result
run_plain(struct vs_store_batch *batch, enum vs_store_query query)
{
	return vs_store_run(batch->db, query, NULL, 0);
}

bool
vs_store_is_of_one_record(vs_result r)
{
	return r.code == VS_E_CONFLICT || r.code == VS_E_BAD_VALUE || r.code == VS_E_FORBIDDEN ||
	       r.code == VS_E_TOO_LONG || r.code == VS_E_EXISTS;
}

/* All that a record is, now. */
static vs_result
write_whole(struct vs_store_batch *batch, struct vs_core_record *record)
{
	vs_result r;

	if (batch->ahead == NULL)
		return vs_store_record_write(batch, record);
	VS_TRY(vs_store_ahead_load(batch->ahead, batch->db, record, 1));
	if (batch->is_shared)
		VS_TRY(vs_store_once_take(batch, record, 1));
	vs_store_readings_begin(batch->readings); /* nothing of one that failed before */
	r = vs_store_record_join(batch, record);
	if (r.code == VS_E_OK) {
		r = vs_store_batch_flush(batch);
		if (r.code != VS_E_OK)
			vs_store_record_unwrite(batch, record);
	}
	/* Nothing of it may be left for what is written last. */
	if (r.code != VS_E_OK) {
		vs_store_ahead_end(batch->ahead, false);
		vs_store_readings_begin(batch->readings);
	}
	return r;
}

/* One record between savepoints: if it cannot be stored, it alone is taken back. */
static vs_result
write_alone(struct vs_store_batch *batch, struct vs_core_record *record)
{
	int64_t totals[VS_STORE_TOTAL_COUNT];
	vs_result r;

	memcpy(totals, batch->totals, sizeof(totals));
	vs_store_signed_begin(batch);
	VS_TRY(run_plain(batch, VS_QUERY_save));
	r = write_whole(batch, record);
	if (vs_store_is_of_one_record(r)) {
		record->outcome = r.code;
		record->was_duplicate = false;
		memcpy(batch->totals, totals, sizeof(totals));
		VS_TRY(run_plain(batch, VS_QUERY_save_rollback));
		r = VS_OK;
	}
	VS_TRY(r);
	return run_plain(batch, VS_QUERY_save_release);
}

static vs_result
begin(struct vs_store_batch *batch, struct vs_core_record *list, bool with_savepoints)
{
	const char *tenants = NULL;
	vs_result r;

	vs_store_batch_begin(batch);
	if (batch->ahead != NULL)
		VS_TRY(vs_store_ahead_begin(batch->ahead, batch->db, list, &tenants));
	vs_store_wait(batch->db, with_savepoints);
	r = vs_store_begin(batch->db, tenants);
	if (r.code == VS_E_OK && batch->ahead != NULL && !with_savepoints)
		r = vs_store_ahead_load(batch->ahead, batch->db, list, SIZE_MAX);
	if (r.code == VS_E_OK && batch->is_shared)
		r = vs_store_numbers_take(batch, list);
	if (r.code == VS_E_OK && batch->is_shared && !with_savepoints)
		r = vs_store_once_take(batch, list, SIZE_MAX);
	if (r.code != VS_E_OK)
		vs_store_rollback(batch->db);
	if (r.code != VS_E_OK && batch->ahead != NULL)
		vs_store_ahead_end(batch->ahead, false);
	return r;
}

/* How far the spool has been moved is known by whoever knows that this was committed. */
static vs_result
mark_moved(struct vs_store_batch *batch)
{
	const struct vs_store_value values[] = {vs_store_text(batch->spool),
	                                        vs_store_number(batch->moved)};

	if (batch->moved == 0)
		return VS_OK;
	return vs_store_run(batch->db, VS_QUERY_spool_mark_put, values, 2);
}

vs_result
vs_store_commit_list(struct vs_store_batch *batch, struct vs_core_record *list,
                     bool with_savepoints)
{
	const struct vs_core_record *ahead = list;
	struct vs_core_record *record = list;
	vs_result r;

	assert(batch != NULL && list != NULL);
	VS_TRY(begin(batch, list, with_savepoints));
	r = VS_OK;
	for (unsigned i = 0; i < AHEAD; i++)
		ahead = vs_store_record_expect(batch, ahead);
	for (; record != NULL && r.code == VS_E_OK; record = record->next) {
		ahead = vs_store_record_expect(batch, ahead);
		record->outcome = VS_E_OK;
		r = with_savepoints ? write_alone(batch, record)
		                    : vs_store_record_join(batch, record);
		if (r.code != VS_E_OK)
			break;
	}
	if (r.code == VS_E_OK)
		r = vs_store_batch_flush(batch);
	if (r.code == VS_E_OK)
		r = vs_store_totals_write(batch);
	if (r.code == VS_E_OK)
		r = mark_moved(batch);
	if (r.code == VS_E_OK)
		r = vs_store_commit(batch->db);
	if (batch->ahead != NULL)
		vs_store_ahead_end(batch->ahead, r.code == VS_E_OK && !with_savepoints);
	if (r.code == VS_E_OK)
		return r;
	vs_store_rollback(batch->db);
	/* `record` is the one that failed; what is behind it was not looked at. */
	for (struct vs_core_record *done = list; done != record; done = done->next) {
		if (done->outcome == VS_E_OK)
			vs_store_record_unwrite(batch, done);
	}
	return r;
}
