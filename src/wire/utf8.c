/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/utf8.h"

#include <assert.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* The offset of the first byte from `at` on that is not ASCII. */
static size_t
skip_ascii(const uint8_t *data, size_t at, size_t size)
{
	uint64_t word;

#ifdef __SSE2__
	for (; size - at >= 32; at += 32) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)(data + at));
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(data + at + 16));

		if (_mm_movemask_epi8(_mm_or_si128(a, b)) != 0)
			break;
	}
#endif
	for (; size - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, data + at, sizeof(word));
		if ((word & HIGH_BITS) != 0)
			break;
	}
	/* What is left of a long text: one word that overlaps what was seen. */
	if (size - at < sizeof(word) && size >= sizeof(word)) {
		memcpy(&word, data + size - sizeof(word), sizeof(word));
		if ((word & HIGH_BITS) == 0)
			return size;
	}
	while (at < size && data[at] < 0x80)
		at++;
	return at;
}

/* Table 3-7 of the Unicode standard: what may follow a lead byte. False: it can lead nothing. */
static inline bool
lead(uint8_t byte, struct vs_utf8 *state)
{
	state->low = 0x80;
	state->high = 0xbf;
	if (byte >= 0xc2 && byte <= 0xdf) {
		state->left = 1;
	} else if (byte >= 0xe0 && byte <= 0xef) {
		state->left = 2;
		if (byte == 0xe0)
			state->low = 0xa0; /* overlong below */
		else if (byte == 0xed)
			state->high = 0x9f; /* surrogates above */
	} else if (byte >= 0xf0 && byte <= 0xf4) {
		state->left = 3;
		if (byte == 0xf0)
			state->low = 0x90;
		else if (byte == 0xf4)
			state->high = 0x8f; /* U+10FFFF */
	} else {
		return false;
	}
	return true;
}

static inline bool
follow(uint8_t byte, struct vs_utf8 *state)
{
	if (byte < state->low || byte > state->high)
		return false;
	state->left--;
	state->low = 0x80;
	state->high = 0xbf;
	return true;
}

bool
vs_utf8_feed(struct vs_utf8 *state, struct vs_bytes part)
{
	struct vs_utf8 now;
	size_t at = 0;

	assert(state != NULL);
	now = *state;
	while (at < part.size) {
		if (now.left > 0) {
			if (!follow(part.data[at++], &now))
				return false;
			continue;
		}
		at = skip_ascii(part.data, at, part.size);
		/* Text that is not ASCII seldom returns to it for long: no fast path inside a run.
		 */
		while (at < part.size && part.data[at] >= 0x80 && now.left == 0) {
			if (!lead(part.data[at++], &now))
				return false;
			while (now.left > 0 && at < part.size) {
				if (!follow(part.data[at++], &now))
					return false;
			}
		}
	}
	*state = now;
	return true;
}

bool
vs_utf8_is_whole(const struct vs_utf8 *state)
{
	assert(state != NULL);
	return state->left == 0;
}

bool
vs_utf8_is_valid(struct vs_bytes text)
{
	struct vs_utf8 state = {0};

	return vs_utf8_feed(&state, text) && state.left == 0;
}

size_t
vs_utf8_cut(struct vs_bytes text, size_t size_max)
{
	size_t size = size_max;

	if (text.size <= size_max)
		return text.size;
	while (size > 0 && (text.data[size] & 0xc0) == 0x80)
		size--;
	return size;
}
