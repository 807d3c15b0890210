/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as they come, for protocols that frame them themselves. Both ends. */
#include "net/conn.h"

/* A server's connection has this long to show whom it is for: vs_conn_bytes_admit. */
static void
start(struct vs_conn *conn)
{
	vs_conn_set_deadline(conn, conn->is_client ? 0 : conn->profile->header_timeout_ms);
	conn->phase = VS_PHASE_OPEN;
	conn->is_open_due = true;
	vs_net_work_add(conn);
}

static size_t
receive(struct vs_conn *conn, uint8_t *data, size_t size)
{
	const struct vs_net_handler *handler = &conn->profile->handler;

	if (conn->is_open_due)
		vs_ws_tell_open(conn);
	if (vs_conn_is_over(conn))
		return size;
	if (conn->is_paused)
		return 0;
	if (handler->bytes != NULL)
		handler->bytes(conn, vs_bytes_from(data, size), handler->arg);
	return size;
}

static void
peer_ended(struct vs_conn *conn)
{
	if (conn->phase != VS_PHASE_ENDING) /* what is queued may still be read */
		vs_conn_end(conn, VS_END_FLUSH, VS_E_OK, true, "");
}

static void
expired(struct vs_conn *conn)
{
	vs_conn_end(conn, VS_END_NOW, VS_E_REQUEST_TIMEOUT, false, "it did not say who it is");
}

const struct vs_layer vs_layer_stream = {
    .name = "stream",
    .start = start,
    .receive = receive,
    .peer_ended = peer_ended,
    .expired = expired,
};

void
vs_conn_bytes_admit(struct vs_conn *conn)
{
	if (conn->phase != VS_PHASE_OPEN)
		return;
	vs_conn_preauth_done(conn);
	vs_conn_set_deadline(conn, 0);
	vs_net_work_add(conn);
}

vs_result
vs_conn_bytes_send(struct vs_conn *conn, struct vs_bytes bytes)
{
	size_t queued = vs_conn_queued(conn), size_max = conn->profile->out_size_max;
	vs_result r;

	if (conn->phase != VS_PHASE_OPEN || conn->is_ws)
		return VS_FAIL(CLOSED);
	if (queued > size_max || bytes.size > size_max - queued)
		return VS_FAIL(BUSY);
	vs_net_buffer_take(conn);
	conn->out.size_max = conn->out_at + size_max;
	r = vs_buf_append_bytes(&conn->out, bytes);
	if (r.code != VS_E_OK && conn->out.size == 0)
		vs_net_buffer_give(conn);
	else if (conn->net->current != conn)
		vs_net_work_add(conn);
	return r.code == VS_E_TOO_LONG ? VS_FAIL(BUSY) : r;
}
