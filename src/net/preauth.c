/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections that nobody has vouched for yet: how many there may be, and whose TLS handshake
 * begins.
 *
 * They stand in a list, oldest first. When a source has too many of them, its oldest is closed;
 * when there are too many in all, the oldest that waits for its peer and not for us. A handshake
 * begins when fewer than VS_LIMIT_TLS_HANDSHAKES of the last second are unfinished: one that
 * dawdles gives its turn up. Whoever has to wait is served in order, until the first has waited for
 * a second: from then on the newest goes first, because the oldest may have given up; after five
 * seconds it is dropped.
 */
#include <assert.h>

#include "base/map.h"
#include "base/metric.h"
#include "net/conn.h"

enum { LOOK_MAX = 16, LEASE_MS = 1000, ORDER_MS = 1000, STALE_MS = 5000, TICK_MS = 50 };

static uint16_t
bucket_of(const struct vs_source *source)
{
	return (uint16_t)(vs_hash(vs_bytes_from(source->address, sizeof(source->address))) %
	                  VS_NET_PREAUTH_BUCKETS);
}

/* --- lists ------------------------------------------------------------------------------------ */

static void
append(struct vs_conn_list *list, struct vs_conn *conn, struct vs_conn_link *link, size_t offset)
{
	link->older = list->newest;
	link->newer = NULL;
	if (list->newest != NULL)
		((struct vs_conn_link *)(void *)((char *)list->newest + offset))->newer = conn;
	else
		list->oldest = conn;
	list->newest = conn;
	list->count++;
}

static void
take_out(struct vs_conn_list *list, struct vs_conn_link *link, size_t offset)
{
	if (link->older != NULL)
		((struct vs_conn_link *)(void *)((char *)link->older + offset))->newer =
		    link->newer;
	else
		list->oldest = link->newer;
	if (link->newer != NULL)
		((struct vs_conn_link *)(void *)((char *)link->newer + offset))->older =
		    link->older;
	else
		list->newest = link->older;
	*link = (struct vs_conn_link){NULL, NULL};
	list->count--;
}

#define PREAUTH   offsetof(struct vs_conn, preauth)
#define HANDSHAKE offsetof(struct vs_conn, handshake)

/* --- how many --------------------------------------------------------------------------------- */

void
vs_preauth_begin(struct vs_conn *conn)
{
	struct vs_source source;

	vs_conn_source(conn, &source);
	conn->preauth_bucket = bucket_of(&source);
	conn->net->preauth_buckets[conn->preauth_bucket]++;
	append(&conn->net->preauth, conn, &conn->preauth, PREAUTH);
	conn->is_listed = true;
}

void
vs_preauth_end(struct vs_conn *conn)
{
	if (!conn->is_listed)
		return;
	conn->is_listed = false;
	conn->net->preauth_buckets[conn->preauth_bucket]--;
	take_out(&conn->net->preauth, &conn->preauth, PREAUTH);
}

static void
shed(struct vs_conn *conn, enum vs_metric metric, const char *detail)
{
	vs_metric_add(metric, 1);
	vs_conn_end(conn, VS_END_RESET, VS_E_RATE_LIMITED, false, detail);
	vs_conn_preauth_done(conn);
}

/* The oldest of the source, when there are `most` of them; else NULL. */
static struct vs_conn *
oldest_of(const struct vs_net *net, const struct vs_source *source, uint32_t most)
{
	struct vs_conn *oldest = NULL;
	uint32_t count = 0;

	for (struct vs_conn *conn = net->preauth.oldest; conn != NULL; conn = conn->preauth.newer) {
		struct vs_source other;

		vs_conn_source(conn, &other);
		if (!vs_source_equal(&other, source))
			continue;
		if (oldest == NULL)
			oldest = conn;
		count++;
	}
	return count >= most ? oldest : NULL;
}

/* What waits for us must not be thrown away for what has waited less. */
static struct vs_conn *
oldest_that_dawdles(const struct vs_net *net)
{
	struct vs_conn *conn = net->preauth.oldest;

	for (int i = 0; conn != NULL && i < LOOK_MAX; i++, conn = conn->preauth.newer) {
		if (conn->phase != VS_PHASE_ANSWER && !conn->is_waiting && !vs_tcp_has_unread(conn))
			return conn;
	}
	return NULL;
}

