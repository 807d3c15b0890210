/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/stream.h"

#include <stdlib.h>
#include <string.h>

enum { INTERVAL_MAX_S = 86400 };

static void
clear(struct vs_sim_stream *stream)
{
	while (stream->count > 0)
		free(stream->list[--stream->count].text);
}

void
vs_sim_streams_done(struct vs_sim_streams *streams)
{
	while (streams->count > 0)
		vs_sim_stream_remove(streams, streams->list[0]->id);
}

bool
vs_sim_stream_params_are_good(const struct vs_sim_stream_params *params)
{
	return params->interval_s >= 0 && params->interval_s <= INTERVAL_MAX_S &&
	       params->values >= 0 && params->values <= VS_LIMIT_SIM_STREAM_VALUES;
}

vs_result
vs_sim_stream_add(struct vs_sim_streams *streams, int64_t monitor,
                  const struct vs_sim_stream_params *params)
{
	struct vs_sim_stream *stream;

	if (streams->count == VS_LIMIT_SIM_STREAMS)
		return VS_FAIL(TOO_LONG);
	stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return VS_FAIL(NO_MEMORY);
	stream->id = ++streams->last_id;
	stream->monitor = monitor;
	stream->params = *params;
	streams->list[streams->count++] = stream;
	return VS_OK;
}

void
vs_sim_stream_remove(struct vs_sim_streams *streams, int64_t id)
{
	for (uint32_t i = 0; i < streams->count; i++) {
		struct vs_sim_stream *stream = streams->list[i];

		if (stream->id != id)
			continue;
		clear(stream);
		free(stream);
		streams->list[i] = streams->list[--streams->count];
		return;
	}
}

struct vs_sim_stream *
vs_sim_stream_find(const struct vs_sim_streams *streams, int64_t id)
{
	for (uint32_t i = 0; i < streams->count; i++)
		if (streams->list[i]->id == id)
			return streams->list[i];
	return NULL;
}

struct vs_sim_stream *
vs_sim_stream_of(const struct vs_sim_streams *streams, int64_t monitor)
{
	for (uint32_t i = 0; i < streams->count; i++)
		if (streams->list[i]->monitor == monitor)
			return streams->list[i];
	return NULL;
}

void
vs_sim_streams_forget(struct vs_sim_streams *streams)
{
	for (uint32_t i = 0; i < streams->count; i++) {
		clear(streams->list[i]);
		streams->list[i]->state = VS_SIM_STREAM_WANTED;
	}
}

static void
plan(struct vs_sim_stream *stream, uint64_t now_ms)
{
	stream->due_ms = stream->params.interval_s > 0
	                     ? now_ms + UINT64_C(1000) * (uint64_t)stream->params.interval_s
	                     : UINT64_MAX;
}

void
vs_sim_stream_begin(struct vs_sim_stream *stream, const struct vs_sim_stream_params *params,
                    uint64_t now_ms)
{
	stream->params = *params;
	stream->state = VS_SIM_STREAM_OPEN;
	plan(stream, now_ms);
}

vs_result
vs_sim_stream_take(struct vs_sim_stream *stream, const char *text, int64_t wall_ms)
{
	struct vs_sim_stream_value *value;

	if (stream->state != VS_SIM_STREAM_OPEN)
		return VS_FAIL(NOT_NOW);
	if (stream->count == VS_LIMIT_SIM_STREAM_VALUES)
		return VS_FAIL(TOO_LONG);
	value = &stream->list[stream->count];
	value->text = strdup(text);
	if (value->text == NULL)
		return VS_FAIL(NO_MEMORY);
	value->wall_ms = wall_ms;
	stream->count++;
	return VS_OK;
}

static bool
is_full(const struct vs_sim_stream *stream)
{
	if (stream->params.values == 0 && stream->params.interval_s == 0)
		return true;
	return stream->count == VS_LIMIT_SIM_STREAM_VALUES ||
	       (stream->params.values > 0 && stream->count >= stream->params.values);
}

bool
vs_sim_stream_is_due(const struct vs_sim_stream *stream, uint64_t now_ms)
{
	return stream->state == VS_SIM_STREAM_OPEN && stream->count > 0 &&
	       (is_full(stream) || now_ms >= stream->due_ms);
}

void
vs_sim_stream_sent(struct vs_sim_stream *stream, uint64_t now_ms)
{
	clear(stream);
	plan(stream, now_ms);
}

uint64_t
vs_sim_streams_due(const struct vs_sim_streams *streams)
{
	uint64_t due_ms = UINT64_MAX;

	for (uint32_t i = 0; i < streams->count; i++) {
		const struct vs_sim_stream *stream = streams->list[i];

		/* What has nothing to say waits for its monitor. */
		if (stream->state == VS_SIM_STREAM_OPEN && stream->count > 0 &&
		    stream->due_ms < due_ms)
			due_ms = stream->due_ms;
	}
	return due_ms;
}
