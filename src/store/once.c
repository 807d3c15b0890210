/* SPDX-License-Identifier: Apache-2.0 */
#include "store/once.h"

#include <assert.h>

#include "store/ahead.h"

/* A row of a list for each of them. */
static bool
is_row(const struct vs_core_record *record)
{
	return record->message_hash != 0 &&
	       (record->kind == VS_RECORD_boot || record->kind == VS_RECORD_meter_values ||
	        record->kind == VS_RECORD_security_event || record->kind == VS_RECORD_event ||
	        record->kind == VS_RECORD_report);
}

/* In dedup as long as nobody has said that it is new. */
static vs_result
ask(struct vs_store_batch *batch, struct vs_core_record *record)
{
	struct vs_store_ahead *ahead = batch->ahead;
	int64_t number = vs_store_hash_number(record->message_hash);
	const struct vs_store_value value = vs_store_number(number);

	assert(ahead->asked_count < VS_LIMIT_STORE_BATCH);
	VS_TRY(vs_store_many_add(&ahead->messages, &value, 1));
	VS_TRY(vs_store_dedup_add(batch->dedup, (uint64_t)number, record->received_ms));
	ahead->asked[ahead->asked_count++] = (uint64_t)number;
	record->was_elsewhere = true;
	return VS_OK;
}

static vs_result
forget_new(struct vs_store_batch *batch)
{
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r = vs_store_many_bind(&batch->ahead->messages, batch->db, &statement);

	while (r.code == VS_E_OK && (r = vs_store_next(statement, &has_row)).code == VS_E_OK &&
	       has_row)
		vs_store_dedup_remove(batch->dedup, (uint64_t)vs_store_column_number(statement, 0));
	vs_store_reset(statement);
	return r;
}

vs_result
vs_store_once_take(struct vs_store_batch *batch, struct vs_core_record *list, size_t count)
{
	struct vs_store_ahead *ahead = batch->ahead;
	vs_result r = VS_OK;

	assert(batch->is_shared); /* so there is `ahead` */
	vs_store_many_reset(&ahead->messages);
	ahead->asked_count = 0;
	for (; list != NULL && count > 0 && r.code == VS_E_OK; list = list->next, count--)
		if (is_row(list) && !vs_store_dedup_has(batch->dedup, list->message_hash))
			r = ask(batch, list);
	if (r.code == VS_E_OK && ahead->asked_count > 0)
		r = forget_new(batch);
	for (size_t i = 0; i < ahead->asked_count && r.code != VS_E_OK; i++)
		vs_store_dedup_remove(batch->dedup, ahead->asked[i]);
	return r;
}

vs_result
vs_store_once_take_one(struct vs_store_batch *batch, uint64_t hash, bool *is_new_out)
{
	const struct vs_store_value value = vs_store_number(vs_store_hash_number(hash));
	struct vs_store_statement *statement = NULL;
	vs_result r;

	assert(batch->is_shared && batch->ahead != NULL && hash != 0 && is_new_out != NULL);
	vs_store_many_reset(&batch->ahead->messages);
	VS_TRY(vs_store_many_add(&batch->ahead->messages, &value, 1));
	r = vs_store_many_bind(&batch->ahead->messages, batch->db, &statement);
	if (r.code == VS_E_OK)
		r = vs_store_next(statement, is_new_out);
	vs_store_reset(statement);
	return r;
}
