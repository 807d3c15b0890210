/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crypto-erasure (doc/protocol/keys.md, Erasure). The first transaction says that it has begun, for
 * whom and why, and leaves the tombstone; from then on it goes to its end, over restarts.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/inside.h"

#define FLOOR_JUMP (INT64_C(1) << 20) /* more messages than a copy of the keystore may be old */

enum { PHASE_DESTROY, PHASE_FLUSH, PHASE_REWRAP, PHASE_WAIT };

static vs_result
begin(struct vs_keys *keys, const char *kind, const char *tenant, const char *device,
      const struct vs_core_behalf *behalf, int64_t *job_id_out)
{
	const char *what = device[0] != '\0' ? "device" : "tenant";
	const char *whom = device[0] != '\0' ? device : tenant;
	struct vs_keystore_job job = {.phase = PHASE_DESTROY};
	struct vs_keystore_revocation *revocation;
	struct vs_keystore_tombstone *tombstone;
	struct vs_keys_batch batch;
	vs_result r;

	vs_keys_batch_init(&batch, keys, tenant, behalf);
	vs_keys_batch_tell(&batch, "erase.begin", "", "%s %s", what, whom);
	vs_keys_job_begin(&batch, kind, device, &job);
	tombstone = &vs_keys_batch_change(&batch, VS_KEYSTORE_TOMBSTONE_ADD)->u.tombstone;
	(void)snprintf(tombstone->tenant, sizeof(tombstone->tenant), "%s", tenant);
	(void)snprintf(tombstone->kind, sizeof(tombstone->kind), "%s", what);
	(void)snprintf(tombstone->owner, sizeof(tombstone->owner), "%s", device);
	tombstone->at_ms = batch.now_ms;
	revocation = &vs_keys_batch_change(&batch, VS_KEYSTORE_REVOCATION_ADD)->u.revocation;
	(void)snprintf(revocation->tenant, sizeof(revocation->tenant), "%s", tenant);
	(void)snprintf(revocation->kind, sizeof(revocation->kind), "%s", what);
	(void)snprintf(revocation->subject, sizeof(revocation->subject), "%s", whom);
	(void)snprintf(revocation->reason, sizeof(revocation->reason), "erased");
	revocation->at_ms = batch.now_ms;
	r = vs_keys_batch_apply(&batch);
	if (r.code == VS_E_OK)
		*job_id_out = batch.changes[0].u.job.job_id;
	if (r.code == VS_E_OK)
		vs_keys_tell(keys,
		             &(struct vs_keys_news){.what = VS_KEYS_NEWS_REVOKED,
		                                    .rev_no = batch.changes[2].u.revocation.rev_no,
		                                    .tenant = tenant,
		                                    .kind = what,
		                                    .subject = device});
	vs_keys_batch_done(&batch);
	return r;
}

static bool
find_usable(const struct vs_keystore_key *row, void *arg)
{
	bool *is_found = arg;

	*is_found = row->state != VS_KEYS_DESTROYED;
	return !*is_found;
}

/* A name that was mistyped is not reported as erased. */
static vs_result
begin_device(struct vs_keys *keys, const char *tenant, const char *device,
             const struct vs_core_behalf *behalf, int64_t *job_id_out)
{
	const struct vs_keystore_query query = {.list = VS_KEYSTORE_OF_OWNER,
	                                        .tenant = tenant,
	                                        .owner = device,
	                                        .limit = SIZE_MAX >> 1};
	bool is_found = false;

	VS_TRY(keys->store->keys(keys->store->self, &query, find_usable, &is_found));
	if (!is_found)
		return VS_FAIL(NOT_FOUND);
	return begin(keys, "erase-device", tenant, device, behalf, job_id_out);
}

static vs_result
begin_or_find(struct vs_keys *keys, const char *kind, const char *tenant, const char *device,
              const struct vs_core_behalf *behalf, int64_t *job_id_out)
{
	struct vs_keystore_job running;
	vs_result r;

	vs_keys_lock(keys);
	r = vs_keys_job_running(keys, kind, tenant, device, &running);
	if (r.code == VS_E_NOT_FOUND)
		r = device[0] != '\0' ? begin_device(keys, tenant, device, behalf, job_id_out)
		                      : begin(keys, kind, tenant, device, behalf, job_id_out);
	else if (r.code == VS_E_OK)
		*job_id_out = running.job_id;
	vs_keys_unlock(keys);
	return r;
}

