/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "net/conn.h"
#include "wire/base64.h"

enum { KEY_SIZE = 16 };

/* --- what is asked for ------------------------------------------------------------------------ */

static vs_result
resolve(struct vs_net_upgrade *upgrade, const char *address, uint16_t port)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char service[6];
	struct vs_buf text;

	vs_buf_init(&text, sizeof(service));
	if (vs_buf_printf(&text, "%u", (unsigned)port).code != VS_E_OK)
		return VS_FAIL(NO_MEMORY);
	(void)vs_bytes_copy_text(vs_buf_view(&text), service, sizeof(service));
	vs_buf_done(&text);
	if (getaddrinfo(address, service, &hints, &found) != 0)
		return VS_FAIL(NOT_FOUND);
	for (const struct addrinfo *at = found;
	     at != NULL && upgrade->address_count < VS_NET_ADDRESSES_MAX; at = at->ai_next)
		if (at->ai_addrlen <= sizeof(upgrade->addresses[0]))
			memcpy(&upgrade->addresses[upgrade->address_count++], at->ai_addr,
			       at->ai_addrlen);
	freeaddrinfo(found);
	return upgrade->address_count > 0 ? VS_OK : VS_FAIL(NOT_FOUND);
}

static vs_result
profile_new(const struct vs_net_connect_options *options, struct vs_net_profile **profile_out)
{
	struct vs_net_profile *profile = calloc(1, sizeof(*profile));
	const char *server_name =
	    options->server_name != NULL ? options->server_name : options->address;
	vs_result r = VS_FAIL(NO_MEMORY);

	if (profile == NULL)
		return r;
	*profile = (struct vs_net_profile){
	    .references = 1,
	    .is_client = true,
	    .name = "client",
	    .handler = options->handler,
	    .ping_interval_ms = options->ping_interval_ms,
	    .keepalive_s = options->keepalive_s,
	    .message_size_max = options->message_size_max,
	    .out_size_max = VS_LIMIT_CONN_OUT_SIZE,
	    .is_deflate_allowed = options->is_deflate_offered,
	};
	vs_net_profile_layers(profile, options->stack);
	profile->upgrade = calloc(1, sizeof(*profile->upgrade));
	if (profile->upgrade == NULL)
		goto out;
	profile->upgrade->server_name = strdup(server_name);
	if (options->subprotocols != NULL)
		profile->upgrade->subprotocols = strdup(options->subprotocols);
	if (profile->upgrade->server_name == NULL ||
	    (options->subprotocols != NULL && profile->upgrade->subprotocols == NULL))
		goto out;
	r = resolve(profile->upgrade, options->address, options->port);
	if (r.code != VS_E_OK)
		goto out;
	if (profile->transport == &vs_layer_tls)
		profile->tls_client = vs_tls_client_ref(options->tls);
	*profile_out = profile;
	profile = NULL;
out:
	vs_net_profile_unref(&profile);
	return r;
}

static vs_result
write_host(const struct vs_net_connect_options *options, struct vs_buf *host)
{
	const char *name = options->server_name != NULL ? options->server_name : options->address;
	bool is_ipv6 = strchr(name, ':') != NULL;

	if (options->host_header != NULL)
		return vs_buf_append_text(host, options->host_header);
	return vs_buf_printf(host, is_ipv6 ? "[%s]:%u" : "%s:%u", name, (unsigned)options->port);
}

