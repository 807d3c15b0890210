/* SPDX-License-Identifier: Apache-2.0 */
#include "framed/ring.h"

#include <stdlib.h>

#include "base/limits.h"

#define CAPACITY_MIN 32u

_Static_assert(VS_LIMIT_FRAMED_TOKENS < UINT16_MAX, "a place fits a slot");

void
vs_framed_ring_done(struct vs_framed_ring *ring)
{
	free(ring->marks);
	free(ring->slots);
	*ring = (struct vs_framed_ring){0};
}

static size_t
place_of(const struct vs_framed_ring *ring, size_t index)
{
	return (ring->first + index) & (ring->capacity - 1);
}

/* --- by MAC -------------------------------------------------------------------------------------
 * A MAC is as good as random, and nobody can choose one without the key: its bits are the hash.
 */

static size_t
slot_mask(const struct vs_framed_ring *ring)
{
	return 2 * ring->capacity - 1;
}

static size_t
home_of(const struct vs_framed_ring *ring, size_t slot)
{
	return ring->marks[ring->slots[slot] - 1u].mac & slot_mask(ring);
}

/* The slot of this MAC, or the empty one where the search ends. */
static size_t
find(const struct vs_framed_ring *ring, uint64_t mac)
{
	size_t mask = slot_mask(ring), slot = mac & mask;

	while (ring->slots[slot] != 0 && ring->marks[ring->slots[slot] - 1u].mac != mac)
		slot = (slot + 1) & mask;
	return slot;
}

/* What was probed past this slot moves up. */
static void
empty(struct vs_framed_ring *ring, size_t slot)
{
	size_t mask = slot_mask(ring), next = slot;

	for (;;) {
		ring->slots[slot] = 0;
		do {
			next = (next + 1) & mask;
			if (ring->slots[next] == 0)
				return;
		} while (((next - home_of(ring, next)) & mask) < ((next - slot) & mask));
		ring->slots[slot] = ring->slots[next];
		slot = next;
	}
}

bool
vs_framed_ring_has(const struct vs_framed_ring *ring, uint64_t mac)
{
	return ring->count > 0 && ring->slots[find(ring, mac)] != 0;
}

/* --- by age -------------------------------------------------------------------------------------
 */

void
vs_framed_ring_forget(struct vs_framed_ring *ring, int64_t before_s)
{
	while (ring->count > 0 && ring->marks[ring->first].at_s < before_s) {
		size_t slot = find(ring, ring->marks[ring->first].mac);

		if (ring->slots[slot] == ring->first + 1)
			empty(ring, slot);
		ring->first = (ring->first + 1) & (ring->capacity - 1);
		ring->count--;
	}
}

/* To the next power of two, in order from the start. */
static vs_result
grow(struct vs_framed_ring *ring)
{
	struct vs_framed_ring larger = {.capacity = ring->capacity == 0 ? CAPACITY_MIN
	                                                                : 2 * ring->capacity};

	if (larger.capacity > VS_LIMIT_FRAMED_TOKENS)
		return VS_FAIL(BUSY);
	larger.marks = calloc(larger.capacity, sizeof(*larger.marks));
	larger.slots = calloc(2 * larger.capacity, sizeof(*larger.slots));
	if (larger.marks == NULL || larger.slots == NULL) {
		vs_framed_ring_done(&larger);
		return VS_FAIL(NO_MEMORY);
	}
	for (; larger.count < ring->count; larger.count++) {
		larger.marks[larger.count] = ring->marks[place_of(ring, larger.count)];
		larger.slots[find(&larger, larger.marks[larger.count].mac)] =
		    (uint16_t)(larger.count + 1);
	}
	free(ring->marks);
	free(ring->slots);
	ring->marks = larger.marks;
	ring->slots = larger.slots;
	ring->capacity = larger.capacity;
	ring->first = 0;
	return VS_OK;
}

vs_result
vs_framed_ring_add(struct vs_framed_ring *ring, uint64_t mac, int64_t at_s)
{
	size_t place;

	if (ring->count == ring->capacity)
		VS_TRY(grow(ring));
	place = place_of(ring, ring->count);
	ring->marks[place] = (struct vs_framed_mark){mac, at_s};
	ring->count++;
	ring->slots[find(ring, mac)] = (uint16_t)(place + 1);
	return VS_OK;
}
