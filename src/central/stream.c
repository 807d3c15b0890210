/* SPDX-License-Identifier: Apache-2.0 */
#include "central/stream.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "wire/json.h"

/* id VS_CORE_ABSENT: a monitor that was set to be streamed, and whose stream is still to come. */
struct station {
	struct vs_central_stream *list[VS_LIMIT_EVENT_STREAMS];
	size_t count;
};

struct vs_central_streams {
	pthread_mutex_t lock;
	struct vs_map *stations;
};

vs_result
vs_central_streams_new(struct vs_central_streams **streams_out)
{
	struct vs_central_streams *streams = calloc(1, sizeof(*streams));

	assert(streams_out != NULL);
	if (streams == NULL)
		return VS_FAIL(NO_MEMORY);
	if (vs_map_new(VS_LIMIT_STATIONS, &streams->stations).code != VS_E_OK) {
		free(streams);
		return VS_FAIL(NO_MEMORY);
	}
	(void)pthread_mutex_init(&streams->lock, NULL);
	*streams_out = streams;
	return VS_OK;
}

void
vs_central_streams_free(struct vs_central_streams **streams)
{
	struct vs_map_cursor cursor = {0};

	assert(streams != NULL);
	if (*streams == NULL)
		return;
	while (vs_map_next((*streams)->stations, &cursor)) {
		struct station *station = cursor.value;

		while (station->count > 0)
			free(station->list[--station->count]);
		free(station);
	}
	vs_map_free(&(*streams)->stations);
	(void)pthread_mutex_destroy(&(*streams)->lock);
	free(*streams);
	*streams = NULL;
}

/* --- of one station, under the lock --------------------------------------------------------------
 */

static struct station *
station_of(struct vs_central_streams *streams, const char *identity, bool is_to_be_made)
{
	struct vs_bytes key = vs_bytes_from_text(identity);
	struct station *station = vs_map_get(streams->stations, key);

	if (station != NULL || !is_to_be_made)
		return station;
	station = calloc(1, sizeof(*station));
	if (station != NULL && vs_map_put(streams->stations, key, station, NULL).code != VS_E_OK) {
		free(station);
		station = NULL;
	}
	return station;
}

static struct vs_central_stream *
find(const struct station *station, int64_t id)
{
	for (size_t i = 0; station != NULL && i < station->count; i++)
		if (station->list[i]->id == id)
			return station->list[i];
	return NULL;
}

static struct vs_central_stream *
find_monitor(const struct station *station, int64_t monitor)
{
	for (size_t i = 0; i < station->count; i++)
		if (station->list[i]->monitor == monitor)
			return station->list[i];
	return NULL;
}

static void
drop(struct station *station, size_t i)
{
	free(station->list[i]);
	station->list[i] = station->list[--station->count];
}

/* One that has none needs no place. */
static void
tidy(struct vs_central_streams *streams, const char *identity, const struct station *station)
{
	if (station != NULL && station->count == 0)
		free(vs_map_remove(streams->stations, vs_bytes_from_text(identity)));
}

static struct vs_central_stream *
add(struct station *station)
{
	struct vs_central_stream *stream = NULL;

	if (station->count < VS_LIMIT_EVENT_STREAMS)
		stream = calloc(1, sizeof(*stream));
	if (stream != NULL)
		station->list[station->count++] = stream;
	return stream;
}

/* What was only announced makes room for what is. */
static vs_result
make(struct station *station, struct vs_central_stream **stream_out)
{
	struct vs_central_stream *announced = find(station, VS_CORE_ABSENT);

	if (station->count == VS_LIMIT_EVENT_STREAMS) {
		if (announced == NULL)
			return VS_FAIL(TOO_LONG);
		memset(announced, 0, sizeof(*announced));
		*stream_out = announced;
		return VS_OK;
	}
	*stream_out = add(station);
	return *stream_out != NULL ? VS_OK : VS_FAIL(NO_MEMORY);
}

static void
copy_names(struct vs_central_stream *to, const struct vs_central_stream *from)
{
	memcpy(to->component, from->component, sizeof(to->component));
	memcpy(to->variable, from->variable, sizeof(to->variable));
}

static vs_result
open_one(struct station *station, int64_t id, int64_t monitor)
{
	struct vs_central_stream *stream = find(station, id),
				 *named = find_monitor(station, monitor);
	struct vs_central_stream names = {.component = ""};

	if (named != NULL)
		names = *named;
	if (stream == NULL && named != NULL && named->id == VS_CORE_ABSENT)
		stream = named;
	if (stream == NULL)
		VS_TRY(make(station, &stream));
	stream->id = id;
	stream->monitor = monitor;
	copy_names(stream, &names);
	return VS_OK;
}

/* --- the streams ---------------------------------------------------------------------------------
 */

vs_result
vs_central_streams_open(struct vs_central_streams *streams, const char *identity, int64_t id,
                        int64_t monitor)
{
	struct station *station;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(streams != NULL && identity != NULL && id != VS_CORE_ABSENT);
	(void)pthread_mutex_lock(&streams->lock);
	station = station_of(streams, identity, true);
	if (station != NULL)
		r = open_one(station, id, monitor);
	tidy(streams, identity, station);
	(void)pthread_mutex_unlock(&streams->lock);
	return r;
}

