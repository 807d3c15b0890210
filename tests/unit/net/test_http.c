/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static uint16_t port;
static char text[65536];

static void
begin(enum on_request on_request)
{
	world_begin();
	server.on_request = on_request;
	port = world_listen((struct vs_net_listener_options){.stack = VS_STACK_HTTP,
	                                                     .header_timeout_ms = 150,
	                                                     .idle_timeout_ms = 300,
	                                                     .body_size_max = 1000});
}

/* One request on a connection of its own; the answer up to the end of the connection. */
static const char *
exchange(const char *request)
{
	int fd = raw_connect(port);

	raw_text(fd, request);
	(void)raw_read(fd, NULL, text, sizeof(text));
	CHECK(close(fd) == 0);
	UNTIL(vs_net_count(net) == 0);
	return text;
}

static void
refused(const char *request, const char *status, enum vs_err why)
{
	int closes = server.closes, requests = server.requests;
	int64_t bad = vs_metric_read(VS_METRIC_http_bad_requests_total);

	CHECK(strncmp(exchange(request), status, strlen(status)) == 0);
	CHECK(strstr(text, "Connection: close\r\n") != NULL);
	CHECK(server.closes == closes + 1 && server.close.why == why &&
	      server.requests == requests);
	CHECK(vs_metric_read(VS_METRIC_http_bad_requests_total) == bad + 1);
}

static void
bad_requests_are_answered_and_closed(void)
{
	static char head[10000];

	begin(ANSWER);
	refused("GET / HTTP/1.1\r\nHost : x\r\n\r\n", "HTTP/1.1 400 ", VS_E_BAD_MESSAGE);
	refused("GET / HTTP/1.1\nHost: x\r\n\r\n", "HTTP/1.1 400 ", VS_E_BAD_MESSAGE);
	refused("GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 505 ", VS_E_BAD_HTTP_VERSION);
	refused("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	        "HTTP/1.1 501 ", VS_E_BAD_TRANSFER);
	refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 413 ",
	        VS_E_TOO_LONG);
	memset(head, 'a', sizeof(head) - 1);
	memcpy(head, "GET /", 5);
	memcpy(head + 2000, " HTTP/1.1\r\nHost: x\r\n\r\n", 23);
	refused(head, "HTTP/1.1 414 ", VS_E_URI_TOO_LONG);
	memset(head, 'a', sizeof(head) - 1);
	memcpy(head, "GET / HTTP/1.1\r\nX: ", 19);
	refused(head, "HTTP/1.1 431 ", VS_E_HEAD_TOO_LONG);
	world_end();
}

static void
slow_head_times_out(void)
{
	int64_t before = vs_metric_read(VS_METRIC_header_timeouts_total);

	begin(ANSWER);
	refused("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", "HTTP/1.1 408 ", VS_E_REQUEST_TIMEOUT);
	CHECK(vs_metric_read(VS_METRIC_header_timeouts_total) == before + 1);
	world_end();
}

