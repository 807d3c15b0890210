/* SPDX-License-Identifier: Apache-2.0 */
/* What a sealed session asks of the key service: in the pool, because that waits for the key
 * process, and because a handshake is two agreements on X25519. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "central/channel.h"
#include "central/reactor.h"
#include "core/behalf.h"
#include "ocpp/sealed.h"

#define DEADLINE_MS 8000u
#define ACTOR       "sealed channel"

struct vs_central_job {
	struct vs_central_job *next, **link; /* among those of its reactor */
	struct vs_central_reactor *reactor;
	struct vs_keys *keys;
	vs_conn_id conn;
	struct vs_central_job_request request;
	struct vs_ocpp_sealed_hello hello;
	char tenant[VS_CORE_TENANT_SIZE], identity[VS_CORE_IDENTITY_SIZE];
	struct vs_core_behalf behalf; /* the peer */
	struct vs_ocpp_sealed_keys *made;
	struct vs_keys_offer offer;
	bool has_offer;
};

static void
wipe(struct vs_central_job *job)
{
	vs_ocpp_sealed_keys_free(&job->made);
	explicit_bzero(job, sizeof(*job));
	free(job);
}

static void
job_free(struct vs_central_job **job)
{
	*(*job)->link = (*job)->next;
	if ((*job)->next != NULL)
		(*job)->next->link = (*job)->link;
	wipe(*job);
	*job = NULL;
}

void
vs_central_jobs_free(struct vs_central_reactor *reactor)
{
	for (struct vs_central_job *job = reactor->jobs, *next; job != NULL; job = next) {
		next = job->next;
		wipe(job);
	}
	reactor->jobs = NULL;
}

/* --- in the pool -------------------------------------------------------------------------------
 */

static vs_result
answer_hello(struct vs_central_job *job, const struct vs_keys_device *device)
{
	struct vs_keys_device_key psk;
	vs_result r;

	VS_TRY(vs_keys_device_open(job->keys, device, job->request.kid, &psk));
	r = vs_ocpp_sealed_respond(&job->hello, psk.key, NULL, NULL, &job->made);
	explicit_bzero(&psk, sizeof(psk));
	return r;
}

static vs_result
look_for_offer(struct vs_central_job *job, const struct vs_keys_device *device)
{
	vs_result r;

	VS_TRY(vs_keys_device_used(job->keys, device, job->request.kid, &job->behalf));
	r = vs_keys_device_offered(job->keys, device, &job->offer);
	job->has_offer = r.code == VS_E_OK;
	return r.code == VS_E_NOT_FOUND ? VS_OK : r;
}

static vs_result
obey(struct vs_central_job *job)
{
	const struct vs_keys_device device = {job->tenant, job->identity, VS_KEYS_PSK};

	switch (job->request.kind) {
	case VS_CENTRAL_JOB_HELLO:
		return answer_hello(job, &device);
	case VS_CENTRAL_JOB_PROVEN:
		return look_for_offer(job, &device);
	case VS_CENTRAL_JOB_OFFER:
		VS_TRY(vs_keys_device_offer(job->keys, &device, &job->behalf, &job->offer));
		job->has_offer = true;
		return VS_OK;
	case VS_CENTRAL_JOB_ACK:
		return vs_keys_device_confirm(job->keys, &device, job->request.kid,
		                              job->request.oid, job->request.proof, &job->behalf);
	}
	return VS_FAIL(INTERNAL);
}

static vs_result
run(void *argument)
{
	return obey(argument);
}

/* --- in the reactor ----------------------------------------------------------------------------
 */

static void
finish(struct vs_loop *loop, vs_result result, void *argument)
{
	struct vs_central_job *job = argument;
	struct vs_central_session *session = vs_central_reactor_session(job->reactor, job->conn);
	struct vs_conn *conn = vs_net_find(job->reactor->net, job->conn);
	struct vs_central_answer answer = {
	    .hello = job->request.kind == VS_CENTRAL_JOB_HELLO ? &job->hello : NULL,
	    .keys = &job->made,
	    .offer = job->has_offer ? &job->offer : NULL,
	};

	(void)loop;
	if (session != NULL && conn != NULL && session->channel != NULL) {
		vs_central_reactor_wake(job->reactor);
		vs_central_channel_answered(session, conn, result, &answer);
	}
	job_free(&job);
}

vs_result
vs_central_job_start(struct vs_central_reactor *reactor, const struct vs_central_session *session,
                     const struct vs_central_job_request *request)
{
	const struct vs_central_options *options = &reactor->central->options;
	struct vs_central_job *job = calloc(1, sizeof(*job));
	vs_result r;

	assert(options->keys != NULL && options->pool != NULL);
	if (job == NULL)
		return VS_FAIL(NO_MEMORY);
	job->reactor = reactor;
	job->keys = options->keys;
	job->conn = session->conn;
	job->request = *request;
	if (request->hello != NULL)
		job->hello = *request->hello;
	memcpy(job->tenant, session->tenant, sizeof(job->tenant));
	memcpy(job->identity, session->identity, sizeof(job->identity));
	vs_core_behalf_init(&job->behalf, ACTOR, session->peer);
	job->next = reactor->jobs;
	job->link = &reactor->jobs;
	if (job->next != NULL)
		job->next->link = &job->next;
	reactor->jobs = job;
	r = vs_pool_submit(options->pool, reactor->loop, DEADLINE_MS, run, finish, job);
	if (r.code != VS_E_OK)
		job_free(&job);
	return r;
}
