/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/backoff.h"

enum { DOUBLED_MAX = 16 };

uint64_t
vs_sim_backoff_next(struct vs_sim_backoff *backoff, const struct vs_sim_backoff_rule *rule,
                    struct vs_sim_prng *prng)
{
	uint32_t doubled_max = rule->repeat_times < DOUBLED_MAX ? rule->repeat_times : DOUBLED_MAX;
	uint32_t doubled = backoff->tries < doubled_max ? backoff->tries : doubled_max;
	uint64_t wait_ms = UINT64_C(1000) * rule->wait_minimum_s << doubled;

	if (backoff->tries < DOUBLED_MAX)
		backoff->tries++;
	return wait_ms + vs_sim_prng_between(prng, 0, UINT64_C(1000) * rule->random_range_s);
}

void
vs_sim_backoff_reset(struct vs_sim_backoff *backoff)
{
	backoff->tries = 0;
}
