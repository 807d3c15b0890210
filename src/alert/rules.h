/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which events are alerts. A pure machine: no clock, no I/O.
 *
 * A rule fires when `count` of its events came within `window_s`. Then it begins anew, and stays
 * quiet until the window that fired is over: a storm of events is one alert for each window.
 */
#pragma once

#include "alert/config.h"

struct vs_alert_rules;

VS_RESULT vs_alert_rules_new(const struct vs_alert_config *config,
                             struct vs_alert_rules **rules_out); /* borrowed */
void vs_alert_rules_free(struct vs_alert_rules **rules);

/* `fired` is called for each rule that this event fires, with how many events there were. */
void vs_alert_rules_see(struct vs_alert_rules *rules, const struct vs_core_event *event,
                        int64_t now_ms,
                        void (*fired)(void *arg, const struct vs_alert_rule *rule, uint32_t count),
                        void *arg);
