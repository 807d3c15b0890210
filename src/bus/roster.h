/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes of the installation, each once: what its lease says (bus/presence.h), and what it says
 * of itself (bus/health.h). No I/O.
 */
#pragma once

#include "bus/health.h"
#include "bus/presence.h"

/* How many rows, row_max at most: this node first, then by name. */
size_t vs_roster_join(const struct vs_presence_row *leases, size_t lease_count,
                      const struct vs_health_row *beats, size_t beat_count,
                      struct vs_core_node_row *rows, size_t row_max);
