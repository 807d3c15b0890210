/* SPDX-License-Identifier: Apache-2.0 */
/* Passkeys of who asks: listed, added, removed (Web Authentication Level 2, 7.1). */
#include "api/passkeys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/base64.h"

#define ANSWER_SIZE_MAX 512
#define HTTPS           "https://"

/* --- shared ------------------------------------------------------------------------------------
 */

vs_result
vs_api_place_read(const struct vs_http_request *http, struct vs_api_place *place_out)
{
	struct vs_bytes host = http->host, name = host;
	const uint8_t *colon = memchr(host.data, ':', host.size);
	bool has_letter = false;

	if (colon != NULL)
		name.size = (size_t)(colon - host.data);
	for (size_t i = 0; i < name.size; i++)
		has_letter |= name.data[i] >= 'a' && name.data[i] <= 'z';
	if (!has_letter || host.data[0] == '[' || name.size >= sizeof(place_out->rp_id) ||
	    host.size + sizeof(HTTPS) > sizeof(place_out->origin))
		return VS_FAIL(BAD_VALUE);
	(void)snprintf(place_out->origin, sizeof(place_out->origin), HTTPS "%.*s",
	               VS_BYTES_PRINTF(host));
	(void)snprintf(place_out->rp_id, sizeof(place_out->rp_id), "%.*s", VS_BYTES_PRINTF(name));
	return VS_OK;
}

vs_result
vs_api_part_read(const char *text, uint8_t part[static VS_API_ASSERTION_SIZE], size_t *size_out)
{
	return vs_base64_decode(VS_BASE64_URL, vs_bytes_from_text(text), part,
	                        VS_API_ASSERTION_SIZE, size_out);
}

void
vs_api_challenge_answer(struct vs_api *api, const struct vs_api_request *request, const char *user)
{
	char text[VS_BASE64_TEXT_SIZE(VS_WEBAUTHN_CHALLENGE_SIZE)], handle[VS_API_HANDLE_SIZE];
	char handle_text[VS_BASE64_TEXT_SIZE(VS_API_HANDLE_SIZE)] = "";
	uint8_t bytes[VS_WEBAUTHN_CHALLENGE_SIZE];
	struct vs_api_place place;
	struct vs_api_object answer;
	vs_result r = vs_api_place_read(request->http, &place);

	if (r.code != VS_E_OK) {
		vs_api_answer_problem(request->conn, request->request_id, r,
		                      "passkeys need a host name, not an address");
		return;
	}
	vs_api_challenge_make(&api->challenges, user, request->now_ms, bytes);
	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(bytes, sizeof(bytes)), text,
	                       sizeof(text));
	if (user[0] != '\0') {
		(void)snprintf(handle, sizeof(handle), "%s/%s", request->principal.tenant, user);
		(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from_text(handle), handle_text,
		                       sizeof(handle_text));
	}
	vs_api_object_begin(&answer, ANSWER_SIZE_MAX);
	vs_api_write_text(&answer.json, "challenge", text);
	vs_api_write_text(&answer.json, "rp_id", place.rp_id);
	vs_api_write_text(&answer.json, "user", handle_text);
	vs_api_object_answer(&answer, request, vs_api_object_end(&answer), NULL);
}

/* --- the list ----------------------------------------------------------------------------------
 */

static void
write_passkeys(struct vs_json_writer *json, const struct vs_api_secrets *secrets)
{
	vs_json_write_key(json, "items");
	vs_json_write_array(json);
	for (size_t i = 0; i < secrets->passkey_count; i++) {
		const struct vs_api_passkey *passkey = &secrets->passkeys[i];
		char id[VS_BASE64_TEXT_SIZE(VS_WEBAUTHN_ID_SIZE_MAX)];

		(void)vs_base64_encode(VS_BASE64_URL,
		                       vs_bytes_from(passkey->key.id, passkey->key.id_size), id,
		                       sizeof(id));
		vs_json_write_object(json);
		vs_api_write_text(json, "id", id);
		vs_api_write_text(json, "label", passkey->label);
		vs_api_write_time(json, "created_at", passkey->created_ms);
		vs_json_write_object_end(json);
	}
	vs_json_write_array_end(json);
}

static vs_result
list_build(struct vs_api_read *read)
{
	struct vs_api_secrets secrets = {.password = ""};
	struct vs_core_user user;
	vs_result r = vs_api_user_read(read, read->tenant, read->id, NULL, &user, &secrets);

	if (r.code == VS_E_OK) {
		vs_json_write_begin(&read->json, &read->body);
		vs_json_write_object(&read->json);
		vs_api_write_user_ways(&read->json, &user, &secrets);
		write_passkeys(&read->json, &secrets);
		vs_json_write_object_end(&read->json);
		r = vs_json_write_end(&read->json);
	}
	explicit_bzero(&secrets, sizeof(secrets));
	return r;
}

void
vs_api_on_me_passkeys(struct vs_api *api, const struct vs_api_request *request)
{
	vs_result r;

	if (vs_api_me_is_nobody(request))
		return;
	r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
	                      request->tenant, request->principal.user, list_build, NULL, NULL);
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}

/* --- changes -----------------------------------------------------------------------------------
 */

