/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A station and a central side that says anything: each line is one message, and a second passes
 * between two. "!" closes the connection, "@" answers the outstanding call with {}. What the
 * station sends must always pass the table.
 */
#include "sim/station.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 64, ID_SIZE = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bench {
	struct vs_sim_station *station;
	struct vs_sim_time at;
	char id[ID_SIZE]; /* of the last call */
	bool is_wanted, is_closing;
};

static void
port_connect(void *arg)
{
	((struct bench *)arg)->is_wanted = true;
}

static vs_result
port_send(void *arg, struct vs_bytes frame, bool is_call)
{
	struct bench *bench = arg;

	if (is_call && frame.size > 4)
		(void)snprintf(bench->id, sizeof(bench->id), "%.*s",
		               (int)strcspn((const char *)frame.data + 4, "\""),
		               (const char *)frame.data + 4);
	return VS_OK;
}

static void
port_close(void *arg, bool is_abrupt)
{
	(void)is_abrupt;
	((struct bench *)arg)->is_closing = true;
}

static void
port_pause(void *arg, bool is_paused)
{
	(void)arg;
	(void)is_paused;
}

static void
port_answered(void *arg, const struct vs_sim_entry *entry, int64_t wall_ms)
{
	(void)arg;
	(void)entry;
	(void)wall_ms;
}

static void
pass(struct bench *bench, uint64_t ms)
{
	bench->at.now_ms += ms;
	bench->at.wall_ms += (int64_t)ms;
	vs_sim_station_tick(bench->station, bench->at);
	if (bench->is_closing) {
		bench->is_closing = false;
		vs_sim_station_closed(bench->station, bench->at);
	}
	if (bench->is_wanted) {
		bench->is_wanted = false;
		vs_sim_station_opened(bench->station, bench->at);
	}
}

static void
say(struct bench *bench, struct vs_bytes line)
{
	char text[ID_SIZE + 16];

	if (vs_bytes_equal_text(line, "!")) {
		bench->is_closing = true;
	} else if (vs_bytes_equal_text(line, "@")) {
		(void)snprintf(text, sizeof(text), "[3,\"%s\",{}]", bench->id);
		vs_sim_station_received(bench->station, bench->at, vs_bytes_from_text(text));
	} else {
		vs_sim_station_received(bench->station, bench->at, line);
	}
	pass(bench, 1000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char accepted[] =
	    "{\"currentTime\":\"2026-11-20T14:00:00Z\",\"interval\":5,\"status\":\"Accepted\"}";
	struct bench bench = {.at = {1000, INT64_C(1763647200000)}};
	struct vs_sim_scratch scratch;
	struct vs_sim_counts counts = {0};
	struct vs_sim_station_config config = {
	    .identity = "CS-0001",
	    .scenario = vs_sim_scenario(VS_SIM_SCENARIO_busy),
	    .seed = 1,
	    .nonce = 2,
	    .security_profile = 2,
	    .queue_max = 16,
	    .scratch = &scratch,
	    .counts = &counts,
	    .port = {port_connect, port_send, port_close, port_pause, port_answered, NULL, NULL,
	             NULL, NULL, NULL, &bench},
	};
	char text[256];

	vs_sim_scratch_init(&scratch);
	if (vs_sim_station_new(&config, bench.at, &bench.station).code != VS_E_OK)
		abort();
	vs_sim_station_start(bench.station, bench.at, 0);
	pass(&bench, 1);
	(void)snprintf(text, sizeof(text), "[3,\"%s\",%s]", bench.id, accepted);
	say(&bench, vs_bytes_from_text(text));
	for (int i = 0; i < LINES_MAX && size > 0; i++) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t line_size = end != NULL ? (size_t)(end - data) : size;

		say(&bench, vs_bytes_from(data, line_size));
		data += line_size;
		size -= line_size;
		if (size > 0) {
			data++;
			size--;
		}
	}
	vs_sim_station_stop(bench.station, bench.at, false);
	pass(&bench, 100);
	if (counts.bad_out != 0)
		abort();
	vs_sim_station_free(&bench.station);
	vs_sim_scratch_done(&scratch);
	return 0;
}
