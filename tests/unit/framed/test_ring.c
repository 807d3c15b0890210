/* SPDX-License-Identifier: Apache-2.0 */
#include "framed/ring.h"

#include "base/limits.h"
#include "test.h"

static void
test_remembers_and_forgets(void)
{
	struct vs_framed_ring ring = {0};

	CHECK(!vs_framed_ring_has(&ring, 1));
	vs_framed_ring_forget(&ring, 100); /* of nothing */
	for (uint64_t i = 0; i < 1000; i++) {
		CHECK_OK(vs_framed_ring_add(&ring, i, (int64_t)i));
		if (i >= 50) {
			vs_framed_ring_forget(&ring, (int64_t)i - 49);
			CHECK(!vs_framed_ring_has(&ring, i - 50));
		}
		CHECK(vs_framed_ring_has(&ring, i) && ring.count <= 50);
	}
	CHECK(ring.capacity == 64 && vs_framed_ring_has(&ring, 950));
	vs_framed_ring_forget(&ring, 5000);
	CHECK(ring.count == 0 && !vs_framed_ring_has(&ring, 999));
	vs_framed_ring_done(&ring);
}

/* It says no rather than forget what may come again. */
static void
test_full(void)
{
	struct vs_framed_ring ring = {0};

	for (uint64_t i = 0; i < VS_LIMIT_FRAMED_TOKENS; i++)
		CHECK_OK(vs_framed_ring_add(&ring, i, 7));
	CHECK_ERR(vs_framed_ring_add(&ring, 1000000, 7), BUSY);
	CHECK(vs_framed_ring_has(&ring, 0) &&
	      vs_framed_ring_has(&ring, VS_LIMIT_FRAMED_TOKENS - 1));
	CHECK(!vs_framed_ring_has(&ring, 1000000));
	vs_framed_ring_forget(&ring, 8);
	CHECK_OK(vs_framed_ring_add(&ring, 1000000, 8));
	vs_framed_ring_done(&ring);
	CHECK(ring.marks == NULL);
}

/* Against a plain list, with MACs that want the same places. */
static void
test_like_a_list(void)
{
	struct vs_framed_ring ring = {0};
	uint64_t list[3000], seed = 1;
	size_t first = 0;

	for (size_t i = 0; i < 3000; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		list[i] = (seed >> 60) | (uint64_t)i << 20; /* sixteen homes */
		CHECK(!vs_framed_ring_has(&ring, list[i]));
		CHECK_OK(vs_framed_ring_add(&ring, list[i], (int64_t)i));
		if (i >= 100 && i % 7 == 0) {
			first = i - 60;
			vs_framed_ring_forget(&ring, (int64_t)first);
		}
		if (i % 97 == 0) {
			for (size_t k = 0; k <= i; k++)
				CHECK(vs_framed_ring_has(&ring, list[k]) == (k >= first));
		}
	}
	vs_framed_ring_done(&ring);
}

int
main(void)
{
	CASE(test_remembers_and_forgets);
	CASE(test_full);
	CASE(test_like_a_list);
	return 0;
}
