/* SPDX-License-Identifier: Apache-2.0 */
/* A connection: frames in and out, how it ends, and which connection is a charge point's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/random.h"
#include "charge/inside.h"

#define STORED_MS UINT64_C(5000) /* that a database may take until nobody waits for it */
#define LOOK_MS   20u

struct vs_charge_link *
vs_charge_link_find(struct vs_charge *charge, vs_conn_id conn)
{
	struct vs_conn *found = conn != 0 ? vs_net_find(charge->net, conn) : NULL;

	return found != NULL ? vs_conn_user(found) : NULL;
}

/* --- sending ------------------------------------------------------------------------------------
 */

static void
put_bytes(struct vs_charge_link *link, struct vs_bytes bytes)
{
	struct vs_conn *conn = vs_net_find(link->charge->net, link->conn);

	/* One that does not read is closed; what it misses it asks for on the next connection. */
	if (conn != NULL && vs_conn_bytes_send(conn, bytes).code == VS_E_BUSY)
		vs_conn_close(conn, true);
}

void
vs_charge_link_put(struct vs_charge_link *link, struct vs_bytes data)
{
	struct vs_charge *charge = link->charge;

	vs_charge_trace_data(link, true, data);
	vs_buf_reset(&charge->bytes);
	if (vs_frame_encode(vs_frame_scope_known(&link->frame), false, data, &charge->bytes).code ==
	    VS_E_OK)
		put_bytes(link, vs_buf_view(&charge->bytes));
}

void
vs_charge_link_control(struct vs_charge_link *link, uint8_t control)
{
	put_bytes(link, vs_bytes_from(&control, 1));
}

static vs_result
seal(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	struct vs_charge *charge = link->charge;
	struct vs_buf plain;
	vs_result r;

	vs_buf_init(&plain, VS_LIMIT_FRAME_SIZE / 2);
	vs_buf_reset(&charge->data);
	r = vs_framed_write(message, &plain);
	if (r.code == VS_E_OK)
		vs_charge_trace_plain(link, true, vs_buf_view(&plain));
	if (r.code == VS_E_OK && link->sealed != NULL)
		r = vs_ocpp_sealed_seal(link->sealed, vs_buf_view(&plain), &charge->data);
	else if (r.code == VS_E_OK && link->is_clear)
		r = vs_buf_append_bytes(&charge->data, vs_buf_view(&plain));
	else if (r.code == VS_E_OK)
		r = link->point != NULL && link->point->tokens != NULL
		        ? vs_framed_tokens_seal(link->point->tokens, link->form,
		                                vs_buf_view(&plain), charge->now_ms / 1000,
		                                &charge->data)
		        : VS_FAIL(NOT_NOW);
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.size); /* a KEY_UPDATE has a key in it */
	vs_buf_done(&plain);
	return r;
}

void
vs_charge_link_send(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	vs_result r;

	if (link->phase == VS_CHARGE_ENDED)
		return;
	r = seal(link, message);
	link->said++;
	if (r.code == VS_E_OK)
		vs_charge_link_put(link, vs_buf_view(&link->charge->data));
	else
		VS_LOG(WARN, "charge.not_sent",
		       vs_bytes_from_text(link->point != NULL ? link->point->identity : link->peer),
		       VS_LOG_STR("message", vs_framed_row(message->type)->name), VS_LOG_ERR(r));
}

/* --- ending -------------------------------------------------------------------------------------
 */

static void
leave(struct vs_charge_link *link, const char *why)
{
	struct vs_charge *charge = link->charge;
	struct vs_charge_point *point = link->point;

	if (link->phase == VS_CHARGE_PROVEN) {
		vs_metric_add(VS_METRIC_framed_connections, -1);
		(void)atomic_fetch_sub(&charge->count, 1);
	}
	link->phase = VS_CHARGE_ENDED;
	if (link->driver != NULL && link->driver->conn == link->conn)
		link->driver->conn = 0;
	if (point == NULL)
		return;
	if (point->holder == link->conn)
		vs_charge_point_hold(charge, point, 0);
	if (point->engine == link->conn) {
		point->engine = 0;
		point->pending_driver[0] = '\0';
		vs_charge_point_event(charge, point, VS_FRAMED_ENGINE_LEFT);
	}
	if (point->monitor == link->conn) {
		point->monitor = 0;
		vs_charge_point_event(charge, point, VS_FRAMED_MONITOR_LEFT);
	}
	vs_charge_point_seen(charge, point, link->peer, why);
}

static void
close_late(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_charge_link *link =
	    (struct vs_charge_link *)((char *)timer - offsetof(struct vs_charge_link, closing));
	struct vs_conn *conn = vs_net_find(link->charge->net, link->conn);

	(void)loop;
	if (conn != NULL)
		vs_conn_close(conn, false);
}

