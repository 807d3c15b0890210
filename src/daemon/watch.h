/* SPDX-License-Identifier: Apache-2.0 */
/* What the store reports goes into the log, not more than a line each second. */
#pragma once

#include <stdint.h>

/* For vs_store_options. Any thread. */
void vs_daemon_watch_damaged(void *arg, const char *tenant, const char *table, const char *column);
void vs_daemon_watch_sealing(void *arg, const char *table, int64_t done, int64_t count);
