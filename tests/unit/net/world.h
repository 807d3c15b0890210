/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One loop with one reactor that is both ends: a listener whose handler records what it is told,
 * clients that do the same, and raw sockets for what no client of ours would send.
 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/metric.h"
#include "net/net.h"
#include "test_pki.h"

struct side {
	vs_conn_id id;
	int opens, closes, messages, pongs, peers, requests;
	char subprotocol[32], last[256], detail[128], path[64], body[64], version[16];
	size_t last_size;
	bool was_text, is_resumed, had_peer;
	char common_name[64];
	struct vs_net_close close;
	vs_result verdict; /* of `peer` */
	enum on_request { ACCEPT, ANSWER, LATER, STREAM } on_request;
	bool must_pause, must_echo;
	const char *choose;      /* the subprotocol to accept with */
	size_t message_size_max; /* to accept with */
};

static struct vs_loop *loop;
static struct vs_net *net;
static struct side server, client;
static char ca_pem[128], ec_pem[128], ec_key[128], rsa_pem[128], rsa_key[128], client_pem[128],
    client_key[128];

static inline vs_result
side_peer(struct vs_conn *conn, const struct vs_tls_peer *peer, void *arg)
{
	struct side *side = arg;
	struct vs_tls_session_info info;

	side->peers++;
	side->had_peer = peer != NULL;
	side->common_name[0] = '\0';
	if (peer != NULL)
		CHECK(vs_bytes_copy_text(peer->common_name, side->common_name,
		                         sizeof(side->common_name)));
	vs_conn_tls_info(conn, &info);
	(void)snprintf(side->version, sizeof(side->version), "%s", info.version);
	CHECK(info.cipher[0] != '\0');
	side->is_resumed = info.is_resumed;
	return side->verdict;
}

static inline void
side_request(struct vs_conn *conn, const struct vs_http_request *request, struct vs_bytes body,
             void *arg)
{
	struct side *side = arg;

	side->id = vs_conn_get_id(conn);
	side->requests++;
	(void)vs_bytes_copy_text(request->path, side->path, sizeof(side->path));
	(void)vs_bytes_copy_text(body, side->body, sizeof(side->body));
	switch (side->on_request) {
	case ACCEPT:
		CHECK_OK(vs_conn_ws_accept(conn, side->choose, side->message_size_max));
		break;
	case ANSWER:
		CHECK_OK(vs_conn_respond(conn, 200, "text/plain", "X-Test: 1\r\n",
		                         vs_bytes_from_text(side->path), false));
		break;
	case STREAM:
		CHECK_OK(vs_conn_stream_begin(conn, 200, "text/event-stream", NULL));
		break;
	case LATER:
		break;
	}
}

static inline void
side_open(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg)
{
	struct side *side = arg;

	side->id = vs_conn_get_id(conn);
	side->opens++;
	CHECK(vs_bytes_copy_text(subprotocol, side->subprotocol, sizeof(side->subprotocol)));
	if (side->must_pause)
		vs_conn_pause(conn);
}

static inline void
side_message(struct vs_conn *conn, enum vs_net_message_kind kind, uint8_t *data, size_t size,
             void *arg)
{
	struct side *side = arg;

	CHECK(side->closes == 0);
	side->messages++;
	side->last_size = size;
	side->was_text = kind == VS_NET_TEXT;
	(void)vs_bytes_copy_text(vs_bytes_from(data, size), side->last, sizeof(side->last));
	if (side->must_echo)
		(void)(vs_conn_ws_send(conn, kind, vs_bytes_from(data, size)).code == VS_E_OK);
}

static inline void
side_bytes(struct vs_conn *conn, struct vs_bytes bytes, void *arg)
{
	struct side *side = arg;

	CHECK(side->closes == 0 && side->opens > 0);
	side->messages++;
	side->last_size += bytes.size;
	(void)vs_bytes_copy_text(bytes, side->last, sizeof(side->last));
	if (side->must_echo)
		CHECK_OK(vs_conn_bytes_send(conn, bytes));
}

static inline void
side_pong(struct vs_conn *conn, void *arg)
{
	(void)conn;
	((struct side *)arg)->pongs++;
}

static inline void
side_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	struct side *side = arg;

	CHECK(close->detail != NULL);
	CHECK(vs_net_find(vs_conn_net(conn), vs_conn_get_id(conn)) == NULL);
	side->closes++;
	side->close = *close;
	(void)snprintf(side->detail, sizeof(side->detail), "%s", close->detail);
}

static inline struct vs_net_handler
handler_of(struct side *side)
{
	return (struct vs_net_handler){.peer = side_peer,
	                               .request = side_request,
	                               .open = side_open,
	                               .message = side_message,
	                               .pong = side_pong,
	                               .bytes = side_bytes,
	                               .closed = side_closed,
	                               .arg = side};
}

static inline void
world_turn(void)
{
	CHECK_OK(vs_loop_turn(loop, 5));
}

