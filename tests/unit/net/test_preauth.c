/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static struct vs_throttle *throttle;

/* Has the server closed it? */
static bool
is_closed(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

static void
begin(const char *trusted, enum vs_net_stack stack, struct vs_tls_server *tls, uint16_t *port_out)
{
	world_begin();
	CHECK_OK(vs_throttle_new(trusted, &throttle));
	*port_out = world_listen(
	    (struct vs_net_listener_options){.stack = stack, .tls = tls, .throttle = throttle});
}

static void
end(void)
{
	world_end();
	vs_throttle_free(&throttle);
}

static void
the_oldest_of_a_source_make_room(void)
{
	enum { COUNT = VS_LIMIT_PREAUTH_SOURCE + 6 };
	int64_t closed = vs_metric_read(VS_METRIC_ratelimit_preauth_total);
	static int fds[COUNT];
	uint16_t port;

	begin("", VS_STACK_WS, NULL, &port);
	server.on_request = ANSWER;
	for (int i = 0; i < COUNT; i++) {
		fds[i] = raw_connect(port);
		raw_text(fds[i], "G"); /* a connection without a byte does not reach us */
		UNTIL(vs_net_count(net) >=
		      (size_t)(i < VS_LIMIT_PREAUTH_SOURCE ? i + 1 : VS_LIMIT_PREAUTH_SOURCE));
	}
	UNTIL(vs_metric_read(VS_METRIC_ratelimit_preauth_total) == closed + 6);
	for (int i = 0; i < COUNT; i++) {
		UNTIL(is_closed(fds[i]) == (i < 6));
	}
	/* The newest is served all the same. */
	raw_text(fds[COUNT - 1], "ET /x HTTP/1.1\r\nHost: h\r\n\r\n");
	UNTIL(server.requests == 1);
	for (int i = 0; i < COUNT; i++)
		CHECK(close(fds[i]) == 0);
	UNTIL(vs_net_count(net) == 0);
	end();
}

/* Who is let in counts no longer. */
static void
served_ones_are_not_in_the_way(void)
{
	enum { COUNT = VS_LIMIT_PREAUTH_SOURCE + 20 };
	struct vs_net_connect_options options;
	uint16_t port;
	vs_conn_id id;

	begin("", VS_STACK_WS, NULL, &port);
	options = world_client(VS_STACK_WS, port);
	for (int i = 0; i < COUNT; i++) {
		CHECK_OK(vs_net_connect(net, &options, &id));
		UNTIL(client.opens == i + 1);
	}
	CHECK(client.closes == 0 && vs_net_count(net) == 2 * COUNT);
	end();
}

static void
too_fast(void)
{
	int64_t refused = vs_metric_read(VS_METRIC_ratelimit_accept_total);
	static int fds[200];
	uint16_t port;

	begin("", VS_STACK_WS, NULL, &port);
	for (int i = 0; i < 200; i++) {
		fds[i] = raw_connect(port);
		raw_text(fds[i], "G");
		world_turn();
	}
	UNTIL(vs_metric_read(VS_METRIC_ratelimit_accept_total) > refused);
	for (int i = 0; i < 200; i++)
		CHECK(close(fds[i]) == 0);
	UNTIL(vs_net_count(net) == 0);
	end();
	/* The same from a trusted source. */
	refused = vs_metric_read(VS_METRIC_ratelimit_accept_total);
	begin("127.0.0.0/8", VS_STACK_WS, NULL, &port);
	for (int i = 0; i < 200; i++) {
		fds[i] = raw_connect(port);
		raw_text(fds[i], "G");
		UNTIL(vs_net_count(net) == (size_t)i + 1);
	}
	CHECK(vs_metric_read(VS_METRIC_ratelimit_accept_total) == refused);
	for (int i = 0; i < 200; i++)
		CHECK(close(fds[i]) == 0);
	UNTIL(vs_net_count(net) == 0);
	end();
}

/* More at once than may begin: all come through, in their turn. */
static void
handshakes_take_turns(void)
{
	enum { COUNT = 3 * VS_LIMIT_TLS_HANDSHAKES };
	struct vs_tls_server *tls = world_tls_server(VS_TLS_VERIFY_NONE, false);
	struct vs_tls_client *own = world_tls_client(false, false);
	struct vs_net_connect_options options;
	uint16_t port;
	vs_conn_id id;

	begin("127.0.0.0/8", VS_STACK_WSS, tls, &port);
	options = world_client(VS_STACK_WSS, port);
	options.tls = own;
	options.server_name = "localhost";
	options.timeout_ms = 60000;
	for (int i = 0; i < COUNT; i++)
		CHECK_OK(vs_net_connect(net, &options, &id));
	UNTIL(client.opens + client.closes == COUNT);
	CHECK(client.closes == 0);
	end();
	vs_tls_server_unref(&tls);
	vs_tls_client_unref(&own);
}

/* Those who begin and then say nothing give their turn up after a second. */
static void
dawdlers_hold_no_turn(void)
{
	static const uint8_t half_a_hello[] = {22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3};
	enum { COUNT = VS_LIMIT_TLS_HANDSHAKES + 8 };
	struct vs_tls_server *tls = world_tls_server(VS_TLS_VERIFY_NONE, false);
	struct vs_tls_client *own = world_tls_client(false, false);
	struct vs_net_connect_options options;
	static int fds[COUNT];
	uint16_t port;
	vs_conn_id id;

	begin("127.0.0.0/8", VS_STACK_WSS, tls, &port);
	for (int i = 0; i < COUNT; i++) {
		fds[i] = raw_connect(port);
		raw_send(fds[i], half_a_hello, sizeof(half_a_hello));
	}
	UNTIL(vs_net_count(net) == COUNT);
	options = world_client(VS_STACK_WSS, port);
	options.tls = own;
	options.server_name = "localhost";
	options.timeout_ms = 60000;
	CHECK_OK(vs_net_connect(net, &options, &id));
	UNTIL(client.opens == 1);
	for (int i = 0; i < COUNT; i++)
		CHECK(close(fds[i]) == 0);
	UNTIL(vs_net_count(net) == 2);
	end();
	vs_tls_server_unref(&tls);
	vs_tls_client_unref(&own);
}

/* An upgrade may be answered later, but not for ever, and not to who has left. */
static void
an_answer_that_is_due(void)
{
	static const char ask[] =
	    "GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	char text[512];
	uint16_t port;
	int fd;

	begin("127.0.0.0/8", VS_STACK_WS, NULL, &port);
	server.on_request = LATER;
	fd = raw_connect(port);
	raw_text(fd, ask);
	UNTIL(server.requests == 1);
	for (int i = 0; i < 5; i++)
		world_turn();
	CHECK(server.opens == 0);
	CHECK_OK(vs_conn_ws_accept(conn_of(&server), NULL, 1000));
	(void)raw_read(fd, "\r\n\r\n", text, sizeof(text));
	CHECK(strncmp(text, "HTTP/1.1 101 ", 13) == 0 &&
	      strstr(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != NULL);
	UNTIL(server.opens == 1);
	CHECK(close(fd) == 0);
	UNTIL(server.closes == 1);
	fd = raw_connect(port);
	raw_text(fd, ask);
	UNTIL(server.requests == 2);
	CHECK(shutdown(fd, SHUT_WR) == 0);
	UNTIL(server.closes == 2);
	CHECK(server.close.by_peer && server.close.why == VS_E_CLOSED);
	CHECK(close(fd) == 0);
	end();
}

int
main(void)
{
	world_pki(false);
	CASE(the_oldest_of_a_source_make_room);
	CASE(served_ones_are_not_in_the_way);
	CASE(too_fast);
	CASE(handshakes_take_turns);
	CASE(dawdlers_hold_no_turn);
	CASE(an_answer_that_is_due);
	pki_done();
	return 0;
}
