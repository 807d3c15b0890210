/* SPDX-License-Identifier: Apache-2.0 */
#include "net/conn.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/metric.h"
#include "crypto/tls_identity.h"

enum { WARM_USER_SIZE = 320 }; /* about what a station's session has */

/* --- ending ----------------------------------------------------------------------------------- */

static void
set_reason(struct vs_conn *conn, enum vs_err why, bool by_peer, const char *detail)
{
	if (conn->is_close_set)
		return;
	conn->is_close_set = true;
	conn->close_why = (uint8_t)why;
	conn->close_by_peer = by_peer;
	conn->close_detail = detail;
}

void
vs_conn_end(struct vs_conn *conn, enum vs_conn_end how, enum vs_err why, bool by_peer,
            const char *detail)
{
	set_reason(conn, why, by_peer, detail);
	if (conn->phase >= VS_PHASE_DEAD)
		return;
	conn->is_reset |= how == VS_END_RESET;
	vs_handshake_end(conn);
	if (conn->phase <= VS_PHASE_HANDSHAKE) { /* what waits for the handshake waits in vain */
		vs_net_buffer_give(conn);
		if (conn->phase == VS_PHASE_CONNECTING)
			how = VS_END_NOW;
	}
	if (how != VS_END_FLUSH)
		conn->phase = VS_PHASE_DEAD;
	else if (conn->phase < VS_PHASE_ENDING)
		conn->phase = VS_PHASE_ENDING;
	vs_conn_set_deadline(conn, VS_NET_STALL_TIMEOUT_MS);
	vs_net_work_add(conn);
}

static void
report(struct vs_conn *conn)
{
	const struct vs_net_handler *handler = &conn->profile->handler;
	struct vs_tls_peer claimed;
	struct vs_net_close close = {
	    .why = (enum vs_err)conn->close_why,
	    .by_peer = conn->close_by_peer,
	    .ws_code = conn->close_code,
	    .detail = conn->close_detail,
	    .http_status = conn->close_http_status,
	    .retry_after_s = conn->close_retry_s,
	    .tls = (enum vs_tls_failure)conn->close_tls,
	};

	if (conn->is_reported)
		return;
	if (close.tls != VS_TLS_FAILURE_NONE && conn->ssl != NULL &&
	    vs_tls_peer_claimed(conn->ssl, &claimed).code == VS_E_OK)
		close.claimed = &claimed;
	if (close.tls != VS_TLS_FAILURE_NONE && conn->identity != NULL) {
		vs_tls_identity_get(conn->identity, &claimed);
		close.claimed = &claimed;
	}
	/* Before the call: nobody finds the connection any more. */
	conn->is_reported = true;
	if (handler->closed != NULL)
		handler->closed(conn, &close, handler->arg);
	conn->user = NULL;
}

static void
release(struct vs_conn *conn)
{
	report(conn);
	for (size_t i = VS_NET_LAYERS_MAX; i-- > 0;)
		if (i <= conn->level && conn->profile->layers[i]->release != NULL)
			conn->profile->layers[i]->release(conn);
	vs_net_buffer_give(conn);
	vs_buf_done(&conn->in);
	vs_timer_cancel(conn->net->loop, &conn->timer);
	vs_conn_free(conn);
}

/* All that was queued is written: say goodbye in each layer, top first, and wait for the peer's FIN
 * where closing at once could destroy what is still under way to it (RFC 9112 9.6). */
static void
say_goodbye(struct vs_conn *conn)
{
	conn->phase = VS_PHASE_LINGERING;
	report(conn);
	if (!conn->is_eof)
		conn->profile->transport->finish(conn);
	if (conn->phase != VS_PHASE_LINGERING)
		return;
	/* After both close frames neither side has anything under way, or should not: what is not
	 * read when the socket is closed makes TCP reset it, and our close frame may be lost. */
	if (conn->is_eof ||
	    (conn->is_close_received && !conn->is_client && !vs_tcp_has_unread(conn))) {
		conn->phase = VS_PHASE_DEAD;
		return;
	}
	/* RFC 6455 7.1.1: the server closes first. */
	if (!(conn->is_client && conn->is_ws) && conn->profile->transport != &vs_layer_tcp)
		vs_layer_tcp.finish(conn);
	vs_conn_set_deadline(conn, VS_NET_LINGER_TIMEOUT_MS);
}

/* --- timers ----------------------------------------------------------------------------------- */

void
vs_conn_set_deadline(struct vs_conn *conn, uint64_t delay_ms)
{
	conn->deadline_ms = delay_ms > 0 ? vs_loop_now_ms(conn->net->loop) + delay_ms : 0;
	conn->is_timer_stale = true;
}