bool
vs_central_streams_close(struct vs_central_streams *streams, const char *identity, int64_t id)
{
	struct station *station;
	bool is_any = false;

	assert(streams != NULL && identity != NULL);
	(void)pthread_mutex_lock(&streams->lock);
	station = station_of(streams, identity, false);
	for (size_t i = station != NULL ? station->count : 0; i > 0; i--) {
		int64_t open_id = station->list[i - 1]->id;

		if (open_id == VS_CORE_ABSENT || (id != VS_CORE_ABSENT && open_id != id))
			continue;
		is_any = true;
		if (id != VS_CORE_ABSENT)
			drop(station, i - 1);
		else
			station->list[i - 1]->id = VS_CORE_ABSENT; /* its names stay */
	}
	tidy(streams, identity, station);
	(void)pthread_mutex_unlock(&streams->lock);
	return is_any;
}

void
vs_central_streams_forget(struct vs_central_streams *streams, const char *identity, int64_t monitor)
{
	struct station *station;

	assert(streams != NULL && identity != NULL);
	(void)pthread_mutex_lock(&streams->lock);
	station = station_of(streams, identity, false);
	for (size_t i = station != NULL ? station->count : 0; i > 0; i--) {
		const struct vs_central_stream *stream = station->list[i - 1];

		if (stream->id == VS_CORE_ABSENT &&
		    (monitor == VS_CORE_ABSENT || stream->monitor == monitor))
			drop(station, i - 1);
	}
	tidy(streams, identity, station);
	(void)pthread_mutex_unlock(&streams->lock);
}

bool
vs_central_streams_find(struct vs_central_streams *streams, const char *identity, int64_t id,
                        struct vs_central_stream *stream_out)
{
	const struct vs_central_stream *stream = NULL;

	assert(streams != NULL && identity != NULL && stream_out != NULL);
	(void)pthread_mutex_lock(&streams->lock);
	if (id != VS_CORE_ABSENT)
		stream = find(station_of(streams, identity, false), id);
	if (stream != NULL)
		*stream_out = *stream;
	(void)pthread_mutex_unlock(&streams->lock);
	return stream != NULL;
}

void
vs_central_streams_name(struct vs_central_streams *streams, const char *identity, int64_t monitor,
                        struct vs_bytes component, struct vs_bytes variable, bool is_to_come)
{
	struct vs_central_stream names = {.id = VS_CORE_ABSENT, .monitor = monitor};
	struct vs_central_stream *stream = NULL;
	struct station *station;
	bool is_known = false;

	assert(streams != NULL && identity != NULL);
	if (!vs_bytes_copy_text(component, names.component, sizeof(names.component)) ||
	    !vs_bytes_copy_text(variable, names.variable, sizeof(names.variable)))
		return;
	(void)pthread_mutex_lock(&streams->lock);
	station = station_of(streams, identity, is_to_come);
	for (size_t i = 0; station != NULL && i < station->count; i++) {
		if (station->list[i]->monitor != monitor)
			continue;
		is_known = true;
		copy_names(station->list[i], &names);
	}
	if (station != NULL && is_to_come && !is_known)
		stream = add(station);
	if (stream != NULL)
		*stream = names;
	tidy(streams, identity, station);
	(void)pthread_mutex_unlock(&streams->lock);
}

/* --- after a restart -----------------------------------------------------------------------------
 */

static int64_t
number_of(const struct vs_json_tape *tape, const struct vs_json_node *object, const char *key)
{
	const struct vs_json_node *node = vs_json_member(tape, object, key);
	int64_t value;

	if (node == NULL || vs_json_int(tape, node, &value).code != VS_E_OK)
		return VS_CORE_ABSENT;
	return value;
}

/* A monitor that is not streamed is of no interest here. */
static void
recall(struct vs_central_streams *streams, const char *identity, int64_t number,
       const struct vs_json_tape *tape, bool is_stream)
{
	const struct vs_json_node *root = vs_json_root(tape);
	const struct vs_json_node *component = vs_json_member(tape, root, "component");
	const struct vs_json_node *variable = vs_json_member(tape, root, "variable");
	int64_t monitor = is_stream ? number_of(tape, root, "variableMonitoringId") : number;

	if ((is_stream && monitor == VS_CORE_ABSENT) ||
	    (!is_stream && vs_json_member(tape, root, "periodicEventStream") == NULL))
		return;
	if (component != NULL && variable != NULL)
		vs_central_streams_name(streams, identity, monitor, vs_json_raw(tape, component),
		                        vs_json_raw(tape, variable), true);
	/* What has no room was not accepted by whoever wrote it down either. */
	if (is_stream)
		(void)vs_central_streams_open(streams, identity, number, monitor).code;
}

void
vs_central_streams_recall(struct vs_central_streams *streams, const char *identity,
                          enum vs_core_held kind, int64_t number, struct vs_bytes payload)
{
	struct vs_json_tape tape;

	if ((kind != VS_HELD_stream && kind != VS_HELD_monitor) || number == VS_CORE_ABSENT)
		return;
	vs_json_tape_init(&tape);
	if (vs_json_parse(payload, &tape).code == VS_E_OK)
		recall(streams, identity, number, &tape, kind == VS_HELD_stream);
	vs_json_tape_done(&tape);
}
