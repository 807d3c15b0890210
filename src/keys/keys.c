/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keys.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/inside.h"

void
vs_keys_lock(struct vs_keys *keys)
{
	int error = pthread_mutex_lock(&keys->lock);

	assert(error == 0);
	(void)error;
}

void
vs_keys_unlock(struct vs_keys *keys)
{
	(void)pthread_mutex_unlock(&keys->lock);
}

int64_t
vs_keys_now(const struct vs_keys *keys)
{
	return keys->options.now_ms();
}

/* --- the root KEK: the same one as last time, or its successor -------------------------------- */

struct known_roots {
	size_t count;
	bool is_current_active, is_current_old;
	char active[VS_KEYS_ROOT_ID_SIZE];
	const char *current;
};

static bool
look_at_root(const struct vs_keystore_root *root, void *arg)
{
	struct known_roots *known = arg;

	known->count++;
	if (root->state == VS_KEYS_DECRYPT_ONLY && strcmp(root->root_id, known->current) == 0)
		known->is_current_old = true;
	if (root->state == VS_KEYS_ACTIVE) {
		memcpy(known->active, root->root_id, sizeof(known->active));
		known->is_current_active = strcmp(root->root_id, known->current) == 0;
	}
	return true;
}

static vs_result
add_root(struct vs_keys *keys, const struct vs_keys_status *status, const char *old)
{
	struct vs_keystore_change *change;
	struct vs_keystore_root *root;
	struct vs_keys_batch batch;
	vs_result r;

	vs_keys_batch_init(&batch, keys, "", VS_CORE_BEHALF("keys"));
	if (old[0] != '\0') {
		vs_keys_batch_tell(&batch, "root.rotate", "", "root %s", old);
		change = vs_keys_batch_change(&batch, VS_KEYSTORE_ROOT_STEP);
		change->from = VS_KEYS_ACTIVE;
		change->u.root.state = VS_KEYS_DECRYPT_ONLY;
		change->u.root.retired_ms = VS_KEYS_NEVER;
		(void)snprintf(change->u.root.root_id, sizeof(change->u.root.root_id), "%s", old);
	}
	vs_keys_batch_tell(&batch, "root.register", status->provider, "root %s", status->root_id);
	root = &vs_keys_batch_change(&batch, VS_KEYSTORE_ROOT_ADD)->u.root;
	memcpy(root->root_id, status->root_id, sizeof(root->root_id));
	memcpy(root->provider, status->provider, sizeof(root->provider));
	root->state = VS_KEYS_ACTIVE;
	root->created_ms = batch.now_ms;
	root->retired_ms = VS_KEYS_NEVER;
	r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	return r;
}

static bool
has_nodes(const struct vs_keys *keys)
{
	struct vs_keystore_vault row;
	struct vs_buf sealed;
	vs_result r;

	vs_buf_init(&sealed, VS_KEYSTORE_VAULT_SIZE);
	r = keys->store->vault(keys->store->self, &sealed, NULL, &row);
	vs_buf_done(&sealed);
	return r.code == VS_E_OK;
}

vs_result
vs_keys_root_learn(struct vs_keys *keys)
{
	const struct vs_keystore *store = keys->store;
	struct known_roots known = {.count = 0};
	struct vs_keys_status status;

	VS_TRY(vs_keys_client_status(keys->options.client, &status));
	known.current = status.root_id;
	VS_TRY(store->roots(store->self, look_at_root, &known));
	memcpy(keys->root_id, status.root_id, sizeof(keys->root_id));
	if (known.is_current_active)
		return VS_OK;
	/* What hangs on the old root can still be unwrapped, and is rewrapped by a job. */
	if (known.count == 0 || strcmp(known.active, status.previous_root_id) == 0)
		return add_root(keys, &status, known.active);
	/* Another node has a new one, under which nothing is that nodes share: else this one would
	 * not have come so far (keys/shared.h). */
	return known.is_current_old && has_nodes(keys) ? VS_OK : VS_FAIL(CONFIG);
}

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

static void
default_to(int64_t *time_ms, int64_t value_ms)
{
	if (*time_ms == 0)
		*time_ms = value_ms;
}

