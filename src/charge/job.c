/* SPDX-License-Identifier: Apache-2.0 */
/* What takes the key service, and so the pool: a password's verifier, the psk and the two
 * agreements of a handshake, and the change of a psk. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "charge/inside.h"
#include "core/behalf.h"
#include "crypto/digest.h"

#define DEADLINE_MS   8000u
#define PASSWORD_SIZE 129u
#define ACTOR         "framed network"

enum kind { PASSWORD, WRAPPING, HELLO, PSK, FETCH };

struct charge_job {
	struct vs_job job; /* first */
	struct vs_charge *charge;
	vs_conn_id conn;
	enum kind kind;
	char tenant[VS_CORE_TENANT_SIZE], identity[VS_CORE_IDENTITY_SIZE];
	struct vs_core_behalf behalf; /* the peer */
	/* A password. */
	uint32_t pepper_version;
	bool has_verifier;
	uint8_t verifier[VS_CORE_PEPPERED_SIZE];
	char password[PASSWORD_SIZE];
	/* A key that is wrapped. */
	struct vs_framed_wrapping wrapping;
	uint8_t wrapping_key[VS_FRAMED_WRAPPING_KEY_SIZE];
	/* A handshake, by a psk or by what a monitor's handshake gave. */
	struct vs_ocpp_sealed_hello hello;
	uint8_t sessions[VS_CHARGE_SESSIONS][VS_NOISE_PSK_SIZE];
	uint32_t session_count;
	struct vs_ocpp_sealed_keys *made;
	/* Another psk. */
	struct vs_keys_psk_work work;
	struct vs_keys_offer offer;
	bool has_offer;
	/* Several nodes: what the store has of it. */
	bool reads_state;
	vs_result state;
	struct vs_charge_point read;
};

static void
drop(struct vs_job *job)
{
	vs_ocpp_sealed_keys_free(&((struct charge_job *)job)->made);
}

/* --- in the pool --------------------------------------------------------------------------------
 */

static vs_result
judge_password(struct charge_job *job)
{
	const struct vs_port_pepper *pepper = &job->charge->options.pepper;
	uint8_t verifier[VS_CORE_PEPPERED_SIZE];
	bool is_same;

	VS_TRY(pepper->verifier(pepper->self, job->pepper_version, vs_bytes_from_text(job->tenant),
	                        vs_bytes_from_text(job->identity),
	                        vs_bytes_from_text(job->password), verifier, NULL));
	is_same = vs_crypto_equal(verifier, job->verifier, sizeof(verifier));
	explicit_bzero(verifier, sizeof(verifier));
	return is_same && job->has_verifier ? VS_OK : VS_FAIL(NOT_AUTHENTIC);
}

/* The engine's key is in memory alone: the newest one, or the one before. */
static vs_result
answer_session(struct charge_job *job)
{
	vs_result r = VS_FAIL(NOT_FOUND);

	for (uint32_t i = 0; i < job->session_count && r.code != VS_E_OK; i++)
		r = vs_ocpp_sealed_respond(&job->hello, job->sessions[i], NULL, NULL, &job->made);
	return r;
}

static vs_result
answer_hello(struct charge_job *job, struct vs_keys *keys, const struct vs_keys_device *device)
{
	struct vs_keys_device_key psk;
	vs_result r;

	if (job->hello.kid == VS_CHARGE_SESSION)
		return answer_session(job);
	VS_TRY(vs_keys_device_open(keys, device, job->hello.kid, &psk));
	r = vs_ocpp_sealed_respond(&job->hello, psk.key, NULL, NULL, &job->made);
	explicit_bzero(&psk, sizeof(psk));
	return r;
}

static vs_result
derive(struct charge_job *job, struct vs_keys *keys, const struct vs_keys_device *device)
{
	struct vs_keys_device_key psk;
	vs_result r;

	job->wrapping.tenant = job->tenant;
	job->wrapping.identity = job->identity;
	VS_TRY(vs_keys_device_open(keys, device, job->wrapping.kid, &psk));
	r = vs_framed_wrapping_key(&job->wrapping, psk.key, job->wrapping_key);
	explicit_bzero(&psk, sizeof(psk));
	return r;
}

