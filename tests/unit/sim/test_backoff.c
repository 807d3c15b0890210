/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/backoff.h"

#include "test.h"

/* OCPP 2.0.1 Part 4, 5.3: the minimum, doubled RetryBackOffRepeatTimes times, plus at most the
 * random range. */
static void
test_bounds(void)
{
	const struct vs_sim_backoff_rule rule = {5, 10, 3};
	const uint64_t minimum_ms[] = {5000, 10000, 20000, 40000, 40000, 40000};

	for (uint64_t seed = 0; seed < 200; seed++) {
		struct vs_sim_prng prng = {seed};
		struct vs_sim_backoff backoff = {0};

		for (int i = 0; i < 6; i++) {
			uint64_t wait_ms = vs_sim_backoff_next(&backoff, &rule, &prng);

			CHECK(wait_ms >= minimum_ms[i]);
			CHECK(wait_ms <= minimum_ms[i] + 10000);
		}
		vs_sim_backoff_reset(&backoff);
		CHECK(vs_sim_backoff_next(&backoff, &rule, &prng) <= 15000);
	}
}

static void
test_random_part_spreads(void)
{
	const struct vs_sim_backoff_rule rule = {0, 100, 0};
	struct vs_sim_prng prng = {7};
	unsigned low = 0;

	for (int i = 0; i < 1000; i++) {
		struct vs_sim_backoff backoff = {0};

		low += vs_sim_backoff_next(&backoff, &rule, &prng) < 50000;
	}
	CHECK(low > 400 && low < 600);
}

/* What a CSMS sets is its own affair: no value makes the wait overflow or become nothing. */
static void
test_hostile_rule(void)
{
	const struct vs_sim_backoff_rule rule = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
	struct vs_sim_prng prng = {1};
	struct vs_sim_backoff backoff = {0};
	uint64_t before = 0;

	for (int i = 0; i < 100; i++) {
		uint64_t wait_ms = vs_sim_backoff_next(&backoff, &rule, &prng);

		CHECK(wait_ms >= UINT64_C(4294967295000));
		if (i == 16)
			before = wait_ms;
		if (i > 16)
			CHECK(wait_ms < before + UINT64_C(2) * 4294967295000);
	}
}

int
main(void)
{
	CASE(test_bounds);
	CASE(test_random_part_spreads);
	CASE(test_hostile_rule);
	return 0;
}
