/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/rest.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/metric.h"
#include "crypto/digest.h"
#include "crypto/enc.h"
#include "keys/rest_cache.h"
#include "keys/sealed.h"

#define COUNTED UINT64_C(65536)

/* One thread's. */
struct mine {
	struct vs_keys_rest *rest;
	struct mine *next, **link; /* of the rest's list */
	unsigned generation;
	struct vs_rest_cache *cache;
};

struct vs_keys_rest {
	struct vs_keys *keys;
	atomic_uint generation; /* grows when everything kept is to be forgotten */
	pthread_key_t key;
	pthread_mutex_t lock;
	struct mine *all; /* under lock */
};

/* --- the cache of a thread -------------------------------------------------------------------- */

static void
mine_free(void *argument)
{
	struct mine *mine = argument;
	struct vs_keys_rest *rest = mine->rest;

	(void)pthread_mutex_lock(&rest->lock);
	*mine->link = mine->next;
	if (mine->next != NULL)
		mine->next->link = mine->link;
	(void)pthread_mutex_unlock(&rest->lock);
	vs_rest_cache_free(&mine->cache);
	free(mine);
}

static vs_result
mine_new(struct vs_keys_rest *rest, unsigned generation, struct mine **mine_out)
{
	struct mine *mine = calloc(1, sizeof(*mine));

	if (mine == NULL)
		return VS_FAIL(NO_MEMORY);
	mine->rest = rest;
	mine->generation = generation;
	if (vs_rest_cache_new(&mine->cache).code != VS_E_OK ||
	    pthread_setspecific(rest->key, mine) != 0) {
		vs_rest_cache_free(&mine->cache);
		free(mine);
		return VS_FAIL(NO_MEMORY);
	}
	(void)pthread_mutex_lock(&rest->lock);
	mine->next = rest->all;
	mine->link = &rest->all;
	if (mine->next != NULL)
		mine->next->link = &mine->next;
	rest->all = mine;
	(void)pthread_mutex_unlock(&rest->lock);
	*mine_out = mine;
	return VS_OK;
}

static vs_result
cache_of_thread(struct vs_keys_rest *rest, struct vs_rest_cache **cache_out)
{
	struct mine *mine = pthread_getspecific(rest->key);
	unsigned generation = atomic_load_explicit(&rest->generation, memory_order_acquire);

	if (mine == NULL)
		VS_TRY(mine_new(rest, generation, &mine));
	if (mine->generation != generation) {
		vs_rest_cache_forget(mine->cache);
		mine->generation = generation;
	}
	*cache_out = mine->cache;
	return VS_OK;
}

/* --- sealing ---------------------------------------------------------------------------------- */

static vs_result
aad_make(struct vs_enc *enc, const struct vs_core_cell *cell, uint32_t dek_id,
         struct vs_bytes *aad_out)
{
	vs_enc_init(enc, "voltseal/rest/v1");
	vs_enc_text(enc, cell->tenant);
	vs_enc_text(enc, cell->table);
	vs_enc_text(enc, cell->column);
	vs_enc_bytes(enc, cell->row);
	vs_enc_u32(enc, dek_id);
	return vs_enc_view(enc, aad_out);
}

static vs_result
context_to_seal(struct vs_keys_rest *rest, struct vs_rest_cache *cache, const char *tenant,
                const char *subject, int64_t at_ms, struct vs_rest_context **context_out)
{
	uint8_t key[VS_KEYS_KEY_SIZE];
	struct vs_rest_context *context = NULL;
	struct vs_rest_name name;
	uint32_t dek_id = 0;
	vs_result r;

	VS_TRY(vs_rest_name_seal(&name, tenant, subject, at_ms));
	if (!vs_rest_cache_find(cache, &name, &context)) {
		VS_TRY(vs_keys_dek_seal(rest->keys, tenant, subject, at_ms, &dek_id, key));
		r = vs_rest_context_key(context, &name, dek_id, key, VS_KEYS_REST_AGE_MS);
		explicit_bzero(key, sizeof(key));
		if (r.code != VS_E_OK)
			return r;
	}
	assert(context != NULL); /* found, or the one to key */
	*context_out = context;
	return VS_OK;
}

/* A data key may make 2^31 seals (NIST SP 800-38D 8.3, with room to spare). They are counted by
 * sampling: one of COUNTED, as its random nonce has it, writes down COUNTED of them. At 2^31 that
 * is right to half a percent. */
static vs_result
count_seal(struct vs_keys_rest *rest, const char *tenant, uint32_t dek_id,
           const uint8_t nonce[static VS_AEAD_NONCE_SIZE])
{
	static_assert(COUNTED == UINT64_C(1) << 16, "two bytes of a nonce");
	if (nonce[0] != 0 || nonce[1] != 0)
		return VS_OK;
	return vs_keys_dek_used(rest->keys, tenant, dek_id, COUNTED);
}

