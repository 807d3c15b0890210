/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that look random and can be had again from the same seed (SplitMix64): what a simulated
 * station does is repeatable. Never for keys, passwords or anything that must not be guessed.
 */
#pragma once

#include <stdint.h>

struct vs_sim_prng {
	uint64_t state;
};

static inline uint64_t
vs_sim_prng_next(struct vs_sim_prng *prng)
{
	uint64_t x = prng->state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* 0 <= x < 1 */
static inline double
vs_sim_prng_unit(struct vs_sim_prng *prng)
{
	return (double)(vs_sim_prng_next(prng) >> 11) * 0x1p-53;
}

/* min <= x <= max */
static inline uint64_t
vs_sim_prng_between(struct vs_sim_prng *prng, uint64_t min, uint64_t max)
{
	return max <= min ? min : min + vs_sim_prng_next(prng) % (max - min + 1);
}
