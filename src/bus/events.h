/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of all nodes for who watches at any of them: the stream EVT of JetStream
 * (doc/protocol/nodes.md).
 *
 * What happens at this node, as its own bus has it, is published under evt.TENANT.STATION.KIND with
 * a message id that stays the same when it is sent again, and waits here for as long as NATS does
 * not take it: VS_LIMIT_BUS_EVENTS of them, the oldest go first, and the others are told how many.
 * What other nodes publish is given to this one's bus, each once.
 *
 * The database is the truth; this is motion: who comes back after so long that the ring of a stream
 * has turned is told that it missed some.
 *
 * One thread: the loop of bus/nats.h.
 */
#pragma once

#include "bus/bus.h"
#include "bus/nats.h"

struct vs_events;

struct vs_events_options {
	struct vs_nats *nats;
	struct vs_bus *bus;
	const char *node;  /* borrowed */
	uint32_t replicas; /* of the stream; 0: 1 */
};

/* Before the threads start. */
VS_RESULT vs_events_new(const struct vs_events_options *options, struct vs_events **events_out);
/* After vs_nats_free; nobody publishes on the bus any more. */
void vs_events_free(struct vs_events **events);

/* Is all that happened with the stream, and does this node read it? In the loop. */
bool vs_events_are_told(const struct vs_events *events);