static vs_result
seal(void *self, const struct vs_core_cell *cell, const char *subject, int64_t at_ms,
     struct vs_bytes plain, struct vs_buf *sealed)
{
	struct vs_keys_rest *rest = self;
	struct vs_rest_cache *cache = NULL;
	uint8_t nonce[VS_AEAD_NONCE_SIZE], *room = NULL;
	struct vs_rest_context *context = NULL;
	struct vs_bytes aad;
	struct vs_enc enc;

	VS_TRY(cache_of_thread(rest, &cache));
	VS_TRY(context_to_seal(rest, cache, cell->tenant, subject, at_ms, &context));
	VS_TRY(aad_make(&enc, cell, context->dek_id, &aad));
	VS_TRY(vs_buf_reserve(sealed, plain.size + VS_KEYS_SEALED_OVERHEAD, &room));
	vs_rest_cache_nonce(cache, nonce);
	vs_keys_sealed_head(VS_AEAD_AES256GCM, context->dek_id, nonce, room);
	VS_TRY(vs_aead_seal(context->aead, nonce, aad, plain, room + VS_KEYS_SEALED_HEAD));
	sealed->size += plain.size + VS_KEYS_SEALED_OVERHEAD;
	return count_seal(rest, cell->tenant, context->dek_id, nonce);
}

static vs_result
rest_seal(void *self, const struct vs_core_cell *cell, const char *subject, int64_t at_ms,
          struct vs_bytes plain, struct vs_buf *sealed)
{
	uint64_t began_us = vs_clock_mono_us();
	vs_result r = seal(self, cell, subject, at_ms, plain, sealed);

	if (r.code != VS_E_OK) {
		vs_metric_add(VS_METRIC_rest_seals_failed_total, 1);
		return r;
	}
	vs_metric_add(VS_METRIC_rest_seals_total, 1);
	vs_metric_add(VS_METRIC_rest_seal_microseconds_total,
	              (int64_t)(vs_clock_mono_us() - began_us));
	return r;
}

/* Only what is not at hand is asked for: in the steady state the keystore is not touched. */
static vs_result
rest_prepare(void *self, const struct vs_core_subject *subjects, size_t count, int64_t at_ms)
{
	struct vs_keys_rest *rest = self;
	struct vs_rest_cache *cache = NULL;
	struct vs_keys_subject *missing;
	size_t missing_count = 0;
	vs_result r = VS_OK;

	VS_TRY(cache_of_thread(rest, &cache));
	if (count == 0)
		return VS_OK;
	missing = calloc(count, sizeof(*missing));
	if (missing == NULL)
		return VS_FAIL(NO_MEMORY);
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++) {
		struct vs_rest_name name;
		struct vs_rest_context *context = NULL;

		r = vs_rest_name_seal(&name, subjects[i].tenant, subjects[i].subject, at_ms);
		if (r.code == VS_E_OK && !vs_rest_cache_find(cache, &name, &context))
			missing[missing_count++] =
			    (struct vs_keys_subject){subjects[i].tenant, subjects[i].subject};
	}
	if (r.code == VS_E_OK && missing_count > 0)
		r = vs_keys_dek_prepare(rest->keys, missing, missing_count, at_ms);
	free(missing);
	return r;
}

/* --- opening ---------------------------------------------------------------------------------- */

static vs_result
context_to_open(struct vs_keys_rest *rest, struct vs_rest_cache *cache, const char *tenant,
                uint32_t dek_id, struct vs_rest_context **context_out)
{
	uint8_t key[VS_KEYS_KEY_SIZE];
	struct vs_rest_context *context = NULL;
	struct vs_rest_name name;
	vs_result r;

	VS_TRY(vs_rest_name_open(&name, tenant, dek_id));
	if (!vs_rest_cache_find(cache, &name, &context)) {
		r = vs_keys_dek_open(rest->keys, tenant, dek_id, key);
		/* A number that nobody gave is as wrong as a wrong tag. */
		if (r.code == VS_E_NOT_FOUND)
			return VS_FAIL(NOT_AUTHENTIC);
		if (r.code == VS_E_OK)
			r = vs_rest_context_key(context, &name, dek_id, key, VS_KEYS_REST_AGE_MS);
		explicit_bzero(key, sizeof(key));
		if (r.code != VS_E_OK)
			return r;
	}
	assert(context != NULL); /* found, or the one to key */
	*context_out = context;
	return VS_OK;
}

