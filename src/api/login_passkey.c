/* SPDX-License-Identifier: Apache-2.0 */
/* A person comes in by a passkey, which says of itself whose it is (Web Authentication Level
 * 2, 7.2). It verifies its user, so it stands for password and code together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/coming.h"
#include "wire/base64.h"

struct texts {
	char handle[VS_API_ASSERTION_TEXT], id[VS_API_ASSERTION_TEXT];
	char client[VS_API_ASSERTION_TEXT], data[VS_API_ASSERTION_TEXT];
	char signature[VS_API_ASSERTION_TEXT];
};

/* tenant '/' user */
static void
take_handle(struct vs_api_coming *coming, const char *text)
{
	uint8_t bytes[VS_API_ASSERTION_SIZE];
	struct vs_bytes tenant;
	const uint8_t *slash;
	size_t size = 0;

	if (vs_api_part_read(text, bytes, &size).code != VS_E_OK)
		return;
	slash = memchr(bytes, '/', size);
	if (slash == NULL)
		return;
	tenant = vs_bytes_from(bytes, (size_t)(slash - bytes));
	if (!vs_bytes_copy_text(tenant, coming->tenant, sizeof(coming->tenant)) ||
	    !vs_bytes_copy_text(vs_bytes_from(slash + 1, size - tenant.size - 1), coming->id,
	                        sizeof(coming->id))) {
		(void)snprintf(coming->tenant, sizeof(coming->tenant), VS_CORE_TENANT_DEFAULT);
		coming->id[0] = '\0';
	}
}

static vs_result
take_parts(struct vs_api *api, const struct vs_api_request *request, const struct texts *texts,
           struct vs_api_coming *coming)
{
	struct vs_api_assertion *a = &coming->assertion;
	struct vs_bytes client;

	VS_TRY(vs_api_place_read(request->http, &a->place));
	VS_TRY(vs_api_part_read(texts->id, a->id, &a->id_size));
	VS_TRY(vs_api_part_read(texts->client, a->client, &a->client_size));
	VS_TRY(vs_api_part_read(texts->data, a->data, &a->data_size));
	VS_TRY(vs_api_part_read(texts->signature, a->signature, &a->signature_size));
	client = vs_bytes_from(a->client, a->client_size);
	VS_TRY(vs_webauthn_challenge(client, a->challenge));
	return vs_api_challenge_take(&api->challenges, "", request->now_ms, a->challenge);
}

/* --- in the pool for hashes --------------------------------------------------------------------
 */

static vs_result
assert_by(const struct vs_api_assertion *a, struct vs_webauthn_key *key)
{
	struct vs_webauthn_expect expect = {.origin = a->place.origin, .rp_id = a->place.rp_id};

	memcpy(expect.challenge, a->challenge, sizeof(expect.challenge));
	return vs_webauthn_assert(&expect, key, vs_bytes_from(a->client, a->client_size),
	                          vs_bytes_from(a->data, a->data_size),
	                          vs_bytes_from(a->signature, a->signature_size), &key->count);
}

static vs_result
passkey_build(struct vs_api_read *read)
{
	struct vs_api_coming *coming = read->arg;
	const struct vs_api_assertion *a = &coming->assertion;
	struct vs_api_secrets *secrets = &coming->secrets;
	vs_result r;

	if (!coming->is_possible)
		return vs_api_coming_refuse(coming, "there is no such user, or challenge");
	r = vs_api_user_read(read, coming->tenant, coming->id, NULL, &coming->user, secrets);
	if (r.code == VS_E_NOT_FOUND || r.code == VS_E_NOT_AUTHENTIC)
		return vs_api_coming_refuse(coming, "there is no such user");
	VS_TRY(r);
	if (!coming->user.is_enabled)
		return vs_api_coming_refuse(coming, "the user is disabled");
	for (size_t i = 0; i < secrets->passkey_count; i++) {
		struct vs_webauthn_key *key = &secrets->passkeys[i].key;

		if (!vs_bytes_equal(vs_bytes_from(key->id, key->id_size),
		                    vs_bytes_from(a->id, a->id_size)))
			continue;
		if (assert_by(a, key).code != VS_E_OK)
			return vs_api_coming_refuse(coming, "the passkey's answer is wrong");
		coming->has_new_secrets = true; /* its count */
		return VS_OK;
	}
	return vs_api_coming_refuse(coming, "the user has no such passkey");
}

/* --- routes ------------------------------------------------------------------------------------
 */

void
vs_api_on_login_passkey_begin(struct vs_api *api, const struct vs_api_request *request)
{
	if (vs_api_auth_is_same_origin(request->http))
		vs_api_challenge_answer(api, request, "");
	else
		vs_api_answer_problem(request->conn, request->request_id, VS_FAIL(FORBIDDEN), NULL);
}

void
vs_api_on_login_passkey(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_api_coming *coming = calloc(1, sizeof(*coming));
	struct texts *texts = calloc(1, sizeof(*texts));
	char detail[VS_API_DETAIL_SIZE] = "";
	vs_result r = VS_FAIL(NO_MEMORY);

	if (coming != NULL && texts != NULL) {
		const size_t size = sizeof(texts->handle);
		struct vs_api_field fields[] = {
		    {.name = "user", .is_required = true, .size = size, .target = texts->handle},
		    {.name = "id", .is_required = true, .size = size, .target = texts->id},
		    {.name = "client_data",
		     .is_required = true,
		     .size = size,
		     .target = texts->client},
		    {.name = "authenticator_data",
		     .is_required = true,
		     .size = size,
		     .target = texts->data},
		    {.name = "signature",
		     .is_required = true,
		     .size = size,
		     .target = texts->signature},
		};

		(void)snprintf(coming->tenant, sizeof(coming->tenant), VS_CORE_TENANT_DEFAULT);
		r = vs_api_auth_is_same_origin(request->http) ? VS_OK : VS_FAIL(FORBIDDEN);
		if (r.code == VS_E_OK)
			r = vs_api_body_read(request->body, fields, 5, detail);
	}
	if (r.code == VS_E_OK) {
		take_handle(coming, texts->handle);
		/* What is wrong with it is no business of who sends it: it is judged with the rest.
		 */
		coming->is_possible =
		    take_parts(api, request, texts, coming).code == VS_E_OK &&
		    vs_api_access_is_active(&api->auth.access, coming->tenant) &&
		    vs_api_access_user(&api->auth.access, coming->tenant, coming->id) != NULL;
		vs_api_come(api, request, coming, passkey_build);
	} else {
		vs_api_coming_turn_away(request, coming, r, detail);
	}
	free(texts);
}
