/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/tcp.h>

#include "net/conn.h"
#include "world.h"

static uint16_t port;

static void
begin(struct vs_net_listener_options options)
{
	world_begin();
	options.stack = VS_STACK_FRAMED;
	port = world_listen(options);
}

static struct vs_net_connect_options
client_options(enum vs_net_stack stack)
{
	struct vs_net_connect_options options = world_client(stack, port);

	options.path = NULL;
	return options;
}

/* Both ends over one loop: opened, bytes there and back, closed by one of them. */
static void
talk(const struct vs_net_connect_options *options)
{
	server.must_echo = true;
	CHECK_OK(vs_net_connect(net, options, &client.id));
	UNTIL(client.opens == 1);
	CHECK_OK(vs_conn_bytes_send(conn_of(&client), VS_BYTES_LITERAL("\x02one\x03x")));
	UNTIL(client.last_size == 6);
	CHECK(server.opens == 1 && strcmp(client.last, "\x02one\x03x") == 0);
	vs_conn_close(conn_of(&client), false);
	UNTIL(client.closes == 1 && server.closes == 1);
	CHECK(server.close.why == VS_E_OK && server.close.by_peer && !client.close.by_peer);
}

static void
bytes_go_both_ways(void)
{
	struct vs_net_connect_options options;

	begin((struct vs_net_listener_options){0});
	options = client_options(VS_STACK_FRAMED);
	talk(&options);
	world_end();
}

static void
bytes_go_through_tls(void)
{
	struct vs_net_connect_options options;
	struct vs_tls_server *tls;

	world_pki(false);
	world_begin();
	tls = world_tls_server(VS_TLS_VERIFY_NONE, false);
	port = world_listen(
	    (struct vs_net_listener_options){.stack = VS_STACK_FRAMED_TLS, .tls = tls});
	options = client_options(VS_STACK_FRAMED_TLS);
	options.tls = world_tls_client(false, false);
	options.server_name = "localhost";
	talk(&options);
	CHECK(server.peers == 1);
	vs_tls_client_unref(&options.tls);
	vs_tls_server_unref(&tls);
	world_end();
}

static void
who_is_not_admitted_is_closed(void)
{
	int quiet, admitted;

	begin((struct vs_net_listener_options){.header_timeout_ms = 50});
	quiet = raw_connect(port);
	raw_text(quiet, "x");
	UNTIL(server.closes == 1);
	CHECK(server.close.why == VS_E_REQUEST_TIMEOUT);
	server.closes = server.opens = 0;
	admitted = raw_connect(port);
	raw_text(admitted, "x");
	UNTIL(server.opens == 1);
	vs_conn_bytes_admit(conn_of(&server));
	for (int i = 0; i < 20; i++)
		world_turn();
	CHECK(server.closes == 0);
	(void)close(quiet);
	(void)close(admitted);
	UNTIL(server.closes == 1);
	world_end();
}

static void
a_full_queue_is_busy_and_a_drain_ends_it(void)
{
	char block[1000] = {0}, text[4096];
	int fd;
	vs_result r = VS_OK;

	begin((struct vs_net_listener_options){.out_size_max = 2000});
	fd = raw_connect(port);
	raw_text(fd, "x");
	UNTIL(server.opens == 1);
	for (int i = 0; i < 3 && r.code == VS_E_OK; i++)
		r = vs_conn_bytes_send(conn_of(&server), vs_bytes_from(block, sizeof(block)));
	CHECK(r.code == VS_E_BUSY);
	vs_net_drain(net);
	CHECK(raw_read(fd, NULL, text, sizeof(text)) == 2000);
	(void)close(fd);
	UNTIL(server.closes == 1);
	world_end();
}

static void
silence_ends_it(void)
{
	int fd;

	begin((struct vs_net_listener_options){.idle_timeout_ms = 50});
	fd = raw_connect(port);
	raw_text(fd, "x");
	UNTIL(server.opens == 1);
	vs_conn_bytes_admit(conn_of(&server));
	UNTIL(server.closes == 1);
	CHECK(server.close.why == VS_E_TIMEOUT);
	(void)close(fd);
	world_end();
}

/* Of both ends, and it is not what silence_ends_it looks at. */
static void
tcp_asks_who_is_silent(void)
{
	struct vs_net_connect_options options;

	begin((struct vs_net_listener_options){.keepalive_s = 7});
	options = client_options(VS_STACK_FRAMED);
	options.keepalive_s = 9;
	CHECK_OK(vs_net_connect(net, &options, &client.id));
	UNTIL(client.opens == 1);
	CHECK_OK(vs_conn_bytes_send(conn_of(&client), VS_BYTES_LITERAL("x")));
	UNTIL(server.opens == 1);
	for (int i = 0; i < 2; i++) {
		int fd = conn_of(i == 0 ? &server : &client)->watch.fd, on = 0, idle_s = 0;
		socklen_t size = sizeof(on);

		CHECK(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size) == 0 && on == 1);
		CHECK(getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, &size) == 0);
		CHECK(idle_s == (i == 0 ? 7 : 9));
	}
	world_end();
}

int
main(void)
{
	CASE(bytes_go_both_ways);
	CASE(bytes_go_through_tls);
	CASE(who_is_not_admitted_is_closed);
	CASE(a_full_queue_is_busy_and_a_drain_ends_it);
	CASE(silence_ends_it);
	CASE(tcp_asks_who_is_silent);
	return 0;
}
