/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of presence share: nobody else includes it. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/limits.h"
#include "base/map.h"
#include "bus/entry.h"
#include "bus/kv.h"
#include "bus/presence.h"

#define VS_PRESENCE_SELF 1u /* this node's number */

struct vs_presence_node {
	char name[VS_BUS_NODE_SIZE];
	struct vs_owner_peer peer;
	bool is_ending; /* the end of its lease is being written */
	bool is_draining;
};

/* A station as the bucket has it. */
struct vs_presence_seen {
	uint64_t lease, epoch;
	uint32_t node;
	bool is_clear; /* nobody before it */
};

/* A station whose socket is here, or was just now. */
struct vs_presence_local {
	struct vs_timer retry; /* first */
	struct vs_presence *presence;
	struct vs_owner owner;
	uint64_t op; /* of the claim under way; 0: none */
	uint64_t held;
	unsigned tries;
	atomic_bool may;
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	char ip[56], protocol[21], fingerprint[65];
	int64_t since_ms;
};

struct vs_presence {
	struct vs_presence_options options;
	struct vs_loop *loop;
	struct vs_kv *leases, *conns;
	struct vs_buf text;
	/* the lease */
	struct vs_owner_lease lease;
	struct vs_timer tick;
	char process[23];
	bool is_asking; /* for the lease */
	bool is_stopped;
	bool is_draining_said; /* in the lease that was written last */
	atomic_bool is_draining;
	bool has_lapsed; /* the lease was over once, by the clock: all is claimed anew */
	uint64_t asked_ms;
	uint64_t last_op;
	atomic_uint_fast64_t until_ms; /* of the lease, for other threads */
	/* under lock: written in the loop */
	pthread_rwlock_t lock;
	struct vs_presence_node nodes[VS_LIMIT_BUS_NODES + 1]; /* from 1 */
	uint32_t node_count;
	struct vs_map *locals; /* key -> struct vs_presence_local */
	struct vs_map *seen;   /* key -> struct vs_presence_seen */
};

/* What outlives a wait, by the station's key. */
struct vs_presence_op {
	struct vs_presence *presence;
	uint64_t number, epoch, lease;
	uint32_t serial, node;
	struct vs_owner_before before[VS_OWNER_BEFORE];
	size_t before_count;
	char key[VS_BUS_SUBJECT_SIZE];
};
/* The station that it is about, if it still is. */
struct vs_presence_local *vs_presence_find(struct vs_presence *presence, const char *key);

/* A node's number, given when it is seen first; 0: there are too many. */
uint32_t vs_presence_node(struct vs_presence *presence, const char *name);

/* presence_lease.c */
void vs_presence_lease_tick(struct vs_loop *loop, struct vs_timer *timer);
void vs_presence_lease_changed(const struct vs_kv_entry *entry, void *arg);
void vs_presence_end_lease(struct vs_presence *presence, uint32_t node);
/* presence_claim.c: what owner.h says is to be done. `local` may be gone afterwards. */
void vs_presence_do(struct vs_presence_local *local, unsigned what);
/* From now on nothing is sent to it. */
void vs_presence_let(struct vs_presence_local *local);
void vs_presence_retry(struct vs_loop *loop, struct vs_timer *timer);
void vs_presence_asked(const struct vs_nats_message *message, void *arg);
/* presence_seen.c */
void vs_presence_conn_changed(const struct vs_kv_entry *entry, void *arg);
/* This node's own entries of an earlier life, of stations that are not here. */
void vs_presence_tidy(struct vs_presence *presence);
