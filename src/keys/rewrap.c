/* SPDX-License-Identifier: Apache-2.0 */
/* New parents: of the keys of a tenant, of the tenants' KEKs, of what a data key has sealed. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "keys/inside.h"
#include "keys/share.h"

/* --- a tenant KEK ------------------------------------------------------------------------------
 */

static vs_result
rewrap_start(struct vs_keys *keys, const char *tenant, const struct vs_core_behalf *behalf,
             int64_t *job_id_out)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keystore_job job = {.job_id = 0};
	struct vs_keystore_change *change;
	struct vs_keystore_kek old, new = {.state = VS_KEYS_ACTIVE};
	struct vs_keys_batch batch;
	vs_result r;

	VS_TRY(store->kek(store->self, tenant, 0, &old));
	VS_TRY(store->count(store->self, tenant, old.kek.version, &job.total));
	VS_TRY(vs_keys_client_kek_new(keys->options.client, tenant, old.kek.version + 1, &new.kek));
	vs_keys_batch_init(&batch, keys, tenant, behalf);
	new.created_ms = new.state_ms = batch.now_ms;
	vs_keys_batch_tell(&batch, "kek.rotate", "", "kek %s #%u", tenant, new.kek.version);
	change = vs_keys_batch_change(&batch, VS_KEYSTORE_KEK_STEP);
	change->from = VS_KEYS_ACTIVE;
	change->u.kek = old;
	change->u.kek.state = VS_KEYS_DECRYPT_ONLY;
	change->u.kek.state_ms = batch.now_ms;
	vs_keys_batch_change(&batch, VS_KEYSTORE_KEK_ADD)->u.kek = new;
	vs_keys_batch_tell(&batch, "rewrap.begin", "", "kek %s #%u to #%u", tenant, old.kek.version,
	                   new.kek.version);
	job.from = old.kek.version;
	job.to = new.kek.version;
	vs_keys_job_begin(&batch, "rewrap", "", &job);
	r = vs_keys_batch_apply(&batch);
	if (r.code == VS_E_OK)
		*job_id_out = batch.changes[batch.count - 1].u.job.job_id;
	vs_keys_batch_done(&batch);
	return r;
}

vs_result
vs_keys_rewrap_begin(struct vs_keys *keys, const char *tenant, const struct vs_core_behalf *behalf,
                     int64_t *job_id_out)
{
	struct vs_keystore_job running;
	vs_result r = vs_keys_job_running(keys, "rewrap", tenant, "", &running);

	if (r.code == VS_E_NOT_FOUND)
		return rewrap_start(keys, tenant, behalf, job_id_out);
	if (r.code == VS_E_OK)
		*job_id_out = running.job_id;
	return r;
}

vs_result
vs_keys_kek_rotate(struct vs_keys *keys, const char *tenant, const struct vs_core_behalf *behalf,
                   int64_t *job_id_out)
{
	vs_result r;

	assert(keys != NULL && tenant != NULL && behalf != NULL && job_id_out != NULL);
	VS_TRY(vs_keys_tenant_check(tenant));
	vs_keys_lock(keys);
	r = vs_keys_rewrap_begin(keys, tenant, behalf, job_id_out);
	vs_keys_unlock(keys);
	return r;
}

struct portion {
	struct vs_keystore_key rows[VS_KEYS_REWRAP_MAX];
	char ids[VS_KEYS_REWRAP_MAX][VS_KEYS_ID_SIZE];
	struct vs_keys_name names[VS_KEYS_REWRAP_MAX];
	struct vs_keys_wrapped old[VS_KEYS_REWRAP_MAX], new[VS_KEYS_REWRAP_MAX];
	size_t count;
};

