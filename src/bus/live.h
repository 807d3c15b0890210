/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of stations for who watches them at another node (doc/protocol/nodes.md).
 *
 * Who watches says so over watch.TENANT.STATION, again and again; only then do the other nodes
 * publish what of it came to them, over live.TENANT.STATION: first what they still have in memory,
 * then what comes. It is put into this node's frames, as if it had come here. At most once: where
 * some did not come there is a row that says so.
 *
 * The port is for any thread, all else for the loop of bus/nats.h.
 */
#pragma once

#include "bus/frames.h"
#include "bus/nats.h"

struct vs_live;

struct vs_live_options {
	struct vs_nats *nats;
	struct vs_frames *frames; /* of this node; outlives it */
	const char *node;         /* borrowed */
	/* Is it connected to another node, as far as is known here? Any thread. */
	bool (*is_elsewhere)(void *arg, const char *tenant, const char *station);
	void *arg;
};

VS_RESULT vs_live_new(const struct vs_live_options *options, struct vs_live **live_out);
/* After vs_nats_free; nobody uses the port any more. */
void vs_live_free(struct vs_live **live);

/* That of the frames, but who asks `before` or `from` watches the station at all nodes. `before`
 * waits a moment for what the station's own node has, when it is another one. */
struct vs_port_frames vs_live_port(struct vs_live *live);
