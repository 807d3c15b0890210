/* SPDX-License-Identifier: Apache-2.0 */
#include "net/net.h"

#include <assert.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/metric.h"
#include "base/random.h"
#include "net/conn.h"

/* An id is reactor (8 bits), generation (32), slot (24). */
enum { SLOT_BITS = 24, REACTOR_SHIFT = 56, SLAB_CONNS = 64 };
static const uint64_t SLOT_MASK = ((uint64_t)1 << SLOT_BITS) - 1;
static const uint64_t GENERATION_ONE = (uint64_t)1 << SLOT_BITS;
static const uint64_t GENERATION_MASK = (uint64_t)UINT32_MAX << SLOT_BITS;

struct vs_net_slab {
	struct vs_conn conns[SLAB_CONNS];
};

/* The limits of limits.def are those of the process. */
static atomic_size_t open_count, preauth_count;

/* --- layers ----------------------------------------------------------------------------------- */

#define TCP       &vs_layer_tcp
#define TLS       &vs_layer_tls
#define HTTP      &vs_layer_http
#define WEBSOCKET &vs_layer_websocket
#define STREAM    &vs_layer_stream
#define LAYERS(...)                                                                                \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
#define VS_STACK(name, layers, help) [VS_STACK_##name] = layers,
static const struct vs_layer *const stacks[VS_STACK_COUNT][VS_NET_LAYERS_MAX + 1] = {
#include "net/stacks.def"
};
#undef VS_STACK

void
vs_net_profile_layers(struct vs_net_profile *profile, enum vs_net_stack stack)
{
	assert(stack < VS_STACK_COUNT);
	profile->layers = stacks[stack];
	profile->first_top = profile->layers[1] == &vs_layer_tls ? 2 : 1;
	profile->transport = profile->layers[profile->first_top - 1];
}

void
vs_net_profile_unref(struct vs_net_profile **profile)
{
	struct vs_net_profile *gone = *profile;

	*profile = NULL;
	if (gone == NULL || --gone->references > 0)
		return;
	vs_tls_server_unref(&gone->tls_server);
	vs_tls_client_unref(&gone->tls_client);
	if (gone->upgrade != NULL) {
		free(gone->upgrade->server_name);
		free(gone->upgrade->subprotocols);
		free(gone->upgrade);
	}
	free(gone);
}

/* --- connections and their slots -------------------------------------------------------------- */

static vs_result
add_slab(struct vs_net *net)
{
	struct vs_net_slab **slabs, *slab;

	if ((net->slab_count + 1) * SLAB_CONNS > SLOT_MASK)
		return VS_FAIL(BUSY);
	slabs = reallocarray(net->slabs, net->slab_count + 1, sizeof(struct vs_net_slab *));
	if (slabs == NULL)
		return VS_FAIL(NO_MEMORY);
	net->slabs = slabs;
	slab = calloc(1, sizeof(*slab));
	if (slab == NULL)
		return VS_FAIL(NO_MEMORY);
	for (size_t i = SLAB_CONNS; i-- > 0;) {
		struct vs_conn *conn = &slab->conns[i];

		conn->id =
		    (uint64_t)net->index << REACTOR_SHIFT | (net->slab_count * SLAB_CONNS + i);
		conn->phase = VS_PHASE_FREE;
		conn->work_next = net->free_conns;
		net->free_conns = conn;
	}
	net->slabs[net->slab_count++] = slab;
	return VS_OK;
}

vs_result
vs_conn_new(struct vs_net *net, struct vs_net_profile *profile, int fd, struct vs_conn **conn_out)
{
	struct vs_conn *conn;
	vs_conn_id id;

	if (atomic_fetch_add_explicit(&open_count, 1, memory_order_relaxed) >=
	    VS_LIMIT_CONNECTIONS) {
		atomic_fetch_sub_explicit(&open_count, 1, memory_order_relaxed);
		return VS_FAIL(BUSY);
	}
	if (net->free_conns == NULL) {
		vs_result r = add_slab(net);

		if (r.code != VS_E_OK) {
			atomic_fetch_sub_explicit(&open_count, 1, memory_order_relaxed);
			return r;
		}
	}
	conn = net->free_conns;
	net->free_conns = conn->work_next;
	id = conn->id + GENERATION_ONE;
	*conn = (struct vs_conn){
	    .watch = {.fd = fd, .ready = vs_conn_ready},
	    .net = net,
	    .profile = profile,
	    .id = id,
	    .timer = {.fire = vs_conn_timer},
	    .received_ms = vs_loop_now_ms(net->loop),
	    .close_detail = "",
	    .level = profile->first_top,
	    .is_client = profile->is_client,
	    .is_preauth = !profile->is_client,
	};
	profile->references++;
	vs_buf_init(&conn->out, profile->out_size_max);
	vs_buf_init(&conn->in,
	            VS_LIMIT_HTTP_HEAD_SIZE + profile->body_size_max + 2 * VS_NET_PLAIN_SIZE);
	if (conn->is_preauth)
		atomic_fetch_add_explicit(&preauth_count, 1, memory_order_relaxed);
	net->count++;
	vs_metric_add(VS_METRIC_connections_open, 1);
	*conn_out = conn;
	return VS_OK;
}

