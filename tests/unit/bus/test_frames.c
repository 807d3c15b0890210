/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/frames.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "test.h"

#define FIRST 1000u
#define MANY  64u

static struct vs_core_frame_row rows[MANY];

static void
note(struct vs_port_frames port, const char *station, bool is_received, uint64_t mono_us,
     const char *text)
{
	const struct vs_core_frame frame = {.tenant = "default",
	                                    .station = station,
	                                    .at_ms = 5,
	                                    .mono_us = mono_us,
	                                    .is_received = is_received,
	                                    .action = "",
	                                    .verdict = "",
	                                    .text = vs_bytes_from_text(text),
	                                    .size = strlen(text)};

	port.note(port.self, &frame);
}

static void
an_answer_belongs_to_its_call(void)
{
	struct vs_frames *frames = NULL;
	struct vs_port_frames port;

	CHECK_OK(vs_frames_new(FIRST, &frames));
	port = vs_frames_port(frames);
	note(port, "A", true, 100, "[2,\"1\",\"Heartbeat\",{}]");
	note(port, "B", true, 110, "[2,\"1\",\"BootNotification\",{}]");
	note(port, "A", false, 120, "[2,\"1\",\"Reset\",{}]");
	note(port, "A", false, 350, "[3,\"1\",{\"currentTime\":\"x\"}]");
	note(port, "A", true, 420, "[4,\"1\",\"NotSupported\",\"\",{}]");
	note(port, "A", true, 430, "[3,\"9\",{}]");
	CHECK(port.before(port.self, "default", "A", UINT64_MAX, rows, MANY) == 5);
	CHECK(rows[0].number == FIRST + 5 && rows[0].latency_us == VS_CORE_ABSENT);
	CHECK(rows[0].action[0] == '\0');
	CHECK(strcmp(rows[1].action, "Reset") == 0 && rows[1].latency_us == 300);
	CHECK(rows[1].type == VS_CORE_FRAME_ERROR && rows[1].is_received);
	CHECK(strcmp(rows[2].action, "Heartbeat") == 0 && rows[2].latency_us == 250);
	CHECK(rows[4].type == VS_CORE_FRAME_CALL && rows[4].number == FIRST);
	CHECK(rows[4].text_size == 22 && memcmp(rows[4].text, "[2,\"1\"", 6) == 0);
	CHECK(port.before(port.self, "default", "A", FIRST + 2, rows, MANY) == 1);
	CHECK(port.before(port.self, "default", "A", UINT64_MAX, rows, 2) == 2);
	CHECK(port.before(port.self, "other", "A", UINT64_MAX, rows, MANY) == 0);
	CHECK(port.before(port.self, "default", "C", UINT64_MAX, rows, MANY) == 0);
	vs_frames_free(&frames);
}

static void
one_goes_on_where_one_was(void)
{
	struct vs_frames *frames = NULL;
	struct vs_port_frames port;
	uint64_t at = UINT64_MAX;

	CHECK_OK(vs_frames_new(FIRST, &frames));
	port = vs_frames_port(frames);
	note(port, "A", true, 1, "[2,\"1\",\"Heartbeat\",{}]");
	CHECK(port.from(port.self, "default", "A", &at, rows, 0) == 0 && at == FIRST + 1);
	note(port, "B", true, 2, "[2,\"1\",\"Heartbeat\",{}]");
	note(port, "A", true, 3, "[2,\"2\",\"Heartbeat\",{}]");
	note(port, "A", true, 4, "[2,\"3\",\"Heartbeat\",{}]");
	CHECK(port.from(port.self, "default", "A", &at, rows, 1) == 1);
	CHECK(strcmp(rows[0].id, "2") == 0 && at == FIRST + 3);
	CHECK(port.from(port.self, "default", "A", &at, rows, MANY) == 1);
	CHECK(strcmp(rows[0].id, "3") == 0 && at == FIRST + 4);
	CHECK(port.from(port.self, "default", "A", &at, rows, MANY) == 0 && at == FIRST + 4);
	at = 0; /* of an earlier run */
	CHECK(port.from(port.self, "default", "A", &at, rows, MANY) == 3);
	vs_frames_free(&frames);
}

/* Texts of all sizes go round and round; what is told is always whole and the newest. */
static void
the_oldest_go_first(void)
{
	struct vs_frames *frames = NULL;
	struct vs_port_frames port;
	char *text = malloc(8192);
	uint64_t last = 0;

	CHECK(text != NULL);
	CHECK_OK(vs_frames_new(FIRST, &frames));
	port = vs_frames_port(frames);
	for (unsigned i = 0; i < 40000; i++) {
		size_t size = (size_t)((i * 7919u) % 6000u);
		char expected = (char)('a' + i % 26);

		memset(text, expected, size);
		text[size] = '\0';
		note(port, i % 2 == 0 ? "A" : "B", true, i, text);
		if (i % 997 != 0)
			continue;
		CHECK(port.before(port.self, "default", i % 2 == 0 ? "A" : "B", UINT64_MAX, rows,
		                  2) >= 1);
		CHECK(rows[0].number == FIRST + i && rows[0].size == size);
		CHECK(rows[0].text_size ==
		      (size < VS_CORE_FRAME_TEXT_SIZE ? size : VS_CORE_FRAME_TEXT_SIZE));
		CHECK(rows[0].is_cut == (size > VS_CORE_FRAME_TEXT_SIZE));
		for (size_t k = 0; k < rows[0].text_size; k++)
			CHECK(rows[0].text[k] == expected);
	}
	CHECK(port.from(port.self, "default", "A", &last, rows, 1) == 1 && last > FIRST + 30000);
	CHECK(last < FIRST + 40000 - 1000);
	vs_frames_free(&frames);
	free(text);
}

