/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/metric.h"
#include "sensor/job.h"

#define DEADLINE_MS    8000u
#define OFFER_FIRST_MS 5000u
#define OFFER_LAST_MS  600000u

static void
buf_wipe(struct vs_buf *buf)
{
	if (buf->size > 0)
		explicit_bzero(buf->data, buf->size);
	vs_buf_done(buf);
}

static void
job_free(struct vs_sensor_job **job)
{
	if ((*job)->link != NULL) {
		*(*job)->link = (*job)->next;
		if ((*job)->next != NULL)
			(*job)->next->link = (*job)->link;
	}
	buf_wipe(&(*job)->text);
	buf_wipe(&(*job)->reply);
	vs_field_compat_free(&(*job)->compat);
	vs_field_d2_free(&(*job)->field);
	explicit_bzero(*job, sizeof(**job));
	free(*job);
	*job = NULL;
}

void
vs_sensor_jobs_free(struct vs_sensor_reactor *reactor)
{
	while (reactor->jobs != NULL) {
		struct vs_sensor_job *job = reactor->jobs;

		reactor->jobs = job->next;
		if (job->next != NULL)
			job->next->link = &reactor->jobs;
		job->link = NULL;
		job_free(&job);
	}
}

/* --- in the reactor --------------------------------------------------------------------------- */

/* A guess at a token: too many of them from one place are not heard any more. */
static void
charge(const struct vs_sensor_session *session)
{
	struct vs_conn *conn = vs_net_find(session->reactor->net, session->conn);
	struct vs_source source;

	if (conn == NULL)
		return;
	vs_conn_source(conn, &source);
	vs_throttle_fail(session->reactor->sensor->options.throttle, &source,
	                 vs_bytes_from(NULL, 0), vs_clock_mono_us());
}

static void
entered(struct vs_sensor_session *session, struct vs_sensor_job *job, vs_result result)
{
	const struct vs_sensor_options *options = &session->reactor->sensor->options;
	struct vs_sensor_slot *slot = &session->slots[0];

	session->identity = job->identity;
	session->is_entered = job->is_entered;
	job->is_entered = false;
	if (result.code != VS_E_OK) {
		if (result.code == VS_E_NOT_AUTHENTIC)
			charge(session);
		vs_sensor_session_note(session, VS_AUDIT_SENSOR_REFUSED,
		                       result.code == VS_E_NOT_AUTHENTIC ? job->why
		                       : result.code == VS_E_FORBIDDEN   ? "quarantine"
		                                                       : vs_err_name(result.code));
		vs_sensor_session_close(session,
		                        result.code == VS_E_NOT_AUTHENTIC ? VS_SENSOR_CLOSE_TOKEN
		                        : result.code == VS_E_FORBIDDEN && !session->is_entered
		                            ? VS_SENSOR_CLOSE_QUARANTINE
		                        : result.code == VS_E_BUSY || result.code == VS_E_TOO_LONG
		                            ? VS_SENSOR_CLOSE_BUSY
		                            : VS_SENSOR_CLOSE_INTERNAL);
		return;
	}
	session->phase = VS_SENSOR_OPEN;
	session->reached = (enum vs_field_profile)session->identity.sensor.profile;
	memcpy(session->sn, job->sn, sizeof(session->sn));
	if (job->compat != NULL) {
		session->epoch = job->key.epoch;
		session->active = job->is_offered ? 0 : job->key.epoch;
		session->compat = job->compat;
		job->compat = NULL;
		*slot = (struct vs_sensor_slot){.epoch = job->key.epoch, .window = job->window};
		vs_metric_add(VS_METRIC_sensor_keys_given_total, 1);
		vs_sensor_session_note(session, VS_AUDIT_SENSOR_KEY,
		                       session->identity.sensor.has_public_key ? "hpke" : "tls");
	}
	if (options->came != NULL)
		options->came(options->came_arg, session->identity.sensor.tenant,
		              session->identity.sensor.device);
	vs_sensor_session_send(session, vs_buf_view(&job->reply));
}

