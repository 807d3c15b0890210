/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static void
publish(int count, uint64_t missed)
{
	for (int i = 0; i < count; i++) {
		struct vs_core_event event;

		vs_core_event_init(&event, VS_EVENT_STATUS, 1000);
		(void)snprintf(event.tenant, sizeof(event.tenant), "default");
		(void)snprintf(event.station, sizeof(event.station), "E%" PRIu64,
		               world.api->ring.next + (missed != 0));
		vs_api_deliver(&event, 1, missed, world.api);
	}
}

static struct vs_conn *
listen_from(const char *header)
{
	char headers[256];

	(void)snprintf(headers, sizeof(headers), "%s%s", WORLD_BEARER, header);
	return world_ask("GET /api/v1/events/stream", headers, "");
}

static void
hang_up(struct vs_conn *conn)
{
	struct vs_net_handler handler = vs_api_handler(world.api);

	handler.closed(conn, NULL, handler.arg);
	conn->is_closed = true;
}

static void
a_stream_begins(void)
{
	struct vs_conn *conn = listen_from("");

	CHECK(conn->status == 200 && strcmp(conn->content_type, "text/event-stream") == 0);
	CHECK(strncmp(conn->body, "retry: 2000\n\nid: ", 17) == 0 &&
	      world_says(conn, "\nevent: hello\n"));
	CHECK(world_has_header(conn, "no-store") &&
	      world_has_header(conn, "X-Accel-Buffering: no"));
	publish(2, 0);
	CHECK(world_says(conn, "\"station\":\"E1\"") && world_says(conn, "\"station\":\"E2\""));
	CHECK(world.api->live_count == 1);
	hang_up(conn);
	CHECK(world.api->live_count == 0);
	publish(1, 0);
	CHECK(!world_says(conn, "E3"));
}

static void
the_last_ones_are_told_again(void)
{
	struct vs_conn *conn;

	publish(2, 0);
	conn = world_ask("GET /api/v1/events/recent?limit=1", WORLD_BEARER, "");
	CHECK(conn->status == 200 &&
	      strncmp(conn->body, "{\"items\":[{\"kind\":\"status\"", 26) == 0);
	CHECK(conn->body[conn->body_size - 2] == ']' && conn->body[conn->body_size - 1] == '}');
	CHECK(world_ask("GET /api/v1/events/recent?limit=0", WORLD_BEARER, "")->status == 422);
	CHECK(world_ask("GET /api/v1/events/recent", "", "")->status == 401);
}

static void
it_resumes(void)
{
	char header[96];
	struct vs_conn *conn;

	(void)snprintf(header, sizeof(header), "Last-Event-ID: %" PRIx64 "-2\r\n",
	               world.api->ring.epoch);
	conn = listen_from(header);
	CHECK(!world_says(conn, "hello") && !world_says(conn, "resync"));
	CHECK(world_says(conn, "\"station\":\"E3\"") && !world_says(conn, "\"station\":\"E2\""));
	hang_up(conn);
	/* A page that takes over from another tab cannot set the header. */
	(void)snprintf(header, sizeof(header),
	               "GET /api/v1/events/stream?last_event_id=%" PRIx64 "-1",
	               world.api->ring.epoch);
	conn = world_ask(header, WORLD_BEARER, "");
	CHECK(world_says(conn, "\"station\":\"E2\"") && !world_says(conn, "hello"));
	hang_up(conn);
	conn = listen_from("Last-Event-ID: 1234-2\r\n");
	CHECK(world_says(conn, "event: resync\n") && !world_says(conn, "E3"));
	hang_up(conn);
}

static void
who_misses_some_is_told(void)
{
	struct vs_conn *slow = listen_from(""), *fast = listen_from("");

	slow->is_slow = true;
	publish(VS_LIMIT_EVENT_RING / 64, 0);
	slow->is_slow = false;
	vs_api_live_tick(world.api, false);
	CHECK(strcmp(strstr(slow->body, "hello"), strstr(fast->body, "hello")) == 0);
	CHECK(!world_says(slow, "resync"));
	publish(1, 5); /* the bus dropped five */
	CHECK(world_says(slow, "event: resync\n") && world_says(fast, "event: resync\n"));
	fast->body_size = 0;
	publish(1, 0);
	CHECK(world_says(fast, "event: status"));
	slow->is_slow = true;
	slow->body_size = 0;
	for (int i = 0; i < VS_LIMIT_EVENT_RING / 32; i++) {
		publish(33, 0);
		fast->body_size = 0;
	}
	CHECK(slow->body_size == 0);
	slow->is_slow = false;
	vs_api_live_tick(world.api, false);
	CHECK(world_says(slow, "event: resync\n"));
	hang_up(slow);
	hang_up(fast);
}

static void
signs_of_life(void)
{
	struct vs_conn *conn = listen_from("");

	conn->body_size = 0;
	vs_api_live_tick(world.api, false);
	CHECK(conn->body_size == 0);
	vs_api_live_tick(world.api, true);
	CHECK(strcmp(conn->body, ":\n\n") == 0);
	conn->is_slow = true;
	for (int i = 0; i < 4; i++)
		vs_api_live_tick(world.api, true);
	CHECK(conn->is_closed); /* it reads nothing at all */
	hang_up(conn);
}

static void
not_too_many(void)
{
	size_t first = world.conn_count;

	for (int i = 0; i < VS_LIMIT_SSE_CLIENTS; i++)
		CHECK(listen_from("")->status == 200);
	CHECK(listen_from("")->status == 503);
	for (size_t i = first; i < world.conn_count; i++)
		hang_up(&world.conns[i]);
	CHECK(world.api->live_count == 0);
	world.conn_count = first;
}

static void
logout_ends_the_stream(void)
{
	char sid[VS_API_SESSION_TEXT_SIZE], cookie[96];
	struct vs_conn *conn;

	world_session(&world.api->auth.sessions, "", vs_clock_wall_ms(), sid);
	(void)snprintf(cookie, sizeof(cookie), "Cookie: __Host-sid=%s\r\n", sid);
	conn = world_ask("GET /api/v1/events/stream", cookie, "");
	CHECK(conn->status == 200);
	vs_api_live_tick(world.api, true);
	CHECK(!conn->is_closed);
	memset(&world.api->auth.sessions, 0, sizeof(world.api->auth.sessions));
	vs_api_live_tick(world.api, true);
	CHECK(conn->is_closed);
	hang_up(conn);
	(void)listen_from(""); /* still open at the end */
}

int
main(void)
{
	world_begin();
	CASE(a_stream_begins);
	CASE(the_last_ones_are_told_again);
	CASE(it_resumes);
	CASE(who_misses_some_is_told);
	CASE(signs_of_life);
	CASE(not_too_many);
	CASE(logout_ends_the_stream);
	world_end();
	return 0;
}
