/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When to try to connect again (OCPP 2.0.1 Part 4, 5.3): RetryBackOffWaitMinimum plus a random part
 * of RetryBackOffRandomRange; the minimum is doubled RetryBackOffRepeatTimes times and then stays.
 */
#pragma once

#include "sim/prng.h"

struct vs_sim_backoff {
	uint32_t tries; /* failed since the last success */
};

struct vs_sim_backoff_rule {
	uint32_t wait_minimum_s;
	uint32_t random_range_s;
	uint32_t repeat_times; /* more than 16 counts as 16 */
};

/* The delay before the next try, in milliseconds; counts the try. */
uint64_t vs_sim_backoff_next(struct vs_sim_backoff *backoff, const struct vs_sim_backoff_rule *rule,
                             struct vs_sim_prng *prng);
void vs_sim_backoff_reset(struct vs_sim_backoff *backoff);
