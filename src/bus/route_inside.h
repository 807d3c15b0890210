/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of commands between nodes share: nobody else includes it. */
#pragma once

#include "base/map.h"
#include "bus/order.h"
#include "bus/route.h"

#define VS_ROUTE_NOT_CERTAIN "whether another node holds the station is not certain now"

/* Commands that were sent for other nodes: what came of each id, and who is told of its end. */
struct vs_route_memory {
	struct vs_map *places; /* id -> struct vs_route_sent, in `ring` */
	struct vs_route_sent {
		char id[VS_CORE_UUID_SIZE];
		char from[VS_BUS_NODE_SIZE];
		enum vs_err said;
	} * ring; /* VS_LIMIT_BUS_ORDERS */
	size_t next;
};

struct vs_route {
	struct vs_route_options options;
	struct vs_loop *loop; /* of the connection, which is freed before */
	struct vs_route_memory memory;
	struct vs_map *asks; /* number, 8 bytes -> struct ask of route.c */
	uint64_t last_number;
	struct vs_buf text; /* of one message */
};

VS_RESULT vs_route_memory_init(struct vs_route_memory *memory);
void vs_route_memory_done(struct vs_route_memory *memory);
/* route_take.c: an order of another node. */
void vs_route_take(const struct vs_nats_message *message, void *arg);
