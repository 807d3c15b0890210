/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in use, in locked memory, each for a limited time. The oldest used makes room.
 *
 * Any thread. Whoever fetches a key from outside takes the generation first: if something was
 * dropped meanwhile, the put is left out, so that a key cannot come back after its revocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "keys/key.h"

#define VS_KEYS_CACHE_NAME_SIZE 192

struct vs_keys_cache;

/* Four parts, none of which holds a NUL: no two lists give the same name. */
struct vs_keys_cache_name {
	uint8_t data[VS_KEYS_CACHE_NAME_SIZE];
	size_t size;
};
void vs_keys_cache_name_make(struct vs_keys_cache_name *name, const char *a, const char *b,
                             const char *c, const char *d);
struct vs_bytes vs_keys_cache_name_view(const struct vs_keys_cache_name *name); /* of `name` */

VS_RESULT vs_keys_cache_new(size_t count_max, int64_t age_ms, struct vs_keys_cache **cache_out);
void vs_keys_cache_free(struct vs_keys_cache **cache); /* wipes */

uint64_t vs_keys_cache_generation(struct vs_keys_cache *cache);
/* A key and the number that was put with it. Counts a hit or a miss. */
bool vs_keys_cache_get(struct vs_keys_cache *cache, struct vs_bytes name, int64_t now_ms,
                       uint8_t key_out[static VS_KEYS_KEY_SIZE], uint32_t *number_out);
/* Best effort: without memory it is not cached. */
void vs_keys_cache_put(struct vs_keys_cache *cache, struct vs_bytes name, uint64_t generation,
                       const uint8_t key[static VS_KEYS_KEY_SIZE], uint32_t number, int64_t now_ms);
/* Forget one, or all; a new generation. */
void vs_keys_cache_drop(struct vs_keys_cache *cache, struct vs_bytes name);
void vs_keys_cache_clear(struct vs_keys_cache *cache);