vs_result
vs_keys_erase_device(struct vs_keys *keys, const char *tenant, const char *device,
                     const struct vs_core_behalf *behalf, int64_t *job_id_out)
{
	assert(keys != NULL && tenant != NULL && device != NULL && job_id_out != NULL);
	VS_TRY(vs_keys_tenant_check(tenant));
	VS_TRY(vs_keys_owner_check(device));
	return begin_or_find(keys, "erase-device", tenant, device, behalf, job_id_out);
}

vs_result
vs_keys_erase_tenant(struct vs_keys *keys, const char *tenant, const struct vs_core_behalf *behalf,
                     int64_t *job_id_out)
{
	assert(keys != NULL && tenant != NULL && behalf != NULL && job_id_out != NULL);
	VS_TRY(vs_keys_tenant_check(tenant));
	return begin_or_find(keys, "erase-tenant", tenant, "", behalf, job_id_out);
}

/* --- destroying ------------------------------------------------------------------------------ */

struct doomed {
	struct vs_keys_batch *batch;
	int64_t made_before_ms;
	int64_t last; /* key_id that was looked at */
	size_t count, seen;
	vs_result r;
};

/* What was made after the erasure began belongs to a device that came back. */
static bool
doom(const struct vs_keystore_key *row, void *arg)
{
	struct doomed *doomed = arg;
	struct vs_keystore_key key = *row;

	doomed->seen++;
	doomed->last = row->key_id;
	if (row->state == VS_KEYS_DESTROYED || row->created_ms > doomed->made_before_ms)
		return true;
	doomed->r = vs_keys_batch_step(doomed->batch, &key, VS_KEYS_ERASE, "");
	doomed->count++;
	return doomed->r.code == VS_E_OK;
}

static vs_result
destroy_some(struct vs_keys *keys, struct vs_keystore_job *job, enum vs_keystore_list list)
{
	const struct vs_keystore *store = keys->store;
	const struct vs_keystore_query query = {.list = list,
	                                        .tenant = job->tenant,
	                                        .owner = job->subject,
	                                        .after = job->cursor,
	                                        .limit = VS_KEYS_REWRAP_MAX};
	struct vs_keys_batch batch;
	struct doomed doomed = {.batch = &batch, .made_before_ms = job->started_ms, .r = VS_OK};
	vs_result r;

	vs_keys_batch_init(&batch, keys, job->tenant, VS_CORE_BEHALF(job->actor));
	r = store->keys(store->self, &query, doom, &doomed);
	if (r.code == VS_E_OK)
		r = doomed.r;
	job->done += (int64_t)doomed.count;
	job->total = job->done;
	job->cursor = doomed.last;
	if (doomed.seen < VS_KEYS_REWRAP_MAX)
		job->phase = PHASE_FLUSH;
	vs_keys_job_save(&batch, job, "");
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	return r;
}

static vs_result
save(struct vs_keys *keys, struct vs_keystore_job *job, const char *event)
{
	struct vs_keys_batch batch;
	vs_result r;

	vs_keys_batch_init(&batch, keys, job->tenant, VS_CORE_BEHALF(job->actor));
	vs_keys_job_save(&batch, job, event);
	r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	return r;
}

static void
tell_destroyed(struct vs_keys *keys, const struct vs_keystore_job *job)
{
	vs_keys_tell(keys,
	             &(struct vs_keys_news){.what = VS_KEYS_NEWS_DESTROYED,
	                                    .tenant = job->tenant,
	                                    .kind = job->subject[0] != '\0' ? "device" : "tenant",
	                                    .subject = job->subject});
}

/* The rewrap that runs may have wrapped what is now destroyed under its new KEK: wait for its end,
 * then begin another one. */
static vs_result
begin_rewrap(struct vs_keys *keys, struct vs_keystore_job *job)
{
	struct vs_keystore_job running;
	vs_result r = vs_keys_job_running(keys, "rewrap", job->tenant, "", &running);

	if (r.code == VS_E_OK)
		return vs_keys_step_rewrap(keys, &running);
	if (r.code != VS_E_NOT_FOUND)
		return r;
	r = vs_keys_rewrap_begin(keys, job->tenant, VS_CORE_BEHALF(job->actor), &job->to);
	if (r.code == VS_E_NOT_FOUND) { /* the tenant never had a key */
		job->state = VS_KEYSTORE_JOB_DONE;
		return save(keys, job, "erase.done");
	}
	VS_TRY(r);
	job->phase = PHASE_WAIT;
	return save(keys, job, "");
}