static void
key_found(struct vs_sensor_session *session, struct vs_sensor_job *job, vs_result result)
{
	struct vs_sensor_slot *slot;

	if (result.code == VS_E_OK) {
		slot = vs_sensor_slot_take(session);
		if (slot == NULL) {
			vs_sensor_session_refuse(session, VS_SENSOR_REPLY_BUSY, NULL);
			return;
		}
		slot->epoch = job->request.epoch;
		memcpy(slot->salt, job->salt, sizeof(slot->salt));
		slot->field = job->field;
		slot->window = job->window;
		job->field = NULL;
		vs_sensor_session_receive(session, vs_buf_view(&job->text));
	} else if (result.code == VS_E_TOO_LONG) {
		const struct vs_sensor_job_request another = {.kind = VS_SENSOR_JOB_OFFER};

		vs_sensor_session_refuse(session, VS_SENSOR_REPLY_SALTS, NULL);
		vs_sensor_job_start(session, &another);
	} else if (result.code == VS_E_NOT_FOUND || result.code == VS_E_FORBIDDEN) {
		vs_sensor_session_note(session, VS_AUDIT_SENSOR_FAILED, "unknown_key");
		vs_sensor_session_refuse(session, VS_SENSOR_REPLY_UNKNOWN_KEY, NULL);
	} else {
		vs_sensor_session_refuse(session, VS_SENSOR_REPLY_BUSY, NULL);
	}
}

static void
offered(struct vs_sensor_session *session, const struct vs_sensor_job *job, vs_result result)
{
	uint64_t now_ms = vs_loop_now_ms(session->reactor->loop);

	if (result.code != VS_E_OK) {
		session->offer_ms = 0;
		return;
	}
	session->offer_wait_ms =
	    session->offer_ms == 0 ? OFFER_FIRST_MS : 2 * session->offer_wait_ms;
	session->offer_ms =
	    session->offer_wait_ms < OFFER_LAST_MS ? now_ms + session->offer_wait_ms : 0;
	vs_metric_add(VS_METRIC_sensor_keys_given_total, 1);
	vs_sensor_session_note(session, VS_AUDIT_SENSOR_KEY, "offer");
	vs_sensor_session_send(session, vs_buf_view(&job->reply));
}

static void
done(struct vs_sensor_session *session, vs_result result, const char *what)
{
	struct vs_buf *reply = &session->reactor->reply;

	vs_buf_reset(reply);
	if (result.code != VS_E_OK)
		vs_sensor_session_refuse(session, VS_SENSOR_REPLY_REFUSED, NULL);
	else if (vs_sensor_reply_done(what, reply).code == VS_E_OK)
		vs_sensor_session_send(session, vs_buf_view(reply));
}

static void
answered(struct vs_sensor_session *session, struct vs_sensor_job *job, vs_result result)
{
	switch (job->request.kind) {
	case VS_SENSOR_JOB_ENTER:
		entered(session, job, result);
		return;
	case VS_SENSOR_JOB_REAUTH:
		if (result.code == VS_E_NOT_AUTHENTIC) {
			vs_sensor_session_note(session, VS_AUDIT_SENSOR_REFUSED, job->why);
			vs_sensor_session_close(session, VS_SENSOR_CLOSE_TOKEN);
			return;
		}
		if (result.code == VS_E_OK) {
			session->identity = job->identity;
			vs_metric_add(VS_METRIC_sensor_reauth_total, 1);
		}
		done(session, result, "authenticated");
		return;
	case VS_SENSOR_JOB_KEY:
		key_found(session, job, result);
		return;
	case VS_SENSOR_JOB_USED:
		if (result.code == VS_E_OK)
			session->active = job->request.epoch;
		return;
	case VS_SENSOR_JOB_OFFER:
		offered(session, job, result);
		return;
	case VS_SENSOR_JOB_ACK:
		if (result.code == VS_E_OK) {
			session->can_ack = true;
			session->offer_ms = 0;
			session->active = job->request.epoch;
		}
		done(session, result, "key taken");
		return;
	case VS_SENSOR_JOB_SPOIL:
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_KEY);
		return;
	}
}