static vs_result
obey(struct charge_job *job)
{
	const struct vs_keys_device device = {job->tenant, job->identity, VS_KEYS_PSK};
	struct vs_keys *keys = job->charge->options.keys;

	if (job->kind == PASSWORD)
		return judge_password(job);
	if (job->kind == FETCH)
		return VS_OK;
	if (keys == NULL)
		return VS_FAIL(UNSUPPORTED);
	switch (job->kind) {
	case PASSWORD:
	case FETCH:
		break;
	case WRAPPING:
		return derive(job, keys, &device);
	case HELLO:
		return answer_hello(job, keys, &device);
	case PSK:
		return vs_keys_psk_do(keys, &device, &job->work, &job->behalf, &job->offer,
		                      &job->has_offer);
	}
	return VS_FAIL(INTERNAL);
}

static vs_result
run(struct vs_job *of)
{
	struct charge_job *job = (struct charge_job *)of;
	vs_result r = obey(job);

	if (r.code == VS_E_OK && job->reads_state)
		job->state = vs_charge_load_one(&job->charge->options.reader, &job->read);
	return r;
}

/* --- in the loop --------------------------------------------------------------------------------
 */

/* What is under way here is newer than what the store says. */
static bool
is_known_here(const struct vs_charge_point *point)
{
	return point != NULL && (point->engine != 0 || point->unstored > 0);
}

static void
finish_fetch(struct charge_job *job, vs_result result)
{
	struct vs_charge_point *point =
	    vs_charge_point_find(job->charge, vs_bytes_from_text(job->identity));

	if (point != NULL)
		point->is_fetching = false;
	if (result.code == VS_E_OK)
		result = job->state;
	if (result.code == VS_E_OK)
		vs_charge_point_adopt(job->charge, &job->read);
	else
		VS_LOG(WARN, "charge.not_read", vs_bytes_from_text(job->identity),
		       VS_LOG_ERR(result));
}

/* False: it cannot be let in without. */
static bool
take_state(struct charge_job *job, struct vs_charge_link *link)
{
	if (job->state.code != VS_E_OK) {
		VS_LOG(WARN, "charge.not_read", vs_bytes_from_text(job->identity),
		       VS_LOG_ERR(job->state));
		vs_charge_link_control(link, VS_FRAME_EOT);
		vs_charge_link_end(link, VS_CHARGE_FLUSH);
		return false;
	}
	if (!is_known_here(vs_charge_point_find(job->charge, vs_bytes_from_text(job->identity))))
		vs_charge_point_adopt(job->charge, &job->read);
	return true;
}

static void
finish(struct vs_job *of, vs_result result)
{
	struct charge_job *job = (struct charge_job *)of;
	struct vs_charge_link *link = vs_charge_link_find(job->charge, job->conn);

	vs_charge_wake(job->charge);
	if (job->kind == FETCH) {
		finish_fetch(job, result);
		return;
	}
	if (link != NULL && link->phase != VS_CHARGE_ENDED && result.code == VS_E_OK &&
	    job->reads_state && !take_state(job, link))
		return;
	if (link == NULL)
		VS_LOG(DEBUG, "charge.left_early", vs_bytes_from_text(job->identity));
	else if (job->kind == HELLO)
		vs_charge_hello_answered(link, job->tenant, job->identity, &job->made, result);
	else if (job->kind == PASSWORD)
		vs_charge_password_judged(link, job->identity, result);
	else if (job->kind == WRAPPING)
		vs_charge_wrapping_ready(link, job->identity, &job->wrapping, job->wrapping_key,
		                         result);
	else if (result.code != VS_E_OK)
		VS_LOG(WARN, "psk.change_failed", vs_bytes_from_text(job->identity),
		       VS_LOG_ERR(result));
	else if (job->has_offer)
		vs_charge_offer_made(link, &job->offer);
	else if (job->work.step == VS_KEYS_PSK_ACK)
		link->was_offered = false; /* it has that one: there may be another */
}

static vs_result
start_about(struct charge_job *job, struct vs_charge *charge, const char *tenant,
            const char *identity)
{
	job->charge = charge;
	vs_text_copy(tenant, job->tenant, sizeof(job->tenant));
	vs_text_copy(identity, job->identity, sizeof(job->identity));
	memcpy(job->read.tenant, job->tenant, sizeof(job->tenant));
	memcpy(job->read.identity, job->identity, sizeof(job->identity));
	return vs_jobs_start(&charge->jobs, &job->job, charge->options.pool, charge->loop,
	                     DEADLINE_MS);
}

