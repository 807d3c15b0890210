/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dedup.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 4096u

/* Open addressing, linear probing, at most half full; 0 is an empty slot. The hashes are keyed
 * already, so nobody can choose where they land. */
struct set {
	uint64_t *slots;
	uint32_t slot_count; /* a power of two */
	uint32_t count;
};

struct vs_store_dedup {
	struct set now, before;
	uint32_t count_max;
	int64_t began_ms; /* of `now`; 0 before the first hash */
};

static uint32_t
slot_of(const struct set *set, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & (set->slot_count - 1);

	while (set->slots[i] != 0 && set->slots[i] != hash)
		i = (i + 1) & (set->slot_count - 1);
	return i;
}

static bool
set_has(const struct set *set, uint64_t hash)
{
	return set->slot_count > 0 && set->slots[slot_of(set, hash)] == hash;
}

static vs_result
set_grow(struct set *set)
{
	struct set bigger = {.slot_count = set->slot_count == 0 ? SLOTS_FIRST : set->slot_count * 2,
	                     .count = set->count};

	bigger.slots = calloc(bigger.slot_count, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return VS_FAIL(NO_MEMORY);
	for (uint32_t i = 0; i < set->slot_count; i++) {
		if (set->slots[i] != 0)
			bigger.slots[slot_of(&bigger, set->slots[i])] = set->slots[i];
	}
	free(set->slots);
	*set = bigger;
	return VS_OK;
}

static vs_result
set_add(struct set *set, uint64_t hash)
{
	uint32_t i;

	if ((set->count + 1) * 2 > set->slot_count)
		VS_TRY(set_grow(set));
	i = slot_of(set, hash);
	if (set->slots[i] == 0) {
		set->slots[i] = hash;
		set->count++;
	}
	return VS_OK;
}

/* Closes the gap, so that no chain is cut: what lies behind moves up unless it lies at or after its
 * own place. */
static void
set_remove(struct set *set, uint64_t hash)
{
	uint32_t mask = set->slot_count - 1, gap, i;

	if (!set_has(set, hash))
		return;
	gap = slot_of(set, hash);
	for (i = (gap + 1) & mask; set->slots[i] != 0; i = (i + 1) & mask) {
		uint32_t home = (uint32_t)set->slots[i] & mask;

		if (((i - home) & mask) >= ((i - gap) & mask)) {
			set->slots[gap] = set->slots[i];
			gap = i;
		}
	}
	set->slots[gap] = 0;
	set->count--;
}

vs_result
vs_store_dedup_new(uint32_t count_max, struct vs_store_dedup **dedup_out)
{
	struct vs_store_dedup *dedup;

	assert(dedup_out != NULL && count_max > 0 && count_max <= UINT32_MAX / 4);
	dedup = calloc(1, sizeof(*dedup));
	if (dedup == NULL)
		return VS_FAIL(NO_MEMORY);
	dedup->count_max = count_max;
	*dedup_out = dedup;
	return VS_OK;
}

void
vs_store_dedup_free(struct vs_store_dedup **dedup)
{
	if (dedup == NULL || *dedup == NULL)
		return;
	free((*dedup)->now.slots);
	free((*dedup)->before.slots);
	free(*dedup);
	*dedup = NULL;
}

static void
set_expect(const struct set *set, uint64_t hash)
{
	if (set->slot_count > 0)
		__builtin_prefetch(&set->slots[(uint32_t)hash & (set->slot_count - 1)], 1);
}

void
vs_store_dedup_expect(const struct vs_store_dedup *dedup, uint64_t hash)
{
	set_expect(&dedup->now, hash);
	set_expect(&dedup->before, hash);
}

bool
vs_store_dedup_has(const struct vs_store_dedup *dedup, uint64_t hash)
{
	assert(hash != 0);
	return set_has(&dedup->now, hash) || set_has(&dedup->before, hash);
}

vs_result
vs_store_dedup_add(struct vs_store_dedup *dedup, uint64_t hash, int64_t now_ms)
{
	assert(hash != 0);
	if (dedup->began_ms == 0)
		dedup->began_ms = now_ms;
	if (now_ms - dedup->began_ms >= VS_STORE_DEDUP_WINDOW_MS ||
	    dedup->now.count >= dedup->count_max) {
		free(dedup->before.slots);
		dedup->before = dedup->now;
		dedup->now = (struct set){NULL, 0, 0};
		dedup->began_ms = now_ms;
	}
	return set_add(&dedup->now, hash);
}

void
vs_store_dedup_remove(struct vs_store_dedup *dedup, uint64_t hash)
{
	assert(hash != 0);
	set_remove(&dedup->now, hash);
	set_remove(&dedup->before, hash);
}
