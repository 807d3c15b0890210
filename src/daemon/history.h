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

struct vs_daemon_history_line {
	const char *what; /* "owns", "lets" */
	const char *tenant, *station;
	uint64_t epoch;
	uint64_t ago_ms; /* it was so long before now */
};
/* history NULL: nothing. */
void vs_daemon_history_write(struct vs_daemon_history *history,
                             const struct vs_daemon_history_line *line);
