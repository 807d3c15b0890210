/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plain log of what crosses the wire: one line for each DATA, as it is, so that anybody can see
 * that it cannot be read. What is inside is added only when that was asked for by name, and keys
 * and passwords are left out of it even then.
 *
 *   2026-11-21T22:00:00.123Z CP-001 -> E2#1#5#kqYb...
 *   2026-11-21T22:00:00.123Z CP-001 -> decrypted: SUPPLY_UPDATE#CP-001#0.003056#0.01
 */
#pragma once

#include "base/bytes.h"

struct vs_sim_wire_log; /* NULL is one that keeps nothing */

/* "-": standard output. IO. */
VS_RESULT vs_sim_wire_log_open(const char *path, const char *identity, bool shows_plain,
                               struct vs_sim_wire_log **log_out);
void vs_sim_wire_log_close(struct vs_sim_wire_log **log);
/* What is_sent says which way. DATA in clear that holds a key or a password is masked. */
void vs_sim_wire_log_data(struct vs_sim_wire_log *log, bool is_sent, struct vs_bytes data);
void vs_sim_wire_log_plain(struct vs_sim_wire_log *log, bool is_sent, struct vs_bytes plain);
