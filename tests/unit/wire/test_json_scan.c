/* SPDX-License-Identifier: Apache-2.0 */
/* Both ways of looking at a chunk against a look at each byte. */
#include "wire/json_scan.h"

#include <stdbool.h>

#include "test.h"

static uint64_t state = 11;

static uint8_t
next_byte(void)
{
	static const uint8_t odd[] =
	    "\"\\/0959:;-.eE\x1f\x20\x21\x7f\x80\xff\xa2\xdc\xb0\xb9\x00\x01";

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	if ((state >> 60) < 6)
		return odd[(state >> 33) % (sizeof(odd) - 1)];
	return (uint8_t)(state >> 40);
}

static void
check_chunk(const uint8_t *chunk)
{
	uint32_t stops = 0, others = 0;

	for (unsigned i = 0; i < VS_JSON_CHUNK; i++) {
		bool is_plain =
		    chunk[i] >= 0x20 && chunk[i] < 0x80 && chunk[i] != '"' && chunk[i] != '\\';
		bool is_digit = chunk[i] >= '0' && chunk[i] <= '9';

		stops |= is_plain ? 0 : 1u << i;
		others |= is_digit ? 0 : 1u << i;
	}
	CHECK(vs_json_stops(chunk) == stops);
	CHECK(vs_json_stops_by_words(chunk) == stops);
	CHECK(vs_json_others(chunk) == others);
	CHECK(vs_json_others_by_words(chunk) == others);
}

static void
sees_every_byte_at_every_place(void)
{
	for (unsigned around = 0; around < 256; around++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			uint8_t chunk[VS_JSON_CHUNK];

			memset(chunk, (int)around, sizeof(chunk));
			chunk[(byte + around) % VS_JSON_CHUNK] = (uint8_t)byte;
			check_chunk(chunk);
		}
	}
	for (unsigned place = 0; place < VS_JSON_CHUNK; place++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			uint8_t chunk[VS_JSON_CHUNK];

			memset(chunk, 'a', sizeof(chunk));
			chunk[place] = (uint8_t)byte;
			check_chunk(chunk);
		}
	}
}

static void
sees_what_chance_makes(void)
{
	for (unsigned round = 0; round < 100000; round++) {
		uint8_t chunk[VS_JSON_CHUNK];

		for (unsigned i = 0; i < VS_JSON_CHUNK; i++)
			chunk[i] = next_byte();
		check_chunk(chunk);
	}
}

int
main(void)
{
	CASE(sees_every_byte_at_every_place);
	CASE(sees_what_chance_makes);
	return 0;
}
