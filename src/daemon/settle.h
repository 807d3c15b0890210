/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry's entry of a station comes from two sides: what this node commits is applied when it
 * comes back from the writer, and what another node changed is read by the feed's thread and
 * applied after that. A row that was read before a change of this node and is applied after it
 * would hide the change until the next one: a station that was disabled here would be let in.
 *
 * So each commit is counted (by a hash of the station), and what was taken from the feed is
 * remembered for a while: when something was committed since before it was read, it is read and
 * taken once more. Takings come after each other, so the last word is that of the store.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/record.h"

/* For so long a commit that the row may not have held is waited for: a commit comes back within
 * milliseconds. */
#define VS_DAEMON_SETTLE_MS 1000u

struct vs_daemon_settle;

struct vs_daemon_settle_row {
	char tenant[VS_CORE_TENANT_SIZE];
	char identity[VS_CORE_IDENTITY_SIZE];
	uint32_t count;    /* as it was before the row was read */
	uint64_t taken_ms; /* monotonic */
};

/* NO_MEMORY. */
VS_RESULT vs_daemon_settle_new(struct vs_daemon_settle **settle_out);
void vs_daemon_settle_free(struct vs_daemon_settle **settle);

/* What came back from the writer, before it is applied. Any thread. */
void vs_daemon_settle_committed(struct vs_daemon_settle *settle, const struct vs_core_record *list);

/* The rest: the feed's thread. To be asked before a row is read. */
uint32_t vs_daemon_settle_count(const struct vs_daemon_settle *settle, const char *identity);
/* The row was given on. NO_MEMORY, TOO_LONG (SETTLING_ROWS): it is not remembered. */
VS_RESULT vs_daemon_settle_taken(struct vs_daemon_settle *settle, const char *tenant,
                                 const char *identity, uint32_t count, uint64_t now_ms);
/* One that is to be taken again, and is forgotten with that; false: there is none. */
bool vs_daemon_settle_next(struct vs_daemon_settle *settle, uint64_t now_ms,
                           struct vs_daemon_settle_row *row_out);
