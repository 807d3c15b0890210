/* SPDX-License-Identifier: Apache-2.0 */
#include "framed/ring.h"

#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"

#define CAPACITY_MIN 32u

void
vs_framed_ring_done(struct vs_framed_ring *ring)
{
	free(ring->marks);
	*ring = (struct vs_framed_ring){0};
}

static struct vs_framed_mark *
at(const struct vs_framed_ring *ring, size_t index)
{
	return &ring->marks[(ring->first + index) & (ring->capacity - 1)];
}

void
vs_framed_ring_forget(struct vs_framed_ring *ring, int64_t before_s)
{
	while (ring->count > 0 && at(ring, 0)->at_s < before_s) {
		ring->first = (ring->first + 1) & (ring->capacity - 1);
		ring->count--;
	}
}

bool
vs_framed_ring_has(const struct vs_framed_ring *ring, uint64_t mac)
{
	for (size_t i = 0; i < ring->count; i++) {
		if (at(ring, i)->mac == mac)
			return true;
	}
	return false;
}

/* To the next power of two, in order from the start. */
static vs_result
grow(struct vs_framed_ring *ring)
{
	size_t capacity = ring->capacity == 0 ? CAPACITY_MIN : 2 * ring->capacity;
	struct vs_framed_mark *marks;

	if (capacity > VS_LIMIT_FRAMED_TOKENS)
		return VS_FAIL(BUSY);
	marks = calloc(capacity, sizeof(*marks));
	if (marks == NULL)
		return VS_FAIL(NO_MEMORY);
	for (size_t i = 0; i < ring->count; i++)
		marks[i] = *at(ring, i);
	free(ring->marks);
	ring->marks = marks;
	ring->first = 0;
	ring->capacity = capacity;
	return VS_OK;
}

vs_result
vs_framed_ring_add(struct vs_framed_ring *ring, uint64_t mac, int64_t at_s)
{
	if (ring->count == ring->capacity)
		VS_TRY(grow(ring));
	ring->count++;
	*at(ring, ring->count - 1) = (struct vs_framed_mark){mac, at_s};
	return VS_OK;
}
