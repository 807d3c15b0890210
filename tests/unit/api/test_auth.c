/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#define NOW  INT64_C(1763645905000)
#define OURS "Origin: https://localhost:9444\r\nX-Requested-With: voltseal\r\n"

static struct vs_api_auth auth;
static struct vs_api_principal principal;

static void
setup(void)
{
	const struct vs_core_tenant own = {.tenant = "default"}, acme = {.tenant = "acme"};

	vs_api_access_done(&auth.access);
	memset(&auth, 0, sizeof(auth));
	CHECK_OK(vs_api_access_init(&auth.access));
	CHECK_OK(vs_api_access_put_tenant(&auth.access, &own));
	CHECK_OK(vs_api_access_put_tenant(&auth.access, &acme));
	CHECK_OK(vs_crypto_sha256(VS_BYTES_LITERAL("right"), auth.admin_token_sha256));
	CHECK_OK(vs_crypto_sha256(VS_BYTES_LITERAL("link"), auth.login_token_sha256));
}

static vs_result
check(const char *method, const char *headers)
{
	struct vs_http_request http;
	char head[1024];

	(void)snprintf(head, sizeof(head), "%s / HTTP/1.1\r\nHost: localhost:9444\r\n%s\r\n",
	               method, headers);
	CHECK_OK(vs_http_request_parse(vs_bytes_from_text(head), &http));
	return vs_api_auth_check(&auth, &http, NOW, &principal);
}

static void
bearer_tokens(void)
{
	setup();
	CHECK_OK(check("GET", ""));
	CHECK(principal.role == VS_ROLE_ANYONE);
	CHECK_OK(check("POST", "Authorization: Bearer right\r\n"));
	CHECK(principal.role == VS_ROLE_ADMINISTRATOR &&
	      principal.proof == VS_API_PROOF_ADMIN_TOKEN);
	CHECK_ERR(check("GET", "Authorization: Bearer wrong\r\n"), NOT_AUTHENTIC);
	CHECK_ERR(check("GET", "Authorization: Bearer \r\n"), NOT_AUTHENTIC);
	CHECK_ERR(check("GET", "Authorization: Basic cmlnaHQ6cmlnaHQ=\r\n"), NOT_AUTHENTIC);
	CHECK_ERR(check("GET", "Authorization: Bearer right\r\nAuthorization: Bearer right\r\n"),
	          NOT_AUTHENTIC);
	/* A server without a token lets nobody in, not everybody. */
	memset(auth.admin_token_sha256, 0, sizeof(auth.admin_token_sha256));
	CHECK_ERR(check("GET", "Authorization: Bearer right\r\n"), NOT_AUTHENTIC);
}

static void
cookies_need_our_own_page(void)
{
	char sid[VS_API_SESSION_TEXT_SIZE], cookie[128], headers[512];

	setup();
	world_session(&auth.sessions, "", NOW, sid);
	(void)snprintf(cookie, sizeof(cookie), "Cookie: a=b; __Host-sid=%s\r\n", sid);
	CHECK_OK(check("GET", cookie));
	CHECK(principal.role == VS_ROLE_ADMINISTRATOR && principal.proof == VS_API_PROOF_SESSION);
	CHECK_ERR(check("POST", cookie), FORBIDDEN);
	(void)snprintf(headers, sizeof(headers), "%sOrigin: https://localhost:9444\r\n", cookie);
	CHECK_ERR(check("POST", headers), FORBIDDEN);
	(void)snprintf(headers, sizeof(headers), "%sX-Requested-With: voltseal\r\n", cookie);
	CHECK_ERR(check("DELETE", headers), FORBIDDEN);
	(void)snprintf(headers, sizeof(headers), "%s%s", cookie,
	               "Origin: https://evil.example\r\nX-Requested-With: voltseal\r\n");
	CHECK_ERR(check("PATCH", headers), FORBIDDEN);
	(void)snprintf(headers, sizeof(headers), "%s%s", cookie,
	               "Origin: http://localhost:9444\r\nX-Requested-With: voltseal\r\n");
	CHECK_ERR(check("POST", headers), FORBIDDEN);
	(void)snprintf(headers, sizeof(headers), "%s%s", cookie, OURS);
	CHECK_OK(check("POST", headers));
	cookie[30] = cookie[30] == 'x' ? 'y' : 'x';
	CHECK_ERR(check("GET", cookie), NOT_AUTHENTIC);
	CHECK_ERR(check("GET", "Cookie: __Host-sid=\r\n"), NOT_AUTHENTIC);
}

