/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: rows that say what is to be done and how far it is. Each step is one transaction. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "keys/inside.h"

static const struct {
	const char *kind;
	vs_result (*step)(struct vs_keys *keys, struct vs_keystore_job *job);
	bool has_lock; /* the step takes long outside of the keystore: it locks by itself */
} kinds[] = {
    {"rewrap", vs_keys_step_rewrap, true},
    {"rewrap-root", vs_keys_step_root, true},
    {"erase-device", vs_keys_step_erase_device, true},
    {"erase-tenant", vs_keys_step_erase_tenant, true},
    {"reencrypt", vs_keys_step_reencrypt, false},
};

void
vs_keys_job_begin(struct vs_keys_batch *batch, const char *kind, const char *subject,
                  struct vs_keystore_job *job)
{
	(void)snprintf(job->kind, sizeof(job->kind), "%s", kind);
	(void)snprintf(job->tenant, sizeof(job->tenant), "%s", batch->tenant);
	(void)snprintf(job->subject, sizeof(job->subject), "%s", subject);
	(void)snprintf(job->actor, sizeof(job->actor), "%s", batch->behalf->name);
	job->state = VS_KEYSTORE_JOB_RUNNING;
	job->started_ms = job->changed_ms = batch->now_ms;
	vs_keys_batch_change(batch, VS_KEYSTORE_JOB_ADD)->u.job = *job;
}

void
vs_keys_job_save(struct vs_keys_batch *batch, struct vs_keystore_job *job, const char *event)
{
	char detail[VS_KEYS_TEXT_SIZE];

	(void)snprintf(detail, sizeof(detail), "%lld of %lld", (long long)job->done,
	               (long long)job->total);
	job->changed_ms = batch->now_ms;
	vs_keys_batch_tell(batch, event[0] != '\0' ? event : "job.step", detail, "%s job #%lld",
	                   job->kind, (long long)job->job_id);
	vs_keys_batch_change(batch, VS_KEYSTORE_JOB_SAVE)->u.job = *job;
}

struct running {
	const char *kind, *tenant, *subject; /* NULL: any */
	struct vs_keystore_job *job;
	bool is_found;
};

/* The newest first: the last match is the oldest. */
static bool
look(const struct vs_keystore_job *job, void *arg)
{
	struct running *running = arg;

	if ((running->kind == NULL || strcmp(job->kind, running->kind) == 0) &&
	    (running->tenant == NULL || strcmp(job->tenant, running->tenant) == 0) &&
	    (running->subject == NULL || strcmp(job->subject, running->subject) == 0)) {
		*running->job = *job;
		running->is_found = true;
	}
	return true;
}

vs_result
vs_keys_job_running(struct vs_keys *keys, const char *kind, const char *tenant, const char *subject,
                    struct vs_keystore_job *job_out)
{
	const struct vs_keystore *store = keys->store;
	struct running running = {kind, tenant, subject, job_out, false};

	VS_TRY(store->jobs(store->self, true, INT64_MAX, VS_LIMIT_KEYS_JOBS, look, &running));
	return running.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

/* It will never succeed: what is stored is not what it is said to be, or does not exist. */
static bool
is_final(vs_result r)
{
	return r.code == VS_E_NOT_AUTHENTIC || r.code == VS_E_NOT_FOUND ||
	       r.code == VS_E_UNSUPPORTED || r.code == VS_E_NOT_NOW || r.code == VS_E_FORBIDDEN;
}

static vs_result
fail(struct vs_keys *keys, struct vs_keystore_job *job, vs_result why)
{
	struct vs_keys_batch batch;
	vs_result r;

	vs_keys_batch_init(&batch, keys, job->tenant, VS_CORE_BEHALF(job->actor));
	job->state = VS_KEYSTORE_JOB_FAILED;
	job->error = vs_err_code(why.code);
	vs_keys_job_save(&batch, job, "job.failed");
	r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	return r.code == VS_E_OK ? why : r;
}

static vs_result
step(struct vs_keys *keys, struct vs_keystore_job *job)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		vs_result r;

		if (strcmp(job->kind, kinds[i].kind) != 0)
			continue;
		if (kinds[i].has_lock)
			vs_keys_lock(keys);
		r = kinds[i].step(keys, job);
		if (is_final(r))
			r = fail(keys, job, r);
		if (kinds[i].has_lock)
			vs_keys_unlock(keys);
		return r;
	}
	return fail(keys, job, VS_FAIL(UNSUPPORTED));
}

vs_result
vs_keys_job_step(struct vs_keys *keys, bool *is_idle_out)
{
	struct vs_keystore_job job;
	vs_result r;

	assert(keys != NULL && is_idle_out != NULL);
	r = vs_keys_job_running(keys, NULL, NULL, NULL, &job);
	if (r.code == VS_E_NOT_FOUND) {
		*is_idle_out = true;
		return VS_OK;
	}
	VS_TRY(r);
	VS_TRY(step(keys, &job));
	*is_idle_out = false;
	return VS_OK;
}
