/* SPDX-License-Identifier: Apache-2.0 */
#include "api/audit.h"

#include <stdio.h>
#include <string.h>

#include "api/assets.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

#define TOKEN_SIZE_MAX 129
#define COOKIE_SIZE    256
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
page_answer(const struct vs_api_request *request, int status, struct vs_bytes page)
{
	vs_api_answer(request->conn, request->request_id, status, "text/html; charset=utf-8",
	              VS_API_PAGE_HEADERS, page);
}

void
vs_api_login_begin(struct vs_api *api, const struct vs_api_request *request,
                   const struct vs_core_login *who, bool is_page)
{
	char sid[VS_API_SESSION_TEXT_SIZE], cookie[COOKIE_SIZE];
	struct vs_core_record *record = NULL;
	struct vs_core_login login = *who;
	vs_result r = vs_api_session_make(request->now_ms, &login, sid);

	if (who->created_ms != 0)
		login.created_ms = who->created_ms;
	if (r.code == VS_E_OK) {
		(void)snprintf(cookie, sizeof(cookie), COOKIE, sid, "");
		r = vs_core_record_new(VS_RECORD_login_put, login.tenant, "", request->now_ms,
		                       (struct vs_bytes){NULL, 0}, vs_bytes_from_text(cookie),
		                       &record);
		explicit_bzero(cookie, sizeof(cookie));
	}
	explicit_bzero(sid, sizeof(sid));
	if (r.code != VS_E_OK) {
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
		return;
	}
	vs_api_audit_login(request->conn, &login);
	record->u.login_put = login;
	record->token = is_page ? VS_API_THEN_PAGE : VS_API_THEN_COOKIE;
	vs_api_submit(api, request, record);
}

void
vs_api_login_committed(struct vs_api *api, const struct vs_core_record *record,
                       const char *request_id)
{
	struct vs_conn *conn = vs_net_find(api->net, record->conn);
	bool is_page = (record->token & VS_API_THEN_MASK) == VS_API_THEN_PAGE;
	char headers[COOKIE_SIZE + sizeof(VS_API_PAGE_HEADERS)];

	if (conn == NULL)
		return;
	(void)snprintf(headers, sizeof(headers), "%s%.*s", is_page ? VS_API_PAGE_HEADERS : "",
	               (int)record->reply.size, (const char *)record->reply.data);
	vs_api_answer(conn, request_id, is_page ? 200 : 204,
	              is_page ? "text/html; charset=utf-8" : NULL, headers,
	              is_page ? VS_BYTES_LITERAL(GO_ON) : (struct vs_bytes){NULL, 0});
	explicit_bzero(headers, sizeof(headers));
}

/* Nobody waits for it: when the queue is full, the next time will do. */
void
vs_api_sessions_save(struct vs_api *api)
{
	const struct vs_core_login *login;

	while ((login = vs_api_session_unsaved(&api->auth.sessions, vs_clock_wall_ms())) != NULL) {
		struct vs_core_record *record = NULL;

		if (vs_core_record_new(VS_RECORD_login_put, login->tenant, "", login->used_ms,
		                       (struct vs_bytes){NULL, 0}, (struct vs_bytes){NULL, 0},
		                       &record)
		        .code != VS_E_OK)
			return;
		record->u.login_put = *login;
		record->origin = api->options.origin;
		if (api->options.writer.submit(api->options.writer.self, record, 1).code != VS_E_OK)
			vs_core_record_free(&record);
	}
}

void
vs_api_logins_end(struct vs_api *api, const char *tenant, const char *user)
{
	struct vs_core_record *record = NULL;

	vs_api_session_remove_of(&api->auth.sessions, tenant, user);
	if (vs_core_record_new(VS_RECORD_login_remove, tenant, "", vs_clock_wall_ms(),
	                       (struct vs_bytes){NULL, 0}, (struct vs_bytes){NULL, 0}, &record)
	        .code != VS_E_OK)
		return;
	(void)snprintf(record->u.login_put.user, sizeof(record->u.login_put.user), "%s", user);
	if (vs_api_submit_alone(api, record).code != VS_E_OK) {
		/* They are over in memory; their rows run out within half a day. */
		VS_LOG(WARN, "api.logins_not_removed", vs_bytes_from_text(user));
		vs_core_record_free(&record);
	}
}

static struct vs_core_login
installation(void)
{
	return (struct vs_core_login){.tenant = VS_CORE_TENANT_DEFAULT,
	                              .role = VS_ROLE_ADMINISTRATOR};
}

void
vs_api_on_login_link(struct vs_api *api, const struct vs_api_request *request)
{
	const struct vs_core_login who = installation();
	struct vs_bytes raw;
	char token[TOKEN_SIZE_MAX];
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
	if (r.code == VS_E_OK) {
		vs_api_login_begin(api, request, &who, true);
	} else if (request->principal.proof == VS_API_PROOF_SESSION) {
		/* The link was used by this browser: it is logged in. */
		page_answer(request, 200, VS_BYTES_LITERAL(GO_ON));
	} else {
		VS_LOG(WARN, "api.login_refused", vs_bytes_from_text("operator"), VS_LOG_ERR(r));
		page_answer(request, 401, VS_BYTES_LITERAL(TOO_LATE));
	}
}

void
vs_api_on_login_token(struct vs_api *api, const struct vs_api_request *request)
{
	const struct vs_core_login who = installation();
	char token[TOKEN_SIZE_MAX] = "", detail[VS_API_DETAIL_SIZE] = "";
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
	if (r.code == VS_E_OK) {
		vs_api_login_begin(api, request, &who, false);
		return;
	}
	VS_LOG(WARN, "api.login_refused", vs_bytes_from_text("operator"), VS_LOG_ERR(r));
	vs_api_answer_problem(request->conn, request->request_id, r, detail);
}

/* It ends in memory now; the answer waits until it has ended on disk. */
void
vs_api_on_logout(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_core_record *record = NULL;
	char cookie[COOKIE_SIZE];
	vs_result r;

	(void)snprintf(cookie, sizeof(cookie), COOKIE, "", "; Max-Age=0");
	if (request->principal.proof != VS_API_PROOF_SESSION) {
		vs_api_answer(request->conn, request->request_id, 204, NULL, cookie,
		              (struct vs_bytes){NULL, 0});
		return;
	}
	vs_api_session_remove(&api->auth.sessions, request->principal.session);
	r = vs_core_record_new(VS_RECORD_login_remove, request->tenant, "", request->now_ms,
	                       (struct vs_bytes){NULL, 0}, vs_bytes_from_text(cookie), &record);
	if (r.code != VS_E_OK) {
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
		return;
	}
	memcpy(record->u.login_put.sha256, request->principal.session, VS_SHA256_SIZE);
	(void)snprintf(record->u.login_put.user, sizeof(record->u.login_put.user), "-");
	record->token = VS_API_THEN_COOKIE;
	vs_api_submit(api, request, record);
}