static bool
collect(const struct vs_keystore_key *row, void *arg)
{
	struct portion *portion = arg;
	size_t i = portion->count++;

	portion->rows[i] = *row;
	vs_keys_row_id(row, portion->ids[i]);
	portion->names[i] =
	    (struct vs_keys_name){portion->rows[i].kind, portion->ids[i], row->version};
	portion->old[i] = row->wrapped;
	return portion->count < VS_KEYS_REWRAP_MAX;
}

static vs_result
rewrap_portion(struct vs_keys *keys, struct vs_keystore_job *job, struct portion *portion)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keystore_kek from, to;
	struct vs_keys_batch batch;
	vs_result r;

	VS_TRY(store->kek(store->self, job->tenant, (uint32_t)job->from, &from));
	VS_TRY(store->kek(store->self, job->tenant, (uint32_t)job->to, &to));
	VS_TRY(vs_keys_client_key_rewrap(keys->options.client, &from.kek, &to.kek, portion->names,
	                                 portion->old, portion->count, portion->new));
	vs_keys_batch_init(&batch, keys, job->tenant, VS_CORE_BEHALF(job->actor));
	job->done += (int64_t)portion->count;
	job->cursor = portion->rows[portion->count - 1].key_id;
	vs_keys_job_save(&batch, job, "");
	for (size_t i = 0; i < portion->count; i++) {
		struct vs_keystore_change *change =
		    vs_keys_batch_change(&batch, VS_KEYSTORE_KEY_REWRAP);

		change->from_version = (uint32_t)job->from;
		change->u.key = portion->rows[i];
		change->u.key.kek_version = (uint32_t)job->to;
		change->u.key.wrapped = portion->new[i];
	}
	r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	return r;
}

static vs_result
rewrap_end(struct vs_keys *keys, struct vs_keystore_job *job)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keystore_change *change;
	struct vs_keystore_kek old;
	struct vs_keys_batch batch;
	vs_result r;

	VS_TRY(store->kek(store->self, job->tenant, (uint32_t)job->from, &old));
	vs_keys_batch_init(&batch, keys, job->tenant, VS_CORE_BEHALF(job->actor));
	vs_keys_batch_tell(&batch, "kek.destroy", "", "kek %s #%u", job->tenant, old.kek.version);
	change = vs_keys_batch_change(&batch, VS_KEYSTORE_KEK_STEP);
	change->from = old.state;
	change->u.kek = old;
	change->u.kek.state = VS_KEYS_DESTROYED;
	change->u.kek.state_ms = batch.now_ms;
	job->state = VS_KEYSTORE_JOB_DONE;
	vs_keys_job_save(&batch, job, "rewrap.end");
	r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	/* Nothing of the old KEK or of what it wrapped stays in the write-ahead log. */
	return r.code == VS_E_OK ? store->checkpoint(store->self) : r;
}

/* What is under the old version is what is left to do, whatever the job's row says. */
vs_result
vs_keys_step_rewrap(struct vs_keys *keys, struct vs_keystore_job *job)
{
	const struct vs_keystore *store = keys->store;
	const struct vs_keystore_query query = {.list = VS_KEYSTORE_OF_KEK,
	                                        .tenant = job->tenant,
	                                        .kek_version = (uint32_t)job->from,
	                                        .limit = VS_KEYS_REWRAP_MAX};
	struct portion *portion = calloc(1, sizeof(*portion));
	vs_result r;

	if (portion == NULL)
		return VS_FAIL(NO_MEMORY);
	r = store->keys(store->self, &query, collect, portion);
	if (r.code == VS_E_OK)
		r = portion->count > 0 ? rewrap_portion(keys, job, portion) : rewrap_end(keys, job);
	free(portion);
	return r;
}

/* --- the root KEK ------------------------------------------------------------------------------
 */

#define KEKS_MAX      64u
#define ROOT_FILE_MAX 8192u

struct kek_walk {
	const char *root_id;
	struct vs_keystore_kek rows[KEKS_MAX];
	size_t count;
	int64_t left;
};

