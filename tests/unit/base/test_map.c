/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <stdio.h>

#include "test.h"

/* Key 00..0f, input 00..n-1: appendix A of the SipHash paper (n = 15) and its reference vectors. */
static void
test_siphash(void)
{
	static const struct {
		size_t size;
		uint64_t hash;
	} known[] = {
	    {0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},
	    {7, UINT64_C(0xab0200f58b01d137)},  {8, UINT64_C(0x93f5f5799a932462)},
	    {15, UINT64_C(0xa129ca6149be45e5)},
	};
	uint8_t bytes[16];

	for (uint8_t i = 0; i < 16; i++)
		bytes[i] = i;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		CHECK(vs_hash_keyed(vs_bytes_from(bytes, known[i].size), bytes) == known[i].hash);
	CHECK(vs_hash(VS_BYTES_LITERAL("a")) == vs_hash(VS_BYTES_LITERAL("a")));
	CHECK(vs_hash(VS_BYTES_LITERAL("a")) != vs_hash(VS_BYTES_LITERAL("b")));
}

/* Key 0. The hashes are what CPython 3.11 with PYTHONHASHSEED=0 has as hash(bytes(range(from,
 * to))). */
static void
test_siphash_of_what_is_long(void)
{
	static const struct {
		size_t size;
		uint64_t first, second;
	} known[] = {
	    {16, UINT64_C(0xead411e67ebe2eea), UINT64_C(0x07f68d2e3123f156)},
	    {17, UINT64_C(0xead411e67ebe2eea), UINT64_C(0x6b32e68113082ae8)},
	    {23, UINT64_C(0xead411e67ebe2eea), UINT64_C(0x9c5b44e05cf0d4f9)},
	    {24, UINT64_C(0xead411e67ebe2eea), UINT64_C(0xd68c49029b0c2ce3)},
	    {31, UINT64_C(0xead411e67ebe2eea), UINT64_C(0x872c446755af3c46)},
	    {32, UINT64_C(0x8972188433a5c5b7), UINT64_C(0xd604989d36aa9032)},
	    {63, UINT64_C(0x31185a47af932f3a), UINT64_C(0xc4f1aa303903cfeb)},
	    {64, UINT64_C(0x31ef8061c910629b), UINT64_C(0xc986dd264e78d700)},
	    {100, UINT64_C(0xfe1f2445ba50237f), UINT64_C(0x8ba14d626f96646a)},
	    {101, UINT64_C(0xfe1f2445ba50237f), UINT64_C(0x579c0c2609e38ae4)},
	};
	const uint8_t key[16] = {0};
	const uint64_t of_nothing = vs_hash_long(vs_bytes_from(NULL, 0), key);
	uint8_t bytes[101];

	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint64_t second = known[i].second << 32 | known[i].second >> 32;

		CHECK(vs_hash_long(vs_bytes_from(bytes, known[i].size), key) ==
		      (known[i].first ^ second));
	}
	CHECK(of_nothing != 0);
	CHECK(vs_hash_long(vs_bytes_from(bytes, 7), key) != of_nothing);
}

static struct vs_bytes
name_of(int i, char text[static 16])
{
	(void)snprintf(text, 16, "CS-%d", i);
	return vs_bytes_from_text(text);
}

static void
test_put_get_remove(void)
{
	struct vs_map *map = NULL;
	int one = 1, two = 2;
	void *old = &one;

	CHECK_OK(vs_map_new(10, &map));
	CHECK(vs_map_get(map, VS_BYTES_LITERAL("a")) == NULL);
	CHECK(vs_map_remove(map, VS_BYTES_LITERAL("a")) == NULL);
	CHECK_OK(vs_map_put(map, VS_BYTES_LITERAL("a"), &one, &old));
	CHECK(old == NULL);
	CHECK_OK(vs_map_put(map, VS_BYTES_LITERAL("a"), &two, &old));
	CHECK(old == &one && vs_map_count(map) == 1);
	CHECK_OK(vs_map_put(map, VS_BYTES_LITERAL(""), &one, NULL));
	CHECK_OK(vs_map_put(map, VS_BYTES_LITERAL("a\0"), &one, NULL));
	CHECK(vs_map_count(map) == 3);
	CHECK(vs_map_get(map, VS_BYTES_LITERAL("a")) == &two);
	CHECK(vs_map_get(map, vs_bytes_from_text(NULL)) == &one);
	CHECK(vs_map_remove(map, VS_BYTES_LITERAL("a")) == &two);
	CHECK(vs_map_get(map, VS_BYTES_LITERAL("a")) == NULL);
	CHECK(vs_map_get(map, VS_BYTES_LITERAL("a\0")) == &one);
	vs_map_free(&map);
	CHECK(map == NULL);
	vs_map_free(&map);
}

static void
test_cap(void)
{
	struct vs_map *map = NULL;
	int value = 0;
	char text[16];
	void *old = &map;

	CHECK_OK(vs_map_new(100, &map));
	for (int i = 0; i < 100; i++)
		CHECK_OK(vs_map_put(map, name_of(i, text), &value, NULL));
	CHECK_ERR(vs_map_put(map, name_of(100, text), &value, &old), TOO_LONG);
	CHECK(old == &map && vs_map_count(map) == 100);
	CHECK_OK(vs_map_put(map, name_of(99, text), &map, &old)); /* replacing needs no room */
	CHECK(old == &value);
	vs_map_free(&map);
}

/* Against a plain array, with many removals, so that slots are reused and the table is rebuilt. */
static void
test_churn(void)
{
	enum { KEYS = 500 };
	static bool has[KEYS];
	static int values[KEYS];
	struct vs_map *map = NULL;
	uint32_t seed = 1;
	size_t count = 0;
	char text[16];

	CHECK_OK(vs_map_new(KEYS, &map));
	for (int step = 0; step < 50000; step++) {
		int i;

		seed = seed * 1664525u + 1013904223u;
		i = (int)(seed >> 8) % KEYS;
		CHECK(vs_map_get(map, name_of(i, text)) == (has[i] ? &values[i] : NULL));
		if (has[i]) {
			CHECK(vs_map_remove(map, name_of(i, text)) == &values[i]);
			count--;
		} else {
			CHECK_OK(vs_map_put(map, name_of(i, text), &values[i], NULL));
			count++;
		}
		has[i] = !has[i];
		CHECK(vs_map_count(map) == count);
	}
	vs_map_free(&map);
}

static void
test_visit_and_remove(void)
{
	enum { KEYS = 300 };
	static int seen[KEYS];
	struct vs_map *map = NULL;
	struct vs_map_cursor cursor = {0};
	char text[16];
	int visited = 0;

	CHECK_OK(vs_map_new(KEYS, &map));
	CHECK(!vs_map_next(map, &cursor));
	for (int i = 0; i < KEYS; i++)
		CHECK_OK(vs_map_put(map, name_of(i, text), &seen[i], NULL));
	while (vs_map_next(map, &cursor)) {
		++*(int *)cursor.value;
		visited++;
		if (visited % 2 == 0)
			CHECK(vs_map_remove(map, cursor.key) == cursor.value);
	}
	CHECK(visited == KEYS && vs_map_count(map) == KEYS / 2);
	for (int i = 0; i < KEYS; i++)
		CHECK(seen[i] == 1);
	vs_map_free(&map);
}

int
main(void)
{
	CASE(test_siphash);
	CASE(test_siphash_of_what_is_long);
	CASE(test_put_get_remove);
	CASE(test_cap);
	CASE(test_churn);
	CASE(test_visit_and_remove);
	return 0;
}
