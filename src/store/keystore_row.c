/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/keystore_inside.h"

static vs_result
read_state(struct vs_store_statement *statement, int column, enum vs_keys_state *state_out)
{
	return vs_keys_state_parse(vs_store_column_bytes(statement, column), state_out).code ==
	               VS_E_OK
	           ? VS_OK
	           : VS_FAIL(IO);
}

static vs_result
read_wrapped(struct vs_store_statement *statement, int column, struct vs_keys_wrapped *wrapped)
{
	struct vs_bytes bytes = vs_store_column_bytes(statement, column);

	if (bytes.size == 0 || bytes.size > VS_KEYS_WRAPPED_SIZE)
		return VS_FAIL(IO);
	memcpy(wrapped->data, bytes.data, bytes.size);
	wrapped->size = (uint8_t)bytes.size;
	return VS_OK;
}

vs_result
vs_store_keystore_read_key(struct vs_store_statement *statement, struct vs_keystore_key *row)
{
	struct vs_bytes oid = vs_store_column_bytes(statement, 10);

	memset(row, 0, sizeof(*row));
	row->key_id = vs_store_column_number(statement, 0);
	vs_store_column_text(statement, 1, row->tenant, sizeof(row->tenant));
	vs_store_column_text(statement, 2, row->kind, sizeof(row->kind));
	vs_store_column_text(statement, 3, row->owner, sizeof(row->owner));
	vs_store_column_text(statement, 4, row->period, sizeof(row->period));
	row->version = (uint32_t)vs_store_column_number(statement, 5);
	VS_TRY(read_state(statement, 6, &row->state));
	row->suite = (uint8_t)vs_store_column_number(statement, 7);
	row->kek_version = (uint32_t)vs_store_column_number(statement, 8);
	VS_TRY(read_wrapped(statement, 9, &row->wrapped));
	if (oid.size == VS_KEYS_OID_SIZE)
		memcpy(row->oid, vs_store_column_bytes(statement, 10).data, VS_KEYS_OID_SIZE);
	row->created_ms = vs_store_column_number(statement, 11);
	row->offered_ms = vs_store_column_number(statement, 12);
	row->activated_ms = vs_store_column_number(statement, 13);
	row->until_ms = vs_store_column_number(statement, 14);
	row->destroyed_ms = vs_store_column_number(statement, 15);
	row->seq_floor = vs_store_column_number(statement, 16);
	row->seals = vs_store_column_number(statement, 17);
	return VS_OK;
}

vs_result
vs_store_keystore_read_kek(struct vs_store_statement *statement, struct vs_keystore_kek *row)
{
	memset(row, 0, sizeof(*row));
	vs_store_column_text(statement, 0, row->kek.tenant, sizeof(row->kek.tenant));
	row->kek.version = (uint32_t)vs_store_column_number(statement, 1);
	VS_TRY(read_state(statement, 2, &row->state));
	vs_store_column_text(statement, 3, row->kek.root_id, sizeof(row->kek.root_id));
	VS_TRY(read_wrapped(statement, 4, &row->kek.wrapped));
	row->created_ms = vs_store_column_number(statement, 5);
	row->state_ms = vs_store_column_number(statement, 6);
	return VS_OK;
}

vs_result
vs_store_keystore_read_root(struct vs_store_statement *statement, struct vs_keystore_root *row)
{
	memset(row, 0, sizeof(*row));
	vs_store_column_text(statement, 0, row->root_id, sizeof(row->root_id));
	vs_store_column_text(statement, 1, row->provider, sizeof(row->provider));
	row->created_ms = vs_store_column_number(statement, 3);
	row->retired_ms = vs_store_column_number(statement, 4);
	return read_state(statement, 2, &row->state);
}

vs_result
vs_store_keystore_read_revocation(struct vs_store_statement *statement,
                                  struct vs_keystore_revocation *row)
{
	memset(row, 0, sizeof(*row));
	row->rev_no = vs_store_column_number(statement, 0);
	vs_store_column_text(statement, 1, row->tenant, sizeof(row->tenant));
	vs_store_column_text(statement, 2, row->kind, sizeof(row->kind));
	vs_store_column_text(statement, 3, row->subject, sizeof(row->subject));
	row->epoch = (uint32_t)vs_store_column_number(statement, 4);
	vs_store_column_text(statement, 5, row->reason, sizeof(row->reason));
	row->at_ms = vs_store_column_number(statement, 6);
	return VS_OK;
}

void
vs_store_keystore_read_tombstone(struct vs_store_statement *statement,
                                 struct vs_keystore_tombstone *row)
{
	memset(row, 0, sizeof(*row));
	vs_store_column_text(statement, 1, row->tenant, sizeof(row->tenant));
	vs_store_column_text(statement, 2, row->kind, sizeof(row->kind));
	vs_store_column_text(statement, 3, row->owner, sizeof(row->owner));
	vs_store_column_text(statement, 4, row->period, sizeof(row->period));
	row->version = (uint32_t)vs_store_column_number(statement, 5);
	row->at_ms = vs_store_column_number(statement, 6);
}

vs_result
vs_store_keystore_read_job(struct vs_store_statement *statement, struct vs_keystore_job *row)
{
	memset(row, 0, sizeof(*row));
	row->job_id = vs_store_column_number(statement, 0);
	vs_store_column_text(statement, 1, row->kind, sizeof(row->kind));
	vs_store_column_text(statement, 2, row->tenant, sizeof(row->tenant));
	vs_store_column_text(statement, 3, row->subject, sizeof(row->subject));
	vs_store_column_text(statement, 4, row->actor, sizeof(row->actor));
	row->state = (enum vs_keystore_job_state)vs_store_column_number(statement, 5);
	row->phase = (uint32_t)vs_store_column_number(statement, 6);
	row->from = vs_store_column_number(statement, 7);
	row->to = vs_store_column_number(statement, 8);
	row->cursor = vs_store_column_number(statement, 9);
	row->done = vs_store_column_number(statement, 10);
	row->total = vs_store_column_number(statement, 11);
	row->started_ms = vs_store_column_number(statement, 12);
	row->changed_ms = vs_store_column_number(statement, 13);
	row->error = (int)vs_store_column_number(statement, 14);
	return VS_OK;
}

void
vs_store_keystore_read_audit(struct vs_store_statement *statement, struct vs_keystore_audit *row)
{
	memset(row, 0, sizeof(*row));
	row->index = vs_store_column_number(statement, 0);
	row->at_ms = vs_store_column_number(statement, 1);
	vs_store_column_text(statement, 2, row->tenant, sizeof(row->tenant));
	vs_store_column_text(statement, 3, row->actor, sizeof(row->actor));
	vs_store_column_text(statement, 4, row->event, sizeof(row->event));
	vs_store_column_text(statement, 5, row->object, sizeof(row->object));
	vs_store_column_text(statement, 6, row->result, sizeof(row->result));
	vs_store_column_text(statement, 7, row->detail, sizeof(row->detail));
}
