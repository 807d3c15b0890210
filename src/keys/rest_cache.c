/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/rest_cache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/random.h"
#include "base/secret.h"

#define WAYS       4u
#define SETS       (VS_LIMIT_REST_CONTEXTS / WAYS)
#define NONCES     20u /* as many as one call of the kernel gives whole */
#define INDEX_KEYS 4u  /* tenants */
#define DAY_MS     INT64_C(86400000)

/* The key itself lies in the cache's `secrets`, in the same place. */
struct index_key {
	char tenant[VS_KEYS_TENANT_SIZE];
	uint64_t until_ms;
};

struct vs_rest_cache {
	uint64_t uses;
	struct index_key indexes[INDEX_KEYS];
	struct vs_secret *secrets; /* INDEX_KEYS of VS_KEYS_KEY_SIZE */
	unsigned index_turn;       /* which one is filled next */
	uint8_t nonces[NONCES * VS_AEAD_NONCE_SIZE];
	unsigned nonces_left;
	struct vs_rest_context contexts[SETS * WAYS];
};

vs_result
vs_rest_cache_new(struct vs_rest_cache **cache_out)
{
	struct vs_rest_cache *cache = calloc(1, sizeof(*cache));
	vs_result r;

	assert(cache_out != NULL);
	if (cache == NULL)
		return VS_FAIL(NO_MEMORY);
	r = vs_secret_new((size_t)INDEX_KEYS * VS_KEYS_KEY_SIZE, &cache->secrets);
	if (r.code != VS_E_OK) {
		free(cache);
		return r;
	}
	*cache_out = cache;
	return VS_OK;
}

void
vs_rest_cache_forget(struct vs_rest_cache *cache)
{
	assert(cache != NULL);
	for (size_t i = 0; i < SETS * WAYS; i++) {
		vs_aead_free(&cache->contexts[i].aead);
		cache->contexts[i] = (struct vs_rest_context){.until_ms = 0};
	}
	memset(cache->indexes, 0, sizeof(cache->indexes));
	explicit_bzero(vs_secret_bytes(cache->secrets), vs_secret_size(cache->secrets));
}

void
vs_rest_cache_free(struct vs_rest_cache **cache)
{
	if (cache == NULL || *cache == NULL)
		return;
	vs_rest_cache_forget(*cache);
	vs_secret_free(&(*cache)->secrets);
	free(*cache);
	*cache = NULL;
}

/* --- contexts --------------------------------------------------------------------------------- */

/* All bytes of a name are compared, so all are set. */
static vs_result
name_make(struct vs_rest_name *name, const char *tenant, const char *subject, uint32_t number)
{
	memset(name, 0, sizeof(*name));
	name->number = number;
	if (!vs_bytes_copy_text(vs_bytes_from_text(tenant), name->tenant, sizeof(name->tenant)) ||
	    !vs_bytes_copy_text(vs_bytes_from_text(subject), name->subject, sizeof(name->subject)))
		return VS_FAIL(TOO_LONG);
	return VS_OK;
}

/* Proleptic Gregorian, years that begin in March (days to civil, H. Hinnant). */
static uint32_t
month_of(int64_t at_ms)
{
	int64_t days = (at_ms < 0 ? 0 : at_ms) / DAY_MS + 719468;
	int64_t era = days / 146097, day = days % 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t of_year = day - (365 * year + year / 4 - year / 100);

	return (uint32_t)((year + era * 400) * 12 + (5 * of_year + 2) / 153 + 2);
}

vs_result
vs_rest_name_seal(struct vs_rest_name *name, const char *tenant, const char *subject, int64_t at_ms)
{
	assert(subject[0] != '\0');
	return name_make(name, tenant, subject, month_of(at_ms));
}

vs_result
vs_rest_name_open(struct vs_rest_name *name, const char *tenant, uint32_t dek_id)
{
	return name_make(name, tenant, "", dek_id);
}

bool
vs_rest_cache_find(struct vs_rest_cache *cache, const struct vs_rest_name *name,
                   struct vs_rest_context **context_out)
{
	struct vs_bytes wanted = vs_bytes_from(name, sizeof(*name));
	struct vs_rest_context *set = &cache->contexts[vs_hash(wanted) % SETS * WAYS],
			       *oldest = set;
	uint64_t now_ms = vs_clock_mono_ms();

	cache->uses++;
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].until_ms > now_ms &&
		    vs_bytes_equal(vs_bytes_from(&set[i].name, sizeof(*name)), wanted)) {
			set[i].used = cache->uses;
			*context_out = &set[i];
			return true;
		}
		if (set[i].used < oldest->used)
			oldest = &set[i];
	}
	*context_out = oldest;
	return false;
}

vs_result
vs_rest_context_key(struct vs_rest_context *context, const struct vs_rest_name *name,
                    uint32_t dek_id, const uint8_t key[static VS_KEYS_KEY_SIZE], uint32_t age_ms)
{
	context->until_ms = 0;
	if (context->aead == NULL)
		VS_TRY(vs_aead_new(VS_AEAD_AES256GCM, key, &context->aead));
	else
		VS_TRY(vs_aead_rekey(context->aead, key));
	context->name = *name;
	context->dek_id = dek_id;
	context->until_ms = vs_clock_mono_ms() + age_ms;
	return VS_OK;
}

/* --- index keys, nonces ----------------------------------------------------------------------- */

bool
vs_rest_cache_index(struct vs_rest_cache *cache, const char *tenant, uint8_t **key_out)
{
	uint8_t *keys = vs_secret_bytes(cache->secrets);
	uint64_t now_ms = vs_clock_mono_ms();

	for (size_t i = 0; i < INDEX_KEYS; i++) {
		if (cache->indexes[i].until_ms <= now_ms ||
		    strcmp(cache->indexes[i].tenant, tenant) != 0)
			continue;
		*key_out = keys + i * VS_KEYS_KEY_SIZE;
		return true;
	}
	cache->index_turn = (cache->index_turn + 1) % INDEX_KEYS;
	cache->indexes[cache->index_turn].until_ms = 0;
	*key_out = keys + (size_t)cache->index_turn * VS_KEYS_KEY_SIZE;
	return false;
}

void
vs_rest_cache_index_set(struct vs_rest_cache *cache, const char *tenant, uint32_t age_ms)
{
	struct index_key *index = &cache->indexes[cache->index_turn];

	if (vs_bytes_copy_text(vs_bytes_from_text(tenant), index->tenant, sizeof(index->tenant)))
		index->until_ms = vs_clock_mono_ms() + age_ms;
}

void
vs_rest_cache_nonce(struct vs_rest_cache *cache, uint8_t nonce_out[static VS_AEAD_NONCE_SIZE])
{
	if (cache->nonces_left == 0) {
		vs_random_bytes(cache->nonces, sizeof(cache->nonces));
		cache->nonces_left = NONCES;
	}
	cache->nonces_left--;
	memcpy(nonce_out, cache->nonces + (size_t)cache->nonces_left * VS_AEAD_NONCE_SIZE,
	       VS_AEAD_NONCE_SIZE);
}
