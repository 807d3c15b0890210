/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks: a bearer token, a session cookie, or nobody. Denied by default; whose tenant or whose
 * own entry was disabled is nobody, too.
 *
 * A browser sends its cookie whoever wrote the page, so with the cookie whatever is not GET needs
 * our own Origin and the header X-Requested-With: voltseal, which no other origin can add without
 * being asked for it (CORS).
 */
#pragma once

#include "api/access.h"
#include "api/router.h"
#include "api/session.h"
#include "core/station.h"

#define VS_API_TOKEN_PREFIX "vso_"

struct vs_api_auth {
	uint8_t admin_token_sha256[VS_SHA256_SIZE];
	uint8_t login_token_sha256[VS_SHA256_SIZE]; /* all zero: none, or used */
	struct vs_api_sessions sessions;
	struct vs_api_access access;
};

/* How somebody showed who they are. */
enum vs_api_proof {
	VS_API_PROOF_NONE,
	VS_API_PROOF_ADMIN_TOKEN, /* the token that init, or dev, made */
	VS_API_PROOF_API_TOKEN,   /* one that an administrator made */
	VS_API_PROOF_SESSION,     /* the cookie of a login */
};

struct vs_api_principal {
	char tenant[VS_CORE_TENANT_SIZE]; /* "": nobody */
	enum vs_core_role role;           /* ANYONE: nobody */
	enum vs_api_proof proof;
	char user[VS_CORE_USER_ID_SIZE];       /* "": none */
	char token[VS_CORE_API_TOKEN_ID_SIZE]; /* with an API_TOKEN */
	uint8_t session[VS_SHA256_SIZE];       /* its hash, with a SESSION */
};

/* Does who asks belong to the installation's own tenant? */
bool vs_api_principal_is_platform(const struct vs_api_principal *principal);
/* Denied by default: OK when the route's role and scope are within the principal's; NOT_AUTHENTIC
 * for nobody, FORBIDDEN for somebody. */
VS_RESULT vs_api_principal_permit(const struct vs_api_principal *principal,
                                  const struct vs_api_route *route);

/* OK with the role ANYONE when nothing was shown. NOT_AUTHENTIC: something was shown that is not
 * right. FORBIDDEN: the cookie came without proof of our own page. */
VS_RESULT vs_api_auth_check(struct vs_api_auth *auth, const struct vs_http_request *http,
                            int64_t now_ms, struct vs_api_principal *principal_out);
/* Is it still so, for what was opened by it? Counts as use of a session. */
bool vs_api_auth_is_valid(struct vs_api_auth *auth, const struct vs_api_principal *principal,
                          int64_t now_ms);
/* Did our own page send this? */
bool vs_api_auth_is_same_origin(const struct vs_http_request *http);
/* The one-time link: OK once, NOT_AUTHENTIC ever after. */
VS_RESULT vs_api_auth_login_link(struct vs_api_auth *auth, struct vs_bytes token);
VS_RESULT vs_api_auth_login_token(const struct vs_api_auth *auth, struct vs_bytes token);