/* Turn until the condition holds; ten seconds are for a machine that has much else to do. */
#define UNTIL(cond)                                                                                \
	do {                                                                                       \
		uint64_t end_ms_ = vs_clock_mono_ms() + 10000;                                     \
		while (!(cond)) {                                                                  \
			CHECK(vs_clock_mono_ms() < end_ms_);                                       \
			world_turn();                                                              \
		}                                                                                  \
	} while (0)

static inline void
world_begin(void)
{
	memset(&server, 0, sizeof(server));
	memset(&client, 0, sizeof(client));
	server.message_size_max = 100000;
	CHECK_OK(vs_loop_new(&loop));
	CHECK_OK(vs_net_new(loop, 7, &net));
}

static inline void
world_end(void)
{
	vs_net_free(&net);
	vs_loop_free(&loop);
	CHECK(vs_metric_read(VS_METRIC_connections_open) == 0);
}

static inline uint16_t
world_listen(struct vs_net_listener_options options)
{
	uint16_t port = 0;

	options.name = "test";
	options.address = "127.0.0.1";
	options.handler = handler_of(&server);
	CHECK_OK(vs_net_listen(net, &options, &port));
	CHECK(port != 0);
	return port;
}

static inline struct vs_net_connect_options
world_client(enum vs_net_stack stack, uint16_t port)
{
	return (struct vs_net_connect_options){.stack = stack,
	                                       .address = "127.0.0.1",
	                                       .port = port,
	                                       .path = "/ocpp/CS-0001",
	                                       .handler = handler_of(&client)};
}

static inline struct vs_conn *
conn_of(const struct side *side)
{
	struct vs_conn *conn = vs_net_find(net, side->id);

	CHECK(conn != NULL);
	return conn;
}

/* --- raw sockets ------------------------------------------------------------------------------ */

static inline int
raw_connect(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_port = htons(port),
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
	CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	return fd;
}

static inline void
raw_send(int fd, const void *data, size_t size)
{
	CHECK(send(fd, data, size, MSG_NOSIGNAL) == (ssize_t)size);
}

static inline void
raw_text(int fd, const char *text)
{
	raw_send(fd, text, strlen(text));
}

/* What came until the text holds `want` (NULL: until the end of the connection). */
static inline size_t
raw_read(int fd, const char *want, char *text, size_t size)
{
	uint64_t end_ms = vs_clock_mono_ms() + 10000;
	size_t used = 0;

	text[0] = '\0';
	while (want == NULL || memmem(text, used, want, strlen(want)) == NULL) {
		ssize_t n = recv(fd, text + used, size - 1 - used, 0);

		CHECK(vs_clock_mono_ms() < end_ms && used < size - 1);
		if (n == 0 || (n < 0 && errno == ECONNRESET)) {
			CHECK(want == NULL);
			break;
		}
		if (n > 0)
			used += (size_t)n;
		text[used] = '\0';
		if (n < 0)
			world_turn();
	}
	return used;
}

/* --- certificates ----------------------------------------------------------------------------- */

static inline void
world_pki(bool has_rsa)
{
	struct pki_ca ca;

	pki_init();
	ca = pki_ca_new("ca");
	pki_server(&ca, "ec", false);
	if (has_rsa)
		pki_server(&ca, "rsa", true);
	pki_client(&ca, "client", "CS-0001");
	(void)snprintf(ca_pem, 128, "%s", pki_path("ca.pem"));
	(void)snprintf(ec_pem, 128, "%s", pki_path("ec.pem"));
	(void)snprintf(ec_key, 128, "%s", pki_path("ec.key"));
	(void)snprintf(rsa_pem, 128, "%s", pki_path("rsa.pem"));
	(void)snprintf(rsa_key, 128, "%s", pki_path("rsa.key"));
	(void)snprintf(client_pem, 128, "%s", pki_path("client.pem"));
	(void)snprintf(client_key, 128, "%s", pki_path("client.key"));
	pki_ca_free(&ca);
}

static inline struct vs_tls_server *
world_tls_server(enum vs_tls_verify verify, bool is_tls12_allowed)
{
	const struct vs_tls_server_options options = {.cert_files = {ec_pem},
	                                              .key_files = {ec_key},
	                                              .client_ca_file = ca_pem,
	                                              .verify = verify,
	                                              .is_tls12_allowed = is_tls12_allowed};
	struct vs_tls_server *tls = NULL;
	char reason[256];

	CHECK_OK(vs_tls_server_new(&options, reason, sizeof(reason), &tls));
	return tls;
}

static inline struct vs_tls_client *
world_tls_client(bool has_certificate, bool is_tls12_only)
{
	struct vs_tls_client_options options = {
	    .ca_file = ca_pem, .is_session_kept = true, .is_tls12_only = is_tls12_only};
	struct vs_tls_client *tls = NULL;
	char reason[256];

	if (has_certificate) {
		options.cert_file = client_pem;
		options.key_file = client_key;
	}
	CHECK_OK(vs_tls_client_new(&options, reason, sizeof(reason), &tls));
	return tls;
}
