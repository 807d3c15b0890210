/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/sensor.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/metric.h"
#include "sensor/inside.h"

#define TICK_MS       1000u
#define TOKEN_WAIT_MS 5000u

/* --- time ------------------------------------------------------------------------------------- */

static bool
is_of_open_tenant(const struct vs_sensor_session *session)
{
	const struct vs_core_registry *registry = session->reactor->sensor->options.registry;

	return registry == NULL ||
	       vs_core_registry_is_open(registry, session->identity.sensor.tenant);
}

static void
look_after(struct vs_sensor_session *session, uint64_t now_ms, int64_t wall_ms)
{
	const struct vs_sensor_job_request offer = {.kind = VS_SENSOR_JOB_OFFER};

	if (session->phase == VS_SENSOR_WAITS && now_ms - session->since_ms > TOKEN_WAIT_MS) {
		vs_sensor_session_note(session, VS_AUDIT_SENSOR_REFUSED, "no token");
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_TOKEN);
	} else if (session->phase == VS_SENSOR_OPEN && !is_of_open_tenant(session)) {
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_FORBIDDEN);
	} else if (session->phase == VS_SENSOR_OPEN && session->identity.expires_ms != 0 &&
	           wall_ms >= session->identity.expires_ms) {
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_EXPIRED);
	} else if (session->phase == VS_SENSOR_OPEN && !session->has_job &&
	           session->offer_ms != 0 && now_ms >= session->offer_ms) {
		/* A device that does not know offers gets the key by connecting anew. */
		if (!session->can_ack && session->reached < VS_FIELD_D2)
			vs_sensor_session_close(session, VS_SENSOR_CLOSE_KEY);
		else
			vs_sensor_job_start(session, &offer);
	}
}

static void
tick(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_sensor_reactor *reactor =
	    (struct vs_sensor_reactor *)(void *)((char *)timer -
	                                         offsetof(struct vs_sensor_reactor, tick));
	int64_t wall_ms = vs_clock_wall_ms();

	for (struct vs_sensor_session *session = reactor->sessions; session != NULL;
	     session = session->next)
		look_after(session, vs_loop_now_ms(loop), wall_ms);
	vs_drain_poll(&reactor->drain);
	vs_timer_arm(loop, timer, TICK_MS);
}

/* --- connections ------------------------------------------------------------------------------ */

static vs_result
take_token(const struct vs_http_request *request, struct vs_buf *token)
{
	struct vs_bytes raw = {NULL, 0};
	uint8_t *room = NULL;
	size_t size = 0;

	if (vs_http_bearer_get(&request->headers, &raw))
		return vs_buf_append_bytes(token, raw);
	if (!vs_http_query_get(request->query, "token", &raw) || raw.size == 0)
		return VS_OK; /* the first message has it */
	VS_TRY(vs_buf_reserve(token, raw.size + 1, &room));
	VS_TRY(vs_http_query_decode(raw, (char *)room, raw.size + 1, &size));
	token->size += size;
	return VS_OK;
}

static bool
is_here(const struct vs_http_request *request)
{
	return vs_bytes_equal_text(request->path, VS_SENSOR_PATH) ||
	       vs_bytes_equal_text(request->path, VS_SENSOR_PATH "/");
}

/* Not now, but soon, and perhaps at another node. */
#define SOON "Retry-After: 1\r\n"

static void
answer(struct vs_conn *conn, int status)
{
	vs_result r = vs_conn_respond(conn, status, NULL, status == 503 ? SOON : NULL,
	                              vs_bytes_from(NULL, 0), true);

	(void)r; /* else it is closed already */
}

static struct vs_sensor_session *
session_new(struct vs_sensor_reactor *reactor, struct vs_conn *conn)
{
	struct vs_sensor_session *session = calloc(1, sizeof(*session));
	struct vs_tls_peer peer;

	if (session == NULL)
		return NULL;
	session->reactor = reactor;
	session->conn = vs_conn_get_id(conn);
	session->since_ms = vs_loop_now_ms(reactor->loop);
	vs_buf_init(&session->token, VS_LIMIT_HTTP_HEAD_SIZE);
	if (vs_conn_tls_peer(conn, &peer).code == VS_E_OK) {
		session->has_fingerprint = true;
		memcpy(session->fingerprint, peer.fingerprint, sizeof(session->fingerprint));
	}
	session->next = reactor->sessions;
	session->link = &reactor->sessions;
	if (session->next != NULL)
		session->next->link = &session->next;
	reactor->sessions = session;
	return session;
}

