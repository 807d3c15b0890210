/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a thread of the simulator has counted, and how long answers took. Pure; a snapshot is a
 * copy.
 *
 * Times fall into buckets of an eighth of a power of two: a percentile is right to 12 percent.
 */
#pragma once

#include <stdio.h>

#include "sim/station.h"

enum { VS_SIM_TIME_BUCKETS = 8 * 32 };

struct vs_sim_stats {
	struct vs_sim_counts counts;
	uint64_t times[VS_SIM_TIME_BUCKETS];
	uint64_t connects; /* that became open */
	uint64_t failures; /* connections that did not, or ended by an error */
	uint64_t stations, online, queued;
};

void vs_sim_stats_time(struct vs_sim_stats *stats, uint64_t passed_us);
/* The upper end of the bucket below which `permille` of the times fall, in microseconds; 0 when
 * there are none. */
uint64_t vs_sim_stats_percentile(const struct vs_sim_stats *stats, unsigned permille);
/* sum += stats, with everything that it holds. */
void vs_sim_stats_add(struct vs_sim_stats *sum, const struct vs_sim_stats *stats);
/* since = now - before for what is counted; stations, online and queued are those of now. */
void vs_sim_stats_subtract(const struct vs_sim_stats *now, const struct vs_sim_stats *before,
                           struct vs_sim_stats *since_out);

/* "connected 5/5, 12.0 messages/s, p50 0.4 ms, p99 2.1 ms, errors 0, queue 3" */
void vs_sim_stats_format_progress(const struct vs_sim_stats *now, const struct vs_sim_stats *since,
                                  uint64_t passed_ms, char *text, size_t size);
/* "stations=5 transactions=.. tx_events=.. meter_values=.. answered=.. lost=.." lost: given up, or
 * still queued. */
void vs_sim_stats_format_end(const struct vs_sim_stats *now, char *text, size_t size);
