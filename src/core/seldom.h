/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that anybody can cause are kept once a minute for each source, station and reason, with
 * how often they came; and those about stations that nobody registered only so many in a minute. A
 * table that does not grow; no clock, no lock.
 */
#pragma once

#include "core/event.h"

#define VS_SELDOM_PERIOD_MS 60000u
#define VS_SELDOM_MORE      "refused.more"

struct vs_seldom;

VS_RESULT vs_seldom_new(struct vs_seldom **seldom_out);
void vs_seldom_free(struct vs_seldom **seldom);
/* One more. 0: it is counted, to be kept later; else it is to be kept now, and that many came since
 * the last time. now_ms is not 0. */
uint32_t vs_seldom_add(struct vs_seldom *seldom, const struct vs_core_event *event, bool is_known,
                       uint64_t now_ms);
/* One whose minute is over and that has come again since: to be kept. One of the type
 * VS_SELDOM_MORE stands for all that found no place. False: there is none. */
bool vs_seldom_due(struct vs_seldom *seldom, uint64_t now_ms, struct vs_core_event *event_out,
                   uint32_t *count_out);
/* Does anything wait to become due? */
bool vs_seldom_waits(const struct vs_seldom *seldom);
