/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/nats.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/metric.h"
#include "base/random.h"
#include "bus/nats_inside.h"

#define FLUSH_MS   1000
#define END_MS     5000
#define ANEW_MS    2000u
#define INBOX_NAME 23

vs_result
vs_nats_result(natsStatus status)
{
	static const struct {
		natsStatus status;
		enum vs_err err;
	} rows[] = {
	    {NATS_OK, VS_E_OK},
	    {NATS_NO_RESPONDERS, VS_E_NOT_CONNECTED},
	    {NATS_TIMEOUT, VS_E_TIMEOUT},
	    {NATS_NO_MEMORY, VS_E_NO_MEMORY},
	    {NATS_MAX_PAYLOAD, VS_E_TOO_LONG},
	    {NATS_DRAINING, VS_E_CLOSED},
	    {NATS_SSL_ERROR, VS_E_TLS_FAILED},
	    {NATS_SECURE_CONNECTION_REQUIRED, VS_E_TLS_FAILED},
	    {NATS_SECURE_CONNECTION_WANTED, VS_E_TLS_FAILED},
	    {NATS_CONNECTION_AUTH_FAILED, VS_E_FORBIDDEN},
	    {NATS_NOT_PERMITTED, VS_E_FORBIDDEN},
	    {NATS_NOT_FOUND, VS_E_NOT_FOUND},
	    {NATS_INVALID_SUBJECT, VS_E_BAD_VALUE},
	    {NATS_CONNECTION_CLOSED, VS_E_BUS_UNAVAILABLE},
	    {NATS_CONNECTION_DISCONNECTED, VS_E_BUS_UNAVAILABLE},
	    {NATS_NOT_YET_CONNECTED, VS_E_BUS_UNAVAILABLE},
	    {NATS_NO_SERVER, VS_E_BUS_UNAVAILABLE},
	    {NATS_STALE_CONNECTION, VS_E_BUS_UNAVAILABLE},
	    {NATS_INSUFFICIENT_BUFFER, VS_E_BUS_UNAVAILABLE},
	    {NATS_IO_ERROR, VS_E_BUS_UNAVAILABLE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].status == status)
			return (vs_result){rows[i].err};
	}
	return VS_FAIL(INTERNAL);
}

/* --- what the library tells, in a thread of its own ------------------------------------------- */

/* In the loop: what is so now, for several changes may have passed. */
static void
look(struct vs_loop *loop, void *argument)
{
	struct vs_nats *nats = argument;
	bool is_connected = atomic_load(&nats->is_connected);

	(void)loop;
	(void)atomic_fetch_sub(&nats->mail_count, 1);
	if (nats->is_closing)
		return;
	if (atomic_load(&nats->has_given_up) && !vs_timer_is_armed(&nats->again))
		vs_timer_arm(nats->loop, &nats->again, ANEW_MS);
	if (is_connected == nats->was_connected)
		return;
	nats->was_connected = is_connected;
	vs_metric_add(VS_METRIC_bus_connected, is_connected ? 1 : -1);
	for (size_t i = 0; i < nats->hook_count; i++)
		nats->hooks[i].fn(is_connected, nats->hooks[i].arg);
}

static void
change(struct vs_nats *nats, bool is_connected)
{
	atomic_store(&nats->is_connected, is_connected);
	(void)atomic_fetch_add(&nats->mail_count, 1);
	/* A full mailbox: the next change, or the next question, shows it. */
	if (vs_loop_post(nats->loop, look, nats).code != VS_E_OK)
		(void)atomic_fetch_sub(&nats->mail_count, 1);
}

static void
on_lost(natsConnection *conn, void *closure)
{
	(void)conn;
	change(closure, false);
}

static void
on_connected(natsConnection *conn, void *closure)
{
	(void)conn;
	vs_metric_add(VS_METRIC_bus_connects_total, 1);
	change(closure, true);
}

static void
on_closed(natsConnection *conn, void *closure)
{
	struct vs_nats *nats = closure;

	(void)conn;
	atomic_store(&nats->has_given_up, true);
	change(nats, false);
	atomic_store(&nats->has_closed, true); /* the last thing that touches it */
}

static void
on_error(natsConnection *conn, natsSubscription *sub, natsStatus status, void *closure)
{
	(void)conn, (void)sub, (void)closure;
	if (status == NATS_SLOW_CONSUMER)
		vs_metric_add(VS_METRIC_bus_dropped_total, 1);
}

static void
on_let_go(void *closure)
{
	struct vs_nats *nats = closure;

	(void)atomic_fetch_sub(&nats->subscriptions, 1);
}

/* --- listening -------------------------------------------------------------------------------- */

static vs_result
subscribe(struct vs_nats *nats, const char *subject, natsSubscription **sub_out)
{
	natsStatus s;

	(void)atomic_fetch_add(&nats->subscriptions, 1);
	s = natsConnection_Subscribe(sub_out, nats->conn, subject, vs_nats_received, nats);
	if (s == NATS_OK && natsSubscription_SetOnCompleteCB(*sub_out, on_let_go, nats) != NATS_OK)
		s = NATS_ERR;
	if (s != NATS_OK)
		(void)atomic_fetch_sub(&nats->subscriptions, 1);
	return vs_nats_result(s);
}