static void
fill_times(struct vs_keys_times *times)
{
	static const int64_t periods[VS_KEYS_CHANS] = {DAY_MS, 365 * DAY_MS, 365 * DAY_MS};
	static const int64_t overlaps[VS_KEYS_CHANS] = {72 * HOUR_MS, DAY_MS, 30 * DAY_MS};

	for (unsigned i = 0; i < VS_KEYS_CHANS; i++) {
		default_to(&times->period_ms[i], periods[i]);
		default_to(&times->overlap_ms[i], overlaps[i]);
	}
	default_to(&times->offer_ms, HOUR_MS / 6);
	default_to(&times->kek_period_ms, 90 * DAY_MS);
	default_to(&times->shred_ms, 30 * DAY_MS);
}

/* The first root KEK and when it came: it stays in the table. */
static bool
name_after_root(const struct vs_keystore_root *root, void *arg)
{
	struct vs_keys *keys = arg;

	(void)snprintf(keys->identity, sizeof(keys->identity), "%s:%lld", root->root_id,
	               (long long)root->created_ms);
	return false;
}

vs_result
vs_keys_new(const struct vs_keys_options *options, struct vs_keys **keys_out)
{
	struct vs_keys *keys;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(options != NULL && options->store != NULL && options->client != NULL);
	assert(options->now_ms != NULL && keys_out != NULL);
	keys = calloc(1, sizeof(*keys));
	if (keys == NULL)
		goto out;
	keys->options = *options;
	keys->store = options->store;
	fill_times(&keys->options.times);
	keys->has_lock = pthread_mutex_init(&keys->lock, NULL) == 0;
	if (!keys->has_lock)
		goto out;
	r = vs_keys_cache_new(VS_LIMIT_KEYS_CACHE, VS_LIMIT_KEYS_CACHE_AGE * INT64_C(1000),
	                      &keys->cache);
	if (r.code == VS_E_OK)
		r = vs_keys_root_learn(keys);
	if (r.code == VS_E_OK)
		r = keys->store->roots(keys->store->self, name_after_root, keys);
	if (r.code != VS_E_OK)
		goto out;
	*keys_out = keys;
	keys = NULL;
out:
	vs_keys_free(&keys);
	return r;
}

void
vs_keys_free(struct vs_keys **keys)
{
	assert(keys != NULL);
	if (*keys == NULL)
		return;
	vs_keys_cache_free(&(*keys)->cache);
	if ((*keys)->has_lock)
		(void)pthread_mutex_destroy(&(*keys)->lock);
	free(*keys);
	*keys = NULL;
}

const char *
vs_keys_root_current(const struct vs_keys *keys)
{
	assert(keys != NULL);
	return keys->root_id;
}

void
vs_keys_set_nodes(struct vs_keys *keys, const struct vs_keys_nodes *port)
{
	assert(keys != NULL && port != NULL && port->have_root != NULL && port->wait != NULL);
	keys->nodes = *port;
}

const char *
vs_keys_identity(const struct vs_keys *keys)
{
	assert(keys != NULL);
	return keys->identity;
}

void
vs_keys_listen(struct vs_keys *keys, void (*heard)(void *arg, const struct vs_keys_news *),
               void *arg)
{
	assert(keys != NULL && heard != NULL && keys->listener_count < VS_KEYS_LISTENERS);
	keys->listeners[keys->listener_count].heard = heard;
	keys->listeners[keys->listener_count].arg = arg;
	keys->listener_count++;
}

void
vs_keys_forget_all(struct vs_keys *keys)
{
	assert(keys != NULL);
	vs_keys_cache_clear(keys->cache);
}

void
vs_keys_tell(struct vs_keys *keys, const struct vs_keys_news *news)
{
	vs_keys_forget(keys, news);
	for (size_t i = 0; i < keys->listener_count; i++)
		keys->listeners[i].heard(keys->listeners[i].arg, news);
}

void
vs_keys_set_reencrypt(struct vs_keys *keys, const struct vs_keys_reencrypt *port)
{
	assert(keys != NULL && port != NULL && port->step != NULL);
	keys->reencrypt = *port;
}
