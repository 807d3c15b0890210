/* SPDX-License-Identifier: Apache-2.0 */
#include "store/numbers.h"

#include <assert.h>

vs_result
vs_store_numbers_begin(struct vs_store_batch *batch)
{
	int64_t ignored;

	return vs_store_run_id(batch->db, VS_QUERY_numbers_behind, NULL, 0, &ignored);
}

/* An event of a transaction can bring two events of ours: that nobody knows it, and that it says
 * something else than before. */
static void
count(const struct vs_core_record *list, int64_t counts[static VS_STORE_ID_COUNT])
{
	for (; list != NULL; list = list->next) {
		if (list->kind == VS_RECORD_tx_event) {
			counts[VS_STORE_ID_TX]++;
			counts[VS_STORE_ID_EVENT] += 2;
		} else if (list->kind == VS_RECORD_event ||
		           list->kind == VS_RECORD_security_event) {
			counts[VS_STORE_ID_EVENT]++;
		} else if (list->kind == VS_RECORD_session) {
			counts[VS_STORE_ID_SESSION]++;
		} else if (list->kind == VS_RECORD_meter_values) {
			counts[VS_STORE_ID_METER_VALUES]++;
		} else if (list->kind == VS_RECORD_readings) {
			counts[VS_STORE_ID_READING]++;
		}
	}
}

vs_result
vs_store_numbers_take(struct vs_store_batch *batch, const struct vs_core_record *list)
{
	int64_t counts[VS_STORE_ID_COUNT] = {0}, all = 0;
	struct vs_store_value values[VS_STORE_ID_COUNT];
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r;

	assert(batch != NULL && batch->is_shared);
	count(list, counts);
	for (unsigned i = 0; i < VS_STORE_ID_COUNT; i++) {
		values[i] = vs_store_number(counts[i]);
		all += counts[i];
	}
	if (all == 0)
		return VS_OK;
	r = vs_store_bind(batch->db, VS_QUERY_numbers, values, VS_STORE_ID_COUNT, &statement);
	if (r.code == VS_E_OK)
		r = vs_store_next(statement, &has_row);
	if (r.code == VS_E_OK && !has_row)
		r = VS_FAIL(IO);
	for (unsigned i = 0; i < VS_STORE_ID_COUNT && r.code == VS_E_OK; i++)
		if (counts[i] > 0) /* the last one that was given, before the first of these */
			batch->ids[i] = vs_store_column_number(statement, (int)i) - 1;
	vs_store_reset(statement);
	return r;
}
