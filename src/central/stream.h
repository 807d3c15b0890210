/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The periodic event streams that stations have open (OCPP 2.1 N11 to N15): which monitor each one
 * is of, and what variable that monitor looks at. A message of a stream that is not here is not
 * taken. Shared by the reactors, any thread; one lock, held for the few streams of one station.
 * Limit: VS_LIMIT_EVENT_STREAMS of each station.
 */
#pragma once

#include "core/record.h"

/* JSON, with the NUL: 50 characters, escaped, with instance and EVSE. What is longer is left out.
 */
#define VS_CENTRAL_STREAM_NAME_SIZE 768

struct vs_central_streams;

struct vs_central_stream {
	int64_t id, monitor;
	/* ComponentType and VariableType as they were sent; "": the monitor is not known here */
	char component[VS_CENTRAL_STREAM_NAME_SIZE], variable[VS_CENTRAL_STREAM_NAME_SIZE];
};

VS_RESULT vs_central_streams_new(struct vs_central_streams **streams_out);
void vs_central_streams_free(struct vs_central_streams **streams);

/* What a monitor looks at, for its streams that are open. is_to_come: for the next one, too; what
 * finds no room is forgotten, and its stream has no names. */
void vs_central_streams_name(struct vs_central_streams *streams, const char *identity,
                             int64_t monitor, struct vs_bytes component, struct vs_bytes variable,
                             bool is_to_come);
/* Open it, or open it anew. TOO_LONG: the station has as many as it may; NO_MEMORY. */
VS_RESULT vs_central_streams_open(struct vs_central_streams *streams, const char *identity,
                                  int64_t id, int64_t monitor);
/* False: it was not open. id VS_CORE_ABSENT: all of them, which can be opened again by their
 * names. */
bool vs_central_streams_close(struct vs_central_streams *streams, const char *identity, int64_t id);
/* A monitor is gone (VS_CORE_ABSENT: all that were set): what is open stays until the station
 * closes it. */
void vs_central_streams_forget(struct vs_central_streams *streams, const char *identity,
                               int64_t monitor);
/* False: it is not open. */
bool vs_central_streams_find(struct vs_central_streams *streams, const char *identity, int64_t id,
                             struct vs_central_stream *stream_out);

/* A row of what stations hold, of the kind stream or monitor; others are passed over. */
void vs_central_streams_recall(struct vs_central_streams *streams, const char *identity,
                               enum vs_core_held kind, int64_t number, struct vs_bytes payload);
