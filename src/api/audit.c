/* SPDX-License-Identifier: Apache-2.0 */
#include "api/audit.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit_inside.h"
#include "api/etag.h"
#include "wire/base64.h"

#define SESSION_SHOWN 8 /* bytes of a session's hash */

/* --- which event ----------------------------------------------------------------------------- */

#define NONE VS_AUDIT_EVENTS

static const struct {
	vs_api_route_fn *handle;
	enum vs_core_audit_event event;
} rows[] = {
#define VS_AUDIT_NONE                  NONE
#define VS_ROUTE_AUDIT(handler, event) {vs_api_on_##handler, VS_AUDIT_##event},
#include "api/route_audit.def"
#undef VS_ROUTE_AUDIT
#undef VS_AUDIT_NONE
};

bool
vs_api_audit_event(const struct vs_api_route *route, enum vs_core_audit_event *event_out)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].handle != route->handle || rows[i].event == NONE)
			continue;
		*event_out = rows[i].event;
		return true;
	}
	return false;
}

bool
vs_api_audit_is_exempt(const struct vs_api_route *route)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].handle == route->handle)
			return rows[i].event == NONE;
	}
	return false;
}

/* --- what is written ------------------------------------------------------------------------- */

/* Members of a body that say to what it is done: no secrets. */
static const struct {
	const char *name;
	bool is_person;
} members[] = {
    {"station", false}, {"identity", false}, {"channel", false}, {"epoch", false},
    {"action", false},  {"reason", false},   {"profile", false}, {"token", true},
    {"login", true},    {"role", false},     {"label", false},
};

static void
add_members(struct vs_core_audit_entry *entry, struct vs_bytes body)
{
	char room[VS_CORE_AUDIT_TEXT_SIZE];
	struct vs_json_tape tape;
	struct vs_bytes text;
	int64_t number;

	vs_json_tape_init(&tape);
	if (body.size > 0 && vs_json_parse(body, &tape).code == VS_E_OK) {
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
			const struct vs_json_node *node =
			    vs_json_member(&tape, vs_json_root(&tape), members[i].name);

			if (vs_json_text(&tape, node, room, sizeof(room), &text).code == VS_E_OK)
				vs_core_audit_add_text(entry, members[i].name, text,
				                       members[i].is_person);
			else if (vs_json_int(&tape, node, &number).code == VS_E_OK)
				vs_core_audit_add_number(entry, members[i].name, number);
		}
	}
	vs_json_tape_done(&tape);
}

static void
set_actor(const struct vs_api_request *request, struct vs_core_audit_entry *entry)
{
	if (request->principal.user[0] != '\0' &&
	    request->principal.proof == VS_API_PROOF_SESSION) {
		entry->actor_kind = "user";
		(void)snprintf(entry->actor_id, sizeof(entry->actor_id), "%s",
		               request->principal.user);
	} else if (request->principal.proof == VS_API_PROOF_API_TOKEN) {
		entry->actor_kind = "token";
		(void)snprintf(entry->actor_id, sizeof(entry->actor_id), "%s",
		               request->principal.token);
	} else if (request->principal.proof == VS_API_PROOF_SESSION) {
		entry->actor_kind = "session";
		(void)vs_hex_encode(vs_bytes_from(request->principal.session, SESSION_SHOWN),
		                    entry->actor_id, sizeof(entry->actor_id));
	} else if (request->principal.proof == VS_API_PROOF_ADMIN_TOKEN) {
		entry->actor_kind = "token";
		(void)snprintf(entry->actor_id, sizeof(entry->actor_id), "admin");
	} else {
		entry->actor_kind = "anonymous";
	}
}

void
vs_api_audit_describe(const struct vs_api_request *request, enum vs_core_audit_event event,
                      struct vs_core_audit_entry *entry)
{
	char peer[VS_NET_PEER_TEXT_SIZE];

	vs_core_audit_init(entry, event, request->tenant);
	set_actor(request, entry);
	vs_conn_peer_text(request->conn, peer);
	vs_core_audit_source(entry, peer);
	(void)snprintf(entry->corr, sizeof(entry->corr), "%s", request->request_id);
	if (request->id[0] != '\0')
		vs_core_audit_add_text(entry, "id", vs_bytes_from_text(request->id), false);
	/* A device that registers shows a one-time token: that is a secret, not a name. */
	if (event != VS_AUDIT_STATION_ENROL && event != VS_AUDIT_OPERATOR_LOGIN)
		add_members(entry, request->body);
	/* What no name and no member tells, the route does. */
	if (entry->field_count == 0)
		vs_core_audit_add_text(entry, "path", request->http->path, false);
}

void
vs_api_audit_behalf(const struct vs_conn *conn, struct vs_core_behalf *behalf_out)
{
	const struct vs_api_audited *audited = vs_conn_user(conn);
	char peer[VS_NET_PEER_TEXT_SIZE];

	memset(behalf_out, 0, sizeof(*behalf_out));
	vs_conn_peer_text(conn, peer);
	vs_core_source_copy(peer, behalf_out->source);
	if (audited == NULL)
		return;
	behalf_out->actor_kind = audited->entry.actor_kind;
	memcpy(behalf_out->actor_id, audited->entry.actor_id, sizeof(behalf_out->actor_id));
}

void
vs_api_audit_login(const struct vs_conn *conn, const struct vs_core_login *login)
{
	struct vs_api_audited *audited = vs_conn_user(conn);
	bool is_person = login->user[0] != '\0';
	char session[2 * SESSION_SHOWN + 1];

	if (audited == NULL || audited->stage != RUNNING)
		return;
	audited->entry.actor_kind = is_person ? "user"
	                            : audited->entry.event == VS_AUDIT_OPERATOR_BREAK_GLASS
	                                ? "certificate"
	                                : "token";
	(void)snprintf(audited->entry.actor_id, sizeof(audited->entry.actor_id), "%s",
	               is_person ? login->user : "admin");
	memcpy(audited->entry.tenant, login->tenant, sizeof(audited->entry.tenant));
	(void)vs_hex_encode(vs_bytes_from(login->sha256, SESSION_SHOWN), session, sizeof(session));
	vs_core_audit_add_text(&audited->entry, "session", vs_bytes_from_text(session), false);
}

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
			if (!atomic_load(&audited->is_written) || audited->stage == RUNNING)
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
	/* The handler's answer finds nobody, so how it ended is not heard here. */
	audited->stage = ENDING;
	(void)snprintf(audited->entry.why, sizeof(audited->entry.why), "client_gone");
	if (is_open_to_all(audited))
		count_it(audited, VS_AUDIT_RESULT_UNKNOWN);
	else if (write_entry(audited, VS_AUDIT_RESULT_UNKNOWN).code != VS_E_OK)
		audited_free(audited);
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