/* Listened to as soon as there is a connection again. */
static natsSubscription *const later = (natsSubscription *)(uintptr_t)1;

static void
drop(natsSubscription *sub)
{
	if (sub != later)
		natsSubscription_Destroy(sub);
}

static vs_result
listen_in(struct vs_nats *nats, struct vs_map *map, struct vs_bytes key, const char *subject)
{
	natsSubscription *sub = NULL;
	vs_result r = subscribe(nats, subject, &sub);

	if (r.code == VS_E_BUS_UNAVAILABLE)
		sub = later;
	else if (r.code != VS_E_OK)
		return r;
	r = vs_map_put(map, key, sub, NULL);
	if (r.code != VS_E_OK)
		drop(sub);
	return r;
}

vs_result
vs_nats_listen(struct vs_nats *nats, const char *subject)
{
	struct vs_bytes key = vs_bytes_from_text(subject);

	assert(nats != NULL && subject != NULL);
	if (vs_map_get(nats->listening, key) != NULL)
		return VS_FAIL(EXISTS);
	return listen_in(nats, nats->listening, key, subject);
}

void
vs_nats_unlisten(struct vs_nats *nats, const char *subject)
{
	drop(vs_map_remove(nats->listening, vs_bytes_from_text(subject)));
}

/* --- connecting ------------------------------------------------------------------------------- */

static natsStatus
connect_now(struct vs_nats *nats)
{
	natsStatus s = natsConnection_Connect(&nats->conn, nats->options);

	if (s == NATS_OK)
		on_connected(nats->conn, nats);
	return s == NATS_NOT_YET_CONNECTED ? NATS_OK : s;
}

/* All that we listen to, on a connection that knows nothing of it. */
static vs_result
listen_anew(struct vs_nats *nats)
{
	struct vs_map_cursor cursor = {0};
	struct vs_map *map = NULL;
	char subject[512];

	VS_TRY(vs_map_new(VS_LIMIT_STATIONS + VS_NATS_HOOKS, &map));
	while (vs_map_next(nats->listening, &cursor)) {
		drop(cursor.value);
		if (vs_bytes_copy_text(cursor.key, subject, sizeof(subject)))
			(void)listen_in(nats, map, cursor.key, subject);
	}
	vs_map_free(&nats->listening);
	nats->listening = map;
	return VS_OK;
}

/* The library has given up (a server refused us twice, say): with a connection of our own making.
 */
static void
connect_anew(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_nats *nats =
	    (struct vs_nats *)(void *)((char *)timer - offsetof(struct vs_nats, again));

	natsConnection_Destroy(nats->conn);
	nats->conn = NULL;
	atomic_store(&nats->has_given_up, false);
	atomic_store(&nats->has_closed, false);
	if (connect_now(nats) != NATS_OK || listen_anew(nats).code != VS_E_OK) {
		atomic_store(&nats->has_closed, true);
		vs_timer_arm(loop, timer, ANEW_MS);
	}
}

static natsStatus
set_callbacks(struct vs_nats *nats)
{
	natsStatus s = natsOptions_SetDisconnectedCB(nats->options, on_lost, nats);

	s = s != NATS_OK ? s : natsOptions_SetReconnectedCB(nats->options, on_connected, nats);
	s = s != NATS_OK ? s : natsOptions_SetClosedCB(nats->options, on_closed, nats);
	s = s != NATS_OK ? s : natsOptions_SetErrorHandler(nats->options, on_error, nats);
	return s != NATS_OK
	           ? s
	           : natsOptions_SetRetryOnFailedConnect(nats->options, true, on_connected, nats);
}

vs_result
vs_nats_new(const struct vs_nats_options *options, char *reason, size_t reason_size,
            struct vs_nats **nats_out)
{
	struct vs_nats *nats = NULL;
	char random[INBOX_NAME], all[VS_NATS_INBOX_SIZE + 2];
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(options != NULL && options->loop != NULL && nats_out != NULL);
	nats = calloc(1, sizeof(*nats));
	if (nats == NULL)
		return r;
	nats->loop = options->loop;
	nats->again.fire = connect_anew;
	nats->seal = options->seal;
	vs_buf_init(&nats->sealed, VS_LIMIT_BUS_MESSAGE_SIZE + VS_BUS_SEAL_MORE);
	vs_buf_init(&nats->opened, VS_LIMIT_BUS_MESSAGE_SIZE + VS_BUS_SEAL_MORE);
	vs_random_text(random, sizeof(random));
	(void)snprintf(nats->inbox, sizeof(nats->inbox), "_INBOX.%s.", random);
	r = vs_map_new(VS_LIMIT_STATIONS + VS_NATS_HOOKS, &nats->listening);
	if (r.code == VS_E_OK)
		r = vs_map_new(VS_LIMIT_BUS_REQUESTS, &nats->asking);
	if (r.code == VS_E_OK)
		r = vs_nats_options_make(options, reason, reason_size, &nats->options);
	if (r.code == VS_E_OK)
		r = vs_nats_result(set_callbacks(nats));
	if (r.code == VS_E_OK)
		r = vs_nats_result(connect_now(nats));
	(void)snprintf(all, sizeof(all), "%s*", nats->inbox);
	if (r.code == VS_E_OK)
		r = vs_nats_listen(nats, all);
	if (r.code != VS_E_OK) {
		vs_nats_free(&nats);
		return r;
	}
	*nats_out = nats;
	return VS_OK;
}

