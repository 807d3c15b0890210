/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "core/record.h"
#include "store/keystore_inside.h"

/* VS_KEYS_NEVER is VS_CORE_ABSENT: NULL in a column. */
#define NUMBER(n) vs_store_number((int64_t)(n))
#define TEXT(t)   vs_store_text(t)
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

static const uint8_t no_oid[VS_KEYS_OID_SIZE];

static struct vs_store_value
wrapped_value(const struct vs_keys_wrapped *wrapped)
{
	return vs_store_blob(wrapped->data, wrapped->size);
}

static struct vs_store_value
oid_value(const uint8_t *oid)
{
	bool is_none = vs_bytes_equal(vs_bytes_from(oid, VS_KEYS_OID_SIZE),
	                              vs_bytes_from(no_oid, VS_KEYS_OID_SIZE));

	return vs_store_blob(is_none ? NULL : oid, is_none ? 0 : VS_KEYS_OID_SIZE);
}

/* A change of one row: CONFLICT when it is not as the caller last saw it. */
static vs_result
run_on_one(struct vs_store_db *db, enum vs_store_query query, const struct vs_store_value *values,
           size_t count)
{
	int64_t changed = 0;

	VS_TRY(vs_store_run_count(db, query, values, count, &changed));
	return changed == 1 ? VS_OK : VS_FAIL(CONFLICT);
}

static vs_result
add_audit(struct vs_store_db *db, struct vs_keystore_audit *audit)
{
	const struct vs_store_value values[] = {
	    NUMBER(audit->at_ms), TEXT(audit->tenant), TEXT(audit->actor), TEXT(audit->event),
	    TEXT(audit->object),  TEXT(audit->result), TEXT(audit->detail)};

	return vs_store_run_id(db, VS_QUERY_keys_audit_add, values, COUNT(values), &audit->index);
}

static vs_result
add_key(struct vs_store_db *db, struct vs_keystore_key *key, int64_t audit)
{
	const struct vs_store_value values[] = {TEXT(key->tenant),
	                                        TEXT(key->kind),
	                                        TEXT(key->owner),
	                                        TEXT(key->period),
	                                        NUMBER(key->version),
	                                        TEXT(vs_keys_state_name(key->state)),
	                                        NUMBER(key->suite),
	                                        NUMBER(key->kek_version),
	                                        wrapped_value(&key->wrapped),
	                                        oid_value(key->oid),
	                                        NUMBER(key->created_ms),
	                                        NUMBER(key->offered_ms),
	                                        NUMBER(key->activated_ms),
	                                        NUMBER(key->until_ms),
	                                        NUMBER(key->seq_floor),
	                                        NUMBER(audit)};

	return vs_store_run_id(db, VS_QUERY_keys_key_add, values, COUNT(values), &key->key_id);
}

static vs_result
step_key(struct vs_store_db *db, const struct vs_keystore_change *change, int64_t audit)
{
	const struct vs_keystore_key *key = &change->u.key;
	const struct vs_store_value values[] = {TEXT(vs_keys_state_name(key->state)),
	                                        oid_value(key->oid),
	                                        NUMBER(key->offered_ms),
	                                        NUMBER(key->activated_ms),
	                                        NUMBER(key->until_ms),
	                                        NUMBER(key->destroyed_ms),
	                                        NUMBER(audit),
	                                        NUMBER(key->key_id),
	                                        TEXT(vs_keys_state_name(change->from))};

	return run_on_one(db, VS_QUERY_keys_key_step, values, COUNT(values));
}

static vs_result
rewrap_key(struct vs_store_db *db, const struct vs_keystore_change *change, int64_t audit)
{
	const struct vs_keystore_key *key = &change->u.key;
	const struct vs_store_value values[] = {NUMBER(key->kek_version),
	                                        wrapped_value(&key->wrapped), NUMBER(audit),
	                                        NUMBER(key->key_id), NUMBER(change->from_version)};

	return run_on_one(db, VS_QUERY_keys_key_rewrap, values, COUNT(values));
}

static vs_result
add_kek(struct vs_store_db *db, const struct vs_keystore_kek *row, int64_t audit)
{
	const struct vs_store_value values[] = {TEXT(row->kek.tenant),
	                                        NUMBER(row->kek.version),
	                                        TEXT(vs_keys_state_name(row->state)),
	                                        TEXT(row->kek.root_id),
	                                        wrapped_value(&row->kek.wrapped),
	                                        NUMBER(row->created_ms),
	                                        NUMBER(row->state_ms),
	                                        NUMBER(audit)};

	return vs_store_run(db, VS_QUERY_keys_kek_add, values, COUNT(values));
}

