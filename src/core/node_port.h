/* SPDX-License-Identifier: Apache-2.0 */
/* Port to the nodes of the installation: part of core/ports.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

#define VS_CORE_NODE_SIZE 33

/* How a node is, which only it knows. Numbers that are not known are ABSENT. */
struct vs_core_node_health {
	char version[32]; /* "": it has said nothing */
	bool is_audited;  /* the audit log is written */
	int64_t uptime_s, cpu_permille, cores, memory_bytes;
	int64_t store_queue, store_lag_ms, store_errors;
};

enum vs_core_node_state {
	VS_CORE_NODE_SERVING,
	VS_CORE_NODE_DRAINING, /* it lets no station in */
	VS_CORE_NODE_SILENT,   /* it has a lease, and no longer says how it is */
	VS_CORE_NODE_NO_LEASE, /* it says how it is, and may send commands to no station */
	VS_CORE_NODE_GONE,
	VS_CORE_NODE_STATES
};

struct vs_core_node_row {
	char name[VS_CORE_NODE_SIZE]; /* of the only node without a name: "local" */
	bool is_self;
	enum vs_core_node_state state;
	uint64_t lease; /* its incarnation (core/owner.h); 0: it has none, or there is one node */
	int64_t silent_ms; /* since it said last how it is; ABSENT: it was not heard */
	int64_t stations;  /* that are connected to it */
	struct vs_core_node_health health; /* as it said last; of this node not filled in */
};

/* The nodes of the installation, and whether they serve stations. Any thread. */
struct vs_port_nodes {
	void *self;
	/* Each that was ever seen, this one first, then by name. */
	vs_result (*list)(void *self, void (*row)(const struct vs_core_node_row *row, void *arg),
	                  void *arg);
	bool (*is_draining)(void *self); /* this one */
	/* How this one is, for the others: every few seconds. */
	void (*say)(void *self, const struct vs_core_node_health *health);
	/* Take no more stations and close those that are here over so many seconds; or (is_on
	 * false) take them again. OK and *is_later_out: `said` is called as that of a command.
	 * NOT_FOUND: no such node; NOT_CONNECTED, TIMEOUT: it was not heard; BUS_UNAVAILABLE. */
	vs_result (*drain)(void *self, const char *node, bool is_on, uint32_t over_s,
	                   void (*said)(void *arg, vs_result result, const char *fault), void *arg,
	                   bool *is_later_out);
};
