/* SPDX-License-Identifier: Apache-2.0 */
/* Counters and gauges, one per row of metrics.def. Cheap from any thread: each has a block of its
 * own. */
#pragma once

#include <stdint.h>

enum vs_metric {
#define VS_METRIC(name, kind, help) VS_METRIC_##name,
#include "base/metrics.def"
#undef VS_METRIC
	VS_METRIC_COUNT /* must be last */
};

enum vs_metric_kind { VS_METRIC_COUNTER, VS_METRIC_GAUGE };

void vs_metric_add(enum vs_metric metric, int64_t amount);
/* The sum over all threads, the ended ones included. */
int64_t vs_metric_read(enum vs_metric metric);
/* Of the family: the rows of one family follow one another and differ in their labels. */
const char *vs_metric_name(enum vs_metric metric);
/* layer="L1",reason="accept"; "": the metric is alone. */
const char *vs_metric_labels(enum vs_metric metric);
/* Of the family. */
const char *vs_metric_help(enum vs_metric metric);
enum vs_metric_kind vs_metric_kind(enum vs_metric metric);