static vs_result
step_kek(struct vs_store_db *db, const struct vs_keystore_change *change, int64_t audit)
{
	const struct vs_keystore_kek *row = &change->u.kek;
	const struct vs_store_value values[] = {TEXT(vs_keys_state_name(row->state)),
	                                        NUMBER(row->state_ms),
	                                        NUMBER(audit),
	                                        TEXT(row->kek.tenant),
	                                        NUMBER(row->kek.version),
	                                        TEXT(vs_keys_state_name(change->from))};

	return run_on_one(db, VS_QUERY_keys_kek_step, values, COUNT(values));
}

static vs_result
rewrap_kek(struct vs_store_db *db, const struct vs_keystore_kek *row, int64_t audit)
{
	const struct vs_store_value values[] = {TEXT(row->kek.root_id),
	                                        wrapped_value(&row->kek.wrapped), NUMBER(audit),
	                                        TEXT(row->kek.tenant), NUMBER(row->kek.version)};

	return run_on_one(db, VS_QUERY_keys_kek_rewrap, values, COUNT(values));
}

static vs_result
add_root(struct vs_store_db *db, const struct vs_keystore_root *root, int64_t audit)
{
	const struct vs_store_value values[] = {TEXT(root->root_id),
	                                        TEXT(root->provider),
	                                        TEXT(vs_keys_state_name(root->state)),
	                                        NUMBER(root->created_ms),
	                                        NUMBER(root->retired_ms),
	                                        NUMBER(audit)};

	return vs_store_run(db, VS_QUERY_keys_root_add, values, COUNT(values));
}

static vs_result
step_root(struct vs_store_db *db, const struct vs_keystore_change *change, int64_t audit)
{
	const struct vs_keystore_root *root = &change->u.root;
	const struct vs_store_value values[] = {
	    TEXT(vs_keys_state_name(root->state)), NUMBER(root->retired_ms), NUMBER(audit),
	    TEXT(root->root_id), TEXT(vs_keys_state_name(change->from))};

	return run_on_one(db, VS_QUERY_keys_root_step, values, COUNT(values));
}

/* Whoever was second finds another version, or a row. */
static vs_result
put_vault(struct vs_store_db *db, const struct vs_keystore_change *change, int64_t audit)
{
	const struct vs_keystore_vault *vault = &change->u.vault;
	const struct vs_store_value installation = TEXT(vault->installation);
	const struct vs_store_value version = NUMBER(vault->version);
	const struct vs_store_value sealed = vs_store_blob(vault->sealed.data, vault->sealed.size);
	const struct vs_store_value root =
	    vault->root.size > 0 ? vs_store_text_bytes(vault->root) : TEXT("");
	const struct vs_store_value add[] = {installation, version, sealed, root, NUMBER(audit)};
	const struct vs_store_value put[] = {
	    version, sealed, root, NUMBER(audit), installation, NUMBER(change->from_version)};

	return change->from_version == 0 ? run_on_one(db, VS_QUERY_keys_vault_add, add, COUNT(add))
	                                 : run_on_one(db, VS_QUERY_keys_vault_put, put, COUNT(put));
}

static vs_result
add_revocation(struct vs_store_db *db, struct vs_keystore_revocation *row, int64_t audit)
{
	const struct vs_store_value values[] = {
	    TEXT(row->tenant), TEXT(row->kind),    TEXT(row->subject), NUMBER(row->epoch),
	    TEXT(row->reason), NUMBER(row->at_ms), NUMBER(audit)};

	return vs_store_run_id(db, VS_QUERY_keys_revocation_add, values, COUNT(values),
	                       &row->rev_no);
}

static vs_result
add_tombstone(struct vs_store_db *db, const struct vs_keystore_tombstone *row, int64_t audit)
{
	const struct vs_store_value values[] = {
	    TEXT(row->tenant),    TEXT(row->kind),    TEXT(row->owner), TEXT(row->period),
	    NUMBER(row->version), NUMBER(row->at_ms), NUMBER(audit)};

	return vs_store_run(db, VS_QUERY_keys_tombstone_add, values, COUNT(values));
}

static vs_result
add_job(struct vs_store_db *db, struct vs_keystore_job *job, int64_t audit)
{
	const struct vs_store_value values[] = {
	    TEXT(job->kind),         TEXT(job->tenant),  TEXT(job->subject),
	    TEXT(job->actor),        NUMBER(job->state), NUMBER(job->phase),
	    NUMBER(job->from),       NUMBER(job->to),    NUMBER(job->cursor),
	    NUMBER(job->done),       NUMBER(job->total), NUMBER(job->started_ms),
	    NUMBER(job->changed_ms), NUMBER(job->error), NUMBER(audit)};

	return vs_store_run_id(db, VS_QUERY_keys_job_add, values, COUNT(values), &job->job_id);
}

static vs_result
save_job(struct vs_store_db *db, const struct vs_keystore_job *job, int64_t audit)
{
	const struct vs_store_value values[] = {
	    NUMBER(job->state),  NUMBER(job->phase), NUMBER(job->from),  NUMBER(job->to),
	    NUMBER(job->cursor), NUMBER(job->done),  NUMBER(job->total), NUMBER(job->changed_ms),
	    NUMBER(job->error),  NUMBER(audit),      NUMBER(job->job_id)};

	return run_on_one(db, VS_QUERY_keys_job_save, values, COUNT(values));
}

