/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of a stream share: nobody else includes it. */
#pragma once

#include <stdatomic.h>

#include "bus/stream.h"

struct vs_stream {
	struct vs_stream_options options;
	struct vs_loop *loop;
	char name[VS_STREAM_NAME_SIZE], config[512];
	char inbox[VS_STREAM_NAME_SIZE + 48]; /* "": nobody reads */
	struct vs_timer tick;
	uint64_t generation; /* of the consumer: what an older one brings is not looked at */
	uint64_t last_seq;   /* of the stream, the newest that was seen */
	uint64_t delivered;  /* of the consumer: messages that came */
	bool is_asking;      /* to make the stream or its consumer */
	bool has_begun;      /* of one that is from now: last_seq says from where */
	char consumer[64];   /* as the server calls it; "": it is not there */
	/* any thread */
	atomic_bool is_ready, is_whole;
	atomic_uint_fast64_t heard_ms;
};

/* stream_read.c */
void vs_stream_read_begin(struct vs_stream *stream);
void vs_stream_read_end(struct vs_stream *stream);
void vs_stream_came(const struct vs_nats_message *message, void *arg);
void vs_stream_skip(struct vs_stream *stream);
