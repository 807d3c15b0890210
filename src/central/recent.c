/* SPDX-License-Identifier: Apache-2.0 */
#include "central/recent.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#define CONTENT_BITS 24
#define CONTENT_MASK ((UINT32_C(1) << CONTENT_BITS) - 1)

/* All of them, without a branch for each: it is seldom there. */
static bool
may_have(const struct vs_central_recent *recent, uint32_t id)
{
	uint32_t found = 0;

	for (unsigned i = 0; i < VS_CENTRAL_RECENT; i++)
		found |= recent->ids[i] == id ? 1 : 0;
	return found != 0;
}

enum vs_central_recurrence
vs_central_recent_note(struct vs_central_recent *recent, uint64_t id, uint64_t content)
{
	uint32_t first = (uint32_t)(id >> 32);
	uint32_t rest = ((uint32_t)id & ~CONTENT_MASK) | ((uint32_t)content & CONTENT_MASK);
	unsigned count;

	assert(recent != NULL);
	count = may_have(recent, first) ? recent->count : 0;
	for (unsigned i = 0; i < count; i++) {
		uint32_t other = recent->rest[i];

		if (recent->ids[i] != first || (other ^ rest) >> CONTENT_BITS != 0)
			continue;
		recent->rest[i] = rest;
		if (other != rest)
			return VS_CENTRAL_REUSED;
		return i == recent->newest ? VS_CENTRAL_AGAIN : VS_CENTRAL_REPLAYED;
	}
	recent->newest =
	    recent->count == 0 ? 0 : (uint8_t)((recent->newest + 1) % VS_CENTRAL_RECENT);
	recent->ids[recent->newest] = first;
	recent->rest[recent->newest] = rest;
	if (recent->count < VS_CENTRAL_RECENT)
		recent->count++;
	return VS_CENTRAL_NEW;
}