static void
close_stored(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_charge_link *link =
	    (struct vs_charge_link *)((char *)timer - offsetof(struct vs_charge_link, closing));
	struct vs_conn *conn = vs_net_find(link->charge->net, link->conn);

	if (link->point != NULL && link->point->unstored > 0 &&
	    vs_loop_now_ms(loop) < link->closing_until_ms) {
		vs_timer_arm(loop, timer, LOOK_MS);
		return;
	}
	vs_charge_link_control(link, VS_FRAME_EOT);
	if (conn != NULL)
		vs_conn_close(conn, false);
}

void
vs_charge_link_end(struct vs_charge_link *link, enum vs_charge_end how)
{
	struct vs_charge *charge = link->charge;
	struct vs_conn *conn = vs_net_find(charge->net, link->conn);

	leave(link, how == VS_CHARGE_STORED ? "goes to another node" : "ended by Central");
	if (conn == NULL)
		return;
	if (how == VS_CHARGE_STORED) {
		link->closing.fire = close_stored;
		link->closing_until_ms = charge->mono_ms + STORED_MS;
		vs_timer_arm(charge->loop, &link->closing, 0);
		return;
	}
	/* A wrong proof is answered by nothing, at a time that says nothing. */
	if (how == VS_CHARGE_LATER)
		vs_timer_arm(charge->loop, &link->closing,
		             vs_random_below(charge->options.tarpit_ms + 1));
	else
		vs_conn_close(conn, how == VS_CHARGE_NOW);
}

/* --- who is connected ---------------------------------------------------------------------------
 */

/* The old connection of the same place has lost it: the newer one has just proven itself. */
static void
displace(struct vs_charge *charge, vs_conn_id old, vs_conn_id now)
{
	struct vs_charge_link *link = old != now ? vs_charge_link_find(charge, old) : NULL;

	if (link == NULL)
		return;
	vs_metric_add(VS_METRIC_sessions_displaced_total, 1);
	vs_charge_link_end(link, VS_CHARGE_FLUSH);
}

void
vs_charge_link_proven(struct vs_charge_link *link)
{
	struct vs_charge *charge = link->charge;
	struct vs_charge_point *point = link->point;
	struct vs_conn *conn = vs_net_find(charge->net, link->conn);
	vs_conn_id old;

	if (link->phase != VS_CHARGE_PROVEN) {
		link->phase = VS_CHARGE_PROVEN;
		vs_metric_add(VS_METRIC_framed_connections, 1);
		(void)atomic_fetch_add(&charge->count, 1);
		if (conn != NULL)
			vs_conn_bytes_admit(conn);
	}
	if (point == NULL)
		return;
	if ((link->roles & VS_FRAMED_CP) != 0 && point->engine != link->conn) {
		old = point->engine;
		point->engine = link->conn;
		point->latitude = link->latitude;
		point->longitude = link->longitude;
		point->price = link->price;
		vs_charge_point_keep(charge, point);
		displace(charge, old, link->conn);
		vs_charge_point_event(charge, point, VS_FRAMED_ENGINE_CAME);
	}
	if ((link->roles & VS_FRAMED_MONITOR) != 0 && point->monitor != link->conn) {
		old = point->monitor;
		point->monitor = link->conn;
		displace(charge, old, link->conn);
		point->facts.fault = false; /* a new monitor says anew what is wrong */
		vs_charge_came(charge, false, point->tenant, point->identity);
		vs_charge_point_event(charge, point, VS_FRAMED_MONITOR_CAME);
	}
	if (link->roles != 0)
		vs_charge_point_seen(charge, point, link->peer,
		                     link->is_compat ? "Fernet" : "sealed");
}

/* --- receiving ----------------------------------------------------------------------------------
 */

/* Come again: perhaps at another node. That it is no verdict about a key is what EOT says. */
static void
not_now(struct vs_conn *conn)
{
	const uint8_t eot = VS_FRAME_EOT;

	vs_metric_add(VS_METRIC_framed_refused_total, 1);
	if (vs_conn_bytes_send(conn, vs_bytes_from(&eot, 1)).code == VS_E_OK)
		vs_conn_close(conn, false);
	else
		vs_conn_close(conn, true);
}