static void
on_request(struct vs_conn *conn, const struct vs_http_request *request, struct vs_bytes body,
           void *arg)
{
	struct vs_sensor_reactor *reactor = arg;
	struct vs_sensor_session *session;
	struct vs_source source;

	(void)body;
	if (!is_here(request)) {
		answer(conn, 404);
		return;
	}
	vs_conn_source(conn, &source);
	if (vs_throttle_look(reactor->sensor->options.throttle, VS_THROTTLE_AUTH_SOURCE, &source,
	                     vs_bytes_from(NULL, 0), vs_clock_mono_us()) != 0) {
		vs_throttle_count(VS_THROTTLE_AUTH_SOURCE);
		answer(conn, 429);
		return;
	}
	if (vs_drain_is_on(&reactor->sensor->drain)) {
		vs_metric_add(VS_METRIC_sensor_refused_total, 1);
		answer(conn, 503);
		return;
	}
	if (!vs_sensor_is_current(reactor->sensor)) {
		vs_metric_add(VS_METRIC_sensor_refused_total, 1);
		vs_metric_add(VS_METRIC_node_refused_total, 1);
		answer(conn, 503);
		return;
	}
	session = session_new(reactor, conn);
	if (session == NULL) {
		answer(conn, 503);
		return;
	}
	vs_conn_set_user(conn, session);
	if (take_token(request, &session->token).code != VS_E_OK)
		answer(conn, 400);
	else if (vs_conn_ws_accept(conn, NULL, VS_LIMIT_SENSOR_MESSAGE_SIZE).code != VS_E_OK)
		answer(conn, 426);
}

static void
on_open(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg)
{
	struct vs_sensor_session *session = vs_conn_user(conn);
	const struct vs_sensor_job_request enter = {.kind = VS_SENSOR_JOB_ENTER,
	                                            .text = vs_buf_view(&session->token)};

	(void)subprotocol, (void)arg;
	vs_metric_add(VS_METRIC_sensor_sessions, 1);
	(void)atomic_fetch_add(&session->reactor->sensor->count, 1);
	session->is_counted = true;
	if (session->token.size == 0)
		return;
	session->phase = VS_SENSOR_ENTERS;
	vs_sensor_job_start(session, &enter);
	explicit_bzero(session->token.data, session->token.size);
	vs_buf_reset(&session->token);
}

static void
on_message(struct vs_conn *conn, enum vs_net_message_kind kind, uint8_t *data, size_t size,
           void *arg)
{
	struct vs_sensor_session *session = vs_conn_user(conn);

	(void)arg;
	if (kind != VS_NET_TEXT)
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_PROTOCOL);
	else if (session->phase != VS_SENSOR_CLOSING)
		vs_sensor_session_receive(session, vs_bytes_from(data, size));
}

static void
on_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	struct vs_sensor_session *session = vs_conn_user(conn);

	(void)close, (void)arg;
	if (session == NULL)
		return;
	if (session->is_counted) {
		vs_metric_add(VS_METRIC_sensor_sessions, -1);
		(void)atomic_fetch_sub(&session->reactor->sensor->count, 1);
	}
	vs_conn_set_user(conn, NULL);
	vs_sensor_session_free(&session);
}

struct vs_net_handler
vs_sensor_handler(struct vs_sensor *sensor, uint8_t index)
{
	assert(sensor != NULL && index < sensor->options.reactor_count);
	return (struct vs_net_handler){.request = on_request,
	                               .open = on_open,
	                               .message = on_message,
	                               .closed = on_closed,
	                               .arg = &sensor->reactors[index]};
}

/* --- what comes back -------------------------------------------------------------------------- */

