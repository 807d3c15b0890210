/* SPDX-License-Identifier: Apache-2.0 */
#include "api/auth.h"

#include <stdio.h>
#include <string.h>

#define ORIGIN_PREFIX "https://"

static vs_result
token_check(const uint8_t expected[static VS_SHA256_SIZE], struct vs_bytes token)
{
	static const uint8_t none[VS_SHA256_SIZE];
	uint8_t hash[VS_SHA256_SIZE];

	VS_TRY(vs_crypto_sha256(token, hash));
	if (vs_crypto_equal(expected, none, sizeof(none)) ||
	    !vs_crypto_equal(expected, hash, sizeof(hash)))
		return VS_FAIL(NOT_AUTHENTIC);
	return VS_OK;
}

bool
vs_api_auth_is_same_origin(const struct vs_http_request *http)
{
	struct vs_bytes origin, with;
	size_t prefix = sizeof(ORIGIN_PREFIX) - 1;

	if (!vs_http_header_get(&http->headers, "X-Requested-With", &with) ||
	    !vs_bytes_equal_text(with, "voltseal"))
		return false;
	if (vs_http_header_count(&http->headers, "Origin") != 1 ||
	    !vs_http_header_get(&http->headers, "Origin", &origin))
		return false;
	return origin.size > prefix &&
	       vs_bytes_equal_text(vs_bytes_from(origin.data, prefix), ORIGIN_PREFIX) &&
	       vs_bytes_equal(vs_bytes_from(origin.data + prefix, origin.size - prefix),
	                      http->host);
}

bool
vs_api_principal_is_platform(const struct vs_api_principal *principal)
{
	return strcmp(principal->tenant, VS_CORE_TENANT_DEFAULT) == 0;
}

vs_result
vs_api_principal_permit(const struct vs_api_principal *principal, const struct vs_api_route *route)
{
	if (route->role == VS_ROLE_ANYONE && route->scope == VS_API_NONE)
		return VS_OK;
	if (principal->role == VS_ROLE_ANYONE || principal->tenant[0] == '\0')
		return VS_FAIL(NOT_AUTHENTIC);
	if (route->role == VS_ROLE_ANYONE || !vs_core_role_covers(principal->role, route->role))
		return VS_FAIL(FORBIDDEN);
	if (route->scope == VS_API_TENANT)
		return VS_OK;
	return route->scope == VS_API_PLATFORM && vs_api_principal_is_platform(principal)
	           ? VS_OK
	           : VS_FAIL(FORBIDDEN);
}

static void
own_it(struct vs_api_principal *principal)
{
	(void)snprintf(principal->tenant, sizeof(principal->tenant), "%s", VS_CORE_TENANT_DEFAULT);
	principal->role = VS_ROLE_ADMINISTRATOR;
}

vs_result
vs_api_auth_check(struct vs_api_auth *auth, const struct vs_http_request *http, int64_t now_ms,
                  struct vs_api_principal *principal_out)
{
	struct vs_api_principal principal = {.role = VS_ROLE_ANYONE};
	struct vs_bytes token;

	if (vs_http_header_count(&http->headers, "Authorization") > 0) {
		if (!vs_http_bearer_get(&http->headers, &token))
			return VS_FAIL(NOT_AUTHENTIC);
		VS_TRY(token_check(auth->admin_token_sha256, token));
		principal.proof = VS_API_PROOF_ADMIN_TOKEN;
		own_it(&principal);
	} else if (vs_http_cookie_get(&http->headers, "__Host-sid", &token)) {
		VS_TRY(vs_api_session_use(&auth->sessions, token, now_ms, principal.session));
		principal.proof = VS_API_PROOF_SESSION;
		own_it(&principal);
		if (http->method != VS_HTTP_GET && http->method != VS_HTTP_HEAD &&
		    !vs_api_auth_is_same_origin(http))
			return VS_FAIL(FORBIDDEN);
	}
	*principal_out = principal;
	return VS_OK;
}

vs_result
vs_api_auth_login_link(struct vs_api_auth *auth, struct vs_bytes token)
{
	VS_TRY(token_check(auth->login_token_sha256, token));
	explicit_bzero(auth->login_token_sha256, sizeof(auth->login_token_sha256));
	return VS_OK;
}

vs_result
vs_api_auth_login_token(const struct vs_api_auth *auth, struct vs_bytes token)
{
	return token_check(auth->admin_token_sha256, token);
}