bool
vs_preauth_make_room(struct vs_net *net, const struct vs_source *source)
{
	uint32_t most = source->is_trusted ? VS_LIMIT_PREAUTH_TRUSTED : VS_LIMIT_PREAUTH_SOURCE;
	struct vs_conn *conn;

	if (net->preauth_buckets[bucket_of(source)] >= most) {
		conn = oldest_of(net, source, most);
		if (conn != NULL)
			shed(conn, VS_METRIC_ratelimit_preauth_total,
			     "its source has too many that are not served yet");
	}
	if (vs_net_has_preauth_room())
		return true;
	conn = oldest_that_dawdles(net);
	if (conn != NULL)
		shed(conn, VS_METRIC_ratelimit_preauth_total, "room is needed for a newer one");
	return conn != NULL;
}

/* --- whose handshake begins ---------------------------------------------------------------------
 */

static void
begin(struct vs_conn *conn)
{
	struct vs_net *net = conn->net;

	conn->is_shaking = conn->is_leased = true;
	conn->handshake_ms = vs_loop_now_ms(net->loop);
	append(&net->shaking, conn, &conn->handshake, HANDSHAKE);
}

void
vs_handshake_end(struct vs_conn *conn)
{
	if (conn->is_waiting)
		take_out(&conn->net->waiting, &conn->handshake, HANDSHAKE);
	else if (conn->is_leased)
		take_out(&conn->net->shaking, &conn->handshake, HANDSHAKE);
	conn->is_waiting = conn->is_leased = false;
}

bool
vs_handshake_must_wait(struct vs_conn *conn)
{
	struct vs_net *net = conn->net;

	if (conn->is_waiting)
		return true;
	/* Who has begun goes first. */
	if (conn->is_shaking)
		return net->handshakes_left == 0;
	if (net->waiting.count == 0 && net->handshakes_left > 0 &&
	    net->shaking.count < VS_LIMIT_TLS_HANDSHAKES) {
		begin(conn);
		return false;
	}
	conn->is_waiting = true;
	conn->handshake_ms = vs_loop_now_ms(net->loop);
	append(&net->waiting, conn, &conn->handshake, HANDSHAKE);
	vs_net_work_add(conn); /* which stops listening to it */
	return true;
}

static void
drop_stale(struct vs_net *net, uint64_t now_ms)
{
	struct vs_conn *conn;

	while ((conn = net->shaking.oldest) != NULL && now_ms >= conn->handshake_ms + LEASE_MS)
		vs_handshake_end(conn);
	while ((conn = net->waiting.oldest) != NULL && now_ms >= conn->handshake_ms + STALE_MS)
		shed(conn, VS_METRIC_ratelimit_handshake_total,
		     "its handshake could not begin in time");
}

void
vs_handshake_turn(struct vs_net *net)
{
	uint64_t now_ms = vs_loop_now_ms(net->loop);

	drop_stale(net, now_ms);
	for (uint32_t i = 0; i < VS_LIMIT_TLS_HANDSHAKES_TURN && net->waiting.count > 0 &&
	                     net->shaking.count < VS_LIMIT_TLS_HANDSHAKES;
	     i++) {
		struct vs_conn *conn = net->waiting.oldest;

		if (now_ms >= conn->handshake_ms + ORDER_MS)
			conn = net->waiting.newest;
		vs_handshake_end(conn);
		begin(conn);
		vs_net_work_add(conn); /* which listens to it again */
	}
	if (net->waiting.count > 0 && !vs_timer_is_armed(&net->handshake_timer))
		vs_timer_arm(net->loop, &net->handshake_timer, TICK_MS);
}

/* A turn of the loop is what it is for: its end looks at the queue. */
void
vs_handshake_tick(struct vs_loop *loop, struct vs_timer *timer)
{
	(void)timer;
	vs_loop_hurry(loop);
}