static vs_result
make_change(struct vs_store_db *db, struct vs_keystore_change *change, int64_t audit)
{
	switch (change->kind) {
	case VS_KEYSTORE_KEY_ADD:
		return add_key(db, &change->u.key, audit);
	case VS_KEYSTORE_KEY_STEP:
		return step_key(db, change, audit);
	case VS_KEYSTORE_KEY_REWRAP:
		return rewrap_key(db, change, audit);
	case VS_KEYSTORE_KEK_ADD:
		return add_kek(db, &change->u.kek, audit);
	case VS_KEYSTORE_KEK_STEP:
		return step_kek(db, change, audit);
	case VS_KEYSTORE_KEK_REWRAP:
		return rewrap_kek(db, &change->u.kek, audit);
	case VS_KEYSTORE_ROOT_ADD:
		return add_root(db, &change->u.root, audit);
	case VS_KEYSTORE_ROOT_STEP:
		return step_root(db, change, audit);
	case VS_KEYSTORE_REVOCATION_ADD:
		return add_revocation(db, &change->u.revocation, audit);
	case VS_KEYSTORE_TOMBSTONE_ADD:
		return add_tombstone(db, &change->u.tombstone, audit);
	case VS_KEYSTORE_JOB_ADD:
		return add_job(db, &change->u.job, audit);
	case VS_KEYSTORE_JOB_SAVE:
		return save_job(db, &change->u.job, audit);
	case VS_KEYSTORE_CERT_ADD:
	case VS_KEYSTORE_CERT_STEP:
	case VS_KEYSTORE_CRL_PUT:
	case VS_KEYSTORE_ROTATION_ADD:
	case VS_KEYSTORE_ROTATION_STEP:
	case VS_KEYSTORE_CONFIRMATION_ADD:
		return vs_store_keystore_cert_change(db, change, audit);
	case VS_KEYSTORE_VAULT_PUT:
		return put_vault(db, change, audit);
	case VS_KEYSTORE_AUDIT:
		return VS_OK;
	}
	return VS_FAIL(INTERNAL);
}

static vs_result
make_all(struct vs_store_db *db, struct vs_keystore_change *changes, size_t count,
         struct vs_keystore_audit *audits, size_t audit_count)
{
	VS_TRY(vs_store_begin(db, NULL));
	for (size_t i = 0; i < audit_count; i++)
		VS_TRY(add_audit(db, &audits[i]));
	for (size_t i = 0; i < count; i++)
		VS_TRY(make_change(db, &changes[i], audits[changes[i].audit].index));
	return vs_store_commit(db);
}

vs_result
vs_store_keystore_apply(void *self, struct vs_keystore_change *changes, size_t count,
                        struct vs_keystore_audit *audits, size_t audit_count)
{
	struct vs_store_keystore *keystore = self;
	struct vs_store_db *db = &keystore->db;
	vs_result r;

	assert(changes != NULL && count > 0 && audits != NULL && audit_count > 0);
	for (size_t i = 0; i < count; i++)
		assert(changes[i].audit < audit_count);
	vs_store_keystore_lock(keystore);
	r = make_all(db, changes, count, audits, audit_count);
	if (r.code != VS_E_OK)
		vs_store_rollback(db);
	vs_store_keystore_unlock(keystore);
	return r;
}

vs_result
vs_store_keystore_used(void *self, int64_t key_id, int64_t seals, int64_t seq_floor)
{
	struct vs_store_keystore *keystore = self;
	const struct vs_store_value values[] = {NUMBER(seals), NUMBER(seq_floor), NUMBER(key_id)};
	vs_result r;

	vs_store_keystore_lock(keystore);
	r = run_on_one(&keystore->db, VS_QUERY_keys_key_used, values, COUNT(values));
	vs_store_keystore_unlock(keystore);
	return r.code == VS_E_CONFLICT ? VS_FAIL(NOT_FOUND) : r;
}

vs_result
vs_store_keystore_checkpoint(void *self)
{
	struct vs_store_keystore *keystore = self;
	vs_result r;

	vs_store_keystore_lock(keystore);
	r = vs_store_checkpoint(&keystore->db);
	vs_store_keystore_unlock(keystore);
	return r;
}

vs_result
vs_store_keystore_purge(void *self, int64_t at_ms, int64_t *count_out)
{
	struct vs_store_keystore *keystore = self;
	const struct vs_store_value value = vs_store_number(at_ms);
	vs_result r;

	vs_store_keystore_lock(keystore);
	r = vs_store_run_count(&keystore->db, VS_QUERY_keys_purge, &value, 1, count_out);
	vs_store_keystore_unlock(keystore);
	return r;
}
