/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/assets.h"
#include "api/audit.h"
#include "api/node.h"
#include "api/repeat.h"
#include "api/state.h"
#include "base/clock.h"
#include "base/metric.h"
#include "base/random.h"

#define TICK_MS       250
#define COMMENT_TICKS 60  /* 15 s */
#define SESSION_TICKS 240 /* 60 s */

static void
tick(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_api *api =
	    (struct vs_api *)(void *)((char *)timer - offsetof(struct vs_api, tick));

	api->tick_count++;
	vs_api_node_tick(api);
	vs_api_live_tick(api, api->tick_count % COMMENT_TICKS == 0);
	vs_api_waiters_tick(api);
	vs_api_rotations_tick(api);
	vs_api_laters_tick(api);
	vs_api_audit_pump(api);
	vs_api_files_tick(api);
	if (api->tick_count % SESSION_TICKS == 0)
		vs_api_sessions_save(api);
	vs_timer_arm(loop, timer, TICK_MS);
}

static void
asset_answer(const struct vs_api_request *request)
{
	struct vs_api_asset_answer answer;
	vs_result r = vs_api_asset_answer(request->http, &answer);

	if (r.code != VS_E_OK) {
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
		return;
	}
	r = vs_conn_respond(request->conn, answer.status, answer.content_type, answer.headers,
	                    answer.body, false);
	if (r.code != VS_E_OK)
		vs_conn_close(request->conn, false);
	vs_metric_add(VS_METRIC_api_requests_total, 1);
}

static void
method_refuse(const struct vs_api_request *request, const char *allow)
{
	char headers[96];
	struct vs_buf body;

	(void)snprintf(headers, sizeof(headers), "Allow: %s\r\n", allow);
	vs_buf_init(&body, 1024);
	if (vs_api_problem_write(&body, VS_FAIL(BAD_METHOD), NULL, request->request_id).code ==
	    VS_E_OK)
		vs_api_answer(request->conn, request->request_id, vs_err_http(VS_E_BAD_METHOD),
		              "application/problem+json", headers, vs_buf_view(&body));
	else
		vs_conn_close(request->conn, false);
	vs_buf_done(&body);
}

/* Denied by default: what a route needs is in its row, and nobody has more than they showed. */
static vs_result
permit(struct vs_api *api, struct vs_api_request *request)
{
	vs_result r =
	    vs_api_auth_check(&api->auth, request->http, request->now_ms, &request->principal);

	/* What was shown and is not right is looked at by none of the open routes. */
	if (r.code != VS_E_OK && request->route->scope != VS_API_NONE)
		return r;
	VS_TRY(vs_api_principal_permit(&request->principal, request->route));
	/* Each request with a token is let in anew; a session that is open stays, as a station
	 * does. */
	if (request->principal.proof == VS_API_PROOF_API_TOKEN && api->options.is_current != NULL &&
	    !api->options.is_current(api->options.is_current_arg)) {
		vs_metric_add(VS_METRIC_node_refused_total, 1);
		return VS_FAIL(BEHIND);
	}
	if (request->principal.tenant[0] != '\0')
		memcpy(request->tenant, request->principal.tenant, sizeof(request->tenant));
	vs_api_token_used(api, request);
	return VS_OK;
}

static void
on_request(struct vs_conn *conn, const struct vs_http_request *http, struct vs_bytes body,
           void *arg)
{
	struct vs_api *api = arg;
	struct vs_api_request request = {
	    .conn = conn,
	    .http = http,
	    .body = body,
	    .tenant = VS_CORE_TENANT_DEFAULT,
	    .number = ++api->request_number,
	    .now_ms = vs_clock_wall_ms(),
	};
	char allow[64];
	vs_result r;

	vs_api_request_id(request.number, request.request_id);
	if (!vs_api_is_route_path(http->path)) {
		asset_answer(&request);
		return;
	}
	r = vs_api_route_find(http->method, http->path, request.id, allow, &request.route);
	if (r.code == VS_E_BAD_METHOD) {
		method_refuse(&request, allow);
		return;
	}
	if (r.code == VS_E_OK) {
		r = permit(api, &request);
		if (r.code != VS_E_OK) {
			vs_api_audit_deny(api, &request, r);
			vs_api_tell_denied(api, &request, r);
		}
	}
	if (r.code == VS_E_OK && body.size > request.route->body_max)
		r = VS_FAIL(TOO_LONG);
	if (r.code != VS_E_OK)
		vs_api_answer_problem(conn, request.request_id, r, NULL);
	else if (vs_api_repeat_begin(api, &request))
		vs_api_audit_run(api, &request);
}