static void
on_open(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg)
{
	struct vs_charge *charge = arg;
	const struct vs_charge_options *options = &charge->options;
	struct vs_charge_link *link;

	(void)subprotocol;
	if (vs_drain_is_on(&charge->draining)) {
		not_now(conn);
		return;
	}
	if (options->is_current != NULL && !options->is_current(options->is_current_arg)) {
		vs_metric_add(VS_METRIC_node_refused_total, 1);
		VS_LOG(WARN, "charge.refused", vs_bytes_from_text(vs_conn_listener_name(conn)),
		       VS_LOG_STR("why", "this node does not know who was revoked"));
		vs_conn_close(conn, true);
		return;
	}
	link = calloc(1, sizeof(*link));
	if (link == NULL) {
		vs_conn_close(conn, true);
		return;
	}
	link->charge = charge;
	link->conn = vs_conn_get_id(conn);
	link->is_compat = strcmp(vs_conn_listener_name(conn), VS_CHARGE_LISTENER_COMPAT) == 0;
	link->closing.fire = close_late;
	link->next = charge->links;
	link->place = &charge->links;
	if (link->next != NULL)
		link->next->place = &link->next;
	charge->links = link;
	vs_frame_init(&link->frame, VS_FRAME_AUTO, false, VS_CHARGE_DATA_MAX);
	vs_conn_peer_text(conn, link->peer);
	vs_conn_source(conn, &link->source);
	vs_conn_set_user(conn, link);
}

static void
on_control(struct vs_charge_link *link, uint8_t control)
{
	if (control == VS_FRAME_ENQ) {
		link->speaks_ack = true;
		vs_charge_link_control(link, VS_FRAME_ACK);
	} else if (control == VS_FRAME_ACK) {
		vs_charge_ticket_acked(link);
	} else if (control == VS_FRAME_EOT) {
		vs_charge_ticket_read(link);
		vs_charge_link_end(link, VS_CHARGE_FLUSH);
	}
	/* NAK of a peer changes nothing: TCP has brought it, or the connection is gone. */
}

static void
on_event(struct vs_charge_link *link, const struct vs_frame_event *event)
{
	if (event->type == VS_FRAME_EVENT_CONTROL) {
		on_control(link, event->control);
	} else if (event->type == VS_FRAME_EVENT_DATA) {
		vs_charge_take(link, event->data);
	} else {
		vs_metric_add(VS_METRIC_framed_damaged_total, 1);
		VS_LOG(WARN, "charge.damaged", vs_charge_subject(link),
		       VS_LOG_STR("peer", link->peer));
		vs_charge_link_control(link, VS_FRAME_NAK);
	}
}

/* Too long a frame, or too much that is none. */
static void
end_for_frames(struct vs_charge_link *link, vs_result why)
{
	bool was_proven = link->phase == VS_CHARGE_PROVEN && link->point != NULL;

	vs_metric_add(VS_METRIC_framed_damaged_total, 1);
	VS_LOG(WARN, "charge.bad_frames", vs_charge_subject(link), VS_LOG_STR("peer", link->peer),
	       VS_LOG_ERR(why));
	vs_charge_link_control(link, VS_FRAME_EOT);
	vs_charge_link_end(link, VS_CHARGE_FLUSH);
	if (was_proven)
		vs_charge_count_closure(link->charge, link->point);
}

static void
on_bytes(struct vs_conn *conn, struct vs_bytes bytes, void *arg)
{
	struct vs_charge *charge = arg;
	struct vs_charge_link *link = vs_conn_user(conn);
	struct vs_frame_event event;
	vs_result r = VS_OK;

	vs_charge_wake(charge);
	while (link != NULL && link->phase != VS_CHARGE_ENDED) {
		r = vs_frame_receive(&link->frame, &bytes, &event);
		if (r.code != VS_E_OK)
			break;
		on_event(link, &event);
	}
	if (link != NULL && link->phase != VS_CHARGE_ENDED && r.code != VS_E_AGAIN)
		end_for_frames(link, r);
}

static void
on_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	struct vs_charge *charge = arg;
	struct vs_charge_link *link = vs_conn_user(conn);

	if (link == NULL)
		return;
	vs_charge_wake(charge);
	if (link->phase != VS_CHARGE_ENDED)
		leave(link, close->detail[0] != '\0' ? close->detail : "closed by the peer");
	vs_timer_cancel(charge->loop, &link->closing);
	*link->place = link->next;
	if (link->next != NULL)
		link->next->place = link->place;
	vs_conn_set_user(conn, NULL);
	vs_frame_done(&link->frame);
	vs_ocpp_sealed_free(&link->sealed);
	free(link);
}

void
vs_charge_link_handler(struct vs_charge *charge, struct vs_net_handler *handler_out)
{
	assert(charge != NULL && handler_out != NULL);
	*handler_out = (struct vs_net_handler){
	    .open = on_open, .bytes = on_bytes, .closed = on_closed, .arg = charge};
}
