/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/ssl.h>

#include "world.h"

static struct vs_tls_server *tls_server;
static struct vs_tls_client *tls_client;
static uint16_t port;

static void
begin(enum vs_tls_verify verify, bool is_tls12_allowed, bool has_certificate, bool is_tls12_only)
{
	world_begin();
	tls_server = world_tls_server(verify, is_tls12_allowed);
	tls_client = world_tls_client(has_certificate, is_tls12_only);
	port = world_listen((struct vs_net_listener_options){
	    .stack = VS_STACK_WSS, .tls = tls_server, .handshake_timeout_ms = 150});
}

static void
end(void)
{
	world_end();
	vs_tls_server_unref(&tls_server);
	vs_tls_client_unref(&tls_client);
}

static void
connect_once(void)
{
	struct vs_net_connect_options options = world_client(VS_STACK_WSS, port);

	options.tls = tls_client;
	options.subprotocols = "ocpp2.0.1,ocpp1.6";
	client.opens = client.closes = server.closes = server.messages = client.messages = 0;
	CHECK_OK(vs_net_connect(net, &options, &client.id));
}

static void
close_both(void)
{
	vs_conn_ws_close(conn_of(&client), 1000, "");
	UNTIL(client.closes == 1 && server.closes == 1 && vs_net_count(net) == 0);
}

static void
echo_once(void)
{
	connect_once();
	UNTIL(client.opens == 1);
	CHECK_OK(vs_conn_ws_send(conn_of(&client), VS_NET_TEXT,
	                         VS_BYTES_LITERAL("[2,\"1\",\"Heartbeat\",{}]")));
	UNTIL(client.messages == 1);
	CHECK(client.was_text && strcmp(client.last, "[2,\"1\",\"Heartbeat\",{}]") == 0);
}

/* Revocation is asked again on each resume, with the same identity. */
static void
resume_asks_the_handler_again(void)
{
	int64_t full = vs_metric_read(VS_METRIC_handshakes_full_total);
	int64_t resumed = vs_metric_read(VS_METRIC_handshakes_resumed_total);

	begin(VS_TLS_VERIFY_REQUIRE, false, true, false);
	server.must_echo = true;
	server.choose = "ocpp2.0.1";
	for (int i = 0; i < 4; i++) {
		echo_once();
		CHECK(strcmp(client.subprotocol, "ocpp2.0.1") == 0);
		CHECK(strcmp(server.subprotocol, "ocpp2.0.1") == 0);
		CHECK(server.peers == i + 1 && strcmp(server.common_name, "CS-0001") == 0);
		CHECK(server.is_resumed == (i > 0) && client.is_resumed == (i > 0));
		CHECK(strcmp(server.version, "TLSv1.3") == 0);
		close_both();
		CHECK(server.close.why == VS_E_OK && server.close.by_peer &&
		      server.close.ws_code == 1000);
		CHECK(client.close.why == VS_E_OK && !client.close.by_peer &&
		      client.close.ws_code == 1000);
	}
	/* Each end counts its handshakes, and both are in this process. */
	CHECK(vs_metric_read(VS_METRIC_handshakes_full_total) - full == 2);
	CHECK(vs_metric_read(VS_METRIC_handshakes_resumed_total) - resumed == 6);
	/* Refused on resume: not a byte of the request is read. */
	server.verdict = VS_FAIL(FORBIDDEN);
	server.requests = 0;
	connect_once();
	UNTIL(client.closes == 1 && server.closes == 1);
	CHECK(server.is_resumed && server.requests == 0 && client.opens == 0);
	CHECK(server.close.why == VS_E_FORBIDDEN && !server.close.by_peer);
	end();
}

static void
tls12_station_can_come_and_resume(void)
{
	begin(VS_TLS_VERIFY_REQUEST, true, true, true);
	server.must_echo = true;
	echo_once();
	CHECK(strcmp(server.version, "TLSv1.2") == 0 && !server.is_resumed);
	close_both();
	echo_once();
	CHECK(server.is_resumed && strcmp(server.common_name, "CS-0001") == 0);
	close_both();
	end();
}

static void
no_certificate_is_told_as_none(void)
{
	begin(VS_TLS_VERIFY_REQUEST, false, false, false);
	server.must_echo = true;
	echo_once();
	CHECK(server.peers == 1 && !server.had_peer);
	CHECK(client.had_peer && strcmp(client.common_name, "localhost") == 0);
	close_both();
	end();
}

