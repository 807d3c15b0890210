/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#define NOW  INT64_C(1763645905000)
#define OURS "Origin: https://localhost:9444\r\nX-Requested-With: voltseal\r\n"

static struct vs_api_auth auth;
static struct vs_api_principal principal;

static void
setup(void)
{
	memset(&auth, 0, sizeof(auth));
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
	memset(&auth, 0, sizeof(auth));
	CHECK_ERR(check("GET", "Authorization: Bearer right\r\n"), NOT_AUTHENTIC);
}

static void
cookies_need_our_own_page(void)
{
	char sid[VS_API_SESSION_TEXT_SIZE], cookie[128], headers[512];

	setup();
	CHECK_OK(vs_api_session_add(&auth.sessions, NOW, sid));
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

static void
an_expired_session(void)
{
	char sid[VS_API_SESSION_TEXT_SIZE], cookie[128];

	setup();
	CHECK_OK(vs_api_session_add(&auth.sessions, NOW - VS_API_SESSION_IDLE_MS, sid));
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
	CASE(cookies_need_our_own_page);
	CASE(an_expired_session);
	CASE(the_link_works_once);
	return 0;
}
