/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "keys/inside.h"

#define DEK   "dek"
#define INDEX "index"
#define RACES 4 /* another node was quicker: its key is there now */

static void
name_make_id(struct vs_keys_cache_name *name, const char *tenant, uint32_t dek_id)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%u", dek_id);
	vs_keys_cache_name_make(name, "id", tenant, number, "");
}

static void
period_of(int64_t at_ms, char period[static VS_KEYS_PERIOD_SIZE])
{
	char text[VS_TIME_TEXT_SIZE];

	vs_time_format(at_ms, text);
	memcpy(period, text, VS_KEYS_PERIOD_SIZE - 1);
	period[VS_KEYS_PERIOD_SIZE - 1] = '\0';
}

static void
remember(struct vs_keys *keys, const struct vs_keystore_key *row, uint64_t generation,
         const uint8_t key[static VS_KEYS_KEY_SIZE])
{
	int64_t now_ms = vs_keys_now(keys);
	struct vs_keys_cache_name name;

	name_make_id(&name, row->tenant, (uint32_t)row->key_id);
	vs_keys_cache_put(keys->cache, vs_keys_cache_name_view(&name), generation, key,
	                  row->version, now_ms);
	if (row->state != VS_KEYS_ACTIVE)
		return;
	vs_keys_cache_name_make(&name, row->kind, row->tenant, row->owner, row->period);
	vs_keys_cache_put(keys->cache, vs_keys_cache_name_view(&name), generation, key,
	                  (uint32_t)row->key_id, now_ms);
}

/* The active data key of a subject and month, and when it has made enough seals NOT_FOUND. */
static vs_result
find_active(struct vs_keys *keys, const struct vs_keys_subject *subject, const char *period,
            struct vs_keystore_key *row_out)
{
	const struct vs_keystore *store = keys->store;

	VS_TRY(store->find_state(store->self, subject->tenant, DEK, subject->subject, period,
	                         VS_KEYS_ACTIVE, row_out));
	return row_out->seals < VS_LIMIT_KEYS_SEALS ? VS_OK : VS_FAIL(NOT_FOUND);
}

/* Into the batch: a new data key, and what it follows out of use. `key_out` and `row_out` are good
 * when the batch is applied. */
static vs_result
make(struct vs_keys *keys, struct vs_keys_batch *batch, const struct vs_keys_subject *subject,
     const char *period, uint8_t key_out[static VS_KEYS_KEY_SIZE], size_t *change_out)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keystore_key old, row;
	vs_result r;

	VS_TRY(vs_keys_row_next(keys, subject->tenant, DEK, subject->subject, period, &row));
	VS_TRY(vs_keys_row_generate(keys, &row, key_out));
	batch->tenant = subject->tenant;
	r = store->find_state(store->self, subject->tenant, DEK, subject->subject, period,
	                      VS_KEYS_ACTIVE, &old);
	if (r.code == VS_E_OK) {
		old.until_ms = INT64_MAX; /* until what it sealed is gone or sealed anew */
		r = vs_keys_batch_step(batch, &old, VS_KEYS_ROTATE, "seals");
	} else if (r.code == VS_E_NOT_FOUND) {
		r = VS_OK;
	}
	VS_TRY(r);
	vs_keys_batch_tell(batch, "key.create", "", DEK " %s/%s #%u", row.owner, row.period,
	                   row.version);
	vs_keys_batch_change(batch, VS_KEYSTORE_KEY_ADD)->u.key = row;
	*change_out = batch->count - 1;
	return VS_OK;
}

static vs_result
check_subject(const struct vs_keys_subject *subject)
{
	VS_TRY(vs_keys_tenant_check(subject->tenant));
	return vs_keys_owner_check(subject->subject);
}

/* --- for the batch of a writer ---------------------------------------------------------------- */

static int
compare_subjects(const void *a, const void *b)
{
	const struct vs_keys_subject *x = a, *y = b;
	int order = strcmp(x->tenant, y->tenant);

	return order != 0 ? order : strcmp(x->subject, y->subject);
}

/* The subjects that have no data key yet, each once. */
static vs_result
find_missing(struct vs_keys *keys, const struct vs_keys_subject *subjects, size_t count,
             const char *period, struct vs_keys_subject *missing, size_t *missing_count)
{
	uint8_t key[VS_KEYS_KEY_SIZE];
	size_t kept = 0;

	*missing_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct vs_keys_cache_name name;
		uint32_t dek_id;

		VS_TRY(check_subject(&subjects[i]));
		vs_keys_cache_name_make(&name, DEK, subjects[i].tenant, subjects[i].subject,
		                        period);
		if (!vs_keys_cache_get(keys->cache, vs_keys_cache_name_view(&name),
		                       vs_keys_now(keys), key, &dek_id))
			missing[kept++] = subjects[i];
	}
	explicit_bzero(key, sizeof(key));
	qsort(missing, kept, sizeof(*missing), compare_subjects);
	for (size_t i = 0; i < kept; i++) {
		struct vs_keystore_key row;
		vs_result r;

		if (i > 0 && compare_subjects(&missing[i - 1], &missing[i]) == 0)
			continue;
		r = find_active(keys, &missing[i], period, &row);
		if (r.code == VS_E_NOT_FOUND)
			missing[(*missing_count)++] = missing[i];
		else if (r.code != VS_E_OK)
			return r;
	}
	return VS_OK;
}