/* --- end -------------------------------------------------------------------------------------- */

static void
nap(void)
{
	const struct timespec time = {.tv_nsec = 1000000};

	(void)nanosleep(&time, NULL);
}

/* Destroy the connection and wait until no callback of it can run any more. */
static bool
let_go(struct vs_nats *nats)
{
	struct vs_map_cursor cursor = {0};
	uint64_t end_ms = vs_clock_mono_ms() + END_MS;

	if (vs_nats_is_connected(nats))
		(void)natsConnection_FlushTimeout(nats->conn, FLUSH_MS);
	while (vs_map_next(nats->listening, &cursor)) {
		drop(cursor.value);
		(void)vs_map_remove(nats->listening, cursor.key);
	}
	natsConnection_Close(nats->conn);
	while (!atomic_load(&nats->has_closed) || atomic_load(&nats->subscriptions) > 0) {
		if (vs_clock_mono_ms() > end_ms)
			return false;
		nap();
	}
	natsConnection_Destroy(nats->conn);
	return true;
}

void
vs_nats_free(struct vs_nats **nats)
{
	struct vs_nats *old;

	if (nats == NULL || *nats == NULL)
		return;
	old = *nats;
	*nats = NULL;
	old->is_closing = true;
	vs_timer_cancel(old->loop, &old->again);
	if (old->asking != NULL)
		vs_nats_ask_end(old, VS_FAIL(CLOSED));
	/* A callback hangs: better to leave its memory where it is. */
	if (old->conn != NULL && !let_go(old))
		return;
	do {
		if (vs_loop_turn(old->loop, 0).code != VS_E_OK)
			return;
	} while (atomic_load(&old->mail_count) > 0);
	if (old->was_connected)
		vs_metric_add(VS_METRIC_bus_connected, -1);
	natsOptions_Destroy(old->options);
	vs_map_free(&old->listening);
	vs_map_free(&old->asking);
	vs_buf_done(&old->sealed);
	vs_buf_done(&old->opened);
	free(old);
}

/* --- the rest --------------------------------------------------------------------------------- */

bool
vs_nats_is_connected(const struct vs_nats *nats)
{
	return atomic_load(&nats->is_connected);
}

struct vs_loop *
vs_nats_loop(const struct vs_nats *nats)
{
	return nats->loop;
}

vs_result
vs_nats_on_change(struct vs_nats *nats, vs_nats_changed_fn *changed, void *arg)
{
	if (nats->hook_count == VS_NATS_HOOKS)
		return VS_FAIL(TOO_LONG);
	nats->hooks[nats->hook_count].fn = changed;
	nats->hooks[nats->hook_count++].arg = arg;
	return VS_OK;
}

static vs_result
handle(struct vs_nats *nats, const char *word, vs_nats_fn *fn, void *arg, bool is_open)
{
	if (nats->handler_count == VS_NATS_HOOKS)
		return VS_FAIL(TOO_LONG);
	nats->handlers[nats->handler_count].word = word;
	nats->handlers[nats->handler_count].fn = fn;
	nats->handlers[nats->handler_count].is_open = is_open;
	nats->handlers[nats->handler_count++].arg = arg;
	return VS_OK;
}

vs_result
vs_nats_handle(struct vs_nats *nats, const char *word, vs_nats_fn *fn, void *arg)
{
	return handle(nats, word, fn, arg, false);
}

vs_result
vs_nats_handle_open(struct vs_nats *nats, const char *word, vs_nats_fn *fn, void *arg)
{
	return handle(nats, word, fn, arg, true);
}

vs_result
vs_nats_serve(struct vs_nats *nats, const char *word, const char *subject, vs_nats_fn *fn,
              void *arg)
{
	VS_TRY(vs_nats_handle(nats, word, fn, arg));
	return vs_nats_listen(nats, subject);
}

struct vs_bus_seal *
vs_nats_seal(const struct vs_nats *nats)
{
	return nats->seal;
}

vs_result
vs_nats_publish(struct vs_nats *nats, const char *subject, struct vs_bytes data)
{
	natsStatus s;

	assert(nats != NULL && subject != NULL);
	if (!vs_nats_is_connected(nats))
		return VS_FAIL(BUS_UNAVAILABLE);
	if (data.size > VS_LIMIT_BUS_MESSAGE_SIZE)
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_nats_close(nats, subject, data, &data));
	s = natsConnection_Publish(nats->conn, subject, data.data, (int)data.size);
	if (s == NATS_OK)
		vs_metric_add(VS_METRIC_bus_sent_total, 1);
	return vs_nats_result(s);
}
