/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of what a node did with its right to send to stations, for tests and audits: one JSON
 * object a line, each written at once (tests/cluster/check_history.py reads it). One thread.
 */
#pragma once

#include <stdint.h>

#include "base/result.h"

struct vs_daemon_history;

/* Appends to what is there. IO. */
VS_RESULT vs_daemon_history_open(const char *path, const char *node,
                                 struct vs_daemon_history **history_out);
void vs_daemon_history_close(struct vs_daemon_history **history);
/* what: "owns", "lets". history NULL: nothing. */
void vs_daemon_history_write(struct vs_daemon_history *history, const char *what,
                             const char *tenant, const char *station, uint64_t epoch);