void
vs_sensor_committed(struct vs_sensor *sensor, uint8_t index, struct vs_core_record *list)
{
	struct vs_sensor_reactor *reactor = &sensor->reactors[index];

	while (list != NULL) {
		struct vs_core_record *record = list;
		struct vs_sensor_session *session = vs_sensor_session_find(reactor, record->conn);

		list = record->next;
		vs_sensor_table_back(sensor->table, record->tenant, record->station);
		if (session != NULL) {
			session->waiting--;
			if (record->token < VS_SENSOR_SLOTS)
				session->slots[record->token].in_flight--;
			/* Its number counts as taken here and not there: begin anew. */
			if (record->outcome != VS_E_OK)
				vs_sensor_session_close(session, VS_SENSOR_CLOSE_INTERNAL);
			else
				vs_sensor_session_send(session, record->reply);
		}
		vs_core_record_free(&record);
	}
}

/* --- from other threads ----------------------------------------------------------------------- */

struct mail {
	struct vs_sensor_reactor *reactor;
	vs_conn_id conn;
	bool is_offer;
	enum vs_sensor_close why;
};

static void
deliver(struct vs_loop *loop, void *argument)
{
	const struct vs_sensor_job_request offer = {.kind = VS_SENSOR_JOB_OFFER};
	struct mail *mail = argument;
	struct vs_sensor_session *session = vs_sensor_session_find(mail->reactor, mail->conn);

	if (session != NULL && !mail->is_offer)
		vs_sensor_session_close(session, mail->why);
	else if (session != NULL && session->phase == VS_SENSOR_OPEN && session->has_job)
		session->offer_ms = vs_loop_now_ms(loop); /* at the next tick */
	else if (session != NULL && session->phase == VS_SENSOR_OPEN)
		vs_sensor_job_start(session, &offer);
	free(mail);
}

static vs_result
post(struct vs_sensor *sensor, const char *tenant, const char *device, bool is_offer,
     enum vs_sensor_close why)
{
	vs_conn_id conn = vs_sensor_table_find(sensor->table, tenant, device);
	struct mail *mail;
	vs_result r;

	if (conn == 0)
		return VS_FAIL(NOT_CONNECTED);
	mail = calloc(1, sizeof(*mail));
	if (mail == NULL)
		return VS_FAIL(NO_MEMORY);
	*mail = (struct mail){&sensor->reactors[vs_conn_id_reactor(conn)], conn, is_offer, why};
	r = vs_loop_post(mail->reactor->loop, deliver, mail);
	if (r.code != VS_E_OK)
		free(mail);
	return r;
}

void
vs_sensor_disconnect(struct vs_sensor *sensor, const char *tenant, const char *device)
{
	vs_result r = post(sensor, tenant, device, false, VS_SENSOR_CLOSE_FORBIDDEN);

	(void)r; /* it is not connected, or its mailbox is full and the next look finds it */
}

void
vs_sensor_displace(struct vs_sensor *sensor, const char *tenant, const char *device)
{
	vs_result r = post(sensor, tenant, device, false, VS_SENSOR_CLOSE_REPLACED);

	(void)r; /* as above; or it stays beside the other: the store takes each number once */
}

struct revoked {
	struct vs_sensor_reactor *reactor;
	char tenant[VS_CORE_TENANT_SIZE];
	char jti[VS_CORE_SENSOR_NAME_SIZE];
};

static void
close_revoked(struct vs_loop *loop, void *argument)
{
	struct revoked *mail = argument;

	(void)loop;
	for (struct vs_sensor_session *session = mail->reactor->sessions; session != NULL;
	     session = session->next) {
		if (session->phase == VS_SENSOR_OPEN &&
		    strcmp(session->identity.jti, mail->jti) == 0 &&
		    strcmp(session->identity.sensor.tenant, mail->tenant) == 0)
			vs_sensor_session_close(session, VS_SENSOR_CLOSE_FORBIDDEN);
	}
	free(mail);
}