static vs_result
make_missing(struct vs_keys *keys, const struct vs_keys_subject *missing, size_t count,
             const char *period)
{
	uint64_t generation = vs_keys_cache_generation(keys->cache);
	struct vs_secret *made = NULL;
	struct vs_keys_batch batch;
	size_t *changes = NULL;
	vs_result r;

	vs_keys_batch_init(&batch, keys, "", VS_CORE_BEHALF("store"));
	r = vs_secret_new(count * VS_KEYS_KEY_SIZE, &made);
	changes = calloc(count, sizeof(*changes));
	if (changes == NULL)
		r = VS_FAIL(NO_MEMORY);
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++)
		r = make(keys, &batch, &missing[i], period,
		         vs_secret_bytes(made) + i * VS_KEYS_KEY_SIZE, &changes[i]);
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++)
		remember(keys, &batch.changes[changes[i]].u.key, generation,
		         vs_secret_bytes(made) + i * VS_KEYS_KEY_SIZE);
	free(changes);
	vs_secret_free(&made);
	vs_keys_batch_done(&batch);
	return r;
}

vs_result
vs_keys_dek_prepare(struct vs_keys *keys, const struct vs_keys_subject *subjects, size_t count,
                    int64_t at_ms)
{
	struct vs_keys_subject *missing;
	char period[VS_KEYS_PERIOD_SIZE];
	size_t missing_count = 0;
	vs_result r;

	assert(keys != NULL && (subjects != NULL || count == 0));
	if (count == 0)
		return VS_OK;
	if (count > VS_LIMIT_KEYS_SUBJECTS)
		return VS_FAIL(TOO_LONG);
	missing = calloc(count, sizeof(*missing));
	if (missing == NULL)
		return VS_FAIL(NO_MEMORY);
	period_of(at_ms, period);
	vs_keys_lock(keys);
	r = VS_FAIL(CONFLICT);
	for (int i = 0; i < RACES && r.code == VS_E_CONFLICT; i++) {
		r = find_missing(keys, subjects, count, period, missing, &missing_count);
		if (r.code == VS_E_OK && missing_count > 0)
			r = make_missing(keys, missing, missing_count, period);
	}
	vs_keys_unlock(keys);
	free(missing);
	return r;
}

/* --- one key --------------------------------------------------------------------------------- */

/* With the lock: nobody else in this process makes it at the same time. CONFLICT: another did. */
static vs_result
try_to_make(struct vs_keys *keys, const struct vs_keys_subject *subject, const char *period,
            struct vs_keystore_key *row, uint8_t key[static VS_KEYS_KEY_SIZE])
{
	struct vs_keys_batch batch;
	size_t change = 0;
	vs_result r = find_active(keys, subject, period, row);

	if (r.code == VS_E_OK)
		return vs_keys_row_unwrap(keys, row, key);
	if (r.code != VS_E_NOT_FOUND)
		return r;
	vs_keys_batch_init(&batch, keys, subject->tenant, VS_CORE_BEHALF("store"));
	r = make(keys, &batch, subject, period, key, &change);
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	if (r.code == VS_E_OK)
		*row = batch.changes[change].u.key;
	vs_keys_batch_done(&batch);
	return r;
}

static vs_result
get_or_make(struct vs_keys *keys, const struct vs_keys_subject *subject, const char *period,
            struct vs_keystore_key *row, uint8_t key[static VS_KEYS_KEY_SIZE])
{
	vs_result r = VS_FAIL(CONFLICT);

	for (int i = 0; i < RACES && r.code == VS_E_CONFLICT; i++)
		r = try_to_make(keys, subject, period, row, key);
	return r;
}

vs_result
vs_keys_dek_seal(struct vs_keys *keys, const char *tenant, const char *subject, int64_t at_ms,
                 uint32_t *dek_id_out, uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	const struct vs_keys_subject whose = {tenant, subject};
	uint8_t key[VS_KEYS_KEY_SIZE];
	char period[VS_KEYS_PERIOD_SIZE];
	struct vs_keystore_key row;
	uint64_t generation;
	struct vs_keys_cache_name name;
	vs_result r;

	assert(keys != NULL && tenant != NULL && subject != NULL && dek_id_out != NULL);
	VS_TRY(check_subject(&whose));
	period_of(at_ms, period);
	vs_keys_cache_name_make(&name, DEK, tenant, subject, period);
	if (vs_keys_cache_get(keys->cache, vs_keys_cache_name_view(&name), vs_keys_now(keys),
	                      key_out, dek_id_out))
		return VS_OK;
	vs_keys_lock(keys);
	generation = vs_keys_cache_generation(keys->cache);
	r = get_or_make(keys, &whose, period, &row, key);
	if (r.code == VS_E_OK) {
		remember(keys, &row, generation, key);
		*dek_id_out = (uint32_t)row.key_id;
		memcpy(key_out, key, sizeof(key));
	}
	vs_keys_unlock(keys);
	explicit_bzero(key, sizeof(key));
	return r;
}

