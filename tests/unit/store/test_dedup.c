/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dedup.h"

#include "test.h"

static struct vs_store_dedup *dedup;

static void
remembers_for_a_window_and_forgets_after_two(void)
{
	const int64_t hour = VS_STORE_DEDUP_WINDOW_MS;

	CHECK_OK(vs_store_dedup_new(1000, &dedup));
	vs_store_dedup_expect(dedup, 7); /* says nothing about it */
	CHECK(!vs_store_dedup_has(dedup, 7));
	CHECK_OK(vs_store_dedup_add(dedup, 7, 1000));
	vs_store_dedup_expect(dedup, 0);
	vs_store_dedup_expect(dedup, 8);
	CHECK(vs_store_dedup_has(dedup, 7) && !vs_store_dedup_has(dedup, 8));
	CHECK_OK(vs_store_dedup_add(dedup, 8, 1000 + hour - 1));
	CHECK_OK(vs_store_dedup_add(dedup, 9, 1000 + hour)); /* turns */
	CHECK(vs_store_dedup_has(dedup, 7) && vs_store_dedup_has(dedup, 8) &&
	      vs_store_dedup_has(dedup, 9));
	CHECK_OK(vs_store_dedup_add(dedup, 10, 1000)); /* a clock set back turns nothing */
	CHECK(vs_store_dedup_has(dedup, 7));
	CHECK_OK(vs_store_dedup_add(dedup, 11, 1000 + 2 * hour));
	CHECK(!vs_store_dedup_has(dedup, 7) && !vs_store_dedup_has(dedup, 8) &&
	      vs_store_dedup_has(dedup, 9));
	vs_store_dedup_free(&dedup);
	CHECK(dedup == NULL);
	vs_store_dedup_free(&dedup);
}

static void
is_bounded(void)
{
	CHECK_OK(vs_store_dedup_new(10000, &dedup));
	for (uint64_t i = 1; i <= 30000; i++)
		CHECK_OK(vs_store_dedup_add(dedup, i * UINT64_C(0x9e3779b97f4a7c15), 5));
	for (uint64_t i = 1; i <= 30000; i++)
		CHECK(vs_store_dedup_has(dedup, i * UINT64_C(0x9e3779b97f4a7c15)) == (i > 10000));
	vs_store_dedup_free(&dedup);
}

/* All land on few slots: removing must not cut the chains of the others. */
static void
removing_leaves_the_others(void)
{
	CHECK_OK(vs_store_dedup_new(4000, &dedup));
	for (uint64_t i = 1; i <= 1500; i++)
		CHECK_OK(vs_store_dedup_add(dedup, (i << 32) | (i % 3 + 4094), 5));
	for (uint64_t i = 1; i <= 1500; i += 2)
		vs_store_dedup_remove(dedup, (i << 32) | (i % 3 + 4094));
	vs_store_dedup_remove(dedup, 12345); /* never there */
	for (uint64_t i = 1; i <= 1500; i++)
		CHECK(vs_store_dedup_has(dedup, (i << 32) | (i % 3 + 4094)) == (i % 2 == 0));
	CHECK_OK(vs_store_dedup_add(dedup, (UINT64_C(1) << 32) | 4095, 5));
	CHECK(vs_store_dedup_has(dedup, (UINT64_C(1) << 32) | 4095));
	vs_store_dedup_free(&dedup);
}

int
main(void)
{
	CASE(remembers_for_a_window_and_forgets_after_two);
	CASE(is_bounded);
	CASE(removing_leaves_the_others);
	return 0;
}
