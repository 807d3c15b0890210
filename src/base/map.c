/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <assert.h>
#include <endian.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define CAPACITY_MIN 16u

struct slot {
	uint64_t hash;
	uint8_t *key; /* NULL: never used; &removed: was used, a search goes on past it */
	size_t key_size;
	void *value;
};

struct vs_map {
	struct slot *slots;
	size_t capacity; /* 0 or a power of two */
	size_t count;
	size_t removed_count;
	size_t count_max;
};

static uint8_t removed;

static uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void
sip_round(uint64_t v[static 4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static inline uint64_t
load_le64(const uint8_t *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return le64toh(word);
}

/* The last bytes, fewer than eight; the size of the whole above them. */
static inline uint64_t
load_tail(struct vs_bytes view)
{
	size_t left = view.size % 8;
	uint64_t word = (uint64_t)view.size << 56;

	if (left > 0 && view.size > 8)
		return word | load_le64(view.data + view.size - 8) >> (8 * (8 - left));
	for (size_t i = 0; i < left; i++)
		word |= (uint64_t)view.data[view.size - left + i] << (8 * i);
	return word;
}

static inline void
sip_begin(uint64_t v[static 4], const uint8_t *key)
{
	uint64_t k0 = load_le64(key), k1 = load_le64(key + 8);

	v[0] = k0 ^ 0x736f6d6570736575u;
	v[1] = k1 ^ 0x646f72616e646f6du;
	v[2] = k0 ^ 0x6c7967656e657261u;
	v[3] = k1 ^ 0x7465646279746573u;
}

/* One word, with so many rounds; `rounds` is a constant wherever it is called. */
static inline __attribute__((always_inline)) void
sip_word(uint64_t v[static 4], uint64_t word, unsigned rounds)
{
	v[3] ^= word;
	for (unsigned round = 0; round < rounds; round++)
		sip_round(v);
	v[0] ^= word;
}

static inline __attribute__((always_inline)) uint64_t
sip_end(uint64_t v[static 4], unsigned rounds)
{
	v[2] ^= 0xff;
	for (unsigned round = 0; round < rounds; round++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t
vs_hash_keyed(struct vs_bytes view, const uint8_t key[static 16])
{
	size_t whole = view.size & ~(size_t)7;
	uint64_t v[4];

	sip_begin(v, key);
	for (size_t i = 0; i < whole; i += 8)
		sip_word(v, load_le64(view.data + i), 2);
	sip_word(v, load_tail(view), 2);
	return sip_end(v, 4);
}

/* Each round waits for the one before it: two halves side by side take as long as one. */
uint64_t
vs_hash_long(struct vs_bytes view, const uint8_t key[static 16])
{
	size_t half = view.size / 2 & ~(size_t)7;
	struct vs_bytes first = {view.data, half};
	struct vs_bytes second = {half > 0 ? view.data + half : view.data, view.size - half};
	size_t whole = second.size & ~(size_t)7;
	uint64_t v[4], w[4];
	size_t i = 0;

	sip_begin(v, key);
	sip_begin(w, key);
	for (; i < half; i += 8) {
		sip_word(v, load_le64(first.data + i), 1);
		sip_word(w, load_le64(second.data + i), 1);
	}
	for (; i < whole; i += 8)
		sip_word(w, load_le64(second.data + i), 1);
	sip_word(v, load_tail(first), 1);
	sip_word(w, load_tail(second), 1);
	return sip_end(v, 3) ^ rotate(sip_end(w, 3), 32);
}

static uint8_t process_key[16];

static void
make_process_key(void)
{
	vs_random_bytes(process_key, sizeof(process_key));
}

uint64_t
vs_hash(struct vs_bytes view)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, make_process_key);
	return vs_hash_keyed(view, process_key);
}

vs_result
vs_map_new(size_t count_max, struct vs_map **map_out)
{
	struct vs_map *map;

	assert(map_out != NULL);
	assert(count_max > 0 && count_max <= SIZE_MAX / sizeof(struct slot) / 4);
	map = calloc(1, sizeof(*map));
	if (map == NULL)
		return VS_FAIL(NO_MEMORY);
	map->count_max = count_max;
	*map_out = map;
	return VS_OK;
}

static bool
is_used(const struct slot *slot)
{
	return slot->key != NULL && slot->key != &removed;
}

void
vs_map_free(struct vs_map **map)
{
	assert(map != NULL);
	if (*map == NULL)
		return;
	for (size_t i = 0; i < (*map)->capacity; i++) {
		if (is_used(&(*map)->slots[i]))
			free((*map)->slots[i].key);
	}
	free((*map)->slots);
	free(*map);
	*map = NULL;
}

/* The slot that holds the key, or NULL; *free_out (may be NULL) gets the slot where it would go. */
static struct slot *
find(const struct vs_map *map, struct vs_bytes key, uint64_t hash, struct slot **free_out)
{
	struct slot *vacant = NULL;
	size_t i = (size_t)hash & (map->capacity - 1);

	/* Ends at a slot never used: put() keeps a quarter of them so. */
	for (; map->slots[i].key != NULL; i = (i + 1) & (map->capacity - 1)) {
		struct slot *slot = &map->slots[i];

		if (slot->key == &removed) {
			if (vacant == NULL)
				vacant = slot;
		} else if (slot->hash == hash &&
		           vs_bytes_equal(key, (struct vs_bytes){slot->key, slot->key_size})) {
			return slot;
		}
	}
	if (free_out != NULL)
		*free_out = vacant != NULL ? vacant : &map->slots[i];
	return NULL;
}

static vs_result
rehash(struct vs_map *map)
{
	size_t capacity = CAPACITY_MIN;
	struct slot *slots;

	while (capacity / 2 < map->count + 1)
		capacity *= 2;
	slots = calloc(capacity, sizeof(*slots));
	if (slots == NULL)
		return VS_FAIL(NO_MEMORY);
	for (size_t i = 0; i < map->capacity; i++) {
		size_t to = (size_t)map->slots[i].hash & (capacity - 1);

		if (!is_used(&map->slots[i]))
			continue;
		while (slots[to].key != NULL)
			to = (to + 1) & (capacity - 1);
		slots[to] = map->slots[i];
	}
	free(map->slots);
	map->slots = slots;
	map->capacity = capacity;
	map->removed_count = 0;
	return VS_OK;
}

static vs_result
insert(struct vs_map *map, struct vs_bytes key, uint64_t hash, void *value)
{
	struct slot *slot = NULL;
	uint8_t *copy;

	if (map->count == map->count_max)
		return VS_FAIL(TOO_LONG);
	if (map->count + map->removed_count + 1 > map->capacity / 4 * 3)
		VS_TRY(rehash(map));
	copy = malloc(key.size > 0 ? key.size : 1);
	if (copy == NULL)
		return VS_FAIL(NO_MEMORY);
	if (key.size > 0)
		memcpy(copy, key.data, key.size);
	(void)find(map, key, hash, &slot);
	assert(slot != NULL); /* a quarter of the slots is free */
	if (slot->key == &removed)
		map->removed_count--;
	*slot = (struct slot){hash, copy, key.size, value};
	map->count++;
	/* cppcheck-suppress memleak ; the slot owns it */
	return VS_OK;
}

vs_result
vs_map_put(struct vs_map *map, struct vs_bytes key, void *value, void **old_out)
{
	uint64_t hash = vs_hash(key);
	struct slot *slot = NULL;
	void *old = NULL;

	assert(map != NULL && value != NULL);
	if (map->capacity > 0)
		slot = find(map, key, hash, NULL);
	if (slot != NULL) {
		old = slot->value;
		slot->value = value;
	} else {
		VS_TRY(insert(map, key, hash, value));
	}
	if (old_out != NULL)
		*old_out = old;
	return VS_OK;
}

void *
vs_map_get(const struct vs_map *map, struct vs_bytes key)
{
	const struct slot *slot;

	assert(map != NULL);
	if (map->count == 0)
		return NULL;
	slot = find(map, key, vs_hash(key), NULL);
	return slot == NULL ? NULL : slot->value;
}

void *
vs_map_remove(struct vs_map *map, struct vs_bytes key)
{
	struct slot *slot;
	void *value;

	assert(map != NULL);
	if (map->count == 0)
		return NULL;
	slot = find(map, key, vs_hash(key), NULL);
	if (slot == NULL)
		return NULL;
	value = slot->value;
	free(slot->key);
	*slot = (struct slot){.key = &removed};
	map->count--;
	map->removed_count++;
	return value;
}

size_t
vs_map_count(const struct vs_map *map)
{
	assert(map != NULL);
	return map->count;
}

bool
vs_map_next(const struct vs_map *map, struct vs_map_cursor *cursor)
{
	assert(map != NULL && cursor != NULL);
	while (cursor->position < map->capacity) {
		const struct slot *slot = &map->slots[cursor->position++];

		if (is_used(slot)) {
			cursor->key = (struct vs_bytes){slot->key, slot->key_size};
			cursor->value = slot->value;
			return true;
		}
	}
	return false;
}