#define TOKEN_ID   "0123456789abcdef"
#define API_TOKEN  "vso_" TOKEN_ID "_secret"
#define API_BEARER "Authorization: Bearer " API_TOKEN "\r\n"

static void
api_tokens(void)
{
	struct vs_core_api_token token = {.tenant = "acme",
	                                  .id = TOKEN_ID,
	                                  .role = VS_ROLE_OPERATOR,
	                                  .expires_ms = NOW + 1,
	                                  .used_ms = VS_CORE_ABSENT};
	struct vs_core_tenant acme = {.tenant = "acme", .state = VS_CORE_TENANT_DISABLED};

	setup();
	CHECK_ERR(check("GET", API_BEARER), NOT_AUTHENTIC);
	CHECK_OK(vs_crypto_sha256(VS_BYTES_LITERAL(API_TOKEN), token.sha256));
	CHECK_OK(vs_api_access_put_token(&auth.access, &token));
	CHECK_OK(check("POST", API_BEARER));
	CHECK(principal.proof == VS_API_PROOF_API_TOKEN && principal.role == VS_ROLE_OPERATOR &&
	      strcmp(principal.tenant, "acme") == 0 && strcmp(principal.token, TOKEN_ID) == 0);
	CHECK(!vs_api_principal_is_platform(&principal));
	CHECK(vs_api_auth_is_valid(&auth, &principal, NOW));
	CHECK_ERR(check("GET", "Authorization: Bearer vso_" TOKEN_ID "_secreT\r\n"), NOT_AUTHENTIC);
	CHECK_ERR(check("GET", "Authorization: Bearer vso_" TOKEN_ID "\r\n"), NOT_AUTHENTIC);
	CHECK_ERR(check("GET", "Authorization: Bearer vso_\r\n"), NOT_AUTHENTIC);
	/* Withdrawn, too old, of a tenant that is closed: at once, what is open as well. */
	CHECK_OK(vs_api_access_put_tenant(&auth.access, &acme));
	CHECK_ERR(check("GET", API_BEARER), NOT_AUTHENTIC);
	CHECK(!vs_api_auth_is_valid(&auth, &principal, NOW));
	acme.state = VS_CORE_TENANT_ACTIVE;
	CHECK_OK(vs_api_access_put_tenant(&auth.access, &acme));
	CHECK_OK(check("GET", API_BEARER));
	CHECK(!vs_api_auth_is_valid(&auth, &principal, NOW + 1));
	token.expires_ms = NOW;
	CHECK_OK(vs_api_access_put_token(&auth.access, &token));
	CHECK_ERR(check("GET", API_BEARER), NOT_AUTHENTIC);
	vs_api_access_remove_token(&auth.access, "default", TOKEN_ID);
	CHECK(vs_api_access_token(&auth.access, "acme", TOKEN_ID) != NULL);
	vs_api_access_remove_token(&auth.access, "acme", TOKEN_ID);
	CHECK(vs_api_access_token(&auth.access, NULL, TOKEN_ID) == NULL);
}

/* A role that changes, a person who is disabled: at the next request. */
static void
a_session_is_what_its_user_is_now(void)
{
	struct vs_core_user user = {
	    .tenant = "default", .id = "u:1", .role = VS_ROLE_VIEWER, .is_enabled = true};
	char sid[VS_API_SESSION_TEXT_SIZE], cookie[128];

	setup();
	world_session(&auth.sessions, "u:1", NOW, sid);
	(void)snprintf(cookie, sizeof(cookie), "Cookie: __Host-sid=%s\r\n", sid);
	CHECK_ERR(check("GET", cookie), NOT_AUTHENTIC);
	CHECK_OK(vs_api_access_put_user(&auth.access, &user));
	CHECK_OK(check("GET", cookie));
	CHECK(principal.role == VS_ROLE_VIEWER && strcmp(principal.user, "u:1") == 0);
	user.role = VS_ROLE_AUDITOR;
	CHECK_OK(vs_api_access_put_user(&auth.access, &user));
	CHECK_OK(check("GET", cookie));
	CHECK(principal.role == VS_ROLE_AUDITOR);
	CHECK(vs_api_auth_is_valid(&auth, &principal, NOW));
	user.is_enabled = false;
	CHECK_OK(vs_api_access_put_user(&auth.access, &user));
	CHECK_ERR(check("GET", cookie), NOT_AUTHENTIC);
	CHECK(!vs_api_auth_is_valid(&auth, &principal, NOW));
}

