/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The periodic event streams of a simulated station (OCPP 2.1 N11 to N15). Pure: time and values
 * are arguments.
 *
 * A stream is of one monitor. It is WANTED until the central side was asked for it, and takes
 * values once that has accepted. What it has goes together when there are `values` of them, or when
 * `interval` has passed since it went last; each at once when neither is given. Limits:
 * VS_LIMIT_SIM_STREAMS, VS_LIMIT_SIM_STREAM_VALUES.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/result.h"

enum vs_sim_stream_state { VS_SIM_STREAM_WANTED, VS_SIM_STREAM_ASKED, VS_SIM_STREAM_OPEN };

struct vs_sim_stream_params {
	int64_t interval_s, values; /* 0: not given */
};

struct vs_sim_stream_value {
	int64_t wall_ms;
	char *text; /* owned */
};

struct vs_sim_stream {
	int64_t id, monitor;
	struct vs_sim_stream_params params;
	enum vs_sim_stream_state state;
	uint64_t due_ms; /* of its interval */
	uint32_t count;
	struct vs_sim_stream_value list[VS_LIMIT_SIM_STREAM_VALUES];
};

struct vs_sim_streams {
	struct vs_sim_stream *list[VS_LIMIT_SIM_STREAMS];
	uint32_t count;
	int64_t last_id;
};

void vs_sim_streams_done(struct vs_sim_streams *streams);

bool vs_sim_stream_params_are_good(const struct vs_sim_stream_params *params);
/* A new one, WANTED. TOO_LONG: there are as many as there may be; NO_MEMORY. */
VS_RESULT vs_sim_stream_add(struct vs_sim_streams *streams, int64_t monitor,
                            const struct vs_sim_stream_params *params);
void vs_sim_stream_remove(struct vs_sim_streams *streams, int64_t id);
/* NULL: there is none. */
struct vs_sim_stream *vs_sim_stream_find(const struct vs_sim_streams *streams, int64_t id);
struct vs_sim_stream *vs_sim_stream_of(const struct vs_sim_streams *streams, int64_t monitor);
/* Nobody knows of them any more: each has to be asked for again. */
void vs_sim_streams_forget(struct vs_sim_streams *streams);

/* The central side has accepted it, or changes how often it is sent. */
void vs_sim_stream_begin(struct vs_sim_stream *stream, const struct vs_sim_stream_params *params,
                         uint64_t now_ms);
/* NOT_NOW: it is not open; TOO_LONG: it is full; NO_MEMORY. */
VS_RESULT vs_sim_stream_take(struct vs_sim_stream *stream, const char *text, int64_t wall_ms);
bool vs_sim_stream_is_due(const struct vs_sim_stream *stream, uint64_t now_ms);
/* It has gone. */
void vs_sim_stream_sent(struct vs_sim_stream *stream, uint64_t now_ms);
/* When the next one is due, UINT64_MAX. */
uint64_t vs_sim_streams_due(const struct vs_sim_streams *streams);