static bool
collect_kek(const struct vs_keystore_kek *row, void *arg)
{
	struct kek_walk *walk = arg;

	if (row->state == VS_KEYS_DESTROYED || strcmp(row->kek.root_id, walk->root_id) == 0)
		return true;
	walk->left++;
	if (walk->count < KEKS_MAX)
		walk->rows[walk->count++] = *row;
	return true;
}

static vs_result
walk_keks(struct vs_keys *keys, struct kek_walk *walk)
{
	const struct vs_keystore *store = keys->store;

	walk->root_id = keys->root_id;
	return store->keks(store->self, "", 0, SIZE_MAX >> 1, collect_kek, walk);
}

/* A previous one that is there still came with the start, or from a rotation that was cut off: then
 * this one goes on. */
static vs_result
root_renew(struct vs_keys *keys)
{
	char root_id[VS_KEYS_ROOT_ID_SIZE];
	struct vs_keys_status status;

	VS_TRY(vs_keys_client_status(keys->options.client, &status));
	if (status.previous_root_id[0] == '\0' && keys->nodes.have_root != NULL)
		return VS_FAIL(NOT_NOW);
	if (status.previous_root_id[0] == '\0')
		VS_TRY(vs_keys_client_root_rotate(keys->options.client, root_id));
	return vs_keys_root_learn(keys);
}

/* Several nodes: from here on nothing that all read is under the old one, so each must have the new
 * one; who is not running and has it not is refused at its start. */
static vs_result
root_move(struct vs_keys *keys, const struct vs_core_behalf *behalf)
{
	const struct vs_keys_nodes *nodes = &keys->nodes;
	struct vs_keys_share share = {
	    .keystore = keys->store, .client = keys->options.client, .now_ms = vs_keys_now(keys)};
	char node[VS_KEYS_NODE_SIZE] = "";
	struct vs_buf text;
	vs_result r;

	if (nodes->have_root == NULL)
		return VS_OK;
	r = nodes->have_root(nodes->self, keys->root_id, node);
	if (r.code == VS_E_ROOT_BEHIND)
		VS_LOG(WARN, "root.node_behind", vs_bytes_from_text(node),
		       VS_LOG_STR("root", keys->root_id), VS_LOG_ERR(r));
	VS_TRY(r);
	vs_buf_init(&text, ROOT_FILE_MAX);
	r = nodes->root_file(nodes->self, &text);
	share.root = vs_buf_view(&text);
	if (r.code == VS_E_OK)
		r = vs_keys_share_write(&share, true, behalf->name);
	vs_buf_done(&text);
	return r;
}

