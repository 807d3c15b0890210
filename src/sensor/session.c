/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/metric.h"
#include "base/text.h"
#include "sensor/trace.h"

#define RATE_PER_SECOND 200u
#define RATE_BURST      400u

void
vs_sensor_session_send(struct vs_sensor_session *session, struct vs_bytes text)
{
	struct vs_conn *conn = vs_net_find(session->reactor->net, session->conn);
	vs_result r = VS_FAIL(CLOSED);

	if (conn != NULL && session->phase != VS_SENSOR_CLOSING) {
		vs_sensor_trace_sent(session, text);
		r = vs_conn_ws_send(conn, VS_NET_TEXT, text);
	}
	/* Who does not read is closed by the net; who is gone needs no answer. */
	if (r.code == VS_E_BUSY)
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_BUSY);
}

void
vs_sensor_session_close(struct vs_sensor_session *session, enum vs_sensor_close why)
{
	struct vs_conn *conn = vs_net_find(session->reactor->net, session->conn);

	if (session->phase == VS_SENSOR_CLOSING)
		return;
	session->phase = VS_SENSOR_CLOSING;
	if (conn != NULL) {
		vs_conn_resume(conn);
		vs_conn_ws_close(conn, vs_sensor_close_code(why), vs_sensor_close_word(why));
	}
}

void
vs_sensor_session_refuse(struct vs_sensor_session *session, enum vs_sensor_reply reply,
                         const uint64_t *n)
{
	struct vs_buf *text = &session->reactor->reply;

	vs_sensor_trace_received(session, vs_sensor_reply_word(reply));
	vs_buf_reset(text);
	if (vs_sensor_reply_refused(reply, n, text).code == VS_E_OK)
		vs_sensor_session_send(session, vs_buf_view(text));
}

/* Whoever watches sees it beside what stations do. */
static void
tell(const struct vs_sensor_session *session, enum vs_core_audit_event what, const char *why,
     const char *peer)
{
	const struct vs_port_events *events = &session->reactor->sensor->options.events;
	const struct vs_core_sensor *sensor = &session->identity.sensor;
	struct vs_core_event event;

	if (events->publish == NULL)
		return;
	vs_core_event_init(&event, VS_EVENT_REFUSED, vs_clock_wall_ms());
	event.severity = VS_CORE_WARNING;
	(void)snprintf(event.tenant, sizeof(event.tenant), "%s",
	               sensor->tenant[0] != '\0' ? sensor->tenant : VS_CORE_TENANT_DEFAULT);
	(void)snprintf(event.station, sizeof(event.station), "%s", sensor->device);
	(void)snprintf(event.type, sizeof(event.type), "%s",
	               what == VS_AUDIT_SENSOR_REFUSED ? "sensor_refused" : "sensor_failed");
	vs_core_source_copy(peer, event.source);
	(void)snprintf(event.detail, sizeof(event.detail), "%s: %.90s", peer, why);
	events->publish(events->self, &event);
}

void
vs_sensor_session_note(const struct vs_sensor_session *session, enum vs_core_audit_event event,
                       const char *why)
{
	const struct vs_port_audit *audit = &session->reactor->sensor->options.audit;
	struct vs_conn *conn = vs_net_find(session->reactor->net, session->conn);
	const struct vs_core_sensor *sensor = &session->identity.sensor;
	char peer[VS_NET_PEER_TEXT_SIZE] = "";
	struct vs_core_audit_entry entry;

	if (event == VS_AUDIT_SENSOR_REFUSED)
		vs_metric_add(VS_METRIC_sensor_refused_total, 1);
	if (conn != NULL)
		vs_conn_peer_text(conn, peer);
	if (event != VS_AUDIT_SENSOR_KEY)
		tell(session, event, why, peer);
	if (audit->note == NULL)
		return;
	vs_core_audit_init(&entry, event,
	                   sensor->tenant[0] != '\0' ? sensor->tenant : VS_CORE_TENANT_DEFAULT);
	entry.result = event == VS_AUDIT_SENSOR_KEY ? VS_AUDIT_RESULT_OK : VS_AUDIT_RESULT_DENY;
	entry.actor_kind = "device";
	(void)snprintf(entry.actor_id, sizeof(entry.actor_id), "%s", sensor->device);
	vs_core_audit_source(&entry, peer);
	vs_text_copy(why, entry.why, sizeof(entry.why));
	vs_core_audit_add_text(&entry, "device", vs_bytes_from_text(sensor->device), false);
	vs_core_audit_add_number(&entry, "epoch", session->epoch);
	audit->note(audit->self, &entry);
}

struct vs_sensor_session *
vs_sensor_session_find(struct vs_sensor_reactor *reactor, vs_conn_id id)
{
	struct vs_conn *conn = vs_net_find(reactor->net, id);

	return conn != NULL ? vs_conn_user(conn) : NULL;
}

