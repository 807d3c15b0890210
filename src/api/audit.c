/* SPDX-License-Identifier: Apache-2.0 */
#include "api/audit.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit_inside.h"
#include "api/etag.h"

/* --- waiting for the log --------------------------------------------------------------------- */

static void
on_mail(struct vs_loop *loop, void *argument)
{
	(void)loop;
	vs_api_audit_pump(argument);
}

/* In the log's thread. */
static void
on_written(void *arg, vs_result result)
{
	struct vs_api_audited *audited = arg;
	struct vs_api *api = audited->api;

	audited->result = result;
	atomic_store(&audited->is_written, true);
	/* A full mailbox: the next tick sees it. */
	(void)vs_loop_post(api->loop, on_mail, api).code;
}

static vs_result
write_entry(struct vs_api_audited *audited, enum vs_core_audit_result result)
{
	const struct vs_port_audit *port = &audited->api->options.audit;

	audited->entry.result = result;
	atomic_store(&audited->is_written, false);
	return port->write(port->self, &audited->entry, on_written, audited);
}

static void
audited_wipe(struct vs_api_audited *audited)
{
	vs_api_copy_done(&audited->copy);
	if (audited->body.data != NULL)
		explicit_bzero(audited->body.data, audited->body.size);
	vs_buf_done(&audited->body);
	explicit_bzero(audited, sizeof(*audited));
	free(audited);
}

static void
audited_free(struct vs_api_audited *audited)
{
	struct vs_api *api = audited->api;
	struct vs_api_audited **link = &api->audited;
	struct vs_conn *conn = vs_net_find(api->net, audited->conn);

	while (*link != audited)
		link = &(*link)->next;
	*link = audited->next;
	api->audited_count--;
	if (conn != NULL)
		vs_conn_set_user(conn, NULL);
	audited_wipe(audited);
}

/* Its connection, if it still is there, gets this answer, and nothing is waited for any more. */
static void
refuse(struct vs_api_audited *audited)
{
	struct vs_conn *conn = vs_net_find(audited->api->net, audited->conn);
	char request_id[VS_API_REQUEST_ID_SIZE];

	memcpy(request_id, audited->request.request_id, sizeof(request_id));
	audited_free(audited);
	if (conn != NULL)
		vs_api_answer_problem(conn, request_id, VS_FAIL(AUDIT_UNAVAILABLE), NULL);
}

/* Anybody may try: what fails is counted, not written one by one, or the log would be theirs to
 * fill. What succeeds is worth nothing without its answer, which waits until it is written. */
static bool
is_open_to_all(const struct vs_api_audited *audited)
{
	return audited->request.route->role == VS_ROLE_ANYONE;
}

static void
count_it(struct vs_api_audited *audited, enum vs_core_audit_result result)
{
	const struct vs_port_audit *port = &audited->api->options.audit;
	const struct vs_conn *conn = vs_net_find(audited->api->net, audited->conn);

	audited->entry.result = result;
	audited->entry.corr[0] = '\0'; /* alike ones are counted together */
	port->note(port->self, &audited->entry);
	if (audited->entry.event == VS_AUDIT_OPERATOR_LOGIN && conn != NULL)
		vs_api_tell_refused(audited->api, conn, audited->entry.tenant,
		                    "operator.login_failed", audited->entry.why);
	audited_free(audited);
}

/* --- the three steps ------------------------------------------------------------------------- */

static vs_result
audited_new(struct vs_api *api, const struct vs_api_request *request,
            enum vs_core_audit_event event, struct vs_api_audited **audited_out)
{
	struct vs_api_audited *audited;
	vs_result r;

