/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "test.h"

static bool
is_zero(const uint8_t *memory, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (memory[i] != 0)
			return false;
	}
	return true;
}

static void
test_alignment_and_zero(void)
{
	struct vs_arena *arena = NULL;

	CHECK_OK(vs_arena_new(256, 65536, &arena));
	for (int round = 0; round < 3; round++) {
		for (size_t size = 0; size < 700; size += 13) {
			void *memory = NULL;

			CHECK_OK(vs_arena_alloc(arena, size, &memory));
			CHECK(((uintptr_t)memory & 15) == 0);
			CHECK(is_zero(memory, size));
			memset(memory, 0xff, size);
		}
		vs_arena_reset(arena);
	}
	vs_arena_free(&arena);
	CHECK(arena == NULL);
	vs_arena_free(&arena);
}

static void
test_cap(void)
{
	struct vs_arena *arena = NULL;
	void *memory = NULL;

	CHECK_OK(vs_arena_new(1024, 4096, &arena));
	CHECK_ERR(vs_arena_alloc(arena, SIZE_MAX, &memory), TOO_LONG);
	CHECK_ERR(vs_arena_alloc(arena, 4096, &memory), TOO_LONG);
	CHECK(memory == NULL);
	for (int round = 0; round < 2; round++) {
		size_t count = 0;

		while (vs_arena_alloc(arena, 256, &memory).code == VS_E_OK)
			count++;
		CHECK(count >= 9 && count < 16);
		CHECK_ERR(vs_arena_alloc(arena, 256, &memory), TOO_LONG);
		vs_arena_reset(arena);
	}
	vs_arena_free(&arena);
}

static void
test_copy(void)
{
	struct vs_arena *arena = NULL;
	struct vs_bytes a, b;

	CHECK_OK(vs_arena_new(128, 4096, &arena));
	CHECK_OK(vs_arena_copy(arena, VS_BYTES_LITERAL("station"), &a));
	CHECK_OK(vs_arena_copy(arena, vs_bytes_from_text(NULL), &b));
	CHECK(vs_bytes_equal_text(a, "station") && a.data[a.size] == 0);
	CHECK(b.size == 0 && b.data[0] == 0);
	CHECK_ERR(vs_arena_copy(arena, (struct vs_bytes){a.data, SIZE_MAX}, &b), TOO_LONG);
	vs_arena_free(&arena);
}

int
main(void)
{
	CASE(test_alignment_and_zero);
	CASE(test_cap);
	CASE(test_copy);
	return 0;
}
