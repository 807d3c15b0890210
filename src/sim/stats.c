/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/stats.h"

#include <assert.h>

/* Both are only uint64_t, so they can be walked as such. */
_Static_assert(sizeof(struct vs_sim_counts) % sizeof(uint64_t) == 0, "counts are numbers only");
enum { COUNTS = sizeof(struct vs_sim_counts) / sizeof(uint64_t) };

static unsigned
bucket_of(uint64_t passed_us)
{
	unsigned power, bucket;

	if (passed_us < 8)
		return (unsigned)passed_us;
	power = 63 - (unsigned)__builtin_clzll(passed_us);
	bucket = (power - 2) * 8 + (unsigned)((passed_us >> (power - 3)) & 7);
	return bucket < VS_SIM_TIME_BUCKETS ? bucket : VS_SIM_TIME_BUCKETS - 1;
}

/* The first time that falls into the next bucket. */
static uint64_t
bucket_end(unsigned bucket)
{
	unsigned power = bucket / 8 + 2;

	if (bucket < 8)
		return bucket + 1;
	return (UINT64_C(8) + bucket % 8 + 1) << (power - 3);
}

void
vs_sim_stats_time(struct vs_sim_stats *stats, uint64_t passed_us)
{
	stats->times[bucket_of(passed_us)]++;
}

uint64_t
vs_sim_stats_percentile(const struct vs_sim_stats *stats, unsigned permille)
{
	uint64_t total = 0, seen = 0;

	assert(permille <= 1000);
	for (unsigned i = 0; i < VS_SIM_TIME_BUCKETS; i++)
		total += stats->times[i];
	if (total == 0)
		return 0;
	for (unsigned i = 0; i < VS_SIM_TIME_BUCKETS; i++) {
		seen += stats->times[i];
		if (seen * 1000 >= total * permille && seen > 0)
			return bucket_end(i);
	}
	return bucket_end(VS_SIM_TIME_BUCKETS - 1);
}

void
vs_sim_stats_add(struct vs_sim_stats *sum, const struct vs_sim_stats *stats)
{
	uint64_t *to = (uint64_t *)&sum->counts;
	const uint64_t *from = (const uint64_t *)&stats->counts;

	for (unsigned i = 0; i < COUNTS; i++)
		to[i] += from[i];
	for (unsigned i = 0; i < VS_SIM_TIME_BUCKETS; i++)
		sum->times[i] += stats->times[i];
	sum->connects += stats->connects;
	sum->failures += stats->failures;
	sum->stations += stats->stations;
	sum->online += stats->online;
	sum->queued += stats->queued;
}

void
vs_sim_stats_subtract(const struct vs_sim_stats *now, const struct vs_sim_stats *before,
                      struct vs_sim_stats *since_out)
{
	struct vs_sim_stats since = *now;
	uint64_t *to = (uint64_t *)&since.counts;
	const uint64_t *from = (const uint64_t *)&before->counts;

	for (unsigned i = 0; i < COUNTS; i++)
		to[i] -= from[i];
	for (unsigned i = 0; i < VS_SIM_TIME_BUCKETS; i++)
		since.times[i] -= before->times[i];
	since.connects -= before->connects;
	since.failures -= before->failures;
	*since_out = since;
}

void
vs_sim_stats_format_progress(const struct vs_sim_stats *now, const struct vs_sim_stats *since,
                             uint64_t passed_ms, char *text, size_t size)
{
	double passed_s = passed_ms > 0 ? (double)passed_ms / 1000.0 : 1.0;
	uint64_t errors =
	    now->failures + now->counts.refused + now->counts.invalid + now->counts.timed_out;

	(void)snprintf(text, size,
	               "connected %llu/%llu, %.1f messages/s, p50 %.1f ms, p99 %.1f ms, errors "
	               "%llu, queue %llu",
	               (unsigned long long)now->online, (unsigned long long)now->stations,
	               (double)since->counts.answered / passed_s,
	               (double)vs_sim_stats_percentile(since, 500) / 1000.0,
	               (double)vs_sim_stats_percentile(since, 990) / 1000.0,
	               (unsigned long long)errors, (unsigned long long)now->queued);
}

void
vs_sim_stats_format_end(const struct vs_sim_stats *now, char *text, size_t size)
{
	unsigned long long lost = now->counts.lost + now->queued;

	(void)snprintf(
	    text, size,
	    "stations=%llu transactions=%llu tx_events=%llu meter_values=%llu answered=%llu "
	    "lost=%llu",
	    (unsigned long long)now->stations, (unsigned long long)now->counts.transactions,
	    (unsigned long long)now->counts.tx_events, (unsigned long long)now->counts.meter_values,
	    (unsigned long long)now->counts.answered, lost);
}
