/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>
#include <string.h>

#include "store/keystore_inside.h"

static vs_result
read_state(sqlite3_stmt *statement, int column, enum vs_keys_state *state_out)
{
	return vs_keys_state_parse(vs_store_column_bytes(statement, column), state_out).code ==
	               VS_E_OK
	           ? VS_OK
	           : VS_FAIL(IO);
}

static vs_result
read_wrapped(sqlite3_stmt *statement, int column, struct vs_keys_wrapped *wrapped)
{
	struct vs_bytes bytes = vs_store_column_bytes(statement, column);

	if (bytes.size == 0 || bytes.size > VS_KEYS_WRAPPED_SIZE)
		return VS_FAIL(IO);
	memcpy(wrapped->data, bytes.data, bytes.size);
	wrapped->size = (uint8_t)bytes.size;
	return VS_OK;
}

vs_result
vs_store_keystore_read_key(sqlite3_stmt *s, struct vs_keystore_key *key)
{
	struct vs_bytes oid = vs_store_column_bytes(s, 10);

	memset(key, 0, sizeof(*key));
	key->key_id = vs_store_column_number(s, 0);
	vs_store_column_text(s, 1, key->tenant, sizeof(key->tenant));
	vs_store_column_text(s, 2, key->kind, sizeof(key->kind));
	vs_store_column_text(s, 3, key->owner, sizeof(key->owner));
	vs_store_column_text(s, 4, key->period, sizeof(key->period));
	key->version = (uint32_t)vs_store_column_number(s, 5);
	VS_TRY(read_state(s, 6, &key->state));
	key->suite = (uint8_t)vs_store_column_number(s, 7);
	key->kek_version = (uint32_t)vs_store_column_number(s, 8);
	VS_TRY(read_wrapped(s, 9, &key->wrapped));
	if (oid.size == VS_KEYS_OID_SIZE)
		memcpy(key->oid, vs_store_column_bytes(s, 10).data, VS_KEYS_OID_SIZE);
	key->created_ms = vs_store_column_number(s, 11);
	key->offered_ms = vs_store_column_number(s, 12);
	key->activated_ms = vs_store_column_number(s, 13);
	key->until_ms = vs_store_column_number(s, 14);
	key->destroyed_ms = vs_store_column_number(s, 15);
	key->seq_floor = vs_store_column_number(s, 16);
	key->seals = vs_store_column_number(s, 17);
	return VS_OK;
}

vs_result
vs_store_keystore_read_kek(sqlite3_stmt *s, struct vs_keystore_kek *row)
{
	memset(row, 0, sizeof(*row));
	vs_store_column_text(s, 0, row->kek.tenant, sizeof(row->kek.tenant));
	row->kek.version = (uint32_t)vs_store_column_number(s, 1);
	VS_TRY(read_state(s, 2, &row->state));
	vs_store_column_text(s, 3, row->kek.root_id, sizeof(row->kek.root_id));
	VS_TRY(read_wrapped(s, 4, &row->kek.wrapped));
	row->created_ms = vs_store_column_number(s, 5);
	row->state_ms = vs_store_column_number(s, 6);
	return VS_OK;
}

vs_result
vs_store_keystore_read_root(sqlite3_stmt *s, struct vs_keystore_root *row)
{
	memset(row, 0, sizeof(*row));
	vs_store_column_text(s, 0, row->root_id, sizeof(row->root_id));
	vs_store_column_text(s, 1, row->provider, sizeof(row->provider));
	row->created_ms = vs_store_column_number(s, 3);
	row->retired_ms = vs_store_column_number(s, 4);
	return read_state(s, 2, &row->state);
}

vs_result
vs_store_keystore_read_revocation(sqlite3_stmt *s, struct vs_keystore_revocation *row)
{
	memset(row, 0, sizeof(*row));
	row->rev_no = vs_store_column_number(s, 0);
	vs_store_column_text(s, 1, row->tenant, sizeof(row->tenant));
	vs_store_column_text(s, 2, row->kind, sizeof(row->kind));
	vs_store_column_text(s, 3, row->subject, sizeof(row->subject));
	row->epoch = (uint32_t)vs_store_column_number(s, 4);
	vs_store_column_text(s, 5, row->reason, sizeof(row->reason));
	row->at_ms = vs_store_column_number(s, 6);
	return VS_OK;
}

void
vs_store_keystore_read_tombstone(sqlite3_stmt *s, struct vs_keystore_tombstone *row)
{
	memset(row, 0, sizeof(*row));
	vs_store_column_text(s, 1, row->tenant, sizeof(row->tenant));
	vs_store_column_text(s, 2, row->kind, sizeof(row->kind));
	vs_store_column_text(s, 3, row->owner, sizeof(row->owner));
	vs_store_column_text(s, 4, row->period, sizeof(row->period));
	row->version = (uint32_t)vs_store_column_number(s, 5);
	row->at_ms = vs_store_column_number(s, 6);
}

vs_result
vs_store_keystore_read_job(sqlite3_stmt *s, struct vs_keystore_job *job)
{
	memset(job, 0, sizeof(*job));
	job->job_id = vs_store_column_number(s, 0);
	vs_store_column_text(s, 1, job->kind, sizeof(job->kind));
	vs_store_column_text(s, 2, job->tenant, sizeof(job->tenant));
	vs_store_column_text(s, 3, job->subject, sizeof(job->subject));
	vs_store_column_text(s, 4, job->actor, sizeof(job->actor));
	job->state = (enum vs_keystore_job_state)vs_store_column_number(s, 5);
	job->phase = (uint32_t)vs_store_column_number(s, 6);
	job->from = vs_store_column_number(s, 7);
	job->to = vs_store_column_number(s, 8);
	job->cursor = vs_store_column_number(s, 9);
	job->done = vs_store_column_number(s, 10);
	job->total = vs_store_column_number(s, 11);
	job->started_ms = vs_store_column_number(s, 12);
	job->changed_ms = vs_store_column_number(s, 13);
	job->error = (int)vs_store_column_number(s, 14);
	return VS_OK;
}

void
vs_store_keystore_read_audit(sqlite3_stmt *s, struct vs_keystore_audit *row)
{
	memset(row, 0, sizeof(*row));
	row->index = vs_store_column_number(s, 0);
	row->at_ms = vs_store_column_number(s, 1);
	vs_store_column_text(s, 2, row->tenant, sizeof(row->tenant));
	vs_store_column_text(s, 3, row->actor, sizeof(row->actor));
	vs_store_column_text(s, 4, row->event, sizeof(row->event));
	vs_store_column_text(s, 5, row->object, sizeof(row->object));
	vs_store_column_text(s, 6, row->result, sizeof(row->result));
	vs_store_column_text(s, 7, row->detail, sizeof(row->detail));
}
