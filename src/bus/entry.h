/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies in the buckets `conn` and `lease` and goes over own.NODE, as JSON
 * (doc/protocol/nodes.md). No I/O.
 */
#pragma once

#include "base/bytes.h"
#include "bus/subject.h"
#include "core/owner.h"

/* Of `conn`: who has claimed a station. */
struct vs_bus_entry {
	char node[VS_BUS_NODE_SIZE];
	uint64_t lease; /* the node's incarnation then */
	int64_t since_ms;
	char ip[56], protocol[21], fingerprint[65]; /* "": not known */
	struct {
		char node[VS_BUS_NODE_SIZE];
		uint64_t lease;
	} before[VS_OWNER_BEFORE]; /* who may still have sent when it was claimed */
	size_t before_count;
};
VS_RESULT vs_bus_entry_write(const struct vs_bus_entry *entry, struct vs_buf *out);
VS_RESULT vs_bus_entry_read(struct vs_bytes text, struct vs_bus_entry *entry_out);

/* Of `lease`. incarnation 0: this write is its first. */
struct vs_bus_lease {
	uint64_t incarnation;
	char process[23]; /* random: which process of the node */
	bool is_draining; /* it takes no stations */
};
VS_RESULT vs_bus_lease_write(const struct vs_bus_lease *lease, struct vs_buf *out);
VS_RESULT vs_bus_lease_read(struct vs_bytes text, struct vs_bus_lease *lease_out);

/* Over own.NODE: let this station go, I have claimed it under this epoch. */
struct vs_bus_ask {
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	uint64_t epoch;
};
VS_RESULT vs_bus_ask_write(const struct vs_bus_ask *ask, struct vs_buf *out);
VS_RESULT vs_bus_ask_read(struct vs_bytes text, struct vs_bus_ask *ask_out);

/* Its answer: the incarnation that has let it go; 0: not yet. */
VS_RESULT vs_bus_released_write(uint64_t incarnation, struct vs_buf *out);
VS_RESULT vs_bus_released_read(struct vs_bytes text, uint64_t *incarnation_out);
