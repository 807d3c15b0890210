/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/target.h"

#define ANSWER_SIZE_MAX 16384u

struct vs_sim_transfer {
	struct vs_net *net;
	vs_conn_id conn;
	struct vs_buf request, answer;
	bool is_wanted; /* what is answered, not only how */
	void (*done)(void *arg, int status, struct vs_bytes content);
	void *arg;
};

static void
on_open(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg)
{
	struct vs_sim_transfer *transfer = vs_conn_user(conn);

	(void)subprotocol, (void)arg;
	if (transfer == NULL ||
	    vs_conn_bytes_send(conn, vs_buf_view(&transfer->request)).code != VS_E_OK)
		vs_conn_close(conn, true);
}

/* Is all of it here that is wanted? *content_out: what follows the head. */
static bool
is_whole(const struct vs_sim_transfer *transfer, int *status_out, struct vs_bytes *content_out)
{
	struct vs_http_response response;
	struct vs_bytes all = vs_buf_view(&transfer->answer);

	if (vs_http_response_parse(all, &response).code != VS_E_OK)
		return false;
	*status_out = response.status;
	*content_out = vs_bytes_from(all.data + response.head_size, all.size - response.head_size);
	return !transfer->is_wanted ||
	       (response.has_content_length && content_out->size >= response.content_length);
}

static void
on_bytes(struct vs_conn *conn, struct vs_bytes bytes, void *arg)
{
	struct vs_sim_transfer *transfer = vs_conn_user(conn);
	struct vs_bytes content;
	int status = 0;

	(void)arg;
	if (transfer == NULL || vs_buf_append_bytes(&transfer->answer, bytes).code != VS_E_OK ||
	    is_whole(transfer, &status, &content))
		vs_conn_close(conn, false);
}

static void
on_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	struct vs_sim_transfer *transfer = vs_conn_user(conn);
	struct vs_bytes content = {NULL, 0};
	int status = 0;

	(void)close, (void)arg;
	if (transfer == NULL)
		return;
	transfer->conn = 0;
	if (!is_whole(transfer, &status, &content))
		status = 0;
	transfer->done(transfer->arg, status, content);
}

/* The authority as vs_sim_target_parse takes it, and the path with its '/'. */
static vs_result
split(const char *url, struct vs_sim_target *target, const char **path_out)
{
	bool is_tls = strncmp(url, "https://", 8) == 0;
	const char *authority = url + (is_tls ? 8 : 7);
	size_t size = strcspn(authority, "/");
	char text[VS_LIMIT_HTTP_PATH_SIZE];

	if (!is_tls && strncmp(url, "http://", 7) != 0)
		return VS_FAIL(BAD_VALUE);
	if (strpbrk(authority, " \r\n\t\"#") != NULL ||
	    (size_t)snprintf(text, sizeof(text), "%s://%.*s/", is_tls ? "wss" : "ws", (int)size,
	                     authority) >= sizeof(text))
		return VS_FAIL(BAD_VALUE);
	VS_TRY(vs_sim_target_parse(text, target));
	*path_out = authority[size] != '\0' ? authority + size : "/";
	return VS_OK;
}

static vs_result
write_request(const struct vs_sim_transfer_request *request, const struct vs_sim_target *target,
              const char *path, struct vs_buf *out)
{
	bool is_v6 = strchr(target->host, ':') != NULL;

	VS_TRY(vs_buf_printf(out,
	                     "%s %s HTTP/1.1\r\nHost: %s%s%s:%u\r\nConnection: close\r\n"
	                     "Content-Type: application/octet-stream\r\nContent-Length: %zu\r\n"
	                     "\r\n",
	                     request->method, path, is_v6 ? "[" : "", target->host,
	                     is_v6 ? "]" : "", (unsigned)target->port, request->body.size));
	return vs_buf_append_bytes(out, request->body);
}

vs_result
vs_sim_transfer_start(const struct vs_sim_transfer_request *request,
                      struct vs_sim_transfer **transfer_out)
{
	struct vs_sim_transfer *transfer;
	struct vs_sim_target target;
	const char *path = "";
	vs_result r;

	VS_TRY(split(request->url, &target, &path));
	transfer = calloc(1, sizeof(*transfer));
	if (transfer == NULL)
		return VS_FAIL(NO_MEMORY);
	transfer->net = request->net;
	transfer->done = request->done;
	transfer->arg = request->arg;
	transfer->is_wanted = strcmp(request->method, "GET") == 0;
	vs_buf_init(&transfer->request, VS_LIMIT_CONN_OUT_SIZE / 2 + ANSWER_SIZE_MAX);
	vs_buf_init(&transfer->answer, request->content_max + ANSWER_SIZE_MAX);
	const struct vs_net_connect_options options = {
	    .stack = target.is_tls ? VS_STACK_FRAMED_TLS : VS_STACK_FRAMED,
	    .address = target.host,
	    .port = target.port,
	    .tls = request->tls,
	    .server_name = target.host,
	    .timeout_ms = 30000,
	    .handler = {.open = on_open, .bytes = on_bytes, .closed = on_closed},
	    .user = transfer,
	};
	r = target.is_tls && request->tls == NULL ? VS_FAIL(CONFIG) : VS_OK;
	if (r.code == VS_E_OK)
		r = write_request(request, &target, path, &transfer->request);
	if (r.code == VS_E_OK)
		r = vs_net_connect(request->net, &options, &transfer->conn);
	if (r.code == VS_E_OK)
		*transfer_out = transfer;
	else
		vs_sim_transfer_free(&transfer);
	return r;
}

void
vs_sim_transfer_free(struct vs_sim_transfer **transfer)
{
	struct vs_sim_transfer *gone = *transfer;
	struct vs_conn *conn;

	if (gone == NULL)
		return;
	conn = gone->conn != 0 ? vs_net_find(gone->net, gone->conn) : NULL;
	if (conn != NULL) {
		vs_conn_set_user(conn, NULL);
		vs_conn_close(conn, true);
	}
	vs_buf_done(&gone->request);
	vs_buf_done(&gone->answer);
	free(gone);
	*transfer = NULL;
}