	if (api->audited_count >= VS_LIMIT_API_AUDITED)
		return VS_FAIL(BUSY);
	audited = calloc(1, sizeof(*audited));
	if (audited == NULL)
		return VS_FAIL(NO_MEMORY);
	r = vs_api_copy_make(&audited->copy, request->http, request->body);
	if (r.code != VS_E_OK) {
		free(audited);
		return r;
	}
	audited->api = api;
	audited->conn = vs_conn_get_id(request->conn);
	audited->request = *request;
	audited->request.http = &audited->copy.http;
	audited->request.body = audited->copy.body;
	vs_buf_init(&audited->body, VS_LIMIT_HTTP_RESPONSE_SIZE);
	audited->shown = vs_api_etag_shown_by(request->route);
	audited->is_conditional = vs_api_is_conditional(request, audited->shown);
	vs_api_audit_describe(request, event, &audited->entry);
	audited->next = api->audited;
	api->audited = audited;
	api->audited_count++;
	*audited_out = audited;
	return VS_OK;
}

void
vs_api_audit_run(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_api_audited *audited = NULL;
	enum vs_core_audit_event event;
	vs_result r;

	if (api->options.audit.write == NULL || !vs_api_audit_event(request->route, &event)) {
		/* It would be compared while its entry is written. */
		if (vs_api_is_conditional(request, vs_api_etag_shown_by(request->route)))
			vs_api_answer_problem(request->conn, request->request_id,
			                      VS_FAIL(UNSUPPORTED),
			                      "If-Match: there is no audit log");
		else
			request->route->handle(api, request);
		return;
	}
	r = audited_new(api, request, event, &audited);
	if (r.code != VS_E_OK) {
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
		return;
	}
	vs_conn_set_user(request->conn, audited);
	if (is_open_to_all(audited)) {
		audited->stage = RUNNING;
		request->route->handle(api, request);
	} else if (write_entry(audited, VS_AUDIT_RESULT_BEGIN).code != VS_E_OK) {
		refuse(audited);
	}
}

static void
start(struct vs_api_audited *audited)
{
	struct vs_conn *conn = vs_net_find(audited->api->net, audited->conn);

	if (audited->result.code != VS_E_OK) {
		refuse(audited);
		return;
	}
	if (conn != NULL) {
		audited->request.conn = conn;
		vs_api_audited_go_on(audited);
		return;
	}
	/* Nobody waits for it any more: it is not done. */
	audited->stage = ENDING;
	(void)snprintf(audited->entry.why, sizeof(audited->entry.why), "client_gone");
	if (write_entry(audited, VS_AUDIT_RESULT_ERROR).code != VS_E_OK)
		audited_free(audited);
}

static enum vs_core_audit_result
result_of(int status)
{
	if (status < 400)
		return VS_AUDIT_RESULT_OK;
	return status == 401 || status == 403 || status == 429 ? VS_AUDIT_RESULT_DENY
	                                                       : VS_AUDIT_RESULT_ERROR;
}

bool
vs_api_audit_hold(struct vs_conn *conn, const char *request_id, int status,
                  const char *content_type, const char *headers, struct vs_bytes body)
{
	struct vs_api_audited *audited = vs_conn_user(conn);

	if (audited == NULL || strcmp(audited->request.request_id, request_id) != 0)
		return false;
	if (audited->stage == CHECKING) {
		audited->stage = RUNNING;
		if (status == 200 || status == 404) {
			vs_api_audited_checked(audited, conn, status, headers);
			return true;
		}
	}
	if (audited->stage != RUNNING)
		return false;
	if (status >= 400)
		(void)snprintf(audited->entry.why, sizeof(audited->entry.why), "http_%d", status);
	if (is_open_to_all(audited) && result_of(status) != VS_AUDIT_RESULT_OK) {
		count_it(audited, result_of(status));
		return false;
	}
	audited->stage = ENDING;
	audited->status = status;
	audited->has_content_type = content_type != NULL;
	if (content_type != NULL)
		(void)snprintf(audited->content_type, sizeof(audited->content_type), "%s",
		               content_type);
	(void)snprintf(audited->headers, sizeof(audited->headers), "%s",
	               headers != NULL ? headers : "");
	if (vs_buf_append_bytes(&audited->body, body).code != VS_E_OK ||
	    write_entry(audited, result_of(status)).code != VS_E_OK)
		refuse(audited);
	return true;
}

