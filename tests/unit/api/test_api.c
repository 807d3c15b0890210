/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static void
who_may_come_in(void)
{
	CHECK(world_ask("GET /api/v1/stations", "", "")->status == 401);
	CHECK(world_ask("GET /api/v1/stations", "Authorization: Bearer wrong\r\n", "")->status ==
	      401);
	CHECK(world_ask("GET /metrics", "", "")->status == 401);
	CHECK(world_ask("POST /logout", "", "")->status == 401);
	CHECK(world_ask("GET /livez", "", "")->status == 200);
	CHECK(world_ask("GET /readyz", "", "")->status == 200);
	/* A stale cookie does not keep anybody from the open routes. */
	CHECK(world_ask("GET /livez", "Cookie: __Host-sid=old\r\n", "")->status == 200);
	CHECK(world_ask("GET /api/v1/stations", WORLD_BEARER, "")->status == 200);
}

static void
what_is_refused(void)
{
	struct vs_conn *conn = world_ask("PUT /api/v1/stations", WORLD_BEARER, "");
	static char large[5000];

	CHECK(conn->status == 405 && world_has_header(conn, "Allow: GET, POST\r\n"));
	CHECK(world_ask("GET /api/v1/nothing", WORLD_BEARER, "")->status == 404);
	CHECK(world_ask("GET /api/v1/stations?limit=x", WORLD_BEARER, "")->status == 422);
	CHECK(world_ask("GET /api/v1/stations", WORLD_BEARER, "{}")->status == 413);
	memset(large, ' ', sizeof(large) - 1);
	CHECK(world_ask("POST /api/v1/stations", WORLD_BEARER, large)->status == 413);
	CHECK(world_ask("GET /api/v1/stations/%2e%2e", WORLD_BEARER, "")->status == 422);
	world.is_pool_full = true;
	conn = world_ask("GET /api/v1/stations", WORLD_BEARER, "");
	CHECK(conn->status == 503 && world_says(conn, "VS-1004"));
	world.is_pool_full = false;
	world.read_result = VS_FAIL(IO);
	CHECK(world_ask("GET /api/v1/stations", WORLD_BEARER, "")->status == 503);
	conn = world_ask("GET /readyz", "", "");
	CHECK(conn->status == 503 && world_says(conn, "the store does not answer"));
	CHECK(world_ask("GET /livez", "", "")->status == 200);
	world.read_result = VS_OK;
}

static void
pages_of_stations(void)
{
	struct vs_conn *conn = world_ask("GET /api/v1/stations?limit=3", WORLD_BEARER, "");

	CHECK(strcmp(conn->content_type, "application/json") == 0);
	CHECK(strncmp(conn->body, "{\"items\":[{\"identity\":\"CS-1\",", 29) == 0);
	CHECK(world_says(conn, "\"connectors\":[{\"evse\":1,\"connector\":1,\"status\":\"Faulted\","
	                       "\"at\":\"1970-01-01T00:00:05.000Z\"}]"));
	CHECK(world_says(conn, "CS-3") && !world_says(conn, "CS-4") &&
	      world_says(conn, "\"next\":\"CS-3\""));
	CHECK(world_has_header(conn,
	                       "Link: </api/v1/stations?limit=3&cursor=CS-3>; rel=\"next\"\r\n"));
	conn = world_ask("GET /api/v1/stations?limit=3&cursor=CS-3", WORLD_BEARER, "");
	CHECK(world_says(conn, "CS-6") && world_says(conn, "\"next\":\"CS-6\""));
	conn = world_ask("GET /api/v1/stations?limit=3&cursor=CS-6", WORLD_BEARER, "");
	CHECK(world_says(conn, "CS-7") && world_says(conn, "\"next\":null") &&
	      !world_has_header(conn, "Link:"));
	CHECK(world_says(conn, "\"last_seen\":null") && world_says(conn, "\"connected\":false"));
	/* Exactly one page: no cursor that leads to nothing. */
	CHECK(world_says(world_ask("GET /api/v1/stations?limit=7", WORLD_BEARER, ""),
	                 "\"next\":null"));
}

static void
one_station(void)
{
	struct vs_conn *conn = world_ask("GET /api/v1/stations/CS-1", WORLD_BEARER, "");

	CHECK(conn->status == 200 && strncmp(conn->body, "{\"identity\":\"CS-1\",", 19) == 0);
	/* One that is connected is seen now. */
	conn = world_ask("GET /api/v1/stations?limit=1&cursor=CS-1", WORLD_BEARER, "");
	CHECK(world_says(conn, "\"connected\":true") && !world_says(conn, "\"last_seen\":null") &&
	      !world_says(conn, "\"last_seen\":\"1970"));
	CHECK(world_ask("GET /api/v1/stations/CS-9", WORLD_BEARER, "")->status == 404);
	CHECK(world_ask("GET /api/v1/stations/CS-1?limit=1", WORLD_BEARER, "")->status == 422);
}

static void
overview_and_metrics(void)
{
	struct vs_conn *conn = world_ask("GET /api/v1/overview", WORLD_BEARER, "");

	CHECK(conn->status == 200 &&
	      world_says(conn, "\"stations\":7,\"online\":1,\"charging\":0,\"faulted\":1,"));
	CHECK(world_says(conn, "\"version\":\"1.2.3\"") && world_says(conn, "\"partial\":false"));
	conn = world_ask("GET /metrics", WORLD_BEARER, "");
	CHECK(strcmp(conn->content_type, "text/plain; version=0.0.4") == 0);
	CHECK(world_says(
	    conn, "# TYPE voltseal_api_requests_total counter\nvoltseal_api_requests_total "));
	CHECK(world_says(conn, "# TYPE voltseal_sse_clients gauge\nvoltseal_sse_clients 0\n"));
	CHECK(conn->body[conn->body_size - 1] == '\n');
}

/* The connection went away while the pool was busy: nobody is answered, nothing is leaked. */
static void
answers_for_nobody(void)
{
	struct vs_net_handler handler = vs_api_handler(world.api);
	struct vs_http_request request;
	struct vs_conn *conn = &world.conns[world.conn_count];

	*conn = (struct vs_conn){.id = ++world.conn_count};
	CHECK_OK(vs_http_request_parse(
	    VS_BYTES_LITERAL("GET /api/v1/stations HTTP/1.1\r\nHost: x\r\n" WORLD_BEARER "\r\n"),
	    &request));
	handler.request(conn, &request, (struct vs_bytes){NULL, 0}, handler.arg);
	CHECK(world.job_count == 1);
	conn->is_closed = true;
	world_run_jobs();
	CHECK(conn->answer_count == 0);
	/* The last one is still in the pool when the API ends. */
	*conn = (struct vs_conn){.id = conn->id};
	handler.request(conn, &request, (struct vs_bytes){NULL, 0}, handler.arg);
	CHECK(world.job_count == 1);
	world.job_count = 0;
}

int
main(void)
{
	world_begin();
	CASE(who_may_come_in);
	CASE(what_is_refused);
	CASE(pages_of_stations);
	CASE(one_station);
	CASE(overview_and_metrics);
	CASE(answers_for_nobody);
	world_end();
	return 0;
}
