/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of a watched station on their way to the nodes where it is watched, and how those ask
 * for them, as JSON (doc/protocol/nodes.md). No I/O. Not for other folders.
 */
#pragma once

#include "bus/subject.h"
#include "core/frame.h"

/* Over watch.TENANT.STATION: this one is watched at that node. */
struct vs_bus_interest {
	char node[VS_BUS_NODE_SIZE];
	bool is_first; /* it has just begun: what is still in memory, too */
};
VS_RESULT vs_bus_interest_write(const struct vs_bus_interest *interest, struct vs_buf *out);
VS_RESULT vs_bus_interest_read(struct vs_bytes text, struct vs_bus_interest *interest_out);

/* Over live.TENANT.STATION. */
struct vs_bus_batch {
	char node[VS_BUS_NODE_SIZE];
	uint64_t count;  /* of the batches of this station from this node, from 1 */
	bool is_first;   /* what was still in memory */
	bool has_more;   /* of such a one: there may have been older messages */
	bool has_missed; /* messages between the last batch and this one are gone */
};
/* As many rows as fit into the room of `out`, at least those of one message; *count_out of them. A
 * row whose text is no UTF-8 is left out, as on a stream of the dashboard. */
VS_RESULT vs_bus_batch_write(const struct vs_bus_batch *batch, const struct vs_core_frame_row *rows,
                             size_t count, struct vs_buf *out, size_t *count_out);
/* `row` is called for each of them when all are right; their numbers are those of the other node.
 */
VS_RESULT vs_bus_batch_read(struct vs_bytes text, struct vs_bus_batch *batch_out,
                            void (*row)(const struct vs_core_frame_row *row, void *arg), void *arg);
