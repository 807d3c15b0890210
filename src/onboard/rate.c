/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard/rate.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"

vs_result
vs_onboard_rate_init(struct vs_onboard_rate *rate)
{
	assert(rate != NULL);
	memset(rate, 0, sizeof(*rate));
	return pthread_mutex_init(&rate->lock, NULL) == 0 ? VS_OK : VS_FAIL(NO_MEMORY);
}

void
vs_onboard_rate_done(struct vs_onboard_rate *rate)
{
	(void)pthread_mutex_destroy(&rate->lock);
}

static bool
take(struct vs_onboard_bucket *bucket, int64_t per_s, int64_t now_ms)
{
	const int64_t cost_us = 1000000 / per_s, now_us = now_ms * 1000;
	const int64_t most_us = VS_ONBOARD_RATE_BURST * INT64_C(1000000);

	/* Long full, or the clock was set back. */
	if (bucket->full_us < now_us || bucket->full_us > now_us + most_us + cost_us)
		bucket->full_us = now_us;
	if (bucket->full_us + cost_us > now_us + most_us)
		return false;
	bucket->full_us += cost_us;
	return true;
}

/* The claim's own, or the one in its set that has been full for longest. */
static struct vs_onboard_bucket *
find(struct vs_onboard_rate *rate, struct vs_bytes name)
{
	const uint64_t hash = vs_hash(name), owner = hash == 0 ? 1 : hash;
	struct vs_onboard_bucket *set = rate->claims[owner % VS_ONBOARD_RATE_SETS], *oldest = set;

	for (size_t i = 0; i < VS_ONBOARD_RATE_WAYS; i++) {
		if (set[i].owner == owner)
			return &set[i];
		if (set[i].full_us < oldest->full_us)
			oldest = &set[i];
	}
	*oldest = (struct vs_onboard_bucket){.owner = owner};
	return oldest;
}

bool
vs_onboard_rate_take(struct vs_onboard_rate *rate, struct vs_bytes name, int64_t now_ms)
{
	bool is_within;

	assert(rate != NULL);
	(void)pthread_mutex_lock(&rate->lock);
	is_within = take(find(rate, name), VS_LIMIT_PROVISION_CLAIM_RATE, now_ms);
	(void)pthread_mutex_unlock(&rate->lock);
	return is_within;
}

bool
vs_onboard_rate_take_sum(struct vs_onboard_rate *rate, bool is_known, int64_t now_ms)
{
	bool is_within;

	assert(rate != NULL);
	(void)pthread_mutex_lock(&rate->lock);
	is_within = is_known ? take(&rate->all, VS_LIMIT_PROVISION_RATE, now_ms)
	                     : take(&rate->unknown, VS_LIMIT_PROVISION_UNKNOWN_RATE, now_ms);
	(void)pthread_mutex_unlock(&rate->lock);
	return is_within;
}
