/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "base/metric.h"
#include "net/conn.h"

/* --- requests --------------------------------------------------------------------------------- */

static void
refuse(struct vs_conn *conn, enum vs_err why, const char *detail)
{
	vs_result r;

	vs_metric_add(VS_METRIC_http_bad_requests_total, 1);
	vs_net_buffer_take(conn);
	conn->out.size_max = VS_LIMIT_HTTP_RESPONSE_SIZE;
	r = vs_http_response_write(&conn->out, vs_err_http(why), "text/plain; charset=utf-8",
	                           vs_bytes_from_text(vs_err_text(why)), false);
	vs_conn_end(conn, r.code == VS_E_OK ? VS_END_FLUSH : VS_END_NOW, why, false, detail);
}

static void
await_request(struct vs_conn *conn, uint64_t deadline_ms)
{
	conn->phase = VS_PHASE_HEAD;
	conn->http.need = conn->http.seen = 0;
	conn->http.accept[0] = '\0';
	vs_conn_set_deadline(conn, deadline_ms);
}

static void
start(struct vs_conn *conn)
{
	if (conn->is_client) /* the request waits in `out` since vs_net_connect; its deadline runs
	                      */
		return;
	await_request(conn, conn->profile->header_timeout_ms);
}

/* The head is there, the body is not. */
static void
await_body(struct vs_conn *conn, const struct vs_http_request *request)
{
	if (conn->phase == VS_PHASE_BODY)
		return;
	conn->phase = VS_PHASE_BODY;
	conn->http.need = request->head_size + (size_t)request->content_length;
	vs_conn_set_deadline(conn,
	                     VS_NET_BODY_TIMEOUT_MS + request->content_length / VS_NET_BODY_RATE);
	/* RFC 9110 10.1.1 */
	if (vs_http_header_has_token(&request->headers, "Expect", "100-continue")) {
		vs_net_buffer_take(conn);
		if (vs_buf_append_text(&conn->out, "HTTP/1.1 100 Continue\r\n\r\n").code != VS_E_OK)
			vs_conn_end(conn, VS_END_NOW, VS_E_NO_MEMORY, false,
			            "no memory for an answer");
	}
}

static void
hand_over(struct vs_conn *conn, const struct vs_http_request *request, struct vs_bytes body)
{
	const struct vs_net_handler *handler = &conn->profile->handler;

	vs_metric_add(VS_METRIC_http_requests_total, 1);
	conn->phase = VS_PHASE_ANSWER;
	conn->is_head_request = request->method == VS_HTTP_HEAD;
	conn->is_keep_alive = request->keep_alive && !conn->net->is_draining;
	vs_conn_set_deadline(conn, 0);
	if (!vs_upgrade_look(conn, request))
		return;
	if (conn->http.accept[0] == '\0')
		vs_conn_preauth_done(conn);
	else /* whoever decides may take its time, but not for ever */
		vs_conn_set_deadline(conn, VS_NET_ANSWER_TIMEOUT_MS);
	if (handler->request != NULL)
		handler->request(conn, request, body, handler->arg);
	else
		refuse(conn, VS_E_NOT_FOUND, "nobody answers requests here");
}

/* False: it was refused. */
static bool
permit_body(struct vs_conn *conn, const struct vs_http_request *request)
{
	const struct vs_net_handler *handler = &conn->profile->handler;
	size_t body_max = conn->profile->body_size_max;
	vs_result r = VS_OK;

	if (request->content_length > 0 && handler->head != NULL)
		r = handler->head(conn, request, &body_max, handler->arg);
	if (r.code == VS_E_OK && request->content_length > body_max)
		r = VS_FAIL(TOO_LONG);
	if (r.code != VS_E_OK) {
		refuse(conn, r.code,
		       r.code == VS_E_TOO_LONG ? "the request body is too long"
		                               : "its body is not wanted");
		return false;
	}
	if (conn->in.size_max < request->head_size + body_max + 2 * VS_NET_PLAIN_SIZE)
		conn->in.size_max = request->head_size + body_max + 2 * VS_NET_PLAIN_SIZE;
	return true;
}

