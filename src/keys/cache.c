/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/metric.h"
#include "base/secret.h"

#define SLAB_KEYS (VS_SECRET_SIZE_MAX / VS_KEYS_KEY_SIZE)
#define SLABS_MAX 64u
#define NONE      UINT32_MAX

struct entry {
	uint8_t name[VS_KEYS_CACHE_NAME_SIZE];
	size_t name_size;
	uint32_t number;
	int64_t until_ms;
	uint32_t newer, older; /* slots, in the order of use; NONE at the ends */
};

struct vs_keys_cache {
	pthread_mutex_t lock;
	bool has_lock;
	size_t count_max;
	int64_t age_ms;
	uint64_t generation;
	struct vs_map *map; /* name -> entry */
	struct entry *entries;
	struct vs_secret *slabs[SLABS_MAX]; /* made when they are first needed */
	uint32_t next;                      /* slots never used start here */
	uint32_t free;                      /* a list through `older` */
	uint32_t newest, oldest;
};

void
vs_keys_cache_name_make(struct vs_keys_cache_name *name, const char *a, const char *b,
                        const char *c, const char *d)
{
	const char *const parts[] = {a, b, c, d};

	name->size = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t size = strlen(parts[i]) + 1;

		assert(name->size + size <= sizeof(name->data));
		memcpy(name->data + name->size, parts[i], size);
		name->size += size;
	}
}

struct vs_bytes
vs_keys_cache_name_view(const struct vs_keys_cache_name *name)
{
	return vs_bytes_from(name->data, name->size);
}

vs_result
vs_keys_cache_new(size_t count_max, int64_t age_ms, struct vs_keys_cache **cache_out)
{
	struct vs_keys_cache *cache;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(cache_out != NULL && count_max > 0 && count_max <= SLABS_MAX * SLAB_KEYS);
	cache = calloc(1, sizeof(*cache));
	if (cache == NULL)
		goto out;
	cache->count_max = count_max;
	cache->age_ms = age_ms;
	cache->free = cache->newest = cache->oldest = NONE;
	cache->has_lock = pthread_mutex_init(&cache->lock, NULL) == 0;
	cache->entries = calloc(count_max, sizeof(*cache->entries));
	if (!cache->has_lock || cache->entries == NULL)
		goto out;
	r = vs_map_new(count_max, &cache->map);
	if (r.code != VS_E_OK)
		goto out;
	*cache_out = cache;
	cache = NULL;
out:
	vs_keys_cache_free(&cache);
	return r;
}

void
vs_keys_cache_free(struct vs_keys_cache **cache)
{
	assert(cache != NULL);
	if (*cache == NULL)
		return;
	for (size_t i = 0; i < SLABS_MAX; i++)
		vs_secret_free(&(*cache)->slabs[i]);
	vs_map_free(&(*cache)->map);
	free((*cache)->entries);
	if ((*cache)->has_lock)
		(void)pthread_mutex_destroy(&(*cache)->lock);
	free(*cache);
	*cache = NULL;
}

static void
lock(struct vs_keys_cache *cache)
{
	int error = pthread_mutex_lock(&cache->lock);

	assert(error == 0);
	(void)error;
}

static void
unlock(struct vs_keys_cache *cache)
{
	(void)pthread_mutex_unlock(&cache->lock);
}

static uint8_t *
key_of(struct vs_keys_cache *cache, uint32_t slot)
{
	return vs_secret_bytes(cache->slabs[slot / SLAB_KEYS]) +
	       (size_t)(slot % SLAB_KEYS) * VS_KEYS_KEY_SIZE;
}

static uint32_t
slot_of(const struct vs_keys_cache *cache, const struct entry *entry)
{
	return (uint32_t)(entry - cache->entries);
}

/* --- the order of use ------------------------------------------------------------------------ */

static void
unlink_slot(struct vs_keys_cache *cache, uint32_t slot)
{
	struct entry *entry = &cache->entries[slot];

	if (entry->newer != NONE)
		cache->entries[entry->newer].older = entry->older;
	else
		cache->newest = entry->older;
	if (entry->older != NONE)
		cache->entries[entry->older].newer = entry->newer;
	else
		cache->oldest = entry->newer;
}

static void
link_newest(struct vs_keys_cache *cache, uint32_t slot)
{
	struct entry *entry = &cache->entries[slot];

	entry->newer = NONE;
	entry->older = cache->newest;
	if (cache->newest != NONE)
		cache->entries[cache->newest].newer = slot;
	else
		cache->oldest = slot;
	cache->newest = slot;
}

