/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of watched messages share: nobody else includes it. */
#pragma once

#include <pthread.h>

#include "bus/batch.h"
#include "bus/live.h"
#include "core/record.h"

#define VS_LIVE_ROWS    32u /* at a time */
#define VS_LIVE_SOURCES 4u

/* A station that is watched here. Under the lock, but is_listening. */
struct vs_live_here {
	int64_t until_ms; /* 0: it is free */
	uint64_t asked_ms;
	bool is_new;       /* nobody was asked yet, or not since the connection was lost */
	bool is_answered;  /* somebody told something */
	bool is_listening; /* of the loop's thread */
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	struct vs_live_source {
		char node[VS_BUS_NODE_SIZE];
		uint64_t count, number; /* of its last batch, and of its last message */
	} sources[VS_LIVE_SOURCES];
	size_t next_source;
};

/* A station that is watched at other nodes. Of the loop's thread. */
struct vs_live_there {
	int64_t until_ms; /* 0: it is free */
	uint64_t next, count;
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
};

struct vs_live {
	struct vs_live_options options;
	struct vs_loop *loop;
	struct vs_port_frames frames;
	struct vs_timer tick;
	struct vs_buf text;
	struct vs_core_frame_row *rows; /* VS_LIMIT_BUS_LIVE_BACKLOG + 1 */
	struct vs_live_there there[VS_LIMIT_FRAME_WATCHES];
	pthread_mutex_t lock;
	pthread_cond_t answered;
	bool is_posted; /* under lock: the loop will look */
	struct vs_live_here here[VS_LIMIT_BUS_WATCHES];
};

/* live_tell.c: another node watches; and what is to be told it. */
void vs_live_asked(const struct vs_nats_message *message, void *arg);
void vs_live_tell(struct vs_live *live, int64_t now_ms);
/* How many there were: who did not get them asks again. */
void vs_live_tell_counts(struct vs_live *live);
