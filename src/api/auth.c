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

/* The installation's own token, or vso_ID_SECRET of an operator. */
static vs_result
bearer_check(struct vs_api_auth *auth, struct vs_bytes text, int64_t now_ms,
             struct vs_api_principal *principal)
{
	const size_t prefix = sizeof(VS_API_TOKEN_PREFIX) - 1, id = VS_CORE_API_TOKEN_ID_SIZE - 1;
	struct vs_core_api_token *token = NULL;
	char name[VS_CORE_API_TOKEN_ID_SIZE];

	if (text.size <= prefix + id ||
	    !vs_bytes_equal_text(vs_bytes_from(text.data, prefix), VS_API_TOKEN_PREFIX)) {
		VS_TRY(token_check(auth->admin_token_sha256, text));
		principal->proof = VS_API_PROOF_ADMIN_TOKEN;
		principal->role = VS_ROLE_ADMINISTRATOR;
		(void)snprintf(principal->tenant, sizeof(principal->tenant), "%s",
		               VS_CORE_TENANT_DEFAULT);
		return VS_OK;
	}
	if (vs_bytes_copy_text(vs_bytes_from(text.data + prefix, id), name, sizeof(name)))
		token = vs_api_access_token(&auth->access, NULL, name);
	if (token == NULL)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(token_check(token->sha256, text));
	if ((token->expires_ms != VS_CORE_ABSENT && token->expires_ms <= now_ms) ||
	    !vs_api_access_is_active(&auth->access, token->tenant))
		return VS_FAIL(NOT_AUTHENTIC);
	principal->proof = VS_API_PROOF_API_TOKEN;
	principal->role = token->role;
	memcpy(principal->tenant, token->tenant, sizeof(principal->tenant));
	memcpy(principal->user, token->user, sizeof(principal->user));
	memcpy(principal->token, token->id, sizeof(principal->token));
	return VS_OK;
}

/* Whoever was disabled or got another role since is that now. */
static vs_result
cookie_check(struct vs_api_auth *auth, struct vs_bytes text, int64_t now_ms,
             struct vs_api_principal *principal)
{
	const struct vs_api_person *person;
	struct vs_core_login login;

	VS_TRY(vs_api_session_use(&auth->sessions, text, now_ms, &login));
	if (!vs_api_access_is_active(&auth->access, login.tenant))
		return VS_FAIL(NOT_AUTHENTIC);
	if (login.user[0] != '\0') {
		person = vs_api_access_user(&auth->access, login.tenant, login.user);
		if (person == NULL || !person->user.is_enabled)
			return VS_FAIL(NOT_AUTHENTIC);
		login.role = person->user.role;
	}
	principal->proof = VS_API_PROOF_SESSION;
	principal->role = login.role;
	memcpy(principal->tenant, login.tenant, sizeof(principal->tenant));
	memcpy(principal->user, login.user, sizeof(principal->user));
	memcpy(principal->session, login.sha256, sizeof(principal->session));
	return VS_OK;
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
		VS_TRY(bearer_check(auth, token, now_ms, &principal));
	} else if (vs_http_cookie_get(&http->headers, "__Host-sid", &token)) {
		VS_TRY(cookie_check(auth, token, now_ms, &principal));
		if (http->method != VS_HTTP_GET && http->method != VS_HTTP_HEAD &&
		    !vs_api_auth_is_same_origin(http))
			return VS_FAIL(FORBIDDEN);
	}
	*principal_out = principal;
	return VS_OK;
}

bool
vs_api_auth_is_valid(struct vs_api_auth *auth, const struct vs_api_principal *principal,
                     int64_t now_ms)
{
	const struct vs_core_api_token *token;
	const struct vs_api_person *person;

	switch (principal->proof) {
	case VS_API_PROOF_NONE:
		return false;
	case VS_API_PROOF_ADMIN_TOKEN:
		return true;
	case VS_API_PROOF_API_TOKEN:
		token = vs_api_access_token(&auth->access, principal->tenant, principal->token);
		return token != NULL && vs_api_access_is_active(&auth->access, token->tenant) &&
		       (token->expires_ms == VS_CORE_ABSENT || token->expires_ms > now_ms);
	case VS_API_PROOF_SESSION:
		break;
	}
	if (!vs_api_access_is_active(&auth->access, principal->tenant))
		return false;
	if (principal->user[0] != '\0') {
		person = vs_api_access_user(&auth->access, principal->tenant, principal->user);
		if (person == NULL || !person->user.is_enabled)
			return false;
	}
	return vs_api_session_touch(&auth->sessions, principal->session, now_ms).code == VS_E_OK;
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
