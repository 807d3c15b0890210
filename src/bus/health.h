/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How all nodes are: each says it of itself over node.NODE, every time it is told to, and hears the
 * others (doc/protocol/nodes.md). Who says nothing for VS_HEALTH_ALIVE_MS is not alive, and is
 * forgotten after VS_HEALTH_KEPT_MS; one that ends in order says so and is forgotten at once.
 *
 * vs_health_say and vs_health_list are for any thread, all else for the loop of bus/nats.h.
 */
#pragma once

#include "bus/nats.h"
#include "bus/subject.h"
#include "core/ports.h"

#define VS_HEALTH_ALIVE_MS 10000u
#define VS_HEALTH_KEPT_MS  600000u

struct vs_health;

struct vs_health_row {
	char name[VS_BUS_NODE_SIZE];
	bool is_self, is_alive, is_draining;
	int64_t silent_ms; /* since it was heard last */
	int64_t stations;
	struct vs_core_node_health health; /* of this node as vs_health_say had it last */
};

struct vs_health_options {
	struct vs_nats *nats;
	const char *node; /* borrowed */
	/* What only the daemon knows of itself: stations, is_draining. In the loop. */
	void (*look)(void *arg, struct vs_health_row *row);
	void *arg;
};

VS_RESULT vs_health_new(const struct vs_health_options *options, struct vs_health **health_out);
/* This node ends in order. Before vs_nats_free. */
void vs_health_stop(struct vs_health *health);
/* After vs_nats_free; nobody uses the port any more. */
void vs_health_free(struct vs_health **health);

/* How this one is. */
void vs_health_say(struct vs_health *health, const struct vs_core_node_health *own);
/* All that are known here, by name; how many, `count` at most. */
size_t vs_health_list(struct vs_health *health, struct vs_health_row *rows, size_t count);

/* As JSON. leaving: the node ends. */
VS_RESULT vs_health_write(const struct vs_health_row *row, bool is_leaving, struct vs_buf *out);
VS_RESULT vs_health_read(struct vs_bytes text, struct vs_health_row *row_out, bool *is_leaving_out);