struct ousted {
	struct vs_sensor_reactor *reactor;
	vs_conn_id conn;
};

static void
oust_mail(struct vs_loop *loop, void *argument)
{
	struct ousted *mail = argument;
	struct vs_sensor_session *session = vs_sensor_session_find(mail->reactor, mail->conn);

	(void)loop;
	if (session != NULL)
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_REPLACED);
	free(mail);
}

/* Who came later is let in at its next attempt. */
static void
oust(struct vs_sensor *sensor, vs_conn_id other)
{
	struct ousted *mail = calloc(1, sizeof(*mail));

	if (mail == NULL)
		return;
	mail->reactor = &sensor->reactors[vs_conn_id_reactor(other)];
	mail->conn = other;
	if (vs_loop_post(mail->reactor->loop, oust_mail, mail).code != VS_E_OK)
		free(mail);
}

static void
finish(struct vs_loop *loop, vs_result result, void *argument)
{
	struct vs_sensor_job *job = argument;
	struct vs_sensor *sensor = job->reactor->sensor;
	struct vs_sensor_session *session = vs_sensor_session_find(job->reactor, job->conn);
	struct vs_conn *conn = vs_net_find(job->reactor->net, job->conn);

	(void)loop;
	if (job->other != 0)
		oust(sensor, job->other);
	if (session != NULL && conn != NULL && session->phase != VS_SENSOR_CLOSING) {
		session->has_job = false;
		answered(session, job, result);
		if (!session->has_job && !session->is_leaving)
			vs_conn_resume(conn);
	}
	if (job->is_entered)
		vs_sensor_table_leave(sensor->table, job->identity.sensor.tenant,
		                      job->identity.sensor.device, job->conn);
	job_free(&job);
}

void
vs_sensor_job_start(struct vs_sensor_session *session, const struct vs_sensor_job_request *request)
{
	struct vs_sensor_reactor *reactor = session->reactor;
	struct vs_conn *conn = vs_net_find(reactor->net, session->conn);
	struct vs_sensor_job *job = calloc(1, sizeof(*job));
	char peer[VS_NET_PEER_TEXT_SIZE];
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(conn != NULL && !session->has_job);
	if (job == NULL) {
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_INTERNAL);
		return;
	}
	job->next = reactor->jobs;
	job->link = &reactor->jobs;
	if (job->next != NULL)
		job->next->link = &job->next;
	reactor->jobs = job;
	job->reactor = reactor;
	job->conn = session->conn;
	vs_conn_peer_text(conn, peer);
	vs_core_behalf_init(&job->behalf, "sensor session", peer);
	job->request = *request;
	job->identity = session->identity;
	job->has_fingerprint = session->has_fingerprint;
	memcpy(job->fingerprint, session->fingerprint, sizeof(job->fingerprint));
	vs_buf_init(&job->text, VS_LIMIT_SENSOR_MESSAGE_SIZE);
	vs_buf_init(&job->reply, VS_SENSOR_REPLY_SIZE_MAX);
	if (request->salt != NULL)
		memcpy(job->salt, request->salt, sizeof(job->salt));
	if (request->oid != NULL)
		memcpy(job->oid, request->oid, sizeof(job->oid));
	if (request->proof != NULL)
		memcpy(job->proof, request->proof, sizeof(job->proof));
	r = vs_buf_append_bytes(&job->text, request->text);
	if (r.code == VS_E_OK)
		r = vs_pool_submit(reactor->sensor->options.pool, reactor->loop, DEADLINE_MS,
		                   vs_sensor_job_run, finish, job);
	if (r.code != VS_E_OK) {
		job_free(&job);
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_BUSY);
		return;
	}
	session->has_job = true;
	vs_conn_pause(conn);
}