/* GCRA: a message passes while its place is not further ahead than the burst. */
static bool
is_too_fast(struct vs_sensor_session *session)
{
	const uint64_t step_us = 1000000u / RATE_PER_SECOND;
	uint64_t now_us = vs_loop_now_ms(session->reactor->loop) * 1000u;

	if (session->tat_us < now_us)
		session->tat_us = now_us;
	session->tat_us += step_us;
	return session->tat_us - now_us > step_us * RATE_BURST;
}

static void
start_token(struct vs_sensor_session *session, enum vs_sensor_job_kind kind, struct vs_bytes token)
{
	const struct vs_sensor_job_request request = {.kind = kind, .text = token};

	if (kind == VS_SENSOR_JOB_ENTER && !vs_sensor_is_current(session->reactor->sensor)) {
		vs_sensor_session_note(session, VS_AUDIT_SENSOR_REFUSED,
		                       "this node does not know who was revoked");
		vs_metric_add(VS_METRIC_node_refused_total, 1);
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_BUSY);
		return;
	}
	if (kind == VS_SENSOR_JOB_ENTER && vs_drain_is_on(&session->reactor->sensor->drain)) {
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_DRAINING);
		return;
	}
	if (kind == VS_SENSOR_JOB_ENTER)
		session->phase = VS_SENSOR_ENTERS;
	vs_sensor_job_start(session, &request);
}

static void
receive(struct vs_sensor_session *session, struct vs_bytes text)
{
	struct vs_sensor_reactor *reactor = session->reactor;
	struct vs_field_message *message = &reactor->message;

	assert(!session->has_job);
	if (session->phase == VS_SENSOR_CLOSING)
		return;
	if (is_too_fast(session)) {
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_RATE);
		return;
	}
	reactor->received_size = text.size;
	reactor->is_read = vs_field_message_read(&reactor->tape, text, message).code == VS_E_OK;
	if (!reactor->is_read) {
		if (session->phase == VS_SENSOR_WAITS)
			vs_sensor_session_close(session, VS_SENSOR_CLOSE_TOKEN);
		else
			vs_sensor_session_refuse(session, VS_SENSOR_REPLY_BAD_MESSAGE, NULL);
		return;
	}
	if (session->phase == VS_SENSOR_WAITS && message->kind != VS_FIELD_REAUTH) {
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_TOKEN);
	} else if (message->kind == VS_FIELD_REAUTH) {
		vs_sensor_trace_received(session, "");
		start_token(session,
		            session->phase == VS_SENSOR_WAITS ? VS_SENSOR_JOB_ENTER
		                                              : VS_SENSOR_JOB_REAUTH,
		            message->token);
	} else if (message->kind == VS_FIELD_ACK) {
		const struct vs_sensor_job_request request = {.kind = VS_SENSOR_JOB_ACK,
		                                              .epoch = (uint32_t)message->epoch,
		                                              .oid = message->oid,
		                                              .proof = message->proof};

		vs_sensor_trace_received(session, "");
		vs_sensor_job_start(session, &request);
	} else {
		vs_sensor_readings(session, text);
	}
}

void
vs_sensor_session_receive(struct vs_sensor_session *session, struct vs_bytes text)
{
	receive(session, text);
	/* What waits for a job comes here once more. */
	session->reactor->received_size = 0;
}

void
vs_sensor_session_free(struct vs_sensor_session **session)
{
	struct vs_sensor_session *s = *session;

	*s->link = s->next;
	if (s->next != NULL)
		s->next->link = s->link;
	if (s->is_entered)
		vs_sensor_table_leave(s->reactor->sensor->table, s->identity.sensor.tenant,
		                      s->identity.sensor.device, s->conn);
	if (s->token.size > 0)
		explicit_bzero(s->token.data, s->token.size);
	vs_buf_done(&s->token);
	vs_field_compat_free(&s->compat);
	for (size_t i = 0; i < VS_SENSOR_SLOTS; i++)
		vs_field_d2_free(&s->slots[i].field);
	explicit_bzero(s, sizeof(*s));
	free(s);
	*session = NULL;
}

/* --- several nodes ---------------------------------------------------------------------------- */

bool
vs_sensor_is_current(const struct vs_sensor *sensor)
{
	return sensor->options.is_current == NULL ||
	       sensor->options.is_current(sensor->options.is_current_arg);
}

static void
close_all(struct vs_loop *loop, void *argument)
{
	const struct vs_sensor_reactor *reactor = argument;

	(void)loop;
	for (struct vs_sensor_session *session = reactor->sessions; session != NULL;
	     session = session->next)
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_BUSY);
}

void
vs_sensor_close_all(struct vs_sensor *sensor)
{
	for (unsigned i = 0; i < sensor->options.reactor_count; i++)
		/* A mailbox that is full: those stay until their tokens end. */
		(void)vs_loop_post(sensor->reactors[i].loop, close_all, &sensor->reactors[i]).code;
}