void
vs_conn_free(struct vs_conn *conn)
{
	struct vs_net *net = conn->net;

	if (conn->phase == VS_PHASE_FREE)
		return;
	vs_conn_preauth_done(conn);
	atomic_fetch_sub_explicit(&open_count, 1, memory_order_relaxed);
	vs_metric_add(VS_METRIC_connections_open, -1);
	net->count--;
	vs_net_profile_unref(&conn->profile);
	conn->phase = VS_PHASE_FREE;
	if (conn->is_in_work || (conn->id & GENERATION_MASK) == GENERATION_MASK)
		return; /* the work list frees it; a slot whose generations are used up stays empty
		         */
	conn->work_next = net->free_conns;
	net->free_conns = conn;
}

static struct vs_conn *
slot_of(const struct vs_net *net, uint64_t slot)
{
	return slot < net->slab_count * SLAB_CONNS
	           ? &net->slabs[slot / SLAB_CONNS]->conns[slot % SLAB_CONNS]
	           : NULL;
}

struct vs_conn *
vs_net_find(struct vs_net *net, vs_conn_id id)
{
	struct vs_conn *conn = slot_of(net, id & SLOT_MASK);

	return conn != NULL && conn->id == id && conn->phase != VS_PHASE_FREE && !conn->is_reported
	           ? conn
	           : NULL;
}

bool
vs_net_has_preauth_room(void)
{
	return atomic_load_explicit(&preauth_count, memory_order_relaxed) <
	       VS_LIMIT_PREAUTH_CONNECTIONS;
}

void
vs_conn_preauth_done(struct vs_conn *conn)
{
	if (conn->is_preauth)
		atomic_fetch_sub_explicit(&preauth_count, 1, memory_order_relaxed);
	conn->is_preauth = false;
	vs_preauth_end(conn);
}

/* --- what the connections share --------------------------------------------------------------- */

void
vs_net_buffer_take(struct vs_conn *conn)
{
	struct vs_net *net = conn->net;
	size_t size_max = conn->out.size_max;

	if (conn->out.data != NULL || net->spare_count == 0)
		return;
	conn->out = net->spares[--net->spare_count];
	conn->out.size_max = size_max;
}

void
vs_net_buffer_give(struct vs_conn *conn)
{
	struct vs_net *net = conn->net;

	conn->out_at = 0;
	vs_buf_reset(&conn->out);
	if (conn->out.data == NULL)
		return;
	if (conn->out.capacity > VS_NET_SPARE_SIZE || net->spare_count == VS_NET_SPARES) {
		vs_buf_done(&conn->out);
		return;
	}
	net->spares[net->spare_count++] = conn->out;
	vs_buf_init(&conn->out, conn->out.size_max);
}

uint32_t
vs_net_mask(struct vs_net *net)
{
	if (net->masks_left == 0) {
		vs_random_bytes(net->masks, sizeof(net->masks));
		net->masks_left = sizeof(net->masks) / sizeof(net->masks[0]);
	}
	return net->masks[--net->masks_left];
}

static struct vs_ws_deflate *
deflate_of(struct vs_ws_deflate **deflate)
{
	if (*deflate == NULL &&
	    vs_ws_deflate_new(VS_LIMIT_WS_MESSAGE_SIZE_MOST, deflate).code != VS_E_OK)
		return NULL;
	return *deflate;
}

struct vs_ws_deflate *
vs_net_inflater(struct vs_net *net)
{
	return deflate_of(&net->inflater);
}

/* Not the inflater: a handler may send while it looks at what was inflated. */
struct vs_ws_deflate *
vs_net_deflater(struct vs_net *net)
{
	return deflate_of(&net->deflater);
}

/* --- the end of a turn ------------------------------------------------------------------------ */

void
vs_net_work_add(struct vs_conn *conn)
{
	struct vs_net *net = conn->net;

	if (conn->is_in_work)
		return;
	conn->is_in_work = true;
	conn->work_next = NULL;
	*net->work_end = conn;
	net->work_end = &conn->work_next;
	vs_loop_hurry(net->loop);
}

