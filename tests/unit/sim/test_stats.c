/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/stats.h"

#include "test.h"

static void
test_percentiles(void)
{
	static struct vs_sim_stats stats;

	CHECK(vs_sim_stats_percentile(&stats, 990) == 0);
	for (uint64_t us = 1; us <= 10000; us++)
		vs_sim_stats_time(&stats, us);
	CHECK(vs_sim_stats_percentile(&stats, 500) >= 5000 &&
	      vs_sim_stats_percentile(&stats, 500) <= 5650);
	CHECK(vs_sim_stats_percentile(&stats, 990) >= 9900 &&
	      vs_sim_stats_percentile(&stats, 990) <= 11200);
	CHECK(vs_sim_stats_percentile(&stats, 1000) >= 10000);
	CHECK(vs_sim_stats_percentile(&stats, 0) <= 2);
	vs_sim_stats_time(&stats, 0);
	vs_sim_stats_time(&stats, UINT64_MAX); /* the last bucket, not behind it */
	CHECK(vs_sim_stats_percentile(&stats, 1000) > 1000000);
}

static void
test_bucket_holds_its_time(void)
{
	for (uint64_t us = 1; us < UINT64_C(1) << 30; us += us / 3 + 1) {
		struct vs_sim_stats stats = {.connects = 0};
		uint64_t end;

		vs_sim_stats_time(&stats, us);
		end = vs_sim_stats_percentile(&stats, 500);
		CHECK(end > us && end <= us + us / 8 + 1);
	}
}

static void
test_sums(void)
{
	static struct vs_sim_stats a, b, since;

	a.counts.answered = 5;
	a.counts.bad_out = 1; /* the last of the counts */
	a.queued = 3;
	a.stations = 2;
	vs_sim_stats_time(&a, 100);
	vs_sim_stats_add(&b, &a);
	vs_sim_stats_add(&b, &a);
	CHECK(b.counts.answered == 10 && b.counts.bad_out == 2 && b.queued == 6 && b.stations == 4);
	vs_sim_stats_subtract(&b, &a, &since);
	CHECK(since.counts.answered == 5 && since.counts.bad_out == 1 && since.stations == 4);
	CHECK(vs_sim_stats_percentile(&since, 500) > 100);
}

static void
test_lines(void)
{
	struct vs_sim_stats stats = {.stations = 5, .online = 4, .queued = 2};
	char text[256];

	stats.counts.transactions = 3;
	stats.counts.lost = 1;
	stats.counts.answered = 50;
	vs_sim_stats_format_end(&stats, text, sizeof(text));
	CHECK(strcmp(text,
	             "stations=5 transactions=3 tx_events=0 meter_values=0 answered=50 lost=3") ==
	      0);
	vs_sim_stats_format_progress(&stats, &stats, 5000, text, sizeof(text));
	CHECK(strncmp(text,
	              "connected 4/5, 10.0 messages/s, p50 0.0 ms, p99 0.0 ms, errors 0, queue 2",
	              60) == 0);
	vs_sim_stats_format_progress(&stats, &stats, 0, text, sizeof(text));
	CHECK(strstr(text, "inf") == NULL);
}

int
main(void)
{
	CASE(test_percentiles);
	CASE(test_bucket_holds_its_time);
	CASE(test_sums);
	CASE(test_lines);
	return 0;
}