static size_t
receive_request(struct vs_conn *conn, uint8_t *data, size_t size)
{
	struct vs_http_request request;
	vs_result r;
	size_t total, seen = conn->http.seen;

	if (size < conn->http.need)
		return 0;
	/* A head that comes in drops is looked at again only when a line has come to its end. */
	if (conn->phase == VS_PHASE_HEAD && seen > 0 && seen < size &&
	    size <= VS_LIMIT_HTTP_HEAD_SIZE && memchr(data + seen, '\n', size - seen) == NULL) {
		conn->http.seen = size;
		return 0;
	}
	r = vs_http_request_parse(vs_bytes_from(data, size), &request);
	if (r.code == VS_E_AGAIN) {
		conn->http.seen = size;
		if (conn->deadline_ms == 0) /* kept alive, and now the next request has begun */
			vs_conn_set_deadline(conn, conn->profile->header_timeout_ms);
		return 0;
	}
	if (r.code != VS_E_OK) {
		refuse(conn, r.code, vs_err_text(r.code));
		return size;
	}
	if (!permit_body(conn, &request))
		return size;
	total = request.head_size + (size_t)request.content_length;
	if (size < total) {
		await_body(conn, &request);
		return 0;
	}
	hand_over(conn, &request,
	          vs_bytes_from(data + request.head_size, (size_t)request.content_length));
	explicit_bzero(data, request.head_size); /* it may hold a password or a token */
	return total;
}

static size_t
receive(struct vs_conn *conn, uint8_t *data, size_t size)
{
	if (conn->is_client)
		return vs_upgrade_receive(conn, data, size);
	if (conn->phase == VS_PHASE_STREAM) /* nothing more is asked on this connection */
		return size;
	return receive_request(conn, data, size);
}

static void
peer_ended(struct vs_conn *conn)
{
	if (conn->phase == VS_PHASE_ANSWER && conn->http.accept[0] != '\0')
		vs_conn_end(conn, VS_END_NOW, VS_E_CLOSED, true,
		            "the peer closed before its upgrade was answered");
	else if (conn->phase == VS_PHASE_ANSWER || conn->phase == VS_PHASE_ENDING)
		conn->is_keep_alive = false; /* it may still read the answer */
	else if (conn->is_client)
		vs_conn_end(conn, VS_END_NOW, VS_E_CLOSED, true,
		            "the peer closed before it answered the upgrade");
	else if (conn->phase == VS_PHASE_BODY || conn->in.size > 0)
		vs_conn_end(conn, VS_END_NOW, VS_E_CLOSED, true,
		            "the peer closed within a request");
	else
		vs_conn_end(conn, VS_END_NOW, VS_E_OK, true, "");
}

static void
expired(struct vs_conn *conn)
{
	if (conn->phase == VS_PHASE_ANSWER) {
		refuse(conn, VS_E_BUSY, "the upgrade was not answered in time");
		return;
	}
	vs_metric_add(VS_METRIC_header_timeouts_total, 1);
	if (conn->in.size > 0)
		refuse(conn, VS_E_REQUEST_TIMEOUT, "the request took too long");
	else
		vs_conn_end(conn, VS_END_FLUSH, VS_E_REQUEST_TIMEOUT, false, "no request came");
}

const struct vs_layer vs_layer_http = {
    .name = "http",
    .start = start,
    .receive = receive,
    .peer_ended = peer_ended,
    .expired = expired,
};

/* --- answers ---------------------------------------------------------------------------------- */

