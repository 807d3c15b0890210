/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one thread keeps to seal and open fast: data keys as ready contexts, index keys, nonces.
 * Everything of it is that thread's alone. No key is asked for here: the caller fills what is
 * missing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "crypto/aead.h"
#include "keys/key.h"

/* What a context is found by: to seal, subject and month; to open, the number of the data key. */
struct vs_rest_name {
	char tenant[VS_KEYS_TENANT_SIZE];
	char subject[VS_KEYS_ID_SIZE]; /* "": to open */
	uint32_t number;               /* month since the year 0, or data key */
};

struct vs_rest_context {
	struct vs_rest_name name;
	struct vs_aead *aead; /* kept, and keyed anew for another name */
	uint64_t until_ms;    /* monotonic; 0: holds nothing */
	uint64_t used;        /* by the cache's count of uses */
	uint32_t dek_id;
};

struct vs_rest_cache;

VS_RESULT vs_rest_cache_new(struct vs_rest_cache **cache_out);
void vs_rest_cache_free(struct vs_rest_cache **cache);
void vs_rest_cache_forget(struct vs_rest_cache *cache); /* wipes all keys */

/* TOO_LONG. The month is the UTC one of at_ms: a data key is of one month. */
VS_RESULT vs_rest_name_seal(struct vs_rest_name *name, const char *tenant, const char *subject,
                            int64_t at_ms);
VS_RESULT vs_rest_name_open(struct vs_rest_name *name, const char *tenant, uint32_t dek_id);

/* The context of this name, or (false) the one that is to be keyed for it. */
bool vs_rest_cache_find(struct vs_rest_cache *cache, const struct vs_rest_name *name,
                        struct vs_rest_context **context_out);
VS_RESULT vs_rest_context_key(struct vs_rest_context *context, const struct vs_rest_name *name,
                              uint32_t dek_id, const uint8_t key[static VS_KEYS_KEY_SIZE],
                              uint32_t age_ms);

/* The place of the tenant's index key, VS_KEYS_KEY_SIZE bytes in locked memory; false: it is to be
 * filled, and said to be so with vs_rest_cache_index_set. TOO_LONG is left to the caller's own
 * check of the tenant: a name that does not fit is never found. */
bool vs_rest_cache_index(struct vs_rest_cache *cache, const char *tenant, uint8_t **key_out);
void vs_rest_cache_index_set(struct vs_rest_cache *cache, const char *tenant, uint32_t age_ms);

void vs_rest_cache_nonce(struct vs_rest_cache *cache, uint8_t nonce_out[static VS_AEAD_NONCE_SIZE]);
