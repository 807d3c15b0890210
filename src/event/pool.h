/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slow pool: a few threads for what takes milliseconds (report queries, password hashes, X.509
 * building).
 *
 * A job runs in a pool thread and is then finished in the loop that submitted it. Bounded queue, a
 * deadline on each job: one that is too late to be useful is finished with TIMEOUT without having
 * run.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "event/loop.h"

struct vs_pool;

VS_RESULT vs_pool_new(unsigned thread_count, size_t queue_max, struct vs_pool **pool_out);
void vs_pool_free(
    struct vs_pool **pool); /* waits for running jobs; queued ones are finished with CLOSED */

/* run: in a pool thread. finish: in `loop`, with what run returned, or TIMEOUT, or CLOSED; it owns
 * argument then. BUSY when the queue is full: the caller keeps the argument. */
VS_RESULT vs_pool_submit(struct vs_pool *pool, struct vs_loop *loop, uint32_t deadline_ms,
                         vs_result (*run)(void *argument),
                         void (*finish)(struct vs_loop *loop, vs_result result, void *argument),
                         void *argument);
