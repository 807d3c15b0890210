/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/metric.h"
#include "net/conn.h"

enum { BACKLOG = 4096, ACCEPTS_TURN = 32, DEFER_S = 2 };

void
vs_conn_set_address(struct vs_conn *conn, const struct sockaddr_storage *address)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in4;

	conn->is_ipv6 = address->ss_family == AF_INET6;
	memcpy(&in6, address, sizeof(in6));
	memcpy(&in4, address, sizeof(in4));
	if (conn->is_ipv6)
		memcpy(conn->address, &in6.sin6_addr, sizeof(in6.sin6_addr));
	else
		memcpy(conn->address, &in4.sin_addr, sizeof(in4.sin_addr));
	conn->port = ntohs(conn->is_ipv6 ? in6.sin6_port : in4.sin_port);
}

/* --- accepting -------------------------------------------------------------------------------- */

static void
refuse(int fd)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	vs_metric_add(VS_METRIC_connections_refused_total, 1);
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	(void)close(fd);
}

/* No descriptor is left: take the spare one to accept and refuse, or the listener would report for
 * ever. */
static void
refuse_without_descriptor(struct vs_net *net, int listener_fd)
{
	int fd;

	if (net->spare_fd >= 0)
		(void)close(net->spare_fd);
	fd = accept4(listener_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		refuse(fd);
	net->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Before it costs anything: does its source come too often, or stand around too often? */
static bool
may_come(struct vs_net_listener *listener, const struct sockaddr_storage *address)
{
	struct vs_throttle *throttle = listener->profile->throttle;
	struct vs_conn guest = {.profile = listener->profile};
	struct vs_source source;

	vs_conn_set_address(&guest, address);
	vs_conn_source(&guest, &source);
	if (vs_throttle_take(throttle, VS_THROTTLE_ACCEPT, &source, vs_bytes_from(NULL, 0),
	                     vs_loop_now_ms(listener->net->loop) * 1000) > 0) {
		vs_throttle_count(VS_THROTTLE_ACCEPT);
		return false;
	}
	return vs_preauth_make_room(listener->net, &source);
}

static void
serve(struct vs_net_listener *listener, int fd, const struct sockaddr_storage *address)
{
	const int on = 1;
	struct vs_conn *conn;

	if (!may_come(listener, address) ||
	    vs_conn_new(listener->net, listener->profile, fd, &conn).code != VS_E_OK) {
		refuse(fd);
		return;
	}
	vs_metric_add(VS_METRIC_connections_accepted_total, 1);
	vs_conn_set_address(conn, address);
	vs_preauth_begin(conn);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	vs_layer_tcp.start(conn);
	vs_conn_work(conn);
}

static void
accept_some(struct vs_loop *loop, struct vs_loop_watch *watch, uint32_t events)
{
	struct vs_net_listener *listener = (struct vs_net_listener *)(void *)watch;

	(void)loop;
	(void)events;
	for (int i = 0; i < ACCEPTS_TURN; i++) {
		struct sockaddr_storage address = {0};
		socklen_t size = sizeof(address);
		int fd = accept4(watch->fd, (struct sockaddr *)&address, &size,
		                 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			serve(listener, fd, &address);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE)
			refuse_without_descriptor(listener->net, watch->fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

/* --- listening -------------------------------------------------------------------------------- */

static bool
parse_address(const char *text, uint16_t port, struct sockaddr_storage *address, socklen_t *size)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)(void *)address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)address;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
		*size = sizeof(*in4);
		return true;
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		*size = sizeof(*in6);
		return true;
	}
	return false;
}

static vs_result
open_socket(const char *text, uint16_t port, int *fd_out, uint16_t *port_out)
{
	const int on = 1, defer_s = DEFER_S;
	struct sockaddr_storage address;
	socklen_t size;
	vs_result r = VS_FAIL(IO);
	int fd;

	if (!parse_address(text, port, &address, &size))
		return VS_FAIL(CONFIG);
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return VS_FAIL(IO);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
		goto out;
	/* All that we serve speaks second: a connection without a byte does not even reach us. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer_s, sizeof(defer_s));
	if (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, BACKLOG) != 0)
		goto out;
	size = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		goto out;
	/* The port stands at the same place in both. */
	*port_out = ntohs(((const struct sockaddr_in *)(const void *)&address)->sin_port);
	*fd_out = fd;
	fd = -1;
	r = VS_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return r;
}

static struct vs_net_profile *
profile_new(const struct vs_net_listener_options *options)
{
	struct vs_net_profile *profile = calloc(1, sizeof(*profile));

	if (profile == NULL)
		return NULL;
	*profile = (struct vs_net_profile){
	    .references = 1,
	    .name = options->name,
	    .handler = options->handler,
	    .handshake_timeout_ms = options->handshake_timeout_ms != 0
	                                ? options->handshake_timeout_ms
	                                : VS_NET_HANDSHAKE_TIMEOUT_MS,
	    .header_timeout_ms = options->header_timeout_ms != 0 ? options->header_timeout_ms
	                                                         : VS_NET_HEADER_TIMEOUT_MS,
	    .idle_timeout_ms = options->idle_timeout_ms,
	    .ping_interval_ms = options->ping_interval_ms,
	    .body_size_max = options->body_size_max < VS_LIMIT_HTTP_BODY_SIZE
	                         ? options->body_size_max
	                         : VS_LIMIT_HTTP_BODY_SIZE,
	    .out_size_max =
		options->out_size_max != 0 ? options->out_size_max : VS_LIMIT_CONN_OUT_SIZE,
	    .is_deflate_allowed = options->is_deflate_allowed,
	    .is_ws_lenient = options->is_ws_lenient,
	    .throttle = options->throttle,
	};
	vs_net_profile_layers(profile, options->stack);
	if (profile->transport == &vs_layer_tls)
		profile->tls_server = vs_tls_server_ref(options->tls);
	return profile;
}

vs_result
vs_net_listen(struct vs_net *net, const struct vs_net_listener_options *options, uint16_t *port_out)
{
	struct vs_net_listener *listener = calloc(1, sizeof(*listener));
	vs_result r = VS_FAIL(NO_MEMORY);
	uint16_t port = 0;
	int fd = -1;

	if (listener == NULL)
		return r;
	listener->profile = profile_new(options);
	if (listener->profile == NULL)
		goto out;
	r = open_socket(options->address, options->port, &fd, &port);
	if (r.code != VS_E_OK)
		goto out;
	vs_net_keepalive(fd, options->keepalive_s); /* what it accepts inherits it */
	listener->net = net;
	listener->watch =
	    (struct vs_loop_watch){.fd = fd, .events = VS_LOOP_READ, .ready = accept_some};
	r = vs_loop_watch(net->loop, &listener->watch);
	if (r.code != VS_E_OK)
		goto out;
	listener->next = net->listeners;
	net->listeners = listener;
	if (port_out != NULL)
		*port_out = port;
	listener = NULL;
	fd = -1;
out:
	if (fd >= 0)
		(void)close(fd);
	if (listener != NULL)
		vs_net_profile_unref(&listener->profile);
	free(listener);
	return r;
}

vs_result
vs_net_listener_set_tls(struct vs_net *net, const char *name, struct vs_tls_server *server)
{
	vs_result r = VS_FAIL(NOT_FOUND);

	for (struct vs_net_listener *at = net->listeners; at != NULL; at = at->next) {
		struct vs_net_profile *profile = at->profile;

		if (profile->tls_server == NULL || strcmp(profile->name, name) != 0)
			continue;
		/* Connections have their own reference to what they were made from. */
		vs_tls_server_unref(&profile->tls_server);
		profile->tls_server = vs_tls_server_ref(server);
		r = VS_OK;
	}
	return r;
}
