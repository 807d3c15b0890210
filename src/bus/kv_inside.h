/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a bucket share: nobody else includes it. */
#pragma once

#include "bus/kv.h"
#include "bus/stream.h"
#include "bus/subject.h"

#define VS_KV_SUBJECT_SIZE (VS_BUS_SUBJECT_SIZE + 64)

struct vs_kv {
	struct vs_kv_options options;
	char prefix[VS_STREAM_NAME_SIZE];  /* "$KV.conn", which its messages come under */
	char deliver[VS_STREAM_NAME_SIZE]; /* "kvw.conn", which its heartbeats come under */
	struct vs_stream *stream;
	struct vs_map *calls; /* number, 8 bytes -> struct call of kv_call.c */
	uint64_t last_number;
	struct vs_bus_seal *seal;     /* NULL: in clear */
	struct vs_buf sealed, opened; /* of one value */
};

/* In the loop, until the next one. */
VS_RESULT vs_kv_close(struct vs_kv *kv, const char *key, struct vs_bytes value,
                      struct vs_bytes *sealed_out);
VS_RESULT vs_kv_open(struct vs_kv *kv, const char *key, struct vs_bytes sealed,
                     struct vs_bytes *value_out);

/* kv_call.c: ends those that wait. */
void vs_kv_calls_end(struct vs_kv *kv);
