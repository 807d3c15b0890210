/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ws-echo [--tls CERT KEY] PORT: the WebSocket layer alone, on loopback, for conformance suites.
 *
 * Sends back each text and binary message of up to 16 MiB, with permessage-deflate when it is
 * offered. Prints the port it serves, which is a free one when PORT is 0.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "net/net.h"

enum { MESSAGE_SIZE_MAX = 16777216, OUT_SIZE_MAX = 4 * MESSAGE_SIZE_MAX };

struct arguments {
	const char *cert_file, *key_file;
	uint16_t port;
};

static bool
parse_port(const char *text, uint16_t *port)
{
	char *end = NULL;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value < 0 || value > UINT16_MAX)
		return false;
	*port = (uint16_t)value;
	return true;
}

static bool
parse_arguments(int argc, char **argv, struct arguments *arguments)
{
	int at = 1;

	if (argc == 5 && strcmp(argv[1], "--tls") == 0) {
		arguments->cert_file = argv[2];
		arguments->key_file = argv[3];
		at = 4;
	}
	return argc == at + 1 && parse_port(argv[at], &arguments->port);
}

/* Whatever subprotocol is offered, none is chosen: RFC 6455 4.2.2 lets a server do that. */
static void
accept_request(struct vs_conn *conn, const struct vs_http_request *request, struct vs_bytes body,
               void *arg)
{
	(void)request;
	(void)body;
	(void)arg;
	if (vs_conn_ws_accept(conn, NULL, MESSAGE_SIZE_MAX).code == VS_E_OK)
		return;
	if (vs_conn_respond(conn, 426, "text/plain", "Upgrade: websocket\r\n",
	                    VS_BYTES_LITERAL("This is a WebSocket server.\n"), true)
	        .code != VS_E_OK)
		vs_conn_close(conn, true);
}

static void
echo(struct vs_conn *conn, enum vs_net_message_kind kind, uint8_t *data, size_t size, void *arg)
{
	(void)arg;
	if (vs_conn_ws_send(conn, kind, vs_bytes_from(data, size)).code != VS_E_OK)
		vs_conn_ws_close(conn, 1013, "read what you are sent");
}

static void
stop(struct vs_loop *loop, struct vs_signal_watch *watch, int signal_number)
{
	(void)watch;
	(void)signal_number;
	vs_loop_stop(loop);
}

static vs_result
serve(const struct arguments *arguments, struct vs_tls_server *tls)
{
	static const int signals[] = {SIGINT, SIGTERM};
	struct vs_net_listener_options options = {
	    .name = "echo",
	    .stack = tls != NULL ? VS_STACK_WSS : VS_STACK_WS,
	    .address = "127.0.0.1",
	    .port = arguments->port,
	    .tls = tls,
	    .handler = {.request = accept_request, .message = echo},
	    .is_deflate_allowed = true,
	    .is_ws_lenient = true, /* suites cut 4 MiB into 64-byte fragments, and send zeros */
	    .out_size_max = OUT_SIZE_MAX,
	};
	struct vs_signal_watch watch = {.caught = stop};
	struct vs_loop *loop = NULL;
	struct vs_net *net = NULL;
	uint16_t port = 0;
	vs_result r = vs_signal_block(signals, 2);

	if (r.code == VS_E_OK)
		r = vs_loop_new(&loop);
	if (r.code == VS_E_OK)
		r = vs_signal_watch(loop, &watch, signals, 2);
	if (r.code == VS_E_OK)
		r = vs_net_new(loop, 0, &net);
	if (r.code == VS_E_OK)
		r = vs_net_listen(net, &options, &port);
	if (r.code == VS_E_OK) {
		(void)printf("%u\n", (unsigned)port);
		(void)fflush(stdout);
		r = vs_loop_run(loop);
	}
	vs_net_free(&net);
	if (loop != NULL)
		vs_signal_unwatch(loop, &watch);
	vs_loop_free(&loop);
	return r;
}

int
main(int argc, char **argv)
{
	struct arguments arguments = {0};
	struct vs_tls_server *tls = NULL;
	char reason[256] = "";
	vs_result r = VS_OK;

	if (!parse_arguments(argc, argv, &arguments)) {
		(void)fprintf(stderr, "usage: ws-echo [--tls CERT KEY] PORT\n");
		return EX_USAGE;
	}
	if (arguments.cert_file != NULL) {
		const struct vs_tls_server_options options = {
		    .cert_files = {arguments.cert_file},
		    .key_files = {arguments.key_file},
		    .is_tls12_allowed = true,
		};

		r = vs_tls_server_new(&options, reason, sizeof(reason), &tls);
	}
	if (r.code == VS_E_OK)
		r = serve(&arguments, tls);
	vs_tls_server_unref(&tls);
	if (r.code == VS_E_OK)
		return EX_OK;
	(void)fprintf(stderr, "ws-echo: VS-%d %s%s%s\n", vs_err_code(r.code), vs_err_text(r.code),
	              reason[0] != '\0' ? ": " : "", reason);
	return r.code == VS_E_CONFIG ? EX_CONFIG : EX_OSERR;
}
