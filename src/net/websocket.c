/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/websocket.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/metric.h"
#include "net/conn.h"

static const struct vs_bytes nothing = {NULL, 0};

static struct vs_ws_deflate *
inflater_of(const struct vs_conn *conn)
{
	return conn->ws.window_bits != 0 ? vs_net_inflater(conn->net) : NULL;
}

/* --- sending ---------------------------------------------------------------------------------- */

/* Control frames have room of their own, so that a full queue can still be closed. */
static vs_result
append(struct vs_conn *conn, enum vs_ws_type type, struct vs_bytes payload, size_t size_max)
{
	uint32_t mask = conn->is_client ? vs_net_mask(conn->net) : 0;
	struct vs_ws_deflate *deflater =
	    conn->ws.window_bits != 0 && type < VS_WS_CLOSE ? vs_net_deflater(conn->net) : NULL;
	vs_result r;

	vs_net_buffer_take(conn);
	conn->out.size_max = conn->out_at + size_max;
	r = vs_ws_send(&conn->ws, deflater, type, payload, mask, &conn->out);
	if (r.code != VS_E_OK && conn->out.size == 0)
		vs_net_buffer_give(conn);
	else if (conn->net->current != conn)
		vs_net_work_add(conn);
	return r;
}

static vs_result
send_control(struct vs_conn *conn, enum vs_ws_type type, struct vs_bytes payload)
{
	return append(conn, type, payload, conn->profile->out_size_max + VS_NET_SPARE_SIZE);
}

static void
send_close(struct vs_conn *conn, uint16_t code, struct vs_bytes reason)
{
	uint32_t mask = conn->is_client ? vs_net_mask(conn->net) : 0;

	vs_net_buffer_take(conn);
	conn->out.size_max = conn->out_at + conn->profile->out_size_max + 2 * VS_NET_SPARE_SIZE;
	if (vs_ws_send_close(&conn->ws, code, reason, mask, &conn->out).code != VS_E_OK)
		vs_conn_end(conn, VS_END_NOW, VS_E_NO_MEMORY, false, "no memory for a close frame");
	vs_net_work_add(conn);
}

vs_result
vs_conn_ws_send(struct vs_conn *conn, enum vs_net_message_kind kind, struct vs_bytes message)
{
	size_t queued = vs_conn_queued(conn), size_max = conn->profile->out_size_max;
	vs_result r;

	if (conn->phase != VS_PHASE_OPEN)
		return VS_FAIL(CLOSED);
	if (queued > size_max || message.size > size_max - queued)
		return VS_FAIL(BUSY);
	r = append(conn, kind == VS_NET_TEXT ? VS_WS_TEXT : VS_WS_BINARY, message,
	           size_max + VS_WS_HEADER_SIZE_MAX);
	return r.code == VS_E_TOO_LONG ? VS_FAIL(BUSY) : r;
}

vs_result
vs_conn_ws_ping(struct vs_conn *conn)
{
	if (conn->phase != VS_PHASE_OPEN)
		return VS_FAIL(CLOSED);
	return send_control(conn, VS_WS_PING, nothing);
}

void
vs_conn_ws_close(struct vs_conn *conn, uint16_t code, const char *reason)
{
	if (vs_conn_is_over(conn) || conn->phase == VS_PHASE_CLOSING)
		return;
	if (conn->phase != VS_PHASE_OPEN || !conn->is_ws) {
		vs_conn_end(conn, VS_END_FLUSH, VS_E_OK, false, "closed by us");
		return;
	}
	conn->close_code = code;
	if (!conn->is_close_set) {
		conn->is_close_set = true;
		conn->close_why = VS_E_OK;
		conn->close_detail = "closed by us";
	}
	send_close(conn, code, vs_bytes_from_text(reason));
	if (vs_conn_is_over(conn))
		return;
	conn->phase = VS_PHASE_CLOSING;
	vs_conn_set_deadline(conn, VS_NET_CLOSE_TIMEOUT_MS);
}

void
vs_conn_ws_stop_pings(struct vs_conn *conn)
{
	conn->is_ping_off = true;
	conn->is_timer_stale = true;
}

void
vs_ws_ping_due(struct vs_conn *conn)
{
	uint64_t interval_ms = conn->profile->ping_interval_ms;
	uint64_t silent_ms = vs_loop_now_ms(conn->net->loop) - conn->received_ms;

	/* Two intervals without a byte: the ping of the first one was not answered. */
	if (silent_ms >= 2 * interval_ms + interval_ms / 2) {
		vs_metric_add(VS_METRIC_idle_timeouts_total, 1);
		vs_conn_end(conn, VS_END_NOW, VS_E_TIMEOUT, false, "the peer answers no ping");
		return;
	}
	conn->pinged_ms = vs_loop_now_ms(conn->net->loop);
	conn->is_timer_stale = true;
	(void)send_control(conn, VS_WS_PING, nothing); /* a full queue is a sign of life to come */
}

/* --- receiving -------------------------------------------------------------------------------- */