static vs_result
wait_for_rewrap(struct vs_keys *keys, struct vs_keystore_job *job)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keystore_job rewrap;

	VS_TRY(store->job(store->self, job->to, &rewrap));
	if (rewrap.state == VS_KEYSTORE_JOB_RUNNING)
		return vs_keys_step_rewrap(keys, &rewrap);
	job->state = rewrap.state;
	job->error = rewrap.error;
	return save(keys, job, job->state == VS_KEYSTORE_JOB_DONE ? "erase.done" : "erase.failed");
}

vs_result
vs_keys_step_erase_device(struct vs_keys *keys, struct vs_keystore_job *job)
{
	const struct vs_keystore *store = keys->store;

	switch (job->phase) {
	case PHASE_DESTROY:
		return destroy_some(keys, job, VS_KEYSTORE_OF_OWNER);
	case PHASE_FLUSH:
		VS_TRY(store->checkpoint(store->self));
		tell_destroyed(keys, job);
		job->phase = PHASE_REWRAP;
		return save(keys, job, "");
	case PHASE_REWRAP:
		return begin_rewrap(keys, job);
	default:
		return wait_for_rewrap(keys, job);
	}
}

/* --- a tenant -------------------------------------------------------------------------------- */

struct doomed_keks {
	struct vs_keys_batch *batch;
	const char *tenant;
};

static bool
doom_kek(const struct vs_keystore_kek *row, void *arg)
{
	struct doomed_keks *doomed = arg;
	struct vs_keystore_change *change;

	if (strcmp(row->kek.tenant, doomed->tenant) != 0)
		return false;
	if (row->state == VS_KEYS_DESTROYED)
		return true;
	vs_keys_batch_tell(doomed->batch, "kek.destroy", "", "kek %s #%u", row->kek.tenant,
	                   row->kek.version);
	change = vs_keys_batch_change(doomed->batch, VS_KEYSTORE_KEK_STEP);
	change->from = row->state;
	change->u.kek = *row;
	change->u.kek.state = VS_KEYS_DESTROYED;
	change->u.kek.state_ms = doomed->batch->now_ms;
	return true;
}

/* The last key of a tenant is destroyed, then its KEKs. A rewrap that runs ends with them. */
static vs_result
destroy_keks(struct vs_keys *keys, struct vs_keystore_job *job)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keystore_job rewrap;
	struct vs_keys_batch batch;
	struct doomed_keks doomed = {&batch, job->tenant};
	vs_result r;

	vs_keys_batch_init(&batch, keys, job->tenant, VS_CORE_BEHALF(job->actor));
	r = store->keks(store->self, job->tenant, 0, SIZE_MAX >> 1, doom_kek, &doomed);
	if (r.code == VS_E_OK) {
		r = vs_keys_job_running(keys, "rewrap", job->tenant, "", &rewrap);
		if (r.code == VS_E_OK) {
			rewrap.state = VS_KEYSTORE_JOB_DONE;
			vs_keys_job_save(&batch, &rewrap, "rewrap.end");
		} else if (r.code == VS_E_NOT_FOUND) {
			r = VS_OK;
		}
	}
	job->phase = PHASE_REWRAP;
	vs_keys_job_save(&batch, job, "");
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	return r;
}

vs_result
vs_keys_step_erase_tenant(struct vs_keys *keys, struct vs_keystore_job *job)
{
	const struct vs_keystore *store = keys->store;

	switch (job->phase) {
	case PHASE_DESTROY:
		return destroy_some(keys, job, VS_KEYSTORE_OF_TENANT);
	case PHASE_FLUSH:
		return destroy_keks(keys, job);
	default:
		VS_TRY(store->checkpoint(store->self));
		tell_destroyed(keys, job);
		job->state = VS_KEYSTORE_JOB_DONE;
		return save(keys, job, "erase.done");
	}
}

/* --- copies ---------------------------------------------------------------------------------- */

struct revenant {
	const struct vs_keystore_tombstone *tombstone;
	struct vs_keys_batch *batch;
	size_t count, seen;
	int64_t last;
	vs_result r;
};

static bool
is_of(const struct vs_keystore_tombstone *stone, const struct vs_keystore_key *row)
{
	if (row->created_ms > stone->at_ms)
		return false;
	if (strcmp(stone->kind, "tenant") == 0 || strcmp(stone->kind, "device") == 0)
		return true;
	return strcmp(stone->kind, row->kind) == 0 && strcmp(stone->period, row->period) == 0 &&
	       (stone->version == 0 || stone->version == row->version);
}