static void
short_ones_are_counted(void)
{
	struct vs_frames *frames = NULL;
	struct vs_port_frames port;
	uint64_t at = 0;

	CHECK_OK(vs_frames_new(FIRST, &frames));
	port = vs_frames_port(frames);
	for (unsigned i = 0; i < 2 * VS_LIMIT_FRAME_LOG; i++)
		note(port, "A", true, i, "");
	CHECK(port.from(port.self, "default", "A", &at, rows, 1) == 1);
	CHECK(rows[0].number >= FIRST + VS_LIMIT_FRAME_LOG);
	vs_frames_free(&frames);
}

static void
a_character_is_not_split(void)
{
	struct vs_frames *frames = NULL;
	struct vs_port_frames port;
	char text[VS_CORE_FRAME_TEXT_SIZE + 8];

	memset(text, 'x', sizeof(text));
	memcpy(text + VS_CORE_FRAME_TEXT_SIZE - 1, "\xc3\xa4", 2);
	text[sizeof(text) - 1] = '\0';
	CHECK_OK(vs_frames_new(FIRST, &frames));
	port = vs_frames_port(frames);
	note(port, "A", true, 1, text);
	CHECK(port.before(port.self, "default", "A", UINT64_MAX, rows, 1) == 1);
	CHECK(rows[0].is_cut && rows[0].text_size == VS_CORE_FRAME_TEXT_SIZE - 1);
	vs_frames_free(&frames);
	vs_frames_free(&frames);
}

/* So many a second of all; above that only what somebody watches. */
static void
a_flood_is_not_noted(void)
{
	int64_t now_ms = vs_clock_wall_ms();
	struct vs_frames *frames = NULL;
	struct vs_port_frames port;
	uint64_t at = 0;

	CHECK_OK(vs_frames_new(FIRST, &frames));
	port = vs_frames_port(frames);
	for (unsigned i = 0; i < VS_LIMIT_FRAME_LOG_RATE; i++)
		CHECK(port.wants(port.self, "default", "A", now_ms));
	CHECK(!port.wants(port.self, "default", "A", now_ms));
	CHECK(port.from(port.self, "default", "A", &at, rows, MANY) == 0);
	CHECK(port.wants(port.self, "default", "A", now_ms));
	CHECK(!port.wants(port.self, "other", "A", now_ms));
	CHECK(!port.wants(port.self, "default", "B", now_ms));
	/* A new second has a new budget, and nobody has watched for a long time. */
	now_ms += 2 * VS_LIMIT_FRAME_WATCH_MS;
	for (unsigned i = 0; i < VS_LIMIT_FRAME_LOG_RATE; i++)
		CHECK(port.wants(port.self, "default", "B", now_ms));
	CHECK(!port.wants(port.self, "default", "A", now_ms));
	vs_frames_free(&frames);
}

static void
only_so_many_are_watched(void)
{
	int64_t now_ms = vs_clock_wall_ms();
	struct vs_frames *frames = NULL;
	struct vs_port_frames port;
	char station[8];
	uint64_t at = 0;

	CHECK_OK(vs_frames_new(FIRST, &frames));
	port = vs_frames_port(frames);
	for (unsigned i = 0; i < VS_LIMIT_FRAME_LOG_RATE; i++)
		CHECK(port.wants(port.self, "default", "A", now_ms));
	for (unsigned i = 0; i < VS_LIMIT_FRAME_WATCHES + 1; i++) {
		(void)snprintf(station, sizeof(station), "S%u", i);
		CHECK(port.from(port.self, "default", station, &at, rows, MANY) == 0);
		CHECK(port.wants(port.self, "default", station, now_ms));
	}
	vs_frames_free(&frames);
}

static void *
note_many(void *arg)
{
	for (unsigned i = 0; i < 5000; i++)
		note(vs_frames_port(arg), "A", true, i, "[2,\"1\",\"Heartbeat\",{}]");
	return NULL;
}

static void
many_threads_note(void)
{
	struct vs_frames *frames = NULL;
	struct vs_port_frames port;
	pthread_t threads[3];
	uint64_t at = FIRST, seen = 0;

	CHECK_OK(vs_frames_new(FIRST, &frames));
	port = vs_frames_port(frames);
	for (size_t i = 0; i < 3; i++)
		CHECK(pthread_create(&threads[i], NULL, note_many, frames) == 0);
	for (size_t i = 0; i < 3; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	for (size_t count; (count = port.from(port.self, "default", "A", &at, rows, MANY)) > 0;)
		seen += count;
	CHECK(seen == 15000 && at == FIRST + 15000);
	vs_frames_free(&frames);
}

int
main(void)
{
	CASE(an_answer_belongs_to_its_call);
	CASE(one_goes_on_where_one_was);
	CASE(the_oldest_go_first);
	CASE(short_ones_are_counted);
	CASE(a_character_is_not_split);
	CASE(a_flood_is_not_noted);
	CASE(only_so_many_are_watched);
	CASE(many_threads_note);
	return 0;
}