static uint64_t
sooner(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* Silence counts where nothing else is due. */
static bool
is_idle_watched(const struct vs_conn *conn)
{
	return conn->profile->idle_timeout_ms > 0 &&
	       (conn->phase == VS_PHASE_OPEN ||
	        (conn->phase == VS_PHASE_HEAD && conn->deadline_ms == 0));
}

/* One timer for all that may come due. It is not moved when bytes arrive: when it fires it looks
 * again. */
static void
rearm(struct vs_conn *conn)
{
	const struct vs_net_profile *profile = conn->profile;
	uint64_t now_ms = vs_loop_now_ms(conn->net->loop);
	uint64_t due_ms = UINT64_MAX;

	conn->is_timer_stale = false;
	if (conn->deadline_ms > 0)
		due_ms = conn->deadline_ms;
	if (conn->stalled_ms > 0)
		due_ms = sooner(due_ms, conn->stalled_ms + VS_NET_STALL_TIMEOUT_MS);
	if (is_idle_watched(conn))
		due_ms = sooner(due_ms, conn->received_ms + profile->idle_timeout_ms);
	if (vs_conn_is_pinged(conn))
		due_ms = sooner(due_ms, conn->pinged_ms + profile->ping_interval_ms);
	if (due_ms == UINT64_MAX)
		vs_timer_cancel(conn->net->loop, &conn->timer);
	else
		vs_timer_arm(conn->net->loop, &conn->timer, due_ms > now_ms ? due_ms - now_ms : 0);
}

static void
expire(struct vs_conn *conn)
{
	const struct vs_net_profile *profile = conn->profile;
	uint64_t now_ms = vs_loop_now_ms(conn->net->loop);

	if (conn->deadline_ms > 0 && now_ms >= conn->deadline_ms) {
		conn->deadline_ms = 0;
		if (conn->phase >= VS_PHASE_ENDING || conn->phase == VS_PHASE_CONNECTING ||
		    conn->is_client)
			vs_conn_end(
			    conn, VS_END_NOW, VS_E_TIMEOUT, false,
			    conn->phase == VS_PHASE_CONNECTING  ? "the TCP connection took too long"
			    : conn->phase == VS_PHASE_HANDSHAKE ? "the TLS handshake took too long"
			    : conn->phase == VS_PHASE_CLOSING ? "the peer did not answer the close"
							      : "it took too long");
		else if (conn->phase == VS_PHASE_HANDSHAKE)
			conn->profile->transport->expired(conn);
		else
			vs_conn_top(conn)->expired(conn);
		return;
	}
	if (conn->stalled_ms > 0 && now_ms >= conn->stalled_ms + VS_NET_STALL_TIMEOUT_MS) {
		vs_metric_add(VS_METRIC_write_timeouts_total, 1);
		vs_conn_end(conn, VS_END_NOW, VS_E_TIMEOUT, false, "the peer does not read");
		return;
	}
	if (is_idle_watched(conn) && now_ms >= conn->received_ms + profile->idle_timeout_ms) {
		vs_metric_add(VS_METRIC_idle_timeouts_total, 1);
		set_reason(conn, VS_E_TIMEOUT, false, "silent for too long");
		if (conn->phase == VS_PHASE_OPEN)
			vs_conn_ws_close(conn, VS_WS_CLOSE_GOING_AWAY, "silent for too long");
		vs_conn_end(conn, VS_END_FLUSH, VS_E_TIMEOUT, false, "silent for too long");
		return;
	}
	if (vs_conn_is_pinged(conn) && now_ms >= conn->pinged_ms + profile->ping_interval_ms)
		vs_ws_ping_due(conn);
}

/* --- writing ---------------------------------------------------------------------------------- */

static void
flush(struct vs_conn *conn)
{
	if (vs_tcp_flush_unsent(conn) && conn->out.size > 0 && conn->phase > VS_PHASE_HANDSHAKE &&
	    conn->phase != VS_PHASE_DEAD) {
		size_t taken = conn->profile->transport->send(conn, conn->out.data + conn->out_at,
		                                              conn->out.size - conn->out_at);

		conn->out_at += (uint32_t)taken;
		if (conn->out_at == conn->out.size) {
			vs_net_buffer_give(conn);
		} else if (conn->out_at > conn->out.size / 2) {
			vs_buf_consume(&conn->out, conn->out_at);
			conn->out_at = 0;
		}
	}
	vs_tcp_flush_tx(conn);
	if (vs_conn_queued(conn) == 0) {
		conn->is_timer_stale |= conn->stalled_ms > 0;
		conn->stalled_ms = 0;
	} else if (conn->stalled_ms == 0) {
		conn->stalled_ms = vs_loop_now_ms(conn->net->loop);
		conn->is_timer_stale = true;
	}
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Offer the top what waits in `in`; false when it took nothing. */
static bool
feed(struct vs_conn *conn)
{
	size_t used;

	if (conn->is_open_due)
		vs_ws_tell_open(conn);
	if (conn->in.size == 0 || vs_conn_is_held(conn) || conn->phase < VS_PHASE_HEAD)
		return false;
	used = vs_conn_top(conn)->receive(conn, conn->in.data, conn->in.size);
	vs_buf_consume(&conn->in, used);
	if (conn->in.size == 0)
		vs_buf_done(&conn->in);
	return used > 0;
}

static void
keep(struct vs_conn *conn, const uint8_t *data, size_t size)
{
	if (size > 0 && !vs_conn_is_over(conn) &&
	    vs_buf_append(&conn->in, data, size).code != VS_E_OK)
		vs_conn_end(conn, VS_END_NOW, VS_E_NO_MEMORY, false, "no memory for what came in");
}

void
vs_conn_deliver(struct vs_conn *conn, uint8_t *data, size_t size)
{
	size_t used = 0;

	if (conn->in.size > 0) {
		keep(conn, data, size);
		while (feed(conn))
			;
		return;
	}
	/* An upgrade changes the top in the middle: go on with the new one. */
	while (used < size && !vs_conn_is_held(conn)) {
		size_t taken = vs_conn_top(conn)->receive(conn, data + used, size - used);

		used += taken;
		if (taken == 0)
			break;
		if (conn->is_open_due)
			vs_ws_tell_open(conn);
	}
	keep(conn, data + used, size - used);
}

void
vs_conn_transport_ready(struct vs_conn *conn)
{
	conn->phase = VS_PHASE_HEAD;
	vs_conn_top(conn)->start(conn);
}

/* --- a dispatch ------------------------------------------------------------------------------- */

static void
set_interest(struct vs_conn *conn)
{
	bool must_read = !conn->is_eof && conn->phase != VS_PHASE_CONNECTING &&
	                 (conn->phase == VS_PHASE_LINGERING || !vs_conn_is_held(conn));
	bool must_write =
	    conn->phase == VS_PHASE_CONNECTING ||
	    (conn->phase > VS_PHASE_HANDSHAKE ? vs_conn_queued(conn) > 0 : conn->unsent != NULL);

	vs_result r;

	/* While a handler thinks, it is of interest that the peer goes away; its bytes are not. */
	if (conn->is_waiting)
		must_read = false;
	else if (conn->phase == VS_PHASE_ANSWER)
		must_read = !conn->is_eof && conn->in.size == 0 && !conn->is_paused;
	conn->watch.events =
	    (must_read ? (uint32_t)VS_LOOP_READ : 0) | (must_write ? (uint32_t)VS_LOOP_WRITE : 0);
	/* Only where every report is followed by a read: handshakes wait for their turn. */
	if (conn->phase == VS_PHASE_OPEN)
		conn->watch.events |= (uint32_t)VS_LOOP_EDGE;
	r = conn->is_unread && must_read ? vs_loop_again(conn->net->loop, &conn->watch)
	                                 : vs_loop_watch(conn->net->loop, &conn->watch);
	conn->is_unread = false;
	if (r.code != VS_E_OK)
		vs_conn_end(conn, VS_END_NOW, VS_E_IO, false, "the socket cannot be watched");
}

static void
begin(struct vs_conn *conn)
{
	struct vs_net *net = conn->net;

	assert(net->current == NULL && net->tx_size == 0 && net->rx_size == 0);
	net->current = conn;
}

/* Callbacks that are due, bytes that waited, flush, goodbye; then nothing of this connection is
 * left in the shared buffers. The connection may be gone afterwards. */
static void
settle(struct vs_conn *conn)
{
	struct vs_net *net = conn->net;
	bool is_moving = true, was_held;

	while (is_moving) {
		is_moving = feed(conn);
		was_held = vs_conn_is_held(conn);
		if (conn->phase >= VS_PHASE_HANDSHAKE && conn->phase < VS_PHASE_DEAD)
			flush(conn);
		/* What waited for the queue to drain may wait for no other event. */
		is_moving |= was_held && !vs_conn_is_held(conn);
	}
	if (conn->phase == VS_PHASE_ENDING && vs_conn_queued(conn) == 0)
		say_goodbye(conn);
	if (conn->phase != VS_PHASE_DEAD)
		set_interest(conn);
	net->tx_size = 0;
	net->current = NULL;
	if (conn->phase == VS_PHASE_DEAD)
		release(conn);
	else if (conn->is_timer_stale)
		rearm(conn);
}

void
vs_conn_work(struct vs_conn *conn)
{
	begin(conn);
	settle(conn);
}

void
vs_conn_timer(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_conn *conn =
	    (struct vs_conn *)(void *)((char *)timer - offsetof(struct vs_conn, timer));

	(void)loop;
	begin(conn);
	expire(conn);
	conn->is_timer_stale = true;
	settle(conn);
}

void
vs_conn_ready(struct vs_loop *loop, struct vs_loop_watch *watch, uint32_t events)
{
	struct vs_conn *conn = (struct vs_conn *)(void *)watch;
	bool is_reading = (watch->events & VS_LOOP_READ) != 0;

	(void)loop;
	if (conn->phase == VS_PHASE_HANDSHAKE && !conn->is_client && (events & VS_LOOP_READ) != 0 &&
	    vs_handshake_must_wait(conn))
		return;
	begin(conn);
	/* The end is behind the bytes that are read now. */
	conn->is_unread = (events & (VS_LOOP_END | VS_LOOP_HANGUP)) != 0;
	if (conn->phase == VS_PHASE_CONNECTING)
		vs_connect_finished(conn);
	else if (is_reading && (events & (VS_LOOP_READ | VS_LOOP_HANGUP)) != 0)
		(void)vs_layer_tcp.receive(conn, NULL, 0);
	else if ((events & VS_LOOP_HANGUP) != 0)
		vs_conn_end(conn, VS_END_NOW, VS_E_CLOSED, true, "the peer reset the connection");
	settle(conn);
}

/* --- public ----------------------------------------------------------------------------------- */

vs_conn_id
vs_conn_get_id(const struct vs_conn *conn)
{
	return conn->id;
}

struct vs_net *
vs_conn_net(const struct vs_conn *conn)
{
	return conn->net;
}

void
vs_conn_set_user(struct vs_conn *conn, void *user)
{
	conn->user = user;
	conn->watch.warm[1] = user;
	conn->watch.warm_size[1] = user != NULL ? WARM_USER_SIZE : 0;
}

void *
vs_conn_user(const struct vs_conn *conn)
{
	return conn->user;
}

const char *
vs_conn_listener_name(const struct vs_conn *conn)
{
	return conn->profile->name;
}

void
vs_conn_peer_text(const struct vs_conn *conn, char text[static VS_NET_PEER_TEXT_SIZE])
{
	char address[INET6_ADDRSTRLEN] = "?";

	(void)inet_ntop(conn->is_ipv6 ? AF_INET6 : AF_INET, conn->address, address,
	                sizeof(address));
	(void)snprintf(text, VS_NET_PEER_TEXT_SIZE, conn->is_ipv6 ? "[%s]:%u" : "%s:%u", address,
	               (unsigned)conn->port);
}

void
vs_conn_tuple_text(const struct vs_conn *conn, char text[static VS_NET_TUPLE_TEXT_SIZE])
{
	struct sockaddr_storage local = {0};
	socklen_t size = sizeof(local);
	struct vs_conn here = *conn;
	char from[VS_NET_PEER_TEXT_SIZE], to[VS_NET_PEER_TEXT_SIZE] = "?";

	vs_conn_peer_text(conn, from);
	if (getsockname(conn->watch.fd, (struct sockaddr *)&local, &size) == 0) {
		vs_conn_set_address(&here, &local);
		vs_conn_peer_text(&here, to);
	}
	(void)snprintf(text, VS_NET_TUPLE_TEXT_SIZE, "%s > %s", from, to);
}

void
vs_conn_source(const struct vs_conn *conn, struct vs_source *source_out)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	*source_out = (struct vs_source){.is_ipv6 = conn->is_ipv6};
	/* RFC 4291 2.5.5.2: what an IPv6 socket sees of an IPv4 peer. */
	if (conn->is_ipv6 && vs_bytes_equal(vs_bytes_from(conn->address, sizeof(mapped)),
	                                    vs_bytes_from(mapped, sizeof(mapped)))) {
		source_out->is_ipv6 = false;
		memcpy(source_out->address, conn->address + sizeof(mapped), 4);
	} else {
		memcpy(source_out->address, conn->address, conn->is_ipv6 ? 16 : 4);
	}
	vs_throttle_trust(conn->profile->throttle, source_out);
}

void
vs_conn_close(struct vs_conn *conn, bool is_abrupt)
{
	if (is_abrupt)
		vs_conn_end(conn, VS_END_RESET, VS_E_OK, false, "reset by us");
	else if (!vs_conn_is_over(conn))
		vs_conn_end(conn, VS_END_FLUSH, VS_E_OK, false, "closed by us");
}

void
vs_conn_pause(struct vs_conn *conn)
{
	conn->is_paused = true;
	vs_net_work_add(conn);
}

void
vs_conn_resume(struct vs_conn *conn)
{
	conn->is_paused = false;
	vs_net_work_add(conn);
}
