/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define GETRANDOM_SIZE_MAX                                                                         \
	256u /* up to here the kernel answers whole, signals or not: getrandom(2) */

void
vs_random_bytes(void *out, size_t size)
{
	uint8_t *at = out;

	assert(out != NULL || size == 0);
	while (size > 0) {
		size_t want = size < GETRANDOM_SIZE_MAX ? size : GETRANDOM_SIZE_MAX;
		ssize_t got = getrandom(at, want, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort(); /* nothing that follows could be trusted */
		at += got;
		size -= (size_t)got;
	}
}

uint64_t
vs_random_u64(void)
{
	uint64_t value = 0;

	vs_random_bytes(&value, sizeof(value));
	return value;
}

uint64_t
vs_random_below(uint64_t limit)
{
	uint64_t value, rest;

	assert(limit > 0);
	rest =
	    (UINT64_MAX % limit + 1) % limit; /* 2^64 mod limit: so many values would be favoured */
	do
		value = vs_random_u64();
	while (value > UINT64_MAX - rest);
	return value % limit;
}

void
vs_uuid_new(int64_t wall_ms, char text[static VS_UUID_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	uint64_t ms = wall_ms > 0 ? (uint64_t)wall_ms : 0;
	uint8_t id[16];
	size_t at = 0;

	vs_random_bytes(id, sizeof(id));
	for (unsigned i = 0; i < 6; i++)
		id[i] = (uint8_t)(ms >> (40 - 8 * i));
	id[6] = (uint8_t)(0x70 | (id[6] & 0x0f));
	id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
	for (size_t i = 0; i < sizeof(id); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[at++] = '-';
		text[at++] = digits[id[i] >> 4];
		text[at++] = digits[id[i] & 15];
	}
	text[at] = 0;
}

void
vs_random_text(char *text, size_t size)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	uint8_t pool[64];
	size_t used = 0, left = 0;

	assert(text != NULL && size > 0);
	while (used < size - 1) {
		if (left == 0) {
			vs_random_bytes(pool, sizeof(pool));
			left = sizeof(pool);
		}
		left--;
		if (pool[left] < 248) /* 4 * 62: the rest would favour some letters */
			text[used++] = alphabet[pool[left] % 62];
	}
	text[used] = 0;
	explicit_bzero(pool, sizeof(pool)); /* the text may be a password */
}