static void
refuse(struct vs_conn *conn, enum vs_err why)
{
	uint16_t code = vs_ws_fail_code(&conn->ws);
	enum vs_metric metric = why == VS_E_BAD_UTF8   ? VS_METRIC_ws_utf8_errors_total
	                        : why == VS_E_TOO_LONG ? VS_METRIC_ws_too_big_total
	                                               : VS_METRIC_ws_protocol_errors_total;

	vs_metric_add(metric, 1);
	if (conn->phase == VS_PHASE_OPEN)
		send_close(conn, code, vs_bytes_from_text(vs_err_text(why)));
	conn->close_code = code;
	vs_conn_end(conn, VS_END_FLUSH, why, false, vs_err_text(why));
}

static void
close_received(struct vs_conn *conn, const struct vs_ws_event *event)
{
	conn->is_close_received = true;
	if (conn->phase == VS_PHASE_OPEN) {
		conn->close_code = event->close_code;
		send_close(conn, event->close_code, nothing); /* RFC 6455 5.5.1: echo the code */
	}
	vs_conn_end(conn, VS_END_FLUSH, VS_E_OK, true, "");
}

static void
handle(struct vs_conn *conn, const struct vs_ws_event *event)
{
	const struct vs_net_handler *handler = &conn->profile->handler;
	/* What the event shows lies in a buffer of ours. */
	uint8_t *data = (uint8_t *)(uintptr_t)event->payload.data;

	switch (event->type) {
	case VS_WS_TEXT:
	case VS_WS_BINARY:
		/* After our close frame nobody wants it any more. */
		if (handler->message != NULL && conn->phase == VS_PHASE_OPEN)
			handler->message(conn,
			                 event->type == VS_WS_TEXT ? VS_NET_TEXT : VS_NET_BINARY,
			                 data, event->payload.size, handler->arg);
		break;
	case VS_WS_CLOSE:
		close_received(conn, event);
		break;
	case VS_WS_PING:
		/* When the queue is full the peer does not read: it would not see the pong either.
		 */
		if (conn->phase == VS_PHASE_OPEN)
			(void)send_control(conn, VS_WS_PONG, event->payload);
		break;
	case VS_WS_PONG:
		if (handler->pong != NULL && conn->phase == VS_PHASE_OPEN)
			handler->pong(conn, handler->arg);
		break;
	}
}

static size_t
receive(struct vs_conn *conn, uint8_t *data, size_t size)
{
	uint8_t *at = data;
	size_t left = size;

	while (!vs_conn_is_held(conn)) {
		struct vs_ws_event event;
		vs_result r = vs_ws_receive(&conn->ws, inflater_of(conn), &at, &left, &event);

		if (r.code == VS_E_AGAIN)
			break;
		if (r.code != VS_E_OK) {
			refuse(conn, r.code);
			return size;
		}
		handle(conn, &event);
	}
	return size - left;
}

/* --- life ------------------------------------------------------------------------------------- */

void
vs_ws_begin(struct vs_conn *conn, size_t message_size_max, unsigned window_bits)
{
	if (message_size_max == 0)
		message_size_max = VS_LIMIT_WS_MESSAGE_SIZE;
	if (message_size_max > VS_LIMIT_WS_MESSAGE_SIZE_MOST)
		message_size_max = VS_LIMIT_WS_MESSAGE_SIZE_MOST;
	vs_ws_init(&conn->ws, conn->is_client ? VS_WS_CLIENT : VS_WS_SERVER, message_size_max,
	           window_bits);
	if (conn->profile->is_ws_lenient)
		vs_ws_set_lenient(&conn->ws);
	conn->is_ws = true;
	conn->is_open_due = true;
	conn->phase = VS_PHASE_OPEN;
	conn->level++;
	conn->pinged_ms = vs_loop_now_ms(conn->net->loop);
	vs_conn_set_deadline(conn, 0);
	vs_net_work_add(conn);
}

void
vs_ws_tell_open(struct vs_conn *conn)
{
	const struct vs_net_handler *handler = &conn->profile->handler;

	conn->is_open_due = false;
	if (handler->open == NULL || vs_conn_is_over(conn))
		return;
	handler->open(conn,
	              conn->is_client ? vs_bytes_from_text(conn->profile->upgrade->subprotocols)
	                              : vs_bytes_from_text(conn->subprotocol),
	              handler->arg);
}

void
vs_conn_ws_set_message_size_max(struct vs_conn *conn, size_t message_size_max)
{
	if (conn->is_ws && message_size_max <= VS_LIMIT_WS_MESSAGE_SIZE_MOST)
		vs_ws_set_message_size_max(&conn->ws, message_size_max);
}

static void
peer_ended(struct vs_conn *conn)
{
	if (conn->phase == VS_PHASE_ENDING)
		return; /* what is queued may still be read */
	vs_conn_end(conn, VS_END_NOW, VS_E_CLOSED, true, "the peer closed without a close frame");
}

static void
expired(struct vs_conn *conn)
{
	vs_conn_end(conn, VS_END_NOW, VS_E_TIMEOUT, false, "the peer did not answer the close");
}

static void
release(struct vs_conn *conn)
{
	vs_ws_done(&conn->ws);
}

const struct vs_layer vs_layer_websocket = {
    .name = "websocket",
    .receive = receive,
    .peer_ended = peer_ended,
    .expired = expired,
    .release = release,
};
