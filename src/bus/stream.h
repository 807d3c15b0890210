/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of JetStream: made on the servers when it is not there, and read in order by a consumer
 * that pushes to a subject of ours, each message with a number. One that is missing, or silence,
 * ends the consumer, and another one goes on behind the last message that came.
 *
 * All in the loop of bus/nats.h, nothing waits.
 */
#pragma once

#include "bus/nats.h"
#include "wire/json.h"

#define VS_STREAM_NAME_SIZE 48 /* of a stream, and of the words that its subjects begin with */

struct vs_stream;

struct vs_stream_message {
	const char *subject;
	uint64_t seq; /* its place in the stream */
	bool is_deleted;
	struct vs_bytes data; /* borrowed for the call */
};

struct vs_stream_options {
	struct vs_nats *nats;
	const char *name;   /* [A-Za-z_]+ */
	const char *prefix; /* it holds what comes under these words and a dot; borrowed */
	/* What is no message, a heartbeat say, comes under these; borrowed. NULL: nobody reads. */
	const char *deliver;
	const char *config; /* the rest of its configuration: members of JSON, a comma first */
	uint32_t replicas;  /* 0: 1 */
	/* True: only what comes from the first time on that there is a connection. Else the last
	 * message of each subject, and what comes. */
	bool is_from_now;
	/* Of one that is from now: who is further behind than this goes on with what comes. 0:
	 * reads all. */
	uint64_t behind_max;
	void (*message)(const struct vs_stream_message *message, void *arg);
	void (*skipped)(void *arg); /* of one that is from now: there were more. NULL: unheard */
	void *arg;
};

/* It outlives the connection: free it after vs_nats_free. */
VS_RESULT vs_stream_new(const struct vs_stream_options *options, struct vs_stream **stream_out);
void vs_stream_free(struct vs_stream **stream);

bool
vs_stream_is_ready(const struct vs_stream *stream); /* it is there on the servers; any thread */
/* Has all that was there come, and was there a sign of life in the last `age_ms`? Any thread. */
bool vs_stream_is_current(const struct vs_stream *stream, uint64_t now_ms, uint64_t age_ms);

/* An answer of JetStream: OK; NOT_FOUND, CONFLICT, EXISTS; INTERNAL: another error. The nodes of
 * the tape are the caller's. */
VS_RESULT vs_stream_answer(struct vs_bytes data, struct vs_json_tape *tape);
uint64_t vs_stream_number(const struct vs_json_tape *tape, const struct vs_json_node *object,
                          const char *key); /* 0: it is not there */