static void
end_of_turn(struct vs_loop *loop, struct vs_loop_hook *hook)
{
	struct vs_net *net =
	    (struct vs_net *)(void *)((char *)hook - offsetof(struct vs_net, hook));
	struct vs_conn *conn;

	(void)loop;
	net->handshakes_left = VS_LIMIT_TLS_HANDSHAKES_TURN;
	vs_handshake_turn(net);
	conn = net->work;
	net->work = NULL;
	net->work_end = &net->work;
	while (conn != NULL) {
		struct vs_conn *next = conn->work_next;

		conn->is_in_work = false;
		if (conn->phase != VS_PHASE_FREE) {
			vs_conn_work(conn);
		} else if ((conn->id & GENERATION_MASK) != GENERATION_MASK) {
			conn->work_next = net->free_conns;
			net->free_conns = conn;
		}
		conn = next;
	}
}

/* --- public ----------------------------------------------------------------------------------- */

vs_result
vs_net_new(struct vs_loop *loop, uint8_t index, struct vs_net **net_out)
{
	struct vs_net *net = calloc(1, sizeof(*net));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (net == NULL)
		return r;
	net->loop = loop;
	net->index = index;
	net->work_end = &net->work;
	net->handshakes_left = VS_LIMIT_TLS_HANDSHAKES_TURN;
	net->hook.run = end_of_turn;
	net->handshake_timer.fire = vs_handshake_tick;
	vs_loop_hook_add(loop, &net->hook);
	net->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	r = vs_net_bio_new(net, &net->bio);
	if (r.code != VS_E_OK)
		goto out;
	*net_out = net;
	net = NULL;
out:
	vs_net_free(&net);
	return r;
}

static void
close_listeners(struct vs_net *net)
{
	while (net->listeners != NULL) {
		struct vs_net_listener *listener = net->listeners;

		net->listeners = listener->next;
		vs_loop_unwatch(net->loop, &listener->watch);
		(void)close(listener->watch.fd);
		vs_net_profile_unref(&listener->profile);
		free(listener);
	}
}

static void
each(struct vs_net *net, void (*visit)(struct vs_conn *conn))
{
	for (uint64_t slot = 0; slot < net->slab_count * SLAB_CONNS; slot++) {
		struct vs_conn *conn = slot_of(net, slot);

		if (conn->phase != VS_PHASE_FREE)
			visit(conn);
	}
}

static void
drop(struct vs_conn *conn)
{
	vs_conn_end(conn, VS_END_NOW, VS_E_CLOSED, false, "the reactor stops");
	vs_conn_work(conn);
}

void
vs_net_free(struct vs_net **net)
{
	struct vs_net *gone = *net;

	if (gone == NULL)
		return;
	*net = NULL;
	close_listeners(gone);
	each(gone, drop);
	assert(gone->count == 0);
	vs_loop_hook_remove(gone->loop, &gone->hook);
	vs_timer_cancel(gone->loop, &gone->handshake_timer);
	for (size_t i = 0; i < gone->slab_count; i++)
		free(gone->slabs[i]);
	free(gone->slabs);
	while (gone->spare_count > 0)
		vs_buf_done(&gone->spares[--gone->spare_count]);
	vs_ws_deflate_free(&gone->inflater);
	vs_ws_deflate_free(&gone->deflater);
	(void)BIO_free(gone->bio);
	if (gone->spare_fd >= 0)
		(void)close(gone->spare_fd);
	explicit_bzero(gone, sizeof(*gone)); /* passwords went through its buffers */
	free(gone);
}

struct vs_loop *
vs_net_loop(struct vs_net *net)
{
	return net->loop;
}

size_t
vs_net_count(const struct vs_net *net)
{
	return net->count;
}

uint8_t
vs_conn_id_reactor(vs_conn_id id)
{
	return (uint8_t)(id >> REACTOR_SHIFT);
}

static void
say_goodbye(struct vs_conn *conn)
{
	if (vs_conn_is_over(conn) || conn->phase == VS_PHASE_CLOSING)
		return;
	if (conn->phase == VS_PHASE_OPEN)
		vs_conn_ws_close(conn, VS_WS_CLOSE_GOING_AWAY, "");
	else if (conn->phase == VS_PHASE_ANSWER)
		conn->is_keep_alive = false; /* ends when it is answered */
	else
		vs_conn_end(conn, VS_END_FLUSH, VS_E_OK, false, "the reactor drains");
}

void
vs_net_drain(struct vs_net *net)
{
	net->is_draining = true;
	close_listeners(net);
	each(net, say_goodbye);
}