static vs_result
rest_open(void *self, const struct vs_core_cell *cell, struct vs_bytes sealed, struct vs_buf *plain)
{
	struct vs_keys_rest *rest = self;
	struct vs_rest_cache *cache = NULL;
	struct vs_keys_sealed envelope;
	struct vs_rest_context *context = NULL;
	uint8_t *room = NULL;
	struct vs_bytes aad;
	struct vs_enc enc;
	size_t size;

	VS_TRY(cache_of_thread(rest, &cache));
	VS_TRY(vs_keys_sealed_read(sealed, &envelope));
	/* The store is sealed with one suite; a value that says another was not sealed here. */
	if (envelope.suite != VS_AEAD_AES256GCM)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(context_to_open(rest, cache, cell->tenant, envelope.dek_id, &context));
	VS_TRY(aad_make(&enc, cell, envelope.dek_id, &aad));
	size = envelope.sealed.size - VS_AEAD_TAG_SIZE;
	VS_TRY(vs_buf_reserve(plain, size, &room));
	VS_TRY(vs_aead_open(context->aead, envelope.nonce, aad, envelope.sealed, room));
	plain->size += size;
	return VS_OK;
}

/* --- blind indexes ---------------------------------------------------------------------------- */

static vs_result
index_key(struct vs_keys_rest *rest, struct vs_rest_cache *cache, const char *tenant,
          struct vs_bytes *key_out)
{
	uint8_t *key = NULL;

	if (!vs_rest_cache_index(cache, tenant, &key)) {
		VS_TRY(vs_keys_index_key(rest->keys, tenant, key));
		vs_rest_cache_index_set(cache, tenant, VS_KEYS_REST_AGE_MS);
	}
	*key_out = vs_bytes_from(key, VS_KEYS_KEY_SIZE);
	return VS_OK;
}

static vs_result
rest_blind(void *self, const char *tenant, const char *column, struct vs_bytes value,
           uint8_t index_out[static 16])
{
	struct vs_keys_rest *rest = self;
	struct vs_rest_cache *cache = NULL;
	uint8_t mac[VS_SHA256_SIZE];
	struct vs_bytes key;
	struct vs_buf message;
	vs_result r;

	VS_TRY(cache_of_thread(rest, &cache));
	VS_TRY(index_key(rest, cache, tenant, &key));
	vs_buf_init(&message, strlen(column) + 1 + value.size);
	r = vs_buf_append_text(&message, column);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&message, 0);
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(&message, value);
	if (r.code == VS_E_OK)
		r = vs_crypto_hmac_sha256(key, vs_buf_view(&message), mac);
	if (r.code == VS_E_OK)
		memcpy(index_out, mac, 16);
	if (message.data != NULL)
		explicit_bzero(message.data, message.size);
	vs_buf_done(&message);
	return r;
}

/* --- life ------------------------------------------------------------------------------------- */

static void
heard(void *arg, const struct vs_keys_news *news)
{
	if (news->what == VS_KEYS_NEWS_DESTROYED)
		vs_keys_rest_forget(arg);
}

vs_result
vs_keys_rest_new(struct vs_keys *keys, struct vs_keys_rest **rest_out)
{
	struct vs_keys_rest *rest;

	assert(keys != NULL && rest_out != NULL);
	rest = calloc(1, sizeof(*rest));
	if (rest == NULL)
		return VS_FAIL(NO_MEMORY);
	rest->keys = keys;
	if (pthread_key_create(&rest->key, mine_free) != 0) {
		free(rest);
		return VS_FAIL(NO_MEMORY);
	}
	if (pthread_mutex_init(&rest->lock, NULL) != 0) {
		(void)pthread_key_delete(rest->key);
		free(rest);
		return VS_FAIL(NO_MEMORY);
	}
	vs_keys_listen(keys, heard, rest);
	*rest_out = rest;
	return VS_OK;
}

void
vs_keys_rest_free(struct vs_keys_rest **rest)
{
	if (rest == NULL || *rest == NULL)
		return;
	(void)pthread_key_delete((*rest)->key); /* no destructor runs any more */
	for (struct mine *mine = (*rest)->all, *next = NULL; mine != NULL; mine = next) {
		next = mine->next;
		vs_rest_cache_free(&mine->cache);
		free(mine);
	}
	(void)pthread_mutex_destroy(&(*rest)->lock);
	free(*rest);
	*rest = NULL;
}

void
vs_keys_rest_forget(struct vs_keys_rest *rest)
{
	assert(rest != NULL);
	(void)atomic_fetch_add_explicit(&rest->generation, 1, memory_order_acq_rel);
}

struct vs_port_seal
vs_keys_rest_port(struct vs_keys_rest *rest)
{
	assert(rest != NULL);
	return (struct vs_port_seal){
	    .self = rest,
	    .prepare = rest_prepare,
	    .seal = rest_seal,
	    .open = rest_open,
	    .blind = rest_blind,
	};
}
