/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static uint16_t port;

static void
begin(void)
{
	world_begin();
	port = world_listen((struct vs_net_listener_options){.stack = VS_STACK_WS});
}

static void
closes_with(const struct vs_net_connect_options *options, enum vs_err why, int status)
{
	client.closes = client.opens = 0;
	CHECK_OK(vs_net_connect(net, options, &client.id));
	CHECK(client.closes == 0); /* never within the call */
	UNTIL(client.closes == 1);
	CHECK(client.opens == 0 && client.close.why == why && client.close.http_status == status);
}

static void
refused_connection_is_told(void)
{
	struct vs_net_connect_options options;

	begin();
	options = world_client(VS_STACK_WS, port);
	vs_net_drain(net); /* nobody listens any more */
	closes_with(&options, VS_E_NOT_CONNECTED, 0);
	world_end();
}

static void
refused_upgrade_gives_its_status(void)
{
	struct vs_net_connect_options options;

	begin();
	server.on_request = ANSWER;
	options = world_client(VS_STACK_WS, port);
	closes_with(&options, VS_E_BAD_UPGRADE, 200);
	world_end();
}

static void
subprotocol_must_be_an_offered_one(void)
{
	struct vs_net_connect_options options;

	begin();
	server.choose = "ocpp2.1";
	options = world_client(VS_STACK_WS, port);
	options.subprotocols = "ocpp2.0.1, ocpp1.6";
	closes_with(&options, VS_E_BAD_SUBPROTOCOL, 101);
	world_end();
}

static void
silent_server_times_out(void)
{
	struct vs_net_connect_options options;

	begin();
	server.on_request = LATER;
	options = world_client(VS_STACK_WS, port);
	options.timeout_ms = 60;
	closes_with(&options, VS_E_TIMEOUT, 0);
	world_end();
}

static void
name_without_address_is_not_found(void)
{
	struct vs_net_connect_options options;

	begin();
	options = world_client(VS_STACK_WS, port);
	options.address = "256.256.256.256.invalid";
	CHECK_ERR(vs_net_connect(net, &options, &client.id), NOT_FOUND);
	options = world_client(VS_STACK_WS, port);
	options.path = "/a b\r\nX: y";
	CHECK_ERR(vs_net_connect(net, &options, &client.id), BAD_VALUE);
	CHECK(vs_net_count(net) == 0 && client.closes == 0);
	world_end();
}

static void
authorization_and_host_are_sent(void)
{
	struct vs_net_connect_options options;

	begin();
	options = world_client(VS_STACK_WS, port);
	options.authorization = VS_BYTES_LITERAL("Basic Q1MtMDAwMTpwdw==");
	options.host_header = "csms.example";
	CHECK_OK(vs_net_connect(net, &options, &client.id));
	UNTIL(client.opens == 1 && server.opens == 1);
	CHECK(strcmp(server.path, "/ocpp/CS-0001") == 0);
	vs_conn_close(conn_of(&client), true);
	UNTIL(client.closes == 1 && server.closes == 1);
	CHECK(server.close.why == VS_E_CLOSED && server.close.by_peer);
	CHECK(client.close.why == VS_E_OK && !client.close.by_peer);
	world_end();
}

int
main(void)
{
	CASE(refused_connection_is_told);
	CASE(refused_upgrade_gives_its_status);
	CASE(subprotocol_must_be_an_offered_one);
	CASE(silent_server_times_out);
	CASE(name_without_address_is_not_found);
	CASE(authorization_and_host_are_sent);
	return 0;
}
