/* SPDX-License-Identifier: Apache-2.0 */
/* What a sealed session asks of the key service: in the pool, because that waits for the key
 * process, and because a handshake is two agreements on X25519. */
#include <assert.h>
#include <string.h>

#include "central/channel.h"
#include "central/reactor.h"
#include "core/behalf.h"
#include "ocpp/sealed.h"

#define DEADLINE_MS 8000u
#define ACTOR       "sealed channel"

struct channel_job {
	struct vs_job job; /* first */
	struct vs_central_reactor *reactor;
	struct vs_keys *keys;
	vs_conn_id conn;
	bool is_hello;
	struct vs_keys_psk_work work;
	struct vs_ocpp_sealed_hello hello;
	char tenant[VS_CORE_TENANT_SIZE], identity[VS_CORE_IDENTITY_SIZE];
	struct vs_core_behalf behalf;
	struct vs_ocpp_sealed_keys *made;
	struct vs_keys_offer offer;
	bool has_offer;
};

static void
drop(struct vs_job *job)
{
	vs_ocpp_sealed_keys_free(&((struct channel_job *)job)->made);
}

/* --- in the pool -------------------------------------------------------------------------------
 */

static vs_result
answer_hello(struct channel_job *job, const struct vs_keys_device *device)
{
	struct vs_keys_device_key psk;
	vs_result r;

	VS_TRY(vs_keys_device_open(job->keys, device, job->hello.kid, &psk));
	r = vs_ocpp_sealed_respond(&job->hello, psk.key, NULL, NULL, &job->made);
	explicit_bzero(&psk, sizeof(psk));
	return r;
}

static vs_result
run(struct vs_job *of)
{
	struct channel_job *job = (struct channel_job *)of;
	const struct vs_keys_device device = {job->tenant, job->identity, VS_KEYS_PSK};

	return job->is_hello ? answer_hello(job, &device)
	                     : vs_keys_psk_do(job->keys, &device, &job->work, &job->behalf,
	                                      &job->offer, &job->has_offer);
}

/* --- in the reactor ----------------------------------------------------------------------------
 */

static void
finish(struct vs_job *of, vs_result result)
{
	struct channel_job *job = (struct channel_job *)of;
	struct vs_central_session *session = vs_central_reactor_session(job->reactor, job->conn);
	struct vs_conn *conn = vs_net_find(job->reactor->net, job->conn);
	struct vs_central_answer answer = {
	    .hello = job->is_hello ? &job->hello : NULL,
	    .keys = &job->made,
	    .offer = job->has_offer ? &job->offer : NULL,
	};

	if (session == NULL || conn == NULL || session->channel == NULL)
		return;
	vs_central_reactor_wake(job->reactor);
	vs_central_channel_answered(session, conn, result, &answer);
}

vs_result
vs_central_job_start(struct vs_central_reactor *reactor, const struct vs_central_session *session,
                     const struct vs_central_job_request *request)
{
	const struct vs_central_options *options = &reactor->central->options;
	struct channel_job *job;

	assert(options->keys != NULL && options->pool != NULL);
	job = vs_job_new(sizeof(*job), run, finish, drop);
	if (job == NULL)
		return VS_FAIL(NO_MEMORY);
	job->reactor = reactor;
	job->keys = options->keys;
	job->conn = session->conn;
	job->work = request->work;
	job->is_hello = request->hello != NULL;
	if (job->is_hello)
		job->hello = *request->hello;
	memcpy(job->tenant, session->tenant, sizeof(job->tenant));
	memcpy(job->identity, session->identity, sizeof(job->identity));
	vs_core_behalf_init(&job->behalf, ACTOR, session->peer);
	return vs_jobs_start(&reactor->jobs, &job->job, options->pool, reactor->loop, DEADLINE_MS);
}
