/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static uint16_t port;

static vs_conn_id
open_and_close(void)
{
	struct vs_net_connect_options options = world_client(VS_STACK_WS, port);
	vs_conn_id id = 0;

	client.opens = client.closes = server.closes = 0;
	CHECK_OK(vs_net_connect(net, &options, &id));
	CHECK(vs_conn_id_reactor(id) == 7 && vs_net_find(net, id) != NULL);
	UNTIL(client.opens == 1);
	CHECK(vs_conn_get_id(vs_net_find(net, id)) == id);
	vs_conn_close(vs_net_find(net, id), false);
	UNTIL(client.closes == 1 && server.closes == 1 && vs_net_count(net) == 0);
	CHECK(vs_net_find(net, id) == NULL);
	return id;
}

static void
ids_are_never_used_again(void)
{
	enum { ROUNDS = 200 };
	static vs_conn_id ids[ROUNDS];

	world_begin();
	port = world_listen((struct vs_net_listener_options){.stack = VS_STACK_WS});
	for (int i = 0; i < ROUNDS; i++) {
		ids[i] = open_and_close();
		for (int k = 0; k < i; k++)
			CHECK(ids[k] != ids[i]);
	}
	for (int i = 0; i < ROUNDS; i++)
		CHECK(vs_net_find(net, ids[i]) == NULL);
	CHECK(vs_net_find(net, 0) == NULL && vs_net_find(net, UINT64_MAX) == NULL);
	world_end();
}

static void
free_tells_each_connection(void)
{
	struct vs_net_connect_options options;

	world_begin();
	port = world_listen((struct vs_net_listener_options){.stack = VS_STACK_WS});
	options = world_client(VS_STACK_WS, port);
	CHECK_OK(vs_net_connect(net, &options, &client.id));
	UNTIL(client.opens == 1 && server.opens == 1);
	vs_net_free(&net);
	CHECK(net == NULL && client.closes == 1 && server.closes == 1);
	vs_net_free(&net);
	vs_loop_free(&loop);
}

static void
wrong_listeners_are_refused(void)
{
	struct vs_net_listener_options options = {
	    .name = "x", .stack = VS_STACK_HTTP, .address = "nowhere"};
	uint16_t none = 4711;

	world_begin();
	CHECK_ERR(vs_net_listen(net, &options, &none), CONFIG);
	options.address = "192.0.2.1"; /* RFC 5737: not ours */
	CHECK_ERR(vs_net_listen(net, &options, &none), IO);
	CHECK(none == 4711);
	world_end();
}

static void
peer_is_named(void)
{
	char text[VS_NET_PEER_TEXT_SIZE];
	int fd;

	world_begin();
	server.on_request = LATER;
	port = world_listen((struct vs_net_listener_options){.stack = VS_STACK_HTTP});
	fd = raw_connect(port);
	raw_text(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	UNTIL(server.requests == 1);
	vs_conn_peer_text(conn_of(&server), text);
	CHECK(strncmp(text, "127.0.0.1:", 10) == 0);
	CHECK(strcmp(vs_conn_listener_name(conn_of(&server)), "test") == 0);
	CHECK(close(fd) == 0);
	world_end();
}

int
main(void)
{
	CASE(ids_are_never_used_again);
	CASE(free_tells_each_connection);
	CASE(wrong_listeners_are_refused);
	CASE(peer_is_named);
	return 0;
}
