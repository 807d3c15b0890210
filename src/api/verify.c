/* SPDX-License-Identifier: Apache-2.0 */
/* Is this the password of that station? For an operator, and for systems that trust this registry.
 */
#include <stdlib.h>
#include <string.h>

#include "api/state.h"
#include "crypto/digest.h"
#include "crypto/pwhash.h"
#include "wire/base64.h"

struct asked {
	struct vs_core_station station;
	bool is_known;
	char password[VS_API_PASSWORD_SIZE];
};

/* The three kinds of verifiers, each by what made it (passwords.c). */
static bool
is_right(const struct vs_port_pepper *pepper, const struct asked *asked)
{
	const struct vs_core_station *station = &asked->station;
	struct vs_bytes password = vs_bytes_from_text(asked->password);
	uint8_t verifier[VS_CORE_PEPPERED_SIZE];
	char coded[VS_BASE64_TEXT_SIZE(sizeof(verifier))];
	bool is_good = false;
	size_t size;

	if (station->verifier_kind == VS_CORE_VERIFIER_BCRYPT_RAW)
		return vs_pwhash_check(password, (const char *)station->verifier).code == VS_E_OK;
	if (pepper
	        ->verifier(pepper->self, station->pepper_version,
	                   vs_bytes_from_text(station->tenant),
	                   vs_bytes_from_text(station->identity), password, verifier, NULL)
	        .code != VS_E_OK)
		return false;
	if (station->verifier_kind == VS_CORE_VERIFIER_PEPPERED) {
		is_good = vs_crypto_equal(verifier, station->verifier, sizeof(verifier));
	} else {
		size = vs_base64_encode(VS_BASE64, vs_bytes_from(verifier, sizeof(verifier)), coded,
		                        sizeof(coded));
		is_good =
		    vs_pwhash_check(vs_bytes_from(coded, size), (const char *)station->verifier)
			.code == VS_E_OK;
		explicit_bzero(coded, sizeof(coded));
	}
	explicit_bzero(verifier, sizeof(verifier));
	return is_good;
}

static vs_result
build(struct vs_api_read *read)
{
	struct asked *asked = read->arg;
	bool is_valid = asked->is_known && asked->station.is_enabled &&
	                asked->station.has_verifier && is_right(&read->api->options.pepper, asked);

	explicit_bzero(asked, sizeof(*asked));
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	vs_json_write_key(&read->json, "valid");
	vs_json_write_bool(&read->json, is_valid);
	vs_json_write_object_end(&read->json);
	return vs_json_write_end(&read->json);
}

void
vs_api_on_registry_verify(struct vs_api *api, const struct vs_api_request *request)
{
	struct asked *asked = calloc(1, sizeof(*asked));
	char identity[VS_CORE_IDENTITY_SIZE] = "", detail[VS_API_DETAIL_SIZE] = "";
	vs_result r = VS_FAIL(NO_MEMORY);

	if (asked != NULL) {
		struct vs_api_field fields[] = {
		    {.name = "identity",
		     .is_required = true,
		     .size = sizeof(identity),
		     .target = identity},
		    {.name = "password",
		     .is_required = true,
		     .size = sizeof(asked->password),
		     .target = asked->password},
		};

		r = vs_api_body_read(request->body, fields, 2, detail);
		asked->is_known =
		    vs_core_registry_find(api->options.registry, vs_bytes_from_text(identity),
		                          &asked->station)
			    .code == VS_E_OK &&
		    strcmp(asked->station.tenant, request->tenant) == 0;
	}
	if (r.code == VS_E_OK) {
		r = vs_api_hash_start(api, request, identity, build, NULL, asked);
		asked = NULL;
	}
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
	if (asked != NULL)
		explicit_bzero(asked, sizeof(*asked));
	free(asked);
}