/* Before a body is taken into memory: what is longer than others only from who may send it. */
static vs_result
on_head(struct vs_conn *conn, const struct vs_http_request *http, size_t *body_max_out, void *arg)
{
	struct vs_api *api = arg;
	struct vs_api_request request = {.conn = conn, .http = http, .now_ms = vs_clock_wall_ms()};
	char allow[64];

	if (http->content_length <= *body_max_out || !vs_api_is_route_path(http->path))
		return VS_OK;
	VS_TRY(vs_api_route_find(http->method, http->path, request.id, allow, &request.route));
	if (request.route->body_max <= *body_max_out)
		return VS_FAIL(TOO_LONG);
	if (request.route->scope == VS_API_NONE)
		VS_TRY(vs_api_upload_permit(api, conn, request.id));
	else
		VS_TRY(permit(api, &request));
	*body_max_out = request.route->body_max;
	return VS_OK;
}

static void
on_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	(void)close;
	vs_api_upload_closed(arg, vs_conn_get_id(conn));
	vs_api_audit_closed(arg, conn);
	vs_api_live_closed(arg, vs_conn_get_id(conn));
}

struct vs_net_handler
vs_api_handler(struct vs_api *api)
{
	return (struct vs_net_handler){
	    .request = on_request, .head = on_head, .closed = on_closed, .arg = api};
}

void
vs_api_set_upload_url(struct vs_api *api, const char *url)
{
	(void)snprintf(api->upload_url, sizeof(api->upload_url), "%s", url);
}

void
vs_api_deliver(const struct vs_core_event *events, size_t count, uint64_t missed, void *arg)
{
	struct vs_api *api = arg;

	vs_api_ring_miss(&api->ring, missed);
	for (size_t i = 0; i < count; i++) {
		vs_api_ring_push(&api->ring, &events[i]);
		vs_api_waiters_event(api, &events[i]);
		vs_api_rotations_event(api, &events[i]);
	}
	vs_api_live_pump(api);
}

static bool
load_session(const struct vs_core_login *login, void *arg)
{
	struct vs_api *api = arg;

	vs_api_session_put(&api->auth.sessions, login, vs_clock_wall_ms());
	return true;
}

vs_result
vs_api_new(const struct vs_api_options *options, struct vs_net *net, struct vs_api **api_out)
{
	struct vs_api *api = calloc(1, sizeof(*api));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (api == NULL)
		goto out;
	api->options = *options;
	api->net = net;
	api->loop = vs_net_loop(net);
	api->request_number = vs_random_u64() >> 20;
	(void)snprintf(api->station_url, sizeof(api->station_url), "%s", options->station_url);
	(void)snprintf(api->ca_file, sizeof(api->ca_file), "%s", options->ca_file);
	(void)snprintf(api->version, sizeof(api->version), "%s", options->version);
	if (options->login_file != NULL)
		(void)snprintf(api->login_file, sizeof(api->login_file), "%s", options->login_file);
	memcpy(api->auth.admin_token_sha256, options->admin_token_sha256, VS_SHA256_SIZE);
	memcpy(api->auth.login_token_sha256, options->login_token_sha256, VS_SHA256_SIZE);
	r = vs_api_ring_init(&api->ring, vs_random_u64());
	if (r.code != VS_E_OK)
		goto out;
	r = vs_map_new(VS_LIMIT_API_CHANGES, &api->changing);
	if (r.code != VS_E_OK)
		goto out;
	r = vs_api_awaited_load(api);
	if (r.code != VS_E_OK)
		goto out;
	r = vs_api_access_init(&api->auth.access);
	if (r.code == VS_E_OK)
		r = vs_api_access_load(&api->auth.access, &api->options.reader, load_session, api);
	if (r.code != VS_E_OK)
		goto out;
	vs_api_node_init(&api->node);
	api->tick.fire = tick;
	vs_timer_arm(api->loop, &api->tick, TICK_MS);
	*api_out = api;
	api = NULL;
out:
	vs_api_free(&api);
	return r;
}

void
vs_api_free(struct vs_api **api)
{
	if (*api == NULL)
		return;
	if ((*api)->tick.fire != NULL)
		vs_timer_cancel((*api)->loop, &(*api)->tick);
	vs_api_awaited_free(*api);
	vs_api_links_free(*api);
	vs_api_audits_free(*api);
	vs_api_repeats_free();
	vs_api_reads_free(*api);
	vs_api_live_free(*api);
	vs_api_waiters_free(*api);
	vs_api_rotations_free(*api);
	vs_api_laters_free(*api);
	vs_map_free(&(*api)->changing);
	vs_api_access_done(&(*api)->auth.access);
	vs_api_ring_done(&(*api)->ring);
	explicit_bzero(*api, sizeof(**api));
	free(*api);
	*api = NULL;
}
