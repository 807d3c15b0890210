/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/conn.h"

/* As send and recv, which in a program with threads spend two atomic operations each on being
 * cancellation points: a hundredth of a message. No thread is ever cancelled here. */
static ssize_t
socket_send(int fd, const uint8_t *data, size_t size)
{
	return syscall(SYS_sendto, fd, data, size, MSG_NOSIGNAL, NULL, 0);
}

static ssize_t
socket_receive(int fd, uint8_t *data, size_t size)
{
	return syscall(SYS_recvfrom, fd, data, size, 0, NULL, NULL);
}

void
vs_net_keepalive(int fd, uint32_t keepalive_s)
{
	const int on = 1, idle_s = (int)keepalive_s, interval_s = 2, count = 5;

	if (keepalive_s == 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

/* Returns the bytes that the socket took; ends the connection when it is broken. */
static size_t
send_some(struct vs_conn *conn, const uint8_t *data, size_t size)
{
	size_t sent = 0;

	while (sent < size) {
		ssize_t n = socket_send(conn->watch.fd, data + sent, size - sent);

		if (n >= 0) {
			sent += (size_t)n;
			conn->stalled_ms = 0; /* it moves */
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			vs_conn_end(conn, VS_END_NOW, VS_E_CLOSED, true,
			            "the connection broke while writing");
		break;
	}
	return sent;
}

void
vs_tcp_flush_tx(struct vs_conn *conn)
{
	struct vs_net *net = conn->net;
	size_t sent = 0;

	if (net->tx_size == 0)
		return;
	if (conn->unsent == NULL)
		sent = send_some(conn, net->tx, net->tx_size);
	if (sent < net->tx_size && conn->phase != VS_PHASE_DEAD) {
		if (conn->unsent == NULL) {
			conn->unsent = calloc(1, sizeof(*conn->unsent));
			if (conn->unsent != NULL)
				vs_buf_init(conn->unsent, 2 * VS_NET_TX_SIZE);
		}
		if (conn->unsent == NULL ||
		    vs_buf_append(conn->unsent, net->tx + sent, net->tx_size - sent).code !=
		        VS_E_OK)
			vs_conn_end(conn, VS_END_NOW, VS_E_NO_MEMORY, false,
			            "no memory to queue what is sent");
	}
	net->tx_size = 0;
}

bool
vs_tcp_flush_unsent(struct vs_conn *conn)
{
	if (conn->unsent == NULL)
		return true;
	vs_buf_consume(conn->unsent, send_some(conn, conn->unsent->data, conn->unsent->size));
	if (conn->unsent->size > 0)
		return false;
	vs_buf_done(conn->unsent);
	free(conn->unsent);
	conn->unsent = NULL;
	return true;
}

bool
vs_tcp_has_unread(const struct vs_conn *conn)
{
	uint8_t byte;

	return recv(conn->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static void
start(struct vs_conn *conn)
{
	/* Server: the accept has done it. Client: what is above decides. */
	if (conn->profile->transport == &vs_layer_tls)
		vs_layer_tls.start(conn);
	else
		vs_conn_transport_ready(conn);
}

/* Once for each dispatch, so that nobody starves: what is left is reported again. */
static size_t
receive(struct vs_conn *conn, uint8_t *data, size_t size)
{
	struct vs_net *net = conn->net;
	ssize_t n;

	(void)data;
	(void)size;
	do {
		n = socket_receive(conn->watch.fd, net->rx, sizeof(net->rx));
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			vs_conn_end(conn, VS_END_NOW, VS_E_CLOSED, true,
			            "the peer reset the connection");
		return 0;
	}
	if (n == 0) {
		conn->is_eof = true;
		conn->profile->transport->peer_ended(conn);
		return 0;
	}
	conn->received_ms = vs_loop_now_ms(net->loop);
	conn->is_unread |= n == sizeof(net->rx);
	if (conn->phase == VS_PHASE_LINGERING)
		return 0; /* thrown away */
	if (conn->profile->transport == &vs_layer_tls)
		return vs_layer_tls.receive(conn, net->rx, (size_t)n);
	vs_conn_deliver(conn, net->rx, (size_t)n);
	return (size_t)n;
}

static size_t
send_plain(struct vs_conn *conn, const uint8_t *data, size_t size)
{
	return send_some(conn, data, size);
}

static void
peer_ended(struct vs_conn *conn)
{
	const struct vs_layer *top = vs_conn_top(conn);

	if (conn->phase == VS_PHASE_LINGERING)
		vs_conn_end(conn, VS_END_NOW, VS_E_OK, true, "");
	else
		top->peer_ended(conn);
}

static void
finish(struct vs_conn *conn)
{
	(void)shutdown(conn->watch.fd, SHUT_WR);
}

static void
release(struct vs_conn *conn)
{
	if (conn->is_reset) {
		const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

		(void)setsockopt(conn->watch.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	}
	vs_loop_unwatch(conn->net->loop, &conn->watch);
	if (conn->watch.fd >= 0)
		(void)close(conn->watch.fd);
	conn->watch.fd = -1;
	if (conn->unsent != NULL)
		vs_buf_done(conn->unsent);
	free(conn->unsent);
	conn->unsent = NULL;
}

const struct vs_layer vs_layer_tcp = {
    .name = "tcp",
    .start = start,
    .receive = receive,
    .send = send_plain,
    .peer_ended = peer_ended,
    .finish = finish,
    .release = release,
};
