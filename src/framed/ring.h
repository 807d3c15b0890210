/* SPDX-License-Identifier: Apache-2.0 */
/* The tokens of the last minutes, by a part of their MAC: in order of their coming, and found at
 * once. Grows to VS_LIMIT_FRAMED_TOKENS. */
#pragma once

#include "base/bytes.h"

struct vs_framed_ring {
	struct vs_framed_mark {
		uint64_t mac;
		int64_t at_s;
	} * marks;
	uint16_t *slots; /* by MAC: place in marks + 1, 0: none; twice as many, probed in order */
	size_t first, count, capacity;
};

void vs_framed_ring_done(struct vs_framed_ring *ring);
/* Forget what is older. */
void vs_framed_ring_forget(struct vs_framed_ring *ring, int64_t before_s);
bool vs_framed_ring_has(const struct vs_framed_ring *ring, uint64_t mac);
/* BUSY: it is full of what must not be forgotten yet. */
VS_RESULT vs_framed_ring_add(struct vs_framed_ring *ring, uint64_t mac, int64_t at_s);
