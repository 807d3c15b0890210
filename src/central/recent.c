/* SPDX-License-Identifier: Apache-2.0 */
#include "central/recent.h"

#include <assert.h>
#include <stddef.h>

#define CONTENT_BITS 24
#define CONTENT_MASK ((UINT64_C(1) << CONTENT_BITS) - 1)

enum vs_central_recurrence
vs_central_recent_note(struct vs_central_recent *recent, uint64_t id, uint64_t content)
{
	uint64_t call = (id & ~CONTENT_MASK) | (content & CONTENT_MASK);

	assert(recent != NULL);
	for (unsigned i = 0; i < recent->count; i++) {
		uint64_t other = recent->calls[i];

		if ((other ^ call) >> CONTENT_BITS != 0)
			continue;
		recent->calls[i] = call;
		if (other != call)
			return VS_CENTRAL_REUSED;
		return i == recent->newest ? VS_CENTRAL_AGAIN : VS_CENTRAL_REPLAYED;
	}
	recent->newest =
	    recent->count == 0 ? 0 : (uint8_t)((recent->newest + 1) % VS_CENTRAL_RECENT);
	recent->calls[recent->newest] = call;
	if (recent->count < VS_CENTRAL_RECENT)
		recent->count++;
	return VS_CENTRAL_NEW;
}