static void
pipelined_requests_are_answered_in_order(void)
{
	int fd;
	const char *a, *b, *c;

	begin(ANSWER);
	fd = raw_connect(port);
	raw_text(fd, "GET /one HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\n\r\n"
	             "GET /three HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	(void)raw_read(fd, NULL, text, sizeof(text));
	a = strstr(text, "\r\n\r\n/one");
	b = strstr(text, "\r\n\r\n/two");
	c = strstr(text, "\r\n\r\n/three");
	CHECK(a != NULL && b != NULL && c != NULL && a < b && b < c && server.requests == 3);
	CHECK(strstr(text, "Content-Length: 4\r\n") != NULL &&
	      strstr(text, "X-Test: 1\r\n") != NULL);
	CHECK(close(fd) == 0);
	UNTIL(server.closes == 1);
	CHECK(server.close.why == VS_E_OK);
	world_end();
}

static void
body_comes_in_drops(void)
{
	const char *request = "POST /drops HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
	int fd;

	begin(ANSWER);
	fd = raw_connect(port);
	for (const char *at = request; *at != '\0'; at++) {
		raw_send(fd, at, 1);
		CHECK_OK(vs_loop_turn(loop, 0));
	}
	(void)raw_read(fd, "/drops", text, sizeof(text));
	CHECK(server.requests == 1 && strcmp(server.body, "hello") == 0);
	CHECK(close(fd) == 0);
	UNTIL(server.closes == 1);
	world_end();
}

static void
expectation_is_met(void)
{
	int fd;

	begin(ANSWER);
	fd = raw_connect(port);
	raw_text(fd,
	         "PUT /e HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
	(void)raw_read(fd, "HTTP/1.1 100 Continue\r\n\r\n", text, sizeof(text));
	raw_text(fd, "ok");
	(void)raw_read(fd, "\r\n\r\n/e", text, sizeof(text));
	CHECK(strcmp(server.body, "ok") == 0);
	CHECK(close(fd) == 0);
	UNTIL(server.closes == 1);
	world_end();
}

static void
head_has_no_body(void)
{
	begin(ANSWER);
	(void)exchange("HEAD /abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	CHECK(strstr(text, "Content-Length: 4\r\n") != NULL);
	CHECK(strcmp(strstr(text, "\r\n\r\n"), "\r\n\r\n") == 0);
	world_end();
}

/* Until the answer nothing more is read; it may come long after the call. */
static void
answer_may_come_later(void)
{
	int fd;

	begin(LATER);
	fd = raw_connect(port);
	raw_text(fd, "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
	UNTIL(server.requests == 1);
	for (int i = 0; i < 5; i++)
		world_turn();
	CHECK(server.requests == 1 && strcmp(server.path, "/a") == 0);
	CHECK_OK(vs_conn_respond(conn_of(&server), 204, NULL, NULL, vs_bytes_from(NULL, 0), false));
	CHECK_ERR(vs_conn_respond(conn_of(&server), 204, NULL, NULL, vs_bytes_from(NULL, 0), false),
	          NOT_NOW);
	UNTIL(server.requests == 2);
	CHECK(strcmp(server.path, "/b") == 0);
	CHECK_OK(vs_conn_respond(conn_of(&server), 200, "text/plain", NULL, VS_BYTES_LITERAL("bee"),
	                         true));
	(void)raw_read(fd, NULL, text, sizeof(text));
	CHECK(strncmp(text, "HTTP/1.1 204 No Content\r\n\r\n", 27) == 0 &&
	      strstr(text, "\r\n\r\nbee") != NULL);
	CHECK(close(fd) == 0);
	UNTIL(server.closes == 1);
	world_end();
}

static void
idle_connection_is_closed(void)
{
	int64_t before = vs_metric_read(VS_METRIC_idle_timeouts_total);
	int fd;

	begin(ANSWER);
	fd = raw_connect(port);
	raw_text(fd, "GET /idle HTTP/1.1\r\nHost: x\r\n\r\n");
	(void)raw_read(fd, NULL, text, sizeof(text));
	UNTIL(server.closes == 1);
	CHECK(server.close.why == VS_E_TIMEOUT);
	CHECK(vs_metric_read(VS_METRIC_idle_timeouts_total) == before + 1);
	CHECK(close(fd) == 0);
	world_end();
}

static void
stream_goes_on_and_a_slow_reader_is_told_busy(void)
{
	static uint8_t piece[60000];
	vs_result r = VS_OK;
	int fd, taken = 0;

	begin(STREAM);
	fd = raw_connect(port);
	raw_text(fd, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
	(void)raw_read(fd, "\r\n\r\n", text, sizeof(text));
	CHECK(strstr(text, "Content-Type: text/event-stream\r\n") != NULL);
	CHECK_OK(vs_conn_stream_write(conn_of(&server), VS_BYTES_LITERAL("data: 1\n\n")));
	(void)raw_read(fd, "data: 1\n\n", text, sizeof(text));
	while (r.code == VS_E_OK && taken++ < 1000) {
		r = vs_conn_stream_write(conn_of(&server), vs_bytes_from(piece, sizeof(piece)));
		world_turn();
	}
	CHECK(r.code == VS_E_BUSY);
	CHECK(close(fd) == 0); /* with unread bytes: a reset */
	UNTIL(server.closes == 1);
	CHECK(server.close.by_peer && server.close.why == VS_E_CLOSED);
	world_end();
}

int
main(void)
{
	CASE(bad_requests_are_answered_and_closed);
	CASE(slow_head_times_out);
	CASE(pipelined_requests_are_answered_in_order);
	CASE(body_comes_in_drops);
	CASE(expectation_is_met);
	CASE(head_has_no_body);
	CASE(answer_may_come_later);
	CASE(idle_connection_is_closed);
	CASE(stream_goes_on_and_a_slow_reader_is_told_busy);
	return 0;
}