static vs_result
root_start(struct vs_keys *keys, const struct vs_core_behalf *behalf, int64_t *job_id_out)
{
	struct kek_walk *walk = calloc(1, sizeof(*walk));
	struct vs_keystore_job job = {.job_id = 0};
	struct vs_keys_batch batch;
	vs_result r;

	if (walk == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_keys_batch_init(&batch, keys, "", behalf);
	r = root_renew(keys);
	if (r.code == VS_E_OK)
		r = root_move(keys, behalf);
	if (r.code == VS_E_OK)
		r = walk_keks(keys, walk);
	if (r.code == VS_E_OK) {
		job.total = walk->left;
		vs_keys_batch_tell(&batch, "rewrap.begin", "", "root %s", keys->root_id);
		vs_keys_job_begin(&batch, "rewrap-root", "", &job);
		r = vs_keys_batch_apply(&batch);
	}
	if (r.code == VS_E_OK)
		*job_id_out = batch.changes[0].u.job.job_id;
	vs_keys_batch_done(&batch);
	free(walk);
	return r;
}

vs_result
vs_keys_root_rewrap(struct vs_keys *keys, const struct vs_core_behalf *behalf, int64_t *job_id_out)
{
	struct vs_keystore_job running;
	vs_result r;

	assert(keys != NULL && behalf != NULL && job_id_out != NULL);
	vs_keys_lock(keys);
	r = vs_keys_job_running(keys, "rewrap-root", "", "", &running);
	if (r.code == VS_E_NOT_FOUND)
		r = root_start(keys, behalf, job_id_out);
	else if (r.code == VS_E_OK)
		*job_id_out = running.job_id;
	vs_keys_unlock(keys);
	return r;
}

static vs_result
root_portion(struct vs_keys *keys, struct vs_keystore_job *job, const struct kek_walk *walk)
{
	struct vs_keys_batch batch;
	vs_result r = VS_OK;

	vs_keys_batch_init(&batch, keys, "", VS_CORE_BEHALF(job->actor));
	job->done += (int64_t)walk->count;
	vs_keys_job_save(&batch, job, "");
	for (size_t i = 0; i < walk->count && r.code == VS_E_OK; i++) {
		struct vs_keystore_change *change;

		vs_keys_batch_tell(&batch, "kek.rewrap", "", "kek %s #%u", walk->rows[i].kek.tenant,
		                   walk->rows[i].kek.version);
		change = vs_keys_batch_change(&batch, VS_KEYSTORE_KEK_REWRAP);
		change->u.kek = walk->rows[i];
		r = vs_keys_client_kek_rewrap(keys->options.client, &walk->rows[i].kek,
		                              &change->u.kek.kek);
	}
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	return r;
}

static bool
retire_root(const struct vs_keystore_root *root, void *arg)
{
	struct vs_keys_batch *batch = arg;
	struct vs_keystore_change *change;

	if (root->state != VS_KEYS_DECRYPT_ONLY)
		return true;
	vs_keys_batch_tell(batch, "root.retire", "", "root %s", root->root_id);
	change = vs_keys_batch_change(batch, VS_KEYSTORE_ROOT_STEP);
	change->from = root->state;
	change->u.root = *root;
	change->u.root.state = VS_KEYS_DESTROYED;
	change->u.root.retired_ms = batch->now_ms;
	return true;
}

/* Another node that had not read of the move may have made a tenant KEK under the old one since.
 * With the lock, which is given up while it waits. */
static vs_result
walk_again(struct vs_keys *keys, struct kek_walk *walk)
{
	vs_result r;

	if (keys->nodes.wait == NULL)
		return VS_OK;
	vs_keys_unlock(keys);
	r = keys->nodes.wait(keys->nodes.self);
	vs_keys_lock(keys);
	walk->count = 0;
	walk->left = 0;
	return r.code == VS_E_OK ? walk_keks(keys, walk) : r;
}

/* Destroyed first, said afterwards: cut off in between, the job ends again and finds none. */
static vs_result
root_end(struct vs_keys *keys, struct vs_keystore_job *job)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keys_batch batch;
	vs_result r;

	VS_TRY(store->checkpoint(store->self));
	r = vs_keys_client_root_retire(keys->options.client);
	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		return r;
	vs_keys_batch_init(&batch, keys, "", VS_CORE_BEHALF(job->actor));
	r = store->roots(store->self, retire_root, &batch);
	job->state = VS_KEYSTORE_JOB_DONE;
	vs_keys_job_save(&batch, job, "rewrap.end");
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	return r.code == VS_E_OK ? store->checkpoint(store->self) : r;
}

vs_result
vs_keys_step_root(struct vs_keys *keys, struct vs_keystore_job *job)
{
	struct kek_walk *walk = calloc(1, sizeof(*walk));
	vs_result r;

	if (walk == NULL)
		return VS_FAIL(NO_MEMORY);
	r = walk_keks(keys, walk);
	if (r.code == VS_E_OK && walk->count == 0)
		r = walk_again(keys, walk);
	if (r.code == VS_E_OK)
		r = walk->count > 0 ? root_portion(keys, job, walk) : root_end(keys, job);
	free(walk);
	return r;
}
