/* SPDX-License-Identifier: Apache-2.0 */
/* A data key is followed by another one of the same month, and what it sealed is sealed anew. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "keys/inside.h"

static vs_result
start(struct vs_keys *keys, struct vs_keystore_key *row, const char *subject,
      const struct vs_core_behalf *behalf, int64_t *job_id_out)
{
	struct vs_keystore_job job = {.from = row->key_id};
	uint8_t key[VS_KEYS_KEY_SIZE];
	struct vs_keystore_key next;
	struct vs_keys_batch batch;
	vs_result r;

	vs_keys_batch_init(&batch, keys, row->tenant, behalf);
	r = VS_OK;
	/* One that was followed already (its seals ran out) only has its data moved. */
	if (row->state == VS_KEYS_ACTIVE) {
		r = vs_keys_row_next(keys, row->tenant, row->kind, row->owner, row->period, &next);
		if (r.code == VS_E_OK)
			r = vs_keys_row_generate(keys, &next, key);
		explicit_bzero(key, sizeof(key));
		row->until_ms = INT64_MAX;
		if (r.code == VS_E_OK)
			r = vs_keys_batch_step(&batch, row, VS_KEYS_ROTATE, "");
		vs_keys_batch_tell(&batch, "key.create", "", "dek %s/%s #%u", next.owner,
		                   next.period, next.version);
		vs_keys_batch_change(&batch, VS_KEYSTORE_KEY_ADD)->u.key = next;
	}
	vs_keys_batch_tell(&batch, "reencrypt.begin", "", "dek %s", subject);
	vs_keys_job_begin(&batch, "reencrypt", subject, &job);
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	if (r.code == VS_E_OK)
		*job_id_out = batch.changes[batch.count - 1].u.job.job_id;
	vs_keys_batch_done(&batch);
	vs_keys_cache_clear(keys->cache);
	return r;
}

static vs_result
rotate(struct vs_keys *keys, const char *tenant, uint32_t dek_id,
       const struct vs_core_behalf *behalf, int64_t *job_id_out)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keystore_job running;
	struct vs_keystore_key row;
	char subject[16];
	vs_result r;

	VS_TRY(store->key(store->self, dek_id, &row));
	if (strcmp(row.tenant, tenant) != 0 || strcmp(row.kind, "dek") != 0)
		return VS_FAIL(NOT_FOUND);
	if (row.state != VS_KEYS_ACTIVE && row.state != VS_KEYS_DECRYPT_ONLY)
		return VS_FAIL(NOT_NOW);
	(void)snprintf(subject, sizeof(subject), "%u", dek_id);
	r = vs_keys_job_running(keys, "reencrypt", tenant, subject, &running);
	if (r.code == VS_E_NOT_FOUND)
		return start(keys, &row, subject, behalf, job_id_out);
	if (r.code == VS_E_OK)
		*job_id_out = running.job_id;
	return r;
}

vs_result
vs_keys_dek_rotate(struct vs_keys *keys, const char *tenant, uint32_t dek_id,
                   const struct vs_core_behalf *behalf, int64_t *job_id_out)
{
	vs_result r;

	assert(keys != NULL && tenant != NULL && behalf != NULL && job_id_out != NULL);
	VS_TRY(vs_keys_tenant_check(tenant));
	if (keys->reencrypt.step == NULL)
		return VS_FAIL(UNSUPPORTED);
	vs_keys_lock(keys);
	r = rotate(keys, tenant, dek_id, behalf, job_id_out);
	vs_keys_unlock(keys);
	return r;
}

static vs_result
save(struct vs_keys *keys, struct vs_keystore_job *job, bool is_over)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keystore_key row;
	struct vs_keys_batch batch;
	vs_result r = VS_OK;

	vs_keys_batch_init(&batch, keys, job->tenant, VS_CORE_BEHALF(job->actor));
	if (is_over) {
		r = store->key(store->self, job->from, &row);
		if (r.code == VS_E_OK)
			r = vs_keys_batch_step(&batch, &row, VS_KEYS_DESTROY, "sealed anew");
		job->state = VS_KEYSTORE_JOB_DONE;
	}
	vs_keys_job_save(&batch, job, is_over ? "reencrypt.end" : "");
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	if (r.code == VS_E_OK && is_over)
		vs_keys_tell(keys, &(struct vs_keys_news){.what = VS_KEYS_NEWS_DESTROYED,
		                                          .tenant = row.tenant,
		                                          .kind = row.kind,
		                                          .subject = row.owner,
		                                          .epoch = row.version});
	return r;
}

/* The port seals with the keys of the service: it is called without the lock. */
vs_result
vs_keys_step_reencrypt(struct vs_keys *keys, struct vs_keystore_job *job)
{
	const struct vs_keys_reencrypt *port = &keys->reencrypt;
	bool is_over = false;
	size_t count = 0;
	vs_result r;

	if (port->step == NULL)
		return VS_FAIL(AGAIN);
	VS_TRY(port->step(port->self, job->tenant, (uint32_t)job->from, &job->cursor,
	                  VS_KEYS_REWRAP_MAX, &count, &is_over));
	job->done += (int64_t)count;
	vs_keys_lock(keys);
	r = save(keys, job, is_over);
	vs_keys_unlock(keys);
	return r;
}
