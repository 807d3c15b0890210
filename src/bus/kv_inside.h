/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a bucket share: nobody else includes it. */
#pragma once

#include <stdatomic.h>

#include "bus/kv.h"
#include "bus/subject.h"
#include "wire/json.h"

#define VS_KV_NAME_SIZE    48
#define VS_KV_SUBJECT_SIZE (VS_BUS_SUBJECT_SIZE + 64)

struct vs_kv {
	struct vs_kv_options options;
	struct vs_loop *loop;
	char prefix[VS_KV_NAME_SIZE];  /* "$KV.conn", which its messages come under */
	char deliver[VS_KV_NAME_SIZE]; /* "kvw.conn", which its heartbeats come under */
	char inbox[VS_KV_NAME_SIZE + 48];
	struct vs_map *calls; /* number, 8 bytes -> struct call of kv_call.c */
	uint64_t last_number;
	struct vs_bus_seal *seal;     /* NULL: in clear */
	struct vs_buf sealed, opened; /* of one value */
	struct vs_timer tick;
	uint64_t generation; /* of the watcher: what an older one brings is not looked at */
	uint64_t last_seq;   /* of the bucket's stream, the newest that was seen */
	uint64_t delivered;  /* of the watcher: messages that came */
	bool is_asking;      /* to make the bucket or its watcher */
	char consumer[64];   /* of the watcher, as the server calls it; "": it is not there */
	/* any thread */
	atomic_bool is_ready, is_whole;
	atomic_uint_fast64_t heard_ms;
};

/* An answer of JetStream: OK; NOT_FOUND, CONFLICT, EXISTS; INTERNAL: another error. The nodes of
 * the tape are the caller's. */
VS_RESULT vs_kv_answer(struct vs_bytes data, struct vs_json_tape *tape);
uint64_t vs_kv_number(const struct vs_json_tape *tape, const struct vs_json_node *object,
                      const char *key);

/* In the loop, until the next one. */
VS_RESULT vs_kv_close(struct vs_kv *kv, const char *key, struct vs_bytes value,
                      struct vs_bytes *sealed_out);
VS_RESULT vs_kv_open(struct vs_kv *kv, const char *key, struct vs_bytes sealed,
                     struct vs_bytes *value_out);

/* kv_watch.c */
void vs_kv_watch_begin(struct vs_kv *kv);
void vs_kv_watch_end(struct vs_kv *kv);
void vs_kv_watched(const struct vs_nats_message *message, void *arg);
/* kv_call.c: ends those that wait. */
void vs_kv_calls_end(struct vs_kv *kv);
