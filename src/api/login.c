/* SPDX-License-Identifier: Apache-2.0 */
#include "api/state.h"

#include <stdio.h>
#include <string.h>

#include "api/assets.h"
#include "base/file.h"
#include "base/log.h"

#define TOKEN_SIZE_MAX 129
#define COOKIE         "Set-Cookie: __Host-sid=%s; Path=/; Secure; HttpOnly; SameSite=Strict%s\r\n"

/* The page goes on to the dashboard by itself. It is not a redirect: the request that follows a
 * redirect counts as coming from where the link was clicked, and then a SameSite=Strict cookie is
 * not sent. */
#define GO_ON                                                                                      \
	"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Voltseal</title>"   \
	"<meta http-equiv=\"refresh\" content=\"0;url=/\"></head>"                                 \
	"<body><main><h1>Voltseal</h1><p><a href=\"/\">Open the "                                  \
	"dashboard</a></p></main></body></html>"
#define TOO_LATE                                                                                   \
	"<!doctype html><html lang=\"en\"><head><meta "                                            \
	"charset=\"utf-8\"><title>Voltseal</title></head>"                                         \
	"<body><main><h1>This login link does not work any more</h1><p>It works once, and only "   \
	"for the daemon "                                                                          \
	"that printed it. Sign in with the admin token instead: <a href=\"/\">open the "           \
	"dashboard</a>.</p>"                                                                       \
	"</main></body></html>"

static void
page_answer(const struct vs_api_request *request, int status, const char *cookie,
            struct vs_bytes page)
{
	char headers[2048];

	(void)snprintf(headers, sizeof(headers), "%s%s", VS_API_PAGE_HEADERS, cookie);
	vs_api_answer(request->conn, request->request_id, status, "text/html; charset=utf-8",
	              headers, page);
	explicit_bzero(headers, sizeof(headers));
}

static vs_result
session_begin(struct vs_api *api, const struct vs_api_request *request, char *cookie,
              size_t cookie_size)
{
	char sid[VS_API_SESSION_TEXT_SIZE];
	vs_result r = vs_api_session_add(&api->auth.sessions, request->now_ms, sid);

	if (r.code == VS_E_OK) {
		(void)snprintf(cookie, cookie_size, COOKIE, sid, "");
		api->is_sessions_dirty = true;
		VS_LOG(INFO, "api.login", vs_bytes_from_text("operator"));
	}
	explicit_bzero(sid, sizeof(sid));
	return r;
}

void
vs_api_on_login_link(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_bytes raw;
	char token[TOKEN_SIZE_MAX], cookie[256] = "";
	size_t size = 0;
	vs_result r = VS_FAIL(NOT_AUTHENTIC);

	if (vs_http_query_get(request->http->query, "t", &raw) &&
	    vs_http_query_decode(raw, token, sizeof(token), &size).code == VS_E_OK)
		r = vs_api_auth_login_link(&api->auth, vs_bytes_from(token, size));
	/* Once in the life of an installation, so a reactor may wait for it: without it the link
	 * would work again after a restart. */
	if (r.code == VS_E_OK && api->login_file[0] != '\0')
		r = vs_file_remove(api->login_file);
	explicit_bzero(token, sizeof(token));
	if (r.code == VS_E_OK)
		r = session_begin(api, request, cookie, sizeof(cookie));
	else if (request->principal.proof == VS_API_PROOF_SESSION)
		r = VS_OK; /* the link was used by this browser: it is logged in */
	if (r.code == VS_E_OK) {
		page_answer(request, 200, cookie, VS_BYTES_LITERAL(GO_ON));
	} else {
		VS_LOG(WARN, "api.login_refused", vs_bytes_from_text("operator"), VS_LOG_ERR(r));
		page_answer(request, 401, "", VS_BYTES_LITERAL(TOO_LATE));
	}
	explicit_bzero(cookie, sizeof(cookie));
}

void
vs_api_on_login_token(struct vs_api *api, const struct vs_api_request *request)
{
	char token[TOKEN_SIZE_MAX] = "", cookie[256] = "", detail[VS_API_DETAIL_SIZE] = "";
	struct vs_api_field fields[] = {
	    {.name = "token", .is_required = true, .size = sizeof(token), .target = token},
	};
	vs_result r = VS_OK;

	if (!vs_api_auth_is_same_origin(request->http))
		r = VS_FAIL(FORBIDDEN);
	if (r.code == VS_E_OK)
		r = vs_api_body_read(request->body, fields, 1, detail);
	if (r.code == VS_E_OK)
		r = vs_api_auth_login_token(&api->auth, vs_bytes_from_text(token));
	explicit_bzero(token, sizeof(token));
	if (r.code == VS_E_OK)
		r = session_begin(api, request, cookie, sizeof(cookie));
	if (r.code == VS_E_OK) {
		vs_api_answer(request->conn, request->request_id, 204, NULL, cookie,
		              (struct vs_bytes){NULL, 0});
	} else {
		VS_LOG(WARN, "api.login_refused", vs_bytes_from_text("operator"), VS_LOG_ERR(r));
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
	}
	explicit_bzero(cookie, sizeof(cookie));
}

void
vs_api_on_logout(struct vs_api *api, const struct vs_api_request *request)
{
	char cookie[256];

	if (request->principal.proof == VS_API_PROOF_SESSION) {
		vs_api_session_remove(&api->auth.sessions, request->principal.session);
		api->is_sessions_dirty = true;
	}
	(void)snprintf(cookie, sizeof(cookie), COOKIE, "", "; Max-Age=0");
	vs_api_answer(request->conn, request->request_id, 204, NULL, cookie,
	              (struct vs_bytes){NULL, 0});
}
