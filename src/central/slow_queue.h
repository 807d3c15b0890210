/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose password is hashed next, when a hash takes tens of milliseconds.
 *
 * First come, first served, but of one source and of one identity only one at a time: who asks much
 * waits behind himself. How many may wait follows from how fast it goes: at most VS_SLOW_WAIT_MS of
 * work; who finds more is told when to come again, before anything is hashed. Pure: no threads, no
 * clock; the owner locks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

#define VS_SLOW_WAIT_MS 5000u

/* Embedded in what waits; not moved while it does. */
struct vs_slow_entry {
	struct vs_slow_entry *next;
	uint64_t identity, source; /* hashes */
	uint64_t due_ms;           /* useless afterwards */
	bool is_trusted;           /* its source may let more than VS_LIMIT_SLOW_SOURCE wait */
};

struct vs_slow_queue {
	struct vs_slow_entry *waiting, **waiting_end, *running;
	size_t waiting_count, running_count;
	unsigned threads;
	uint64_t average_us; /* of one hash */
};

void vs_slow_queue_init(struct vs_slow_queue *queue, unsigned threads);
/* BUSY: *retry_ms_out says how long what waits already takes. */
VS_RESULT vs_slow_queue_add(struct vs_slow_queue *queue, struct vs_slow_entry *entry,
                            uint64_t *retry_ms_out);
/* The next one to be hashed, now running; or, with *is_late_out, one that was due: it is out of the
 * queue and not running. NULL: none can begin now. */
struct vs_slow_entry *vs_slow_queue_next(struct vs_slow_queue *queue, uint64_t now_ms,
                                         bool *is_late_out);
/* One that ran is done; took_us 0: it was not hashed. */
void vs_slow_queue_done(struct vs_slow_queue *queue, struct vs_slow_entry *entry, uint64_t took_us);