static struct vs_api_passkey *
find(struct vs_api_secrets *secrets, const struct vs_webauthn_key *key)
{
	for (size_t i = 0; i < secrets->passkey_count; i++)
		if (vs_bytes_equal(vs_bytes_from(secrets->passkeys[i].key.id,
		                                 secrets->passkeys[i].key.id_size),
		                   vs_bytes_from(key->id, key->id_size)))
			return &secrets->passkeys[i];
	return NULL;
}

static vs_result
add(struct vs_api_read *read, struct vs_api_user_job *job)
{
	struct vs_api_secrets *secrets = &job->secrets;

	VS_TRY(vs_api_me_current(read, job));
	if (find(secrets, &job->passkey.key) != NULL) {
		(void)snprintf(read->detail, sizeof(read->detail), "this passkey is here already");
		return VS_FAIL(NOT_NOW);
	}
	if (secrets->passkey_count == VS_LIMIT_PASSKEYS) {
		(void)snprintf(read->detail, sizeof(read->detail), "%d passkeys are the most",
		               VS_LIMIT_PASSKEYS);
		return VS_FAIL(TOO_LONG);
	}
	job->passkey.created_ms = job->now_ms;
	secrets->passkeys[secrets->passkey_count++] = job->passkey;
	return VS_OK;
}

static vs_result
drop(struct vs_api_read *read, struct vs_api_user_job *job)
{
	struct vs_api_secrets *secrets = &job->secrets;
	struct vs_api_passkey *passkey;

	VS_TRY(vs_api_me_current(read, job));
	passkey = find(secrets, &job->passkey.key);
	if (passkey == NULL)
		return VS_FAIL(NOT_FOUND);
	*passkey = secrets->passkeys[--secrets->passkey_count];
	return VS_OK;
}

void
vs_api_on_me_passkey_begin(struct vs_api *api, const struct vs_api_request *request)
{
	if (!vs_api_me_is_nobody(request))
		vs_api_challenge_answer(api, request, request->principal.user);
}

/* What the browser gave, against the challenge that it names. */
static vs_result
register_key(struct vs_api *api, const struct vs_api_request *request, const char *client_text,
             const char *object_text, struct vs_webauthn_key *key)
{
	uint8_t client[VS_API_ASSERTION_SIZE], object[VS_API_ASSERTION_SIZE];
	size_t client_size = 0, object_size = 0;
	struct vs_webauthn_expect expect;
	struct vs_api_place place;

	VS_TRY(vs_api_place_read(request->http, &place));
	VS_TRY(vs_api_part_read(client_text, client, &client_size));
	VS_TRY(vs_api_part_read(object_text, object, &object_size));
	expect.origin = place.origin;
	expect.rp_id = place.rp_id;
	VS_TRY(vs_webauthn_challenge(vs_bytes_from(client, client_size), expect.challenge));
	VS_TRY(vs_api_challenge_take(&api->challenges, request->principal.user, request->now_ms,
	                             expect.challenge));
	return vs_webauthn_register(&expect, vs_bytes_from(client, client_size),
	                            vs_bytes_from(object, object_size), key);
}

static void
refuse(const struct vs_api_request *request, struct vs_api_user_job *job, vs_result r)
{
	explicit_bzero(job, sizeof(*job));
	free(job);
	/* It was logged in: what was wrong is its passkey. */
	vs_api_answer_problem(request->conn, request->request_id,
	                      r.code == VS_E_NOT_AUTHENTIC ? VS_FAIL(BAD_VALUE) : r,
	                      "this passkey was not made for this page, now, with your consent");
}

void
vs_api_on_me_passkey_add(struct vs_api *api, const struct vs_api_request *request)
{
	char client[VS_API_ASSERTION_TEXT] = "", object[VS_API_ASSERTION_TEXT] = "";
	char label[VS_CORE_LABEL_SIZE] = "";
	const struct vs_api_field fields[] = {
	    {.name = "label", .size = sizeof(label), .target = label},
	    {.name = "client_data", .is_required = true, .size = sizeof(client), .target = client},
	    {.name = "attestation_object",
	     .is_required = true,
	     .size = sizeof(object),
	     .target = object},
	};
	struct vs_api_user_job *job = vs_api_me_job(request, fields, 3, add);
	vs_result r;

	if (job == NULL)
		return;
	r = register_key(api, request, client, object, &job->passkey.key);
	if (r.code != VS_E_OK) {
		refuse(request, job, r);
		return;
	}
	memcpy(job->passkey.label, label, sizeof(label));
	vs_api_user_change(api, request, job, true);
}

void
vs_api_on_me_passkey_remove(struct vs_api *api, const struct vs_api_request *request)
{
	char id[VS_API_ASSERTION_TEXT] = "";
	const struct vs_api_field fields[] = {
	    {.name = "id", .is_required = true, .size = sizeof(id), .target = id}};
	struct vs_api_user_job *job = vs_api_me_job(request, fields, 1, drop);
	uint8_t bytes[VS_API_ASSERTION_SIZE];
	size_t size = 0;
	vs_result r;

	if (job == NULL)
		return;
	r = vs_api_part_read(id, bytes, &size);
	if (r.code != VS_E_OK || size > sizeof(job->passkey.key.id)) {
		refuse(request, job, VS_FAIL(BAD_VALUE));
		return;
	}
	memcpy(job->passkey.key.id, bytes, size);
	job->passkey.key.id_size = size;
	vs_api_user_change(api, request, job, true);
}