void
vs_sensor_revoked(struct vs_sensor *sensor, const char *tenant,
                  const struct vs_core_sensor_revoked *revoked)
{
	if (strcmp(revoked->kind, "sub") == 0) {
		vs_sensor_disconnect(sensor, tenant, revoked->name);
		return;
	}
	for (unsigned i = 0; i < sensor->options.reactor_count; i++) {
		struct revoked *mail = calloc(1, sizeof(*mail));

		if (mail == NULL)
			return;
		mail->reactor = &sensor->reactors[i];
		(void)snprintf(mail->tenant, sizeof(mail->tenant), "%s", tenant);
		(void)snprintf(mail->jti, sizeof(mail->jti), "%s", revoked->name);
		if (vs_loop_post(mail->reactor->loop, close_revoked, mail).code != VS_E_OK)
			free(mail);
	}
}

vs_result
vs_sensor_rotate(void *self, const struct vs_keys_device *device)
{
	return post(self, device->tenant, device->device, true, VS_SENSOR_CLOSE_KEY);
}

void
vs_sensor_hear(void *self, const struct vs_keys_news *news)
{
	vs_result r = VS_OK;

	if (news->what != VS_KEYS_NEWS_ROTATION_FAILED &&
	    (strcmp(news->kind, "device") == 0 ||
	     (strcmp(news->kind, "device/field") == 0 && news->what == VS_KEYS_NEWS_REVOKED)))
		r = post(self, news->tenant, news->subject, false, VS_SENSOR_CLOSE_KEY);
	(void)r; /* as above */
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_sensor_new(const struct vs_sensor_options *options, struct vs_sensor **sensor_out)
{
	struct vs_sensor *sensor = calloc(1, sizeof(*sensor));

	assert(options != NULL && sensor_out != NULL && options->keys != NULL);
	if (sensor == NULL)
		return VS_FAIL(NO_MEMORY);
	sensor->options = *options;
	sensor->rules = (struct vs_sensor_token_rules){.reader = options->reader,
	                                               .registry = options->registry,
	                                               .key = options->jwt_key,
	                                               .issuer = options->issuer,
	                                               .audience = options->audience};
	sensor->reactors = calloc(options->reactor_count, sizeof(*sensor->reactors));
	if (sensor->reactors == NULL || vs_sensor_table_new(&sensor->table).code != VS_E_OK ||
	    pthread_mutex_init(&sensor->token_lock, NULL) != 0) {
		vs_sensor_table_free(&sensor->table);
		free(sensor->reactors);
		free(sensor);
		return VS_FAIL(NO_MEMORY);
	}
	*sensor_out = sensor;
	return VS_OK;
}

vs_result
vs_sensor_attach(struct vs_sensor *sensor, struct vs_net *net, uint8_t index)
{
	struct vs_sensor_reactor *reactor = &sensor->reactors[index];

	assert(index < sensor->options.reactor_count);
	reactor->sensor = sensor;
	reactor->net = net;
	reactor->loop = vs_net_loop(net);
	reactor->index = index;
	vs_json_tape_init(&reactor->tape);
	vs_field_values_init(&reactor->values);
	vs_buf_init(&reactor->text, VS_LIMIT_WS_MESSAGE_SIZE);
	vs_buf_init(&reactor->reply, VS_SENSOR_REPLY_SIZE_MAX);
	reactor->tick.fire = tick;
	vs_timer_arm(reactor->loop, &reactor->tick, TICK_MS);
	vs_sensor_drain_init(reactor);
	return VS_OK;
}

void
vs_sensor_free(struct vs_sensor **sensor)
{
	assert(sensor != NULL);
	if (*sensor == NULL)
		return;
	for (unsigned i = 0; i < (*sensor)->options.reactor_count; i++) {
		struct vs_sensor_reactor *reactor = &(*sensor)->reactors[i];

		if (reactor->loop != NULL)
			vs_timer_cancel(reactor->loop, &reactor->tick);
		vs_drain_done(&reactor->drain);
		vs_sensor_jobs_free(reactor);
		vs_json_tape_done(&reactor->tape);
		vs_field_values_done(&reactor->values);
		vs_buf_done(&reactor->text);
		vs_buf_done(&reactor->reply);
	}
	(void)pthread_mutex_destroy(&(*sensor)->token_lock);
	vs_sensor_table_free(&(*sensor)->table);
	free((*sensor)->reactors);
	free(*sensor);
	*sensor = NULL;
}
