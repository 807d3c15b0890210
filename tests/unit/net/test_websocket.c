/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static uint16_t port;
static char text[65536];

#define UPGRADE                                                                                    \
	"GET /ocpp/CS-0001 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"   \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static void
begin(uint32_t ping_interval_ms, uint32_t idle_timeout_ms)
{
	world_begin();
	server.must_echo = true;
	port = world_listen((struct vs_net_listener_options){.stack = VS_STACK_WS,
	                                                     .ping_interval_ms = ping_interval_ms,
	                                                     .idle_timeout_ms = idle_timeout_ms,
	                                                     .is_deflate_allowed = true});
}

static void
open_client(bool is_deflate_offered)
{
	struct vs_net_connect_options options = world_client(VS_STACK_WS, port);

	options.is_deflate_offered = is_deflate_offered;
	CHECK_OK(vs_net_connect(net, &options, &client.id));
	UNTIL(client.opens == 1 && server.opens == 1);
}

/* RFC 6455 1.3: the example of the handshake; and the first frame, sent with it, is not lost. */
static void
first_frame_may_come_with_the_handshake(void)
{
	static const char frame[] =
	    "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"; /* "Hello", RFC 6455 5.7 */
	char both[sizeof(UPGRADE) + sizeof(frame)];
	int fd;

	begin(0, 0);
	fd = raw_connect(port);
	memcpy(both, UPGRADE, sizeof(UPGRADE) - 1);
	memcpy(both + sizeof(UPGRADE) - 1, frame, sizeof(frame) - 1);
	raw_send(fd, both, sizeof(UPGRADE) - 1 + sizeof(frame) - 1);
	(void)raw_read(fd, "\x81\x05Hello", text, sizeof(text));
	CHECK(strstr(text, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != NULL);
	CHECK(server.opens == 1 && server.messages == 1 &&
	      strcmp(server.path, "/ocpp/CS-0001") == 0);
	CHECK(close(fd) == 0);
	UNTIL(server.closes == 1);
	CHECK(server.close.why == VS_E_CLOSED && server.close.by_peer);
	world_end();
}

/* More than one read takes, and the end right behind it: an edge is all that is told of both. */
static void
a_burst_and_the_end_behind_it_are_read(void)
{
	enum { COUNT = 100, PAYLOAD = 4000, FRAME = PAYLOAD + 8 };
	static char burst[COUNT * FRAME];
	int fd;

	for (size_t i = 0; i < COUNT; i++) {
		static const uint8_t head[] = {0x81, 0xFE, PAYLOAD >> 8, PAYLOAD & 0xFF};

		memcpy(burst + i * FRAME, head, sizeof(head));
		memset(burst + i * FRAME + sizeof(head), 0, 4);
		memset(burst + i * FRAME + 8, 'a', PAYLOAD);
	}
	begin(0, 0);
	server.must_echo = false;
	fd = raw_connect(port);
	raw_text(fd, UPGRADE);
	(void)raw_read(fd, "\r\n\r\n", text, sizeof(text));
	raw_send(fd, burst, sizeof(burst));
	CHECK(shutdown(fd, SHUT_WR) == 0);
	UNTIL(server.closes == 1);
	CHECK(server.messages == COUNT && server.close.by_peer);
	CHECK(close(fd) == 0);
	world_end();
}

static void
fails(const void *frames, size_t size, enum vs_err why, uint16_t code, enum vs_metric metric)
{
	char close_frame[3] = {(char)0x88, 0, 0};
	int64_t before = vs_metric_read(metric);
	size_t got;
	int fd;

	begin(0, 0);
	server.message_size_max = 1000;
	fd = raw_connect(port);
	raw_text(fd, UPGRADE);
	(void)raw_read(fd, "\r\n\r\n", text, sizeof(text));
	raw_send(fd, frames, size);
	got = raw_read(fd, NULL, text, sizeof(text));
	CHECK(got >= 4 && text[0] == close_frame[0]);
	CHECK((uint8_t)text[2] << 8 == (code & 0xFF00) && (uint8_t)text[3] == (code & 0xFF));
	UNTIL(server.closes == 1);
	CHECK(server.close.why == why && server.close.ws_code == code && server.messages == 0);
	CHECK(vs_metric_read(metric) == before + 1);
	CHECK(close(fd) == 0);
	world_end();
}

static void
broken_frames_are_named(void)
{
	fails("\x81\x05Hello", 7, VS_E_BAD_FRAME, 1002,
	      VS_METRIC_ws_protocol_errors_total); /* not masked */
	fails("\xF1\x80\0\0\0\0", 6, VS_E_BAD_FRAME, 1002, VS_METRIC_ws_protocol_errors_total);
	fails("\x81\x81\0\0\0\0\xFF", 7, VS_E_BAD_UTF8, 1007, VS_METRIC_ws_utf8_errors_total);
	fails("\x82\xFE\x03\xE9\0\0\0\0", 8, VS_E_TOO_LONG, 1009, VS_METRIC_ws_too_big_total);
}

/* The close frame waits behind an echo that fills the queue: no byte comes that would wake it. */
static void
what_waits_for_the_queue_is_read_when_it_drains(void)
{
	static uint8_t frames[100000 + 14 + 8];
	static const uint8_t start[] = {0x82, 0xff, 0, 0, 0, 0, 0, 1, 0x86, 0xa0, 0, 0, 0, 0};
	static const uint8_t end[] = {0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8};
	static char got[sizeof(frames)];
	size_t size;
	int fd;

	memcpy(frames, start, sizeof(start));
	memcpy(frames + sizeof(frames) - sizeof(end), end, sizeof(end));
	begin(0, 0);
	server.message_size_max = 200000;
	fd = raw_connect(port);
	raw_text(fd, UPGRADE);
	(void)raw_read(fd, "\r\n\r\n", text, sizeof(text));
	raw_send(fd, frames, sizeof(frames));
	size = raw_read(fd, NULL, got, sizeof(got));
	CHECK(size == 10 + 100000 + 4 && memcmp(got + size - 4, "\x88\x02\x03\xe8", 4) == 0);
	UNTIL(server.closes == 1);
	CHECK(server.messages == 1 && server.close.why == VS_E_OK && server.close.ws_code == 1000);
	CHECK(close(fd) == 0);
	world_end();
}

/* RFC 6455 5.5.1: what follows a close frame is not looked at; nor does it make TCP reset what we
 * answered. */
static void
data_after_close_is_swallowed(void)
{
	static uint8_t frames[8 + 500000] = {0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8};
	uint64_t end_ms = vs_clock_mono_ms() + 10000;
	size_t size = 0;
	ssize_t n;
	int error = -1;
	socklen_t error_size = sizeof(error);
	int fd;

	begin(0, 0);
	fd = raw_connect(port);
	raw_text(fd, UPGRADE);
	(void)raw_read(fd, "\r\n\r\n", text, sizeof(text));
	raw_send(fd, frames, sizeof(frames));
	while ((n = recv(fd, text + size, sizeof(text) - size, 0)) != 0) {
		CHECK((n > 0 || errno == EAGAIN) && vs_clock_mono_ms() < end_ms); /* no reset */
		if (n > 0)
			size += (size_t)n;
		else
			world_turn();
	}
	CHECK(size == 4 && memcmp(text, "\x88\x02\x03\xe8", 4) == 0);
	CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size) == 0 && error == 0);
	UNTIL(server.closes == 1);
	CHECK(server.messages == 0 && server.close.ws_code == 1000);
	CHECK(close(fd) == 0);
	world_end();
}

