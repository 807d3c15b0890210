/* SPDX-License-Identifier: Apache-2.0 */
#include "api/live.h"

#include "world.h"

#define ROWS 6

static struct vs_core_frame_row kept[ROWS];
static size_t kept_count;

/* As bus/frames.c does; the first has the number 101. */
static size_t
before(void *self, const char *tenant, const char *station, uint64_t number,
       struct vs_core_frame_row *rows, size_t count)
{
	size_t found = 0;

	(void)self;
	CHECK(strcmp(tenant, "default") == 0 && strcmp(station, "CS-1") == 0);
	for (size_t i = kept_count; i > 0 && found < count; i--)
		if (kept[i - 1].number < number)
			rows[found++] = kept[i - 1];
	return found;
}

static size_t
from(void *self, const char *tenant, const char *station, uint64_t *number,
     struct vs_core_frame_row *rows, size_t count)
{
	size_t found = 0;

	(void)self, (void)tenant, (void)station;
	for (size_t i = 0; i < kept_count && found < count; i++)
		if (kept[i].number >= *number)
			rows[found++] = kept[i];
	*number = found > 0 ? rows[found - 1].number + 1 : 101 + kept_count;
	return found;
}

static void
keep(const char *text, const char *verdict)
{
	struct vs_core_frame_row *row = &kept[kept_count];

	CHECK(kept_count < ROWS);
	*row = (struct vs_core_frame_row){.number = 101 + kept_count,
	                                  .at_ms = 1000,
	                                  .latency_us = VS_CORE_ABSENT,
	                                  .size = (uint32_t)strlen(text),
	                                  .text_size = (uint32_t)strlen(text),
	                                  .type = VS_CORE_FRAME_CALL,
	                                  .is_received = true};
	(void)snprintf(row->action, sizeof(row->action), "Heartbeat");
	(void)snprintf(row->verdict, sizeof(row->verdict), "%s", verdict);
	memcpy(row->text, text, strlen(text));
	kept_count++;
}

static struct vs_conn *
watch(const char *header)
{
	char headers[256];

	(void)snprintf(headers, sizeof(headers), "%s%s", WORLD_BEARER, header);
	return world_ask("GET /api/v1/stations/CS-1/messages/stream", headers, "");
}

static void
hang_up(struct vs_conn *conn)
{
	vs_api_live_closed(world.api, vs_conn_get_id(conn));
	conn->is_closed = true;
}

static void
they_are_listed_newest_first(void)
{
	struct vs_conn *conn;

	kept_count = 0;
	keep("[2,\"1\",\"Heartbeat\",{}]", "");
	keep("[2,\"2\",\"Heartbeat\",{\"x\":\"\\\"\"}]", "an unexpected member");
	keep("[2,\"3\",\"Heartbeat\",{}]", "");
	conn = world_ask("GET /api/v1/stations/CS-1/messages?limit=2", WORLD_BEARER, "");
	CHECK(conn->status == 200 && world_says(conn, "{\"items\":[{\"number\":103,"));
	CHECK(world_says(conn, "\"verdict\":\"an unexpected member\""));
	CHECK(world_says(conn, "\"next\":\"102\"") && !world_says(conn, "\"number\":101"));
	conn = world_ask("GET /api/v1/stations/CS-1/messages?cursor=102", WORLD_BEARER, "");
	CHECK(world_says(conn, "\"number\":101") && world_says(conn, "\"next\":null"));
	CHECK(world_ask("GET /api/v1/stations/CS-1/messages", "", "")->status == 401);
	CHECK(world_ask("GET /api/v1/stations/NOBODY/messages", WORLD_BEARER, "")->status == 404);
}

static void
they_are_told_as_they_come(void)
{
	struct vs_conn *conn;

	kept_count = 0;
	keep("[2,\"1\",\"Heartbeat\",{}]", "");
	conn = watch("");
	CHECK(conn->status == 200 && strcmp(conn->content_type, "text/event-stream") == 0);
	CHECK(world.api->watch_count == 1);
	vs_api_live_tick(world.api, false);
	CHECK(!world_says(conn, "event: message")); /* what was before is in the list */
	keep("[2,\"2\",\"Heartbeat\",{}]", "");
	vs_api_live_tick(world.api, false);
	CHECK(world_says(conn, "id: 102\nevent: message\ndata: {\"number\":102,"));
	vs_api_live_tick(world.api, true);
	CHECK(world_says(conn, "\n\n:\n\n"));
	hang_up(conn);
	CHECK(world.api->watch_count == 0);
	keep("[2,\"3\",\"Heartbeat\",{}]", "");
	conn = watch("Last-Event-ID: 101\r\n");
	vs_api_live_tick(world.api, false);
	CHECK(world_says(conn, "id: 102\n") && world_says(conn, "id: 103\n"));
	CHECK(!world_says(conn, "id: 101\n"));
	hang_up(conn);
	CHECK(world_ask("GET /api/v1/stations/NOBODY/messages/stream", WORLD_BEARER, "")->status ==
	      404);
	CHECK(world_ask("GET /api/v1/stations/CS-1/messages/stream", "", "")->status == 401);
}

static void
who_does_not_read_is_closed(void)
{
	struct vs_conn *conn;

	kept_count = 0;
	conn = watch("");
	conn->is_slow = true;
	keep("[2,\"1\",\"Heartbeat\",{}]", "");
	for (int i = 0; i < 4; i++)
		vs_api_live_tick(world.api, true);
	CHECK(conn->is_closed);
	conn->is_slow = false;
	CHECK(!world_says(conn, "event: message"));
	hang_up(conn);
}

static void
there_are_so_many_at_most(void)
{
	struct vs_conn *conns[VS_LIMIT_MESSAGE_STREAMS];

	for (size_t i = 0; i < VS_LIMIT_MESSAGE_STREAMS; i++)
		conns[i] = watch("");
	CHECK(world.api->watch_count == VS_LIMIT_MESSAGE_STREAMS);
	CHECK(watch("")->status == 503);
	for (size_t i = 0; i < VS_LIMIT_MESSAGE_STREAMS; i++)
		hang_up(conns[i]);
	CHECK(world.api->watch_count == 0);
}

int
main(void)
{
	world_begin();
	vs_api_free(&world.api);
	world.frames = (struct vs_port_frames){.self = kept, .before = before, .from = from};
	world_api_new();
	world_register("CS-1", true);
	CASE(they_are_listed_newest_first);
	CASE(they_are_told_as_they_come);
	CASE(who_does_not_read_is_closed);
	CASE(there_are_so_many_at_most);
	world_end();
	return 0;
}