/* Append the head up to and without the empty line. */
static vs_result
begin_head(struct vs_conn *conn, int status, const char *content_type, const char *headers)
{
	VS_TRY(vs_http_response_begin(&conn->out, status));
	if (content_type != NULL)
		VS_TRY(vs_http_header_add_text(&conn->out, "Content-Type", content_type));
	if (headers != NULL)
		VS_TRY(vs_buf_append_text(&conn->out, headers));
	if (!conn->is_keep_alive)
		VS_TRY(vs_http_header_add_text(&conn->out, "Connection", "close"));
	return VS_OK;
}

static vs_result
write_answer(struct vs_conn *conn, int status, const char *content_type, const char *headers,
             struct vs_bytes body)
{
	/* RFC 9110 8.6: neither of these has a body or a length. */
	bool has_body = status >= 200 && status != 204 && status != 304;

	VS_TRY(begin_head(conn, status, content_type, headers));
	if (has_body)
		VS_TRY(vs_http_header_add_number(&conn->out, "Content-Length", body.size));
	VS_TRY(vs_http_head_end(&conn->out));
	if (has_body && !conn->is_head_request)
		VS_TRY(vs_buf_append_bytes(&conn->out, body));
	return VS_OK;
}

vs_result
vs_conn_respond(struct vs_conn *conn, int status, const char *content_type, const char *headers,
                struct vs_bytes body, bool is_last)
{
	size_t size_before = conn->out.size;
	vs_result r;

	if (vs_conn_is_over(conn))
		return VS_FAIL(CLOSED);
	if (conn->phase != VS_PHASE_ANSWER)
		return VS_FAIL(NOT_NOW);
	conn->is_keep_alive = conn->is_keep_alive && !is_last && !conn->net->is_draining;
	vs_net_buffer_take(conn);
	conn->out.size_max = size_before + VS_LIMIT_HTTP_RESPONSE_SIZE;
	r = write_answer(conn, status, content_type, headers, body);
	if (r.code != VS_E_OK) {
		conn->out.size = size_before; /* half an answer must not go out */
		return r;
	}
	if (conn->http.accept[0] != '\0')
		vs_metric_add(VS_METRIC_ws_upgrades_refused_total, 1);
	if (conn->is_keep_alive) {
		conn->received_ms = vs_loop_now_ms(conn->net->loop); /* idle from now on */
		await_request(conn, 0);
		vs_net_work_add(conn);
	} else {
		vs_conn_end(conn, VS_END_FLUSH, VS_E_OK, false, "");
	}
	return VS_OK;
}

vs_result
vs_conn_stream_begin(struct vs_conn *conn, int status, const char *content_type,
                     const char *headers)
{
	size_t size_before = conn->out.size;
	vs_result r;

	if (vs_conn_is_over(conn))
		return VS_FAIL(CLOSED);
	if (conn->phase != VS_PHASE_ANSWER)
		return VS_FAIL(NOT_NOW);
	conn->is_keep_alive = false; /* its end is the end of the connection, RFC 9112 6.3 */
	vs_net_buffer_take(conn);
	conn->out.size_max = conn->profile->out_size_max;
	r = begin_head(conn, status, content_type, headers);
	if (r.code == VS_E_OK)
		r = vs_http_head_end(&conn->out);
	if (r.code != VS_E_OK) {
		conn->out.size = size_before;
		return r;
	}
	conn->phase = VS_PHASE_STREAM;
	vs_net_work_add(conn);
	return VS_OK;
}

vs_result
vs_conn_stream_write(struct vs_conn *conn, struct vs_bytes piece)
{
	vs_result r;

	if (conn->phase != VS_PHASE_STREAM)
		return VS_FAIL(CLOSED);
	if (vs_conn_queued(conn) + piece.size > conn->profile->out_size_max)
		return VS_FAIL(BUSY);
	vs_net_buffer_take(conn);
	r = vs_buf_append_bytes(&conn->out, piece);
	if (r.code == VS_E_TOO_LONG)
		return VS_FAIL(BUSY);
	vs_net_work_add(conn);
	return r;
}
