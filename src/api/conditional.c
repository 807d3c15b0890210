/* SPDX-License-Identifier: Apache-2.0 */
/* Changes that are only made of what was seen (RFC 9110 13.1.1): one place for all routes of
 * route_tags.def. Between the look and the end of the commit nobody else changes the same thing,
 * whether the client waits for it or not. */
#include <assert.h>
#include <string.h>

#include "api/audit_inside.h"
#include "api/etag.h"

bool
vs_api_is_conditional(const struct vs_api_request *request, const struct vs_api_route *shown)
{
	struct vs_bytes tags;

	return shown != NULL && vs_http_header_get(&request->http->headers, "If-Match", &tags);
}

/* Is another change of the same thing under way, and is one of the two bound to what it was? */
static bool
is_taken(const struct vs_api_audited *audited)
{
	const struct vs_api_request *mine = &audited->request;

	for (const struct vs_api_audited *other = audited->api->audited; other != NULL;
	     other = other->next) {
		if (other != audited && other->shown == audited->shown &&
		    (other->stage == CHECKING || other->stage == RUNNING || other->stage == LEFT) &&
		    (other->is_conditional || audited->is_conditional) &&
		    strcmp(other->request.id, mine->id) == 0 &&
		    strcmp(other->request.tenant, mine->tenant) == 0)
			return true;
	}
	return false;
}

void
vs_api_audited_go_on(struct vs_api_audited *audited)
{
	struct vs_api_request *request = &audited->request;
	struct vs_api_request look = *request;

	audited->stage = RUNNING;
	if (audited->shown != NULL && is_taken(audited)) {
		vs_api_answer_problem(request->conn, request->request_id, VS_FAIL(NOT_NOW),
		                      "another change of it is being made");
		return;
	}
	if (!audited->is_conditional) {
		request->route->handle(audited->api, request);
		return;
	}
	assert(audited->shown != NULL); /* or it would not be conditional */
	audited->stage = CHECKING;
	audited->look = *request->http;
	audited->look.method = VS_HTTP_GET;
	audited->look.query = vs_bytes_from(NULL, 0);
	look.http = &audited->look;
	look.body = vs_bytes_from(NULL, 0);
	look.route = audited->shown;
	look.route->handle(audited->api, &look);
}

void
vs_api_audited_checked(struct vs_api_audited *audited, struct vs_conn *conn, int status,
                       const char *headers)
{
	struct vs_api_request *request = &audited->request;
	char etag[VS_API_ETAG_SIZE];

	request->conn = conn;
	if (status == 200 && (!vs_api_etag_find(headers, etag) ||
	                      vs_api_etag_match(request->http, etag).code != VS_E_OK))
		vs_api_answer_problem(conn, request->request_id, VS_FAIL(PRECONDITION), NULL);
	else
		request->route->handle(audited->api, request);
}
