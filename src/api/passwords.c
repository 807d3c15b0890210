/* SPDX-License-Identifier: Apache-2.0 */
/* A station's new password: its verifier is made in the pool, then the change goes its way. */
#include <stdlib.h>
#include <string.h>

#include "api/state.h"
#include "base/random.h"
#include "core/entropy.h"
#include "crypto/password.h"
#include "crypto/pwhash.h"
#include "wire/base64.h"

#define BCRYPT_COST 10u

struct job {
	struct vs_api_password password;
	struct vs_core_station station;
	uint64_t number, token;
	int64_t now_ms;
};

void
vs_api_password_generate(struct vs_api_password *password)
{
	memset(password, 0, sizeof(*password));
	password->is_generated = true;
	vs_random_text(password->shown, VS_CRYPTO_PASSWORD_TEXT_SIZE);
	password->size = strlen(password->shown);
	memcpy(password->bytes, password->shown, password->size);
}

/* What a machine made is checked by an HMAC, what a person chose by bcrypt. */
vs_result
vs_api_verifier_make(const struct vs_port_pepper *pepper, const struct vs_api_password *password,
                     struct vs_core_station *station)
{
	uint8_t verifier[VS_CORE_PEPPERED_SIZE];
	char coded[VS_BASE64_TEXT_SIZE(sizeof(verifier))], text[VS_PWHASH_TEXT_SIZE];
	struct vs_bytes bytes = vs_bytes_from(password->bytes, password->size);
	uint32_t version = 0;
	size_t size;
	vs_result r;

	VS_TRY(pepper->verifier(pepper->self, 0, vs_bytes_from_text(station->tenant),
	                        vs_bytes_from_text(station->identity), bytes, verifier, &version));
	if (password->is_generated || vs_core_password_is_random(bytes)) {
		(void)vs_core_station_verifier_set(station, VS_CORE_VERIFIER_PEPPERED, version,
		                                   vs_bytes_from(verifier, sizeof(verifier)));
		explicit_bzero(verifier, sizeof(verifier));
		return VS_OK;
	}
	size = vs_base64_encode(VS_BASE64, vs_bytes_from(verifier, sizeof(verifier)), coded,
	                        sizeof(coded));
	r = vs_pwhash_make(vs_bytes_from(coded, size), BCRYPT_COST, text);
	explicit_bzero(verifier, sizeof(verifier));
	explicit_bzero(coded, sizeof(coded));
	if (r.code == VS_E_OK)
		(void)vs_core_station_verifier_set(station, VS_CORE_VERIFIER_BCRYPT, version,
		                                   vs_bytes_from_text(text));
	return r;
}

static vs_result
build(struct vs_api_read *read)
{
	struct job *job = read->arg;

	return vs_api_verifier_make(&read->api->options.pepper, &job->password, &job->station);
}

/* While the verifier was made, the entry may have changed: only the verifier is ours. */
static vs_result
bring_up_to_date(const struct vs_api *api, struct job *job)
{
	struct vs_core_station now;
	bool is_new = (job->token & 0xff) == VS_API_THEN_CREATED;
	vs_result r = vs_core_registry_find(api->options.registry,
	                                    vs_bytes_from_text(job->station.identity), &now);

	if (is_new)
		return r.code == VS_E_OK ? VS_FAIL(EXISTS) : VS_OK;
	VS_TRY(r);
	(void)vs_core_station_verifier_set(
	    &now, job->station.verifier_kind, job->station.pepper_version,
	    vs_bytes_from(job->station.verifier, vs_core_station_verifier_size(&job->station)));
	/* Whatever it was told before is void with the old one. */
	now.has_next_verifier = false;
	explicit_bzero(now.next_verifier, sizeof(now.next_verifier));
	job->station = now;
	return VS_OK;
}

static void
finish(struct vs_api_read *read, vs_result result)
{
	struct job *job = read->arg;
	struct vs_api_request request = vs_api_read_request(read, job->number, job->now_ms);

	/* Nobody would see the password: then it is not changed either. */
	if (request.conn != NULL) {
		if (result.code == VS_E_OK)
			result = bring_up_to_date(read->api, job);
		if (result.code == VS_E_OK)
			vs_api_station_submit(read->api, &request, &job->station,
			                      job->password.shown, job->token);
		else
			vs_api_answer_problem(request.conn, request.request_id, result, NULL);
	}
	explicit_bzero(job, sizeof(*job));
}

void
vs_api_password_set(struct vs_api *api, const struct vs_api_request *request,
                    const struct vs_core_station *station, const struct vs_api_password *password,
                    uint64_t token)
{
	struct job *job = calloc(1, sizeof(*job));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (job != NULL) {
		job->password = *password;
		job->station = *station;
		job->number = request->number;
		job->token = token;
		job->now_ms = request->now_ms;
		r = vs_api_hash_start(api, request, station->identity, build, finish, job);
	}
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}