static vs_result
write_headers(const struct vs_net_connect_options *options, const char *key, struct vs_bytes host,
              struct vs_buf *out)
{
	VS_TRY(vs_http_request_begin(out, "GET", vs_bytes_from_text(options->path), host));
	VS_TRY(vs_buf_append_text(out, "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	                               "Sec-WebSocket-Version: 13\r\n"));
	VS_TRY(vs_http_header_add_text(out, "Sec-WebSocket-Key", key));
	if (options->subprotocols != NULL)
		VS_TRY(
		    vs_http_header_add_text(out, "Sec-WebSocket-Protocol", options->subprotocols));
	if (options->is_deflate_offered)
		VS_TRY(
		    vs_http_header_add_text(out, "Sec-WebSocket-Extensions", VS_WS_DEFLATE_OFFER));
	if (options->authorization.size > 0)
		VS_TRY(vs_http_header_add(out, "Authorization", options->authorization));
	return vs_http_head_end(out);
}

/* The whole request waits in the connection's out queue until the transport is up. */
static vs_result
write_request(struct vs_conn *conn, const struct vs_net_connect_options *options)
{
	uint8_t nonce[KEY_SIZE];
	char key[VS_BASE64_TEXT_SIZE(KEY_SIZE)];
	struct vs_buf host;
	vs_result r;

	vs_random_bytes(nonce, sizeof(nonce));
	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(nonce, sizeof(nonce)), key, sizeof(key));
	VS_TRY(vs_upgrade_accept_value(vs_bytes_from_text(key), conn->profile->upgrade->accept));
	vs_buf_init(&host, VS_LIMIT_HTTP_HEAD_SIZE);
	vs_net_buffer_take(conn);
	r = write_host(options, &host);
	if (r.code == VS_E_OK)
		r = write_headers(options, key, vs_buf_view(&host), &conn->out);
	vs_buf_done(&host);
	return r;
}

/* --- the TCP connection ----------------------------------------------------------------------- */

/* Begin with the next address; false when there is none left. */
static bool
try_next(struct vs_conn *conn)
{
	struct vs_net_upgrade *upgrade = conn->profile->upgrade;
	const int on = 1;

	while (upgrade->address_at < upgrade->address_count) {
		const struct sockaddr_storage *address = &upgrade->addresses[upgrade->address_at++];
		socklen_t size = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
		                                                : sizeof(struct sockaddr_in);
		int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (fd < 0)
			continue;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		vs_net_keepalive(fd, conn->profile->keepalive_s);
		if (connect(fd, (const struct sockaddr *)address, size) == 0 ||
		    errno == EINPROGRESS) {
			conn->watch.fd = fd;
			vs_conn_set_address(conn, address);
			return true;
		}
		(void)close(fd);
	}
	return false;
}

void
vs_connect_finished(struct vs_conn *conn)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(conn->watch.fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) {
		conn->received_ms = vs_loop_now_ms(conn->net->loop);
		vs_layer_tcp.start(conn);
		return;
	}
	vs_loop_unwatch(conn->net->loop, &conn->watch);
	(void)close(conn->watch.fd);
	conn->watch.fd = -1;
	if (!try_next(conn))
		vs_conn_end(conn, VS_END_NOW, VS_E_NOT_CONNECTED, true,
		            error == ECONNREFUSED ? "the connection was refused"
		                                  : "the address cannot be reached");
}

vs_result
vs_net_connect(struct vs_net *net, const struct vs_net_connect_options *options, vs_conn_id *id_out)
{
	struct vs_net_profile *profile = NULL;
	struct vs_conn *conn = NULL;
	vs_result r;

	assert(options->address != NULL);
	r = profile_new(options, &profile);
	if (r.code != VS_E_OK)
		return r;
	r = vs_conn_new(net, profile, -1, &conn);
	vs_net_profile_unref(&profile);
	if (r.code != VS_E_OK)
		return r;
	conn->phase = VS_PHASE_CONNECTING;
	conn->user = options->user;
	assert(options->path != NULL || vs_conn_top(conn) == &vs_layer_stream);
	if (options->path != NULL)
		r = write_request(conn, options);
	if (r.code != VS_E_OK) {
		/* Nobody has heard of it yet, and nobody shall. */
		vs_net_buffer_give(conn);
		vs_conn_free(conn);
		return r;
	}
	if (!try_next(conn))
		vs_conn_end(conn, VS_END_NOW, VS_E_NOT_CONNECTED, true,
		            "the address cannot be reached");
	vs_conn_set_deadline(conn, options->timeout_ms != 0 ? options->timeout_ms
	                                                    : VS_NET_HANDSHAKE_TIMEOUT_MS);
	vs_net_work_add(conn);
	if (id_out != NULL)
		*id_out = conn->id;
	return VS_OK;
}