static void
an_expired_session(void)
{
	char sid[VS_API_SESSION_TEXT_SIZE], cookie[128];

	setup();
	world_session(&auth.sessions, "", NOW - VS_API_SESSION_IDLE_MS, sid);
	(void)snprintf(cookie, sizeof(cookie), "Cookie: __Host-sid=%s\r\n", sid);
	CHECK_ERR(check("GET", cookie), NOT_AUTHENTIC);
}

static void
the_link_works_once(void)
{
	setup();
	CHECK_ERR(vs_api_auth_login_link(&auth, VS_BYTES_LITERAL("other")), NOT_AUTHENTIC);
	CHECK_OK(vs_api_auth_login_link(&auth, VS_BYTES_LITERAL("link")));
	CHECK_ERR(vs_api_auth_login_link(&auth, VS_BYTES_LITERAL("link")), NOT_AUTHENTIC);
	CHECK_ERR(vs_api_auth_login_link(&auth, VS_BYTES_LITERAL("")), NOT_AUTHENTIC);
	CHECK_OK(vs_api_auth_login_token(&auth, VS_BYTES_LITERAL("right")));
	CHECK_ERR(vs_api_auth_login_token(&auth, VS_BYTES_LITERAL("right ")), NOT_AUTHENTIC);
}

/* Every role against every role and scope, from both kinds of tenant. */
static void
denied_by_default(void)
{
	for (unsigned has = VS_ROLE_ANYONE; has < VS_ROLE_COUNT; has++) {
		for (unsigned needs = VS_ROLE_ANYONE; needs < VS_ROLE_COUNT; needs++) {
			const struct vs_api_route tenant = {.role = (enum vs_core_role)needs,
			                                    .scope = VS_API_TENANT};
			const struct vs_api_route platform = {.role = (enum vs_core_role)needs,
			                                      .scope = VS_API_PLATFORM};
			struct vs_api_principal own = {.role = (enum vs_core_role)has,
			                               .tenant = "default"};
			struct vs_api_principal other = {.role = (enum vs_core_role)has,
			                                 .tenant = "acme"};
			bool may = has != VS_ROLE_ANYONE && needs != VS_ROLE_ANYONE &&
			           vs_core_role_covers(own.role, tenant.role);

			CHECK((vs_api_principal_permit(&own, &tenant).code == VS_E_OK) == may);
			CHECK((vs_api_principal_permit(&own, &platform).code == VS_E_OK) == may);
			CHECK((vs_api_principal_permit(&other, &tenant).code == VS_E_OK) == may);
			CHECK(vs_api_principal_permit(&other, &platform).code != VS_E_OK);
		}
	}
}

static void
nobody_gets_what_is_open_only(void)
{
	const struct vs_api_route open = {.role = VS_ROLE_ANYONE, .scope = VS_API_NONE};
	const struct vs_api_route forgotten = {.role = VS_ROLE_ANYONE, .scope = VS_API_TENANT};
	const struct vs_api_route half = {.role = VS_ROLE_VIEWER, .scope = VS_API_NONE};
	const struct vs_api_principal nobody = {.role = VS_ROLE_ANYONE};
	const struct vs_api_principal homeless = {.role = VS_ROLE_ADMINISTRATOR};
	const struct vs_api_principal all = {.role = VS_ROLE_ADMINISTRATOR, .tenant = "default"};

	CHECK_OK(vs_api_principal_permit(&nobody, &open));
	CHECK_OK(vs_api_principal_permit(&all, &open));
	CHECK_ERR(vs_api_principal_permit(&nobody, &forgotten), NOT_AUTHENTIC);
	CHECK_ERR(vs_api_principal_permit(&all, &forgotten), FORBIDDEN);
	CHECK_ERR(vs_api_principal_permit(&nobody, &half), NOT_AUTHENTIC);
	CHECK_ERR(vs_api_principal_permit(&all, &half), FORBIDDEN);
	CHECK_ERR(vs_api_principal_permit(&homeless, &half), NOT_AUTHENTIC);
}

int
main(void)
{
	CASE(denied_by_default);
	CASE(nobody_gets_what_is_open_only);
	CASE(bearer_tokens);
	CASE(api_tokens);
	CASE(a_session_is_what_its_user_is_now);
	CASE(cookies_need_our_own_page);
	CASE(an_expired_session);
	CASE(the_link_works_once);
	vs_api_access_done(&auth.access);
	return 0;
}
