/* SPDX-License-Identifier: Apache-2.0 */
#include "store/signed_write.h"

#include <assert.h>

#include "store/ahead.h"

void
vs_store_signed_begin(struct vs_store_batch *batch)
{
	batch->signer = batch->message = 0;
}

static vs_result
take_one(struct vs_store_batch *batch, const struct vs_store_value *values)
{
	int64_t taken = 0;

	VS_TRY(vs_store_run_count(batch->db, VS_QUERY_signed_take, values, 6, &taken));
	return taken > 0 ? VS_OK : VS_FAIL(EXISTS);
}

vs_result
vs_store_signed_take(struct vs_store_batch *batch, const struct vs_core_record *record)
{
	const struct vs_core_signature *signature = &record->signature;
	int64_t late = batch->moved == 0 ? 0 : record->kind == VS_RECORD_tx_event ? 2 : 1;
	const struct vs_store_value values[] = {
	    vs_store_text(record->tenant),
	    vs_store_number(vs_store_hash_number(signature->signer)),
	    vs_store_number(signature->seq),
	    vs_store_number(vs_store_hash_number(signature->message)),
	    vs_store_number(signature->until_ms),
	    vs_store_number(record->received_ms),
	    vs_store_number(late)};

	if (signature->signer == 0 ||
	    (signature->signer == batch->signer && signature->message == batch->message))
		return VS_OK;
	if (batch->ahead == NULL)
		VS_TRY(take_one(batch, values));
	else
		VS_TRY(vs_store_many_add(&batch->ahead->numbers, values, 7));
	if (late == 2)
		return VS_OK; /* that it was let through says nothing of another record */
	batch->signer = signature->signer;
	batch->message = signature->message;
	return VS_OK;
}

vs_result
vs_store_signed_block_write(struct vs_store_batch *batch, struct vs_core_record *record)
{
	const struct vs_store_value values[] = {vs_store_text(record->tenant),
	                                        vs_store_text(record->station),
	                                        vs_store_number(record->u.signed_block.above),
	                                        vs_store_number(record->u.signed_block.count)};
	int64_t last = 0;

	assert(record->kind == VS_RECORD_signed_block && record->u.signed_block.count > 0);
	VS_TRY(vs_store_run_id(batch->db, VS_QUERY_signed_block, values, 4, &last));
	record->u.signed_block.first = last - record->u.signed_block.count + 1;
	return VS_OK;
}
