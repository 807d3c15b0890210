/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration while the daemon runs: what it started with, and what a reload found. A reload
 * applies rows that are LIVE and says which of the others wait for a restart; a configuration that
 * is wrong in any place changes nothing.
 */
#pragma once

#include "daemon/config.h"

struct vs_daemon_settings;

/* Everything `layers` points to is borrowed. Applies the log's options. */
VS_RESULT vs_daemon_settings_new(const struct vs_daemon_config_layers *layers, char *reason,
                                 size_t reason_size, struct vs_daemon_settings **settings_out);
void vs_daemon_settings_free(struct vs_daemon_settings **settings);
/* What the daemon started with: borrowed, never changes. */
const struct vs_daemon_options *vs_daemon_settings_get(const struct vs_daemon_settings *settings);
/* Whom a reload tells what is in force then: rows that are LIVE may have changed. */
void vs_daemon_settings_on_change(struct vs_daemon_settings *settings,
                                  void (*changed)(void *arg,
                                                  const struct vs_daemon_options *options),
                                  void *arg);
/* Load again; for vs_daemon_reload_options.configure. `reason`, when it is good: the options that
 * would be others after a restart, or "". One thread at a time. */
VS_RESULT vs_daemon_settings_again(void *settings, bool *is_changed_out, char *reason,
                                   size_t reason_size);