static void
refused(const char *request, const char *status, const char *header, enum vs_err why)
{
	int64_t before = vs_metric_read(VS_METRIC_ws_upgrades_refused_total);
	int fd;

	begin(0, 0);
	fd = raw_connect(port);
	raw_text(fd, request);
	(void)raw_read(fd, NULL, text, sizeof(text));
	CHECK(strncmp(text, status, strlen(status)) == 0 && strstr(text, header) != NULL);
	UNTIL(server.closes == 1);
	CHECK(server.close.why == why && server.requests == 0);
	CHECK(vs_metric_read(VS_METRIC_ws_upgrades_refused_total) == before + 1);
	CHECK(close(fd) == 0);
	world_end();
}

static void
wrong_upgrades_are_refused(void)
{
	refused("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	        "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	        "HTTP/1.1 426 ", "Sec-WebSocket-Version: 13\r\n", VS_E_BAD_WS_VERSION);
	refused("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n",
	        "HTTP/1.1 400 ", "Connection: close\r\n", VS_E_BAD_UPGRADE);
}

static void
deflate_is_used_when_both_want_it(void)
{
	static char long_text[20001];

	begin(0, 0);
	for (size_t i = 0; i < sizeof(long_text) - 1; i++)
		long_text[i] = (char)('a' + i % 23 + (i / 1000) % 3);
	open_client(true);
	CHECK_OK(vs_conn_ws_send(conn_of(&client), VS_NET_TEXT, vs_bytes_from_text(long_text)));
	UNTIL(client.messages == 1);
	CHECK(client.last_size == sizeof(long_text) - 1 &&
	      strncmp(client.last, long_text, 255) == 0);
	world_end();
}