static vs_result
start(struct charge_job *job, struct vs_charge_link *link, const char *tenant, const char *identity)
{
	struct vs_charge *charge = link->charge;

	job->conn = link->conn;
	vs_core_behalf_init(&job->behalf, ACTOR, link->peer);
	job->reads_state =
	    job->kind != PSK && charge->options.reader.transactions != NULL &&
	    !is_known_here(vs_charge_point_find(charge, vs_bytes_from_text(identity)));
	return start_about(job, charge, tenant, identity);
}

/* NULL: no memory. */
static struct charge_job *
job_new(enum kind kind)
{
	struct charge_job *job = vs_job_new(sizeof(*job), run, finish, drop);

	if (job != NULL)
		job->kind = kind;
	return job;
}

vs_result
vs_charge_job_password(struct vs_charge_link *link, const struct vs_core_station *station,
                       struct vs_bytes password)
{
	struct charge_job *job = job_new(PASSWORD);

	if (job == NULL)
		return VS_FAIL(NO_MEMORY);
	job->pepper_version = station->pepper_version;
	/* A bcrypt verifier is of a password that a person chose; those of this network are ours.
	 */
	job->has_verifier =
	    station->has_verifier && station->verifier_kind == VS_CORE_VERIFIER_PEPPERED;
	memcpy(job->verifier, station->verifier, sizeof(job->verifier));
	(void)vs_bytes_copy_text(password, job->password, sizeof(job->password));
	return start(job, link, station->tenant, station->identity);
}

vs_result
vs_charge_job_wrapping(struct vs_charge_link *link, const struct vs_core_station *station,
                       const struct vs_framed_wrapping *wrapping)
{
	struct charge_job *job = job_new(WRAPPING);

	if (job == NULL)
		return VS_FAIL(NO_MEMORY);
	job->wrapping = *wrapping;
	vs_random_bytes(job->wrapping.ours, sizeof(job->wrapping.ours));
	return start(job, link, station->tenant, station->identity);
}

vs_result
vs_charge_job_hello(struct vs_charge_link *link, const char *tenant, const char *identity)
{
	const struct vs_charge_point *point =
	    vs_charge_point_find(link->charge, vs_bytes_from_text(identity));
	struct charge_job *job = job_new(HELLO);

	if (job == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_ocpp_sealed_get_hello(link->sealed, &job->hello);
	if (point != NULL && strcmp(point->tenant, tenant) == 0) {
		memcpy(job->sessions, point->sessions, sizeof(job->sessions));
		job->session_count = point->session_count;
	}
	return start(job, link, tenant, identity);
}

vs_result
vs_charge_job_fetch(struct vs_charge *charge, const struct vs_charge_point *point)
{
	struct charge_job *job = job_new(FETCH);

	if (job == NULL)
		return VS_FAIL(NO_MEMORY);
	job->reads_state = true;
	return start_about(job, charge, point->tenant, point->identity);
}

static vs_result
start_work(struct vs_charge_link *link, const struct vs_keys_psk_work *work)
{
	struct charge_job *job = job_new(PSK);

	if (job == NULL)
		return VS_FAIL(NO_MEMORY);
	job->work = *work;
	return start(job, link, link->point->tenant, link->point->identity);
}

vs_result
vs_charge_job_proven(struct vs_charge_link *link)
{
	return start_work(link,
	                  &(struct vs_keys_psk_work){.step = VS_KEYS_PSK_PROVEN,
	                                             .kid = vs_ocpp_sealed_kid(link->sealed)});
}

vs_result
vs_charge_job_offer(struct vs_charge_link *link)
{
	return start_work(link, &(struct vs_keys_psk_work){.step = VS_KEYS_PSK_OFFER});
}

vs_result
vs_charge_job_ack(struct vs_charge_link *link, const struct vs_ocpp_sealed_ack *ack)
{
	struct vs_keys_psk_work work = {.step = VS_KEYS_PSK_ACK, .kid = ack->kid};

	memcpy(work.oid, ack->oid, sizeof(work.oid));
	memcpy(work.proof, ack->proof, sizeof(work.proof));
	return start_work(link, &work);
}
