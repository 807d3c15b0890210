/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer: one thread that owns the writing connection, takes records from a bounded queue and
 * commits them in groups of at most VS_LIMIT_STORE_BATCH.
 *
 * A group is committed when it is full, when its oldest record has waited commit_interval_ms, or at
 * once when one of its records has an answer that waits for the commit. Records come in while a
 * commit runs, so groups grow with the load. A commit that fails (disk full, I/O error) fails its
 * records, unless they may wait in a spool (group.h); the next one is tried anew.
 */
#pragma once

#include "core/ports.h"
#include "store/db.h"
#include "store/seal.h"
#include "store/store.h"

struct vs_store_writer;

/* Ownership of *db moves (it is zero afterwards) and with it the statements; when the thread cannot
 * be started it is closed. dedup is loaded from the database. The thread runs when this returns. */
VS_RESULT vs_store_writer_new(struct vs_store_db *db, const struct vs_store_options *options,
                              const struct vs_store_seal *seal, char *reason, size_t reason_size,
                              struct vs_store_writer **writer_out);
/* Commits what is queued, checkpoints, ends the thread, closes the connection. */
void vs_store_writer_free(struct vs_store_writer **writer);

vs_result vs_store_writer_submit(void *self, struct vs_core_record *list,
                                 size_t count); /* vs_port_writer.submit */

/* Run something on the writing connection, between two groups, and wait for what it says; it begins
 * and ends its own transaction. CLOSED: the writer is being freed. Any thread but the writer's. */
VS_RESULT vs_store_writer_do(struct vs_store_writer *writer,
                             vs_result (*run)(struct vs_store_db *db, void *arg), void *arg);
