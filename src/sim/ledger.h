/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: a file with one JSON line for each message that must not be lost and was answered, so
 * that it can be compared with what the other side has stored (tests/fault/check_ledger.py).
 *
 * Threads add lines at any time; vs_sim_ledger_flush brings them to the disk, and only then the
 * answers count. A line is whole or not there. The file is appended to.
 */
#pragma once

#include "sim/queue.h"

struct vs_sim_ledger;

/* IO: it cannot be opened for writing (errno says why). */
VS_RESULT vs_sim_ledger_open(const char *path, struct vs_sim_ledger **ledger_out);
void vs_sim_ledger_close(struct vs_sim_ledger **ledger); /* what was not flushed is gone */

VS_RESULT vs_sim_ledger_add(struct vs_sim_ledger *ledger, const char *identity,
                            const struct vs_sim_entry *entry, int64_t wall_ms);
/* Written and synchronised, all or (IO) nothing that can be counted on. Cheap when there is
 * nothing. */
VS_RESULT vs_sim_ledger_flush(struct vs_sim_ledger *ledger);

/* One line with its newline: what a ledger holds. */
VS_RESULT vs_sim_ledger_write_line(struct vs_buf *buf, const char *identity,
                                   const struct vs_sim_entry *entry, int64_t wall_ms);
