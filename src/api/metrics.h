/* SPDX-License-Identifier: Apache-2.0 */
/* Counters and gauges as text: Prometheus 0.0.4, or OpenMetrics 1.0.0 for who accepts it. */
#pragma once

#include "base/bytes.h"

/* Does this Accept header ask for OpenMetrics? With a quality of 0 it does not. */
bool vs_api_metrics_is_open(struct vs_bytes accept);
/* Appends. */
VS_RESULT vs_api_metrics_write(struct vs_buf *out, bool is_open);