static void
pause_holds_messages_back(void)
{
	begin(0, 0);
	server.must_pause = true;
	open_client(false);
	for (int i = 0; i < 3; i++)
		CHECK_OK(vs_conn_ws_send(conn_of(&client), VS_NET_TEXT, VS_BYTES_LITERAL("x")));
	for (int i = 0; i < 5; i++)
		world_turn();
	CHECK(server.messages == 0);
	vs_conn_resume(conn_of(&server));
	UNTIL(client.messages == 3);
	world_end();
}

static void
pings_are_sent_and_answered(void)
{
	begin(30, 0);
	open_client(false);
	UNTIL(server.pongs >= 2);
	CHECK_OK(vs_conn_ws_ping(conn_of(&client)));
	UNTIL(client.pongs == 1);
	world_end();
}

static void
silent_peer_is_closed(void)
{
	int fd;

	begin(30, 0); /* answers no ping */
	fd = raw_connect(port);
	raw_text(fd, UPGRADE);
	UNTIL(server.closes == 1);
	CHECK(server.close.why == VS_E_TIMEOUT && strstr(server.detail, "ping") != NULL);
	CHECK(close(fd) == 0);
	world_end();
	begin(0, 60);
	fd = raw_connect(port);
	raw_text(fd, UPGRADE);
	UNTIL(server.closes == 1);
	CHECK(server.close.why == VS_E_TIMEOUT && server.close.ws_code == 1001);
	CHECK(close(fd) == 0);
	world_end();
}

static void
closing_is_a_handshake(void)
{
	begin(0, 0);
	open_client(false);
	vs_conn_ws_close(conn_of(&server), 4000, "enough");
	CHECK_ERR(vs_conn_ws_send(conn_of(&server), VS_NET_TEXT, VS_BYTES_LITERAL("x")), CLOSED);
	UNTIL(client.closes == 1 && server.closes == 1);
	CHECK(client.close.ws_code == 4000 && client.close.by_peer && client.close.why == VS_E_OK);
	CHECK(server.close.ws_code == 4000 && !server.close.by_peer && server.close.why == VS_E_OK);
	world_end();
}

static void
drain_says_going_away(void)
{
	begin(0, 0);
	open_client(false);
	vs_net_drain(net); /* both ends are in this reactor */
	UNTIL(client.closes == 1 && server.closes == 1 && vs_net_count(net) == 0);
	CHECK(server.close.ws_code == 1001 && client.close.ws_code == 1001);
	world_end();
}

int
main(void)
{
	CASE(first_frame_may_come_with_the_handshake);
	CASE(a_burst_and_the_end_behind_it_are_read);
	CASE(broken_frames_are_named);
	CASE(what_waits_for_the_queue_is_read_when_it_drains);
	CASE(data_after_close_is_swallowed);
	CASE(wrong_upgrades_are_refused);
	CASE(deflate_is_used_when_both_want_it);
	CASE(pause_holds_messages_back);
	CASE(pings_are_sent_and_answered);
	CASE(silent_peer_is_closed);
	CASE(closing_is_a_handshake);
	CASE(drain_says_going_away);
	return 0;
}