static void
remove_slot(struct vs_keys_cache *cache, uint32_t slot)
{
	struct entry *entry = &cache->entries[slot];

	(void)vs_map_remove(cache->map, vs_bytes_from(entry->name, entry->name_size));
	explicit_bzero(key_of(cache, slot), VS_KEYS_KEY_SIZE);
	unlink_slot(cache, slot);
	entry->older = cache->free;
	cache->free = slot;
}

/* A slot out of every list; NONE without memory. */
static uint32_t
take_slot(struct vs_keys_cache *cache)
{
	uint32_t slot;

	if (cache->free == NONE && cache->next >= cache->count_max)
		remove_slot(cache, cache->oldest);
	if (cache->free != NONE) {
		slot = cache->free;
		cache->free = cache->entries[slot].older;
		return slot;
	}
	slot = cache->next;
	if (cache->slabs[slot / SLAB_KEYS] == NULL &&
	    vs_secret_new(VS_SECRET_SIZE_MAX, &cache->slabs[slot / SLAB_KEYS]).code != VS_E_OK)
		return NONE;
	cache->next++;
	return slot;
}

/* --- for all --------------------------------------------------------------------------------- */

uint64_t
vs_keys_cache_generation(struct vs_keys_cache *cache)
{
	uint64_t generation;

	assert(cache != NULL);
	lock(cache);
	generation = cache->generation;
	unlock(cache);
	return generation;
}

bool
vs_keys_cache_get(struct vs_keys_cache *cache, struct vs_bytes name, int64_t now_ms,
                  uint8_t key_out[static VS_KEYS_KEY_SIZE], uint32_t *number_out)
{
	struct entry *entry;
	bool is_hit = false;

	assert(cache != NULL && number_out != NULL);
	lock(cache);
	entry = vs_map_get(cache->map, name);
	if (entry != NULL) {
		uint32_t slot = slot_of(cache, entry);

		is_hit = now_ms < entry->until_ms;
		if (is_hit) {
			memcpy(key_out, key_of(cache, slot), VS_KEYS_KEY_SIZE);
			*number_out = entry->number;
			unlink_slot(cache, slot);
			link_newest(cache, slot);
		} else {
			remove_slot(cache, slot);
		}
	}
	unlock(cache);
	vs_metric_add(is_hit ? VS_METRIC_key_cache_hits_total : VS_METRIC_key_cache_misses_total,
	              1);
	return is_hit;
}

void
vs_keys_cache_put(struct vs_keys_cache *cache, struct vs_bytes name, uint64_t generation,
                  const uint8_t key[static VS_KEYS_KEY_SIZE], uint32_t number, int64_t now_ms)
{
	struct entry *entry;
	uint32_t slot;

	assert(cache != NULL && name.size <= VS_KEYS_CACHE_NAME_SIZE);
	lock(cache);
	if (generation != cache->generation)
		goto out;
	entry = vs_map_get(cache->map, name);
	if (entry != NULL)
		remove_slot(cache, slot_of(cache, entry));
	slot = take_slot(cache);
	if (slot == NONE)
		goto out;
	entry = &cache->entries[slot];
	if (vs_map_put(cache->map, name, entry, NULL).code != VS_E_OK) {
		entry->older = cache->free;
		cache->free = slot;
		goto out;
	}
	memcpy(entry->name, name.data, name.size);
	entry->name_size = name.size;
	entry->number = number;
	entry->until_ms = now_ms + cache->age_ms;
	memcpy(key_of(cache, slot), key, VS_KEYS_KEY_SIZE);
	link_newest(cache, slot);
out:
	unlock(cache);
}

void
vs_keys_cache_drop(struct vs_keys_cache *cache, struct vs_bytes name)
{
	struct entry *entry;

	assert(cache != NULL);
	lock(cache);
	cache->generation++;
	entry = vs_map_get(cache->map, name);
	if (entry != NULL)
		remove_slot(cache, slot_of(cache, entry));
	unlock(cache);
}

void
vs_keys_cache_clear(struct vs_keys_cache *cache)
{
	assert(cache != NULL);
	lock(cache);
	cache->generation++;
	while (cache->newest != NONE)
		remove_slot(cache, cache->newest);
	unlock(cache);
}