static void
finish(struct vs_api_audited *audited)
{
	struct vs_conn *conn = vs_net_find(audited->api->net, audited->conn);

	if (audited->result.code != VS_E_OK) {
		refuse(audited);
		return;
	}
	if (conn != NULL && audited->status != 0)
		vs_api_answer(conn, audited->request.request_id, audited->status,
		              audited->has_content_type ? audited->content_type : NULL,
		              audited->headers, vs_buf_view(&audited->body));
	audited_free(audited);
}

void
vs_api_audit_pump(struct vs_api *api)
{
	bool is_again = true;

	/* A step may free it, and others: from the start again. */
	while (is_again) {
		is_again = false;
		for (struct vs_api_audited *audited = api->audited; audited != NULL;
		     audited = audited->next) {
			if (!atomic_load(&audited->is_written) || audited->stage == RUNNING ||
			    audited->stage == LEFT)
				continue;
			atomic_store(&audited->is_written, false);
			if (audited->stage == BEGINNING)
				start(audited);
			else
				finish(audited);
			is_again = true;
			break;
		}
	}
}

/* --- the other ends -------------------------------------------------------------------------- */

void
vs_api_audit_deny(struct vs_api *api, const struct vs_api_request *request, vs_result why)
{
	const struct vs_port_audit *port = &api->options.audit;
	struct vs_core_audit_entry entry;
	enum vs_core_audit_event event;

	if (port->note == NULL || !vs_api_audit_event(request->route, &event))
		return;
	vs_api_audit_describe(request, event, &entry);
	entry.result = VS_AUDIT_RESULT_DENY;
	entry.corr[0] = '\0'; /* alike ones are counted together */
	(void)snprintf(entry.why, sizeof(entry.why), "%s", vs_err_name(why.code));
	port->note(port->self, &entry);
}

/* The answer finds nobody; how it ended is known when it was committed. */
static void
end_left(struct vs_api_audited *audited)
{
	audited->stage = ENDING;
	(void)snprintf(audited->entry.why, sizeof(audited->entry.why), "client_gone");
	if (is_open_to_all(audited))
		count_it(audited, audited->outcome);
	else if (write_entry(audited, audited->outcome).code != VS_E_OK)
		audited_free(audited);
}

void
vs_api_audit_closed(struct vs_api *api, struct vs_conn *conn)
{
	struct vs_api_audited *audited = vs_conn_user(conn);

	(void)api;
	if (audited == NULL)
		return;
	vs_conn_set_user(conn, NULL);
	audited->conn = 0;
	if (audited->stage != RUNNING && audited->stage != CHECKING)
		return;
	/* What is under way goes on to its end, and nobody else changes the same thing before. */
	audited->outcome =
	    audited->stage == CHECKING ? VS_AUDIT_RESULT_ERROR : VS_AUDIT_RESULT_UNKNOWN;
	audited->stage = LEFT;
	if (audited->parts == 0)
		end_left(audited);
}

/* --- parts ----------------------------------------------------------------------------------- */

static struct vs_api_audited *
find(const struct vs_api *api, const char *request_id)
{
	struct vs_api_audited *audited = api->audited;

	while (audited != NULL && strcmp(audited->request.request_id, request_id) != 0)
		audited = audited->next;
	return audited;
}

void
vs_api_audit_part_begin(struct vs_api *api, const char *request_id)
{
	struct vs_api_audited *audited = find(api, request_id);

	if (audited != NULL)
		audited->parts++;
}

void
vs_api_audit_part_end(struct vs_api *api, const char *request_id, enum vs_core_audit_result outcome)
{
	struct vs_api_audited *audited = find(api, request_id);

	if (audited == NULL || audited->parts == 0)
		return;
	audited->parts--;
	if (audited->stage != LEFT)
		return;
	if (outcome != VS_AUDIT_RESULT_UNKNOWN)
		audited->outcome = outcome;
	if (audited->parts == 0)
		end_left(audited);
}

void
vs_api_audits_free(struct vs_api *api)
{
	while (api->audited != NULL) {
		struct vs_api_audited *audited = api->audited;

		api->audited = audited->next;
		audited_wipe(audited);
	}
}