static bool
erase_again(const struct vs_keystore_key *row, void *arg)
{
	struct revenant *revenant = arg;
	struct vs_keystore_key key = *row;

	revenant->seen++;
	revenant->last = row->key_id;
	if (row->state == VS_KEYS_DESTROYED || !is_of(revenant->tombstone, row))
		return true;
	revenant->r = vs_keys_batch_step(revenant->batch, &key, VS_KEYS_ERASE, "restored copy");
	revenant->count++;
	return revenant->r.code == VS_E_OK;
}

static vs_result
replay_one(struct vs_keys *keys, const struct vs_keystore_tombstone *stone, size_t *erased)
{
	const struct vs_keystore *store = keys->store;
	bool is_tenant = strcmp(stone->kind, "tenant") == 0;
	struct revenant revenant = {.tombstone = stone, .r = VS_OK};

	do {
		const struct vs_keystore_query query = {.list = is_tenant ? VS_KEYSTORE_OF_TENANT
		                                                          : VS_KEYSTORE_OF_OWNER,
		                                        .tenant = stone->tenant,
		                                        .owner = stone->owner,
		                                        .after = revenant.last,
		                                        .limit = VS_KEYS_REWRAP_MAX};
		struct vs_keys_batch batch;
		vs_result r;

		vs_keys_batch_init(&batch, keys, stone->tenant, VS_CORE_BEHALF("restore"));
		revenant.batch = &batch;
		revenant.seen = 0;
		r = store->keys(store->self, &query, erase_again, &revenant);
		if (r.code == VS_E_OK)
			r = revenant.r;
		if (r.code == VS_E_OK && batch.count == 0)
			vs_keys_batch_tell(&batch, "restore.checked", "", "%s %s", stone->kind,
			                   stone->owner);
		vs_keys_batch_change(&batch, VS_KEYSTORE_TOMBSTONE_ADD)->u.tombstone = *stone;
		if (r.code == VS_E_OK)
			r = vs_keys_batch_apply(&batch);
		vs_keys_batch_done(&batch);
		VS_TRY(r);
	} while (revenant.seen == VS_KEYS_REWRAP_MAX);
	*erased += revenant.count;
	return VS_OK;
}

struct floors {
	struct vs_keystore_key rows[VS_KEYS_REWRAP_MAX];
	size_t count;
};

static bool
collect(const struct vs_keystore_key *row, void *arg)
{
	struct floors *floors = arg;

	floors->rows[floors->count++] = *row;
	return floors->count < VS_KEYS_REWRAP_MAX;
}

static vs_result
raise_floors(struct vs_keys *keys)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keystore_query query = {.list = VS_KEYSTORE_DEVICES, .limit = VS_KEYS_REWRAP_MAX};
	struct floors *floors = calloc(1, sizeof(*floors));
	vs_result r = floors != NULL ? VS_OK : VS_FAIL(NO_MEMORY);

	while (r.code == VS_E_OK) {
		floors->count = 0;
		r = store->keys(store->self, &query, collect, floors);
		for (size_t i = 0; i < floors->count && r.code == VS_E_OK; i++)
			r = store->used(store->self, floors->rows[i].key_id, 0,
			                floors->rows[i].seq_floor + FLOOR_JUMP);
		if (r.code != VS_E_OK || floors->count < VS_KEYS_REWRAP_MAX)
			break;
		query.after = floors->rows[floors->count - 1].key_id;
	}
	free(floors);
	return r;
}

vs_result
vs_keys_restore_check(struct vs_keys *keys, const struct vs_keystore_tombstone *tombstones,
                      size_t count, size_t *erased_out)
{
	const struct vs_keystore *store;
	size_t erased = 0;
	vs_result r;

	assert(keys != NULL && (tombstones != NULL || count == 0) && erased_out != NULL);
	store = keys->store;
	vs_keys_lock(keys);
	r = raise_floors(keys);
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++)
		r = replay_one(keys, &tombstones[i], &erased);
	if (r.code == VS_E_OK)
		r = store->checkpoint(store->self);
	vs_keys_cache_clear(keys->cache);
	vs_keys_unlock(keys);
	if (r.code == VS_E_OK)
		*erased_out = erased;
	return r;
}