static void
fails(const char *server_part, enum vs_err server_why)
{
	int64_t failed = vs_metric_read(VS_METRIC_handshakes_failed_total);

	connect_once();
	UNTIL(client.closes == 1 && server.closes == 1);
	CHECK(strstr(server.detail, server_part) != NULL);
	CHECK(server.close.why == server_why && client.close.why != VS_E_OK);
	CHECK(server.requests == 0 && client.opens == 0);
	CHECK(vs_metric_read(VS_METRIC_handshakes_failed_total) > failed);
}

/* OCPP 2.0.1 A00.FR.319: the log tells a wrong version from the rest. */
static void
failures_say_why(void)
{
	begin(VS_TLS_VERIFY_REQUIRE, false, true, true);
	fails("unsupported protocol", VS_E_TLS_FAILED);
	CHECK(server.close.tls == VS_TLS_FAILURE_VERSION);
	end();
	begin(VS_TLS_VERIFY_REQUIRE, false, false, false);
	fails("peer did not return a certificate", VS_E_TLS_FAILED);
	CHECK(server.close.tls == VS_TLS_FAILURE_NO_CERTIFICATE);
	CHECK(client.close.tls == VS_TLS_FAILURE_PEER_REFUSED);
	end();
	begin(VS_TLS_VERIFY_NONE, true, false, true);
	vs_tls_client_unref(&tls_client);
	{
		const struct vs_tls_client_options options = {
		    .ca_file = ca_pem, .is_tls12_only = true, .tls12_ciphers = "AES128-GCM-SHA256"};
		char reason[100];

		CHECK_OK(vs_tls_client_new(&options, reason, sizeof(reason), &tls_client));
	}
	fails("no shared cipher", VS_E_TLS_FAILED);
	CHECK(server.close.tls == VS_TLS_FAILURE_CIPHER);
	end();
}

static void
half_open_handshake_is_closed(void)
{
	static const uint8_t half_hello[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01};
	int64_t before = vs_metric_read(VS_METRIC_handshake_timeouts_total);
	char text[64];
	int fd;

	begin(VS_TLS_VERIFY_REQUIRE, false, true, false);
	fd = raw_connect(port);
	raw_send(fd, half_hello, sizeof(half_hello));
	UNTIL(server.closes == 1);
	CHECK(server.close.why == VS_E_TIMEOUT && strstr(server.detail, "handshake") != NULL);
	CHECK(vs_metric_read(VS_METRIC_handshake_timeouts_total) == before + 1);
	CHECK(raw_read(fd, NULL, text, sizeof(text)) == 0);
	CHECK(close(fd) == 0);
	end();
}

static void
garbage_gets_an_alert_and_harms_nobody(void)
{
	char text[256];
	int fd;

	begin(VS_TLS_VERIFY_NONE, false, false, false);
	server.must_echo = true;
	connect_once();
	UNTIL(client.opens == 1);
	fd = raw_connect(port);
	raw_text(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	(void)raw_read(fd, NULL, text, sizeof(text));
	UNTIL(server.closes == 1);
	CHECK(server.close.why == VS_E_TLS_FAILED && server.detail[0] != '\0');
	CHECK(close(fd) == 0);
	server.closes = 0;
	CHECK_OK(vs_conn_ws_send(conn_of(&client), VS_NET_BINARY, VS_BYTES_LITERAL("still here")));
	UNTIL(client.messages == 1);
	CHECK(!client.was_text && strcmp(client.last, "still here") == 0);
	end();
}

/* A reader that is slower than us: what is sent waits in the queue, and all of it comes. */
static void
large_messages_pass_a_full_socket(void)
{
	static uint8_t big[90000];
	int sent = 0;

	begin(VS_TLS_VERIFY_NONE, false, false, false);
	connect_once();
	UNTIL(client.opens == 1 && server.opens == 1);
	vs_conn_pause(conn_of(&client));
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 31 + (i >> 8));
	while (vs_conn_ws_send(conn_of(&server), VS_NET_BINARY, vs_bytes_from(big, sizeof(big)))
	           .code == VS_E_OK) {
		CHECK(++sent < 1000); /* BUSY comes */
		world_turn();
	}
	CHECK(sent > 0 && client.messages == 0);
	vs_conn_resume(conn_of(&client));
	UNTIL(client.messages == sent);
	CHECK(client.last_size == sizeof(big));
	end();
}

int
main(void)
{
	world_pki(false);
	CASE(resume_asks_the_handler_again);
	CASE(tls12_station_can_come_and_resume);
	CASE(no_certificate_is_told_as_none);
	CASE(failures_say_why);
	CASE(half_open_handshake_is_closed);
	CASE(garbage_gets_an_alert_and_harms_nobody);
	CASE(large_messages_pass_a_full_socket);
	pki_done();
	return 0;
}