static vs_result
find_dek(struct vs_keys *keys, const char *tenant, uint32_t dek_id, struct vs_keystore_key *row)
{
	const struct vs_keystore *store = keys->store;

	VS_TRY(store->key(store->self, dek_id, row));
	return strcmp(row->tenant, tenant) == 0 && strcmp(row->kind, DEK) == 0 ? VS_OK
	                                                                       : VS_FAIL(NOT_FOUND);
}

vs_result
vs_keys_dek_open(struct vs_keys *keys, const char *tenant, uint32_t dek_id,
                 uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	uint8_t key[VS_KEYS_KEY_SIZE];
	struct vs_keystore_key row;
	uint64_t generation;
	uint32_t version;
	struct vs_keys_cache_name name;
	vs_result r;

	assert(keys != NULL && tenant != NULL);
	VS_TRY(vs_keys_tenant_check(tenant));
	name_make_id(&name, tenant, dek_id);
	if (vs_keys_cache_get(keys->cache, vs_keys_cache_name_view(&name), vs_keys_now(keys),
	                      key_out, &version))
		return VS_OK;
	generation = vs_keys_cache_generation(keys->cache);
	VS_TRY(find_dek(keys, tenant, dek_id, &row));
	if (!vs_keys_state_opens(row.state))
		return VS_FAIL(FORBIDDEN);
	r = vs_keys_row_unwrap(keys, &row, key);
	if (r.code == VS_E_OK) {
		remember(keys, &row, generation, key);
		memcpy(key_out, key, sizeof(key));
	}
	explicit_bzero(key, sizeof(key));
	return r;
}

vs_result
vs_keys_dek_used(struct vs_keys *keys, const char *tenant, uint32_t dek_id, uint64_t seals)
{
	const struct vs_keystore *store;
	struct vs_keystore_key row;
	struct vs_keys_cache_name name;

	assert(keys != NULL && tenant != NULL);
	store = keys->store;
	if (seals > INT32_MAX)
		return VS_FAIL(OUT_OF_RANGE);
	VS_TRY(find_dek(keys, tenant, dek_id, &row));
	VS_TRY(store->used(store->self, dek_id, (int64_t)seals, 0));
	if (row.seals + (int64_t)seals >= VS_LIMIT_KEYS_SEALS) {
		vs_keys_cache_name_make(&name, DEK, row.tenant, row.owner, row.period);
		vs_keys_cache_drop(keys->cache, vs_keys_cache_name_view(&name));
	}
	return VS_OK;
}

/* --- the tenant's own key --------------------------------------------------------------------- */

static vs_result
index_key(struct vs_keys *keys, const char *tenant, uint8_t key[static VS_KEYS_KEY_SIZE],
          struct vs_keystore_key *row)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keys_batch batch;
	vs_result r = store->find_state(store->self, tenant, INDEX, "", "", VS_KEYS_ACTIVE, row);

	if (r.code == VS_E_OK)
		return vs_keys_row_unwrap(keys, row, key);
	if (r.code != VS_E_NOT_FOUND)
		return r;
	VS_TRY(vs_keys_row_next(keys, tenant, INDEX, "", "", row));
	VS_TRY(vs_keys_row_generate(keys, row, key));
	vs_keys_batch_init(&batch, keys, tenant, VS_CORE_BEHALF("keys"));
	vs_keys_batch_tell(&batch, "key.create", "", "%s %s #%u", INDEX, tenant, row->version);
	vs_keys_batch_change(&batch, VS_KEYSTORE_KEY_ADD)->u.key = *row;
	r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	return r;
}

vs_result
vs_keys_index_key(struct vs_keys *keys, const char *tenant,
                  uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	uint8_t key[VS_KEYS_KEY_SIZE];
	struct vs_keystore_key row;
	uint64_t generation;
	uint32_t version;
	struct vs_keys_cache_name name;
	vs_result r;

	assert(keys != NULL && tenant != NULL);
	VS_TRY(vs_keys_tenant_check(tenant));
	vs_keys_cache_name_make(&name, INDEX, tenant, "", "");
	if (vs_keys_cache_get(keys->cache, vs_keys_cache_name_view(&name), vs_keys_now(keys),
	                      key_out, &version))
		return VS_OK;
	vs_keys_lock(keys);
	generation = vs_keys_cache_generation(keys->cache);
	r = index_key(keys, tenant, key, &row);
	if (r.code == VS_E_OK) {
		vs_keys_cache_put(keys->cache, vs_keys_cache_name_view(&name), generation, key,
		                  row.version, vs_keys_now(keys));
		memcpy(key_out, key, sizeof(key));
	}
	vs_keys_unlock(keys);
	explicit_bzero(key, sizeof(key));
	return r;
}
