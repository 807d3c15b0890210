/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bucket of NATS: keys, values, and revisions that only grow, the same for all nodes. Written
 * over a revision that one knows, so of two that write at once one is told CONFLICT. Reads are
 * answered by the stream's leader, not by any copy.
 *
 * All in the loop of bus/nats.h, nothing waits. Values: at most VS_KV_VALUE_SIZE.
 */
#pragma once

#include "bus/nats.h"

#define VS_KV_VALUE_SIZE 8192u
#define VS_KV_ANY        UINT64_MAX /* over whatever is there */

struct vs_kv;

/* A key as it is now, or as it has just become. */
struct vs_kv_entry {
	const char *key;
	uint64_t revision;
	bool is_deleted;
	struct vs_bytes value; /* borrowed for the call */
};

struct vs_kv_options {
	struct vs_nats *nats;
	const char *bucket; /* [a-z]+; borrowed */
	uint32_t replicas;  /* 0: 1 */
	/* Of a bucket that is watched, else NULL: every key first, then each change, within
	 * milliseconds; again from the last one that was seen when the connection was lost. */
	void (*changed)(const struct vs_kv_entry *entry, void *arg);
	void *arg;
};

/* Made on the servers when there is a connection. It outlives the connection: free it after
 * vs_nats_free. */
VS_RESULT vs_kv_new(const struct vs_kv_options *options, struct vs_kv **kv_out);
void vs_kv_free(struct vs_kv **kv);

/* Is every key known here, and was there a sign of life in the last `age_ms`? Any thread. */
bool vs_kv_is_current(const struct vs_kv *kv, uint64_t now_ms, uint64_t age_ms);
bool vs_kv_is_ready(const struct vs_kv *kv); /* it is there on the servers */

/* revision: what was written, or of a read what is there (0: nothing ever was), also with
 * NOT_FOUND. CONFLICT; TIMEOUT: it is not known whether it was written; NOT_CONNECTED: there is no
 * JetStream now; BUS_UNAVAILABLE, CLOSED. */
typedef void vs_kv_fn(vs_result result, uint64_t revision, struct vs_bytes value, void *arg,
                      uint64_t token);

struct vs_kv_call {
	const char *key;
	struct vs_bytes value; /* of a write */
	uint64_t over;         /* of a write: the revision it knows (0: nothing ever was), or ANY */
	vs_kv_fn *done;
	void *arg;
	uint64_t token;
};
/* On OK `done` is called once, later. */
VS_RESULT vs_kv_get(struct vs_kv *kv, const struct vs_kv_call *call);
VS_RESULT vs_kv_put(struct vs_kv *kv, const struct vs_kv_call *call);
VS_RESULT vs_kv_delete(struct vs_kv *kv, const struct vs_kv_call *call);
