/* SPDX-License-Identifier: Apache-2.0 */
/* Event streams (WHATWG HTML 9.2): who listens, how far each has read, and what a slow one misses.
 */
#include "api/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/metric.h"

#define CHUNK_SIZE_MAX  (64u * 1024)
#define RECENT_SIZE_MAX (512u * 1024)
/* A peer that took none of this many comments in a row is gone. */
#define SILENT_COMMENTS_MAX 4

struct vs_api_live {
	struct vs_api_live *next;
	vs_conn_id conn;
	uint64_t at; /* number of the next event */
	char tenant[VS_CORE_TENANT_SIZE];
	bool is_blocked; /* it took no more: asked again at the next tick, not at each event */
	struct vs_api_principal principal;
	unsigned silent_count;
};

/* What was rendered last: most listeners are at the same place. */
struct chunk {
	struct vs_buf buf;
	uint64_t from, to;
	const char *tenant;
};

static vs_result
chunk_fill(struct chunk *chunk, const struct vs_api *api, const struct vs_api_live *live)
{
	if (chunk->from == live->at && chunk->tenant != NULL &&
	    strcmp(chunk->tenant, live->tenant) == 0)
		return VS_OK;
	chunk->from = live->at;
	chunk->tenant = live->tenant;
	vs_buf_reset(&chunk->buf);
	return vs_api_ring_write(&api->ring, live->tenant, live->at, api->ring.next, &chunk->buf,
	                         &chunk->to);
}

static vs_result
control_write(const struct vs_api *api, struct vs_conn *conn, const char *kind, uint64_t next)
{
	struct vs_buf buf;
	vs_result r;

	vs_buf_init(&buf, 512);
	r = vs_api_ring_write_control(&api->ring, kind, next, &buf);
	if (r.code == VS_E_OK)
		r = vs_conn_stream_write(conn, vs_buf_view(&buf));
	vs_buf_done(&buf);
	return r;
}

static vs_result
live_pump(struct vs_api *api, struct vs_api_live *live, struct vs_conn *conn, struct chunk *chunk)
{
	while (live->at != api->ring.next) {
		if (!vs_api_ring_has(&api->ring, live->at)) {
			VS_TRY(control_write(api, conn, "resync", api->ring.next));
			live->at = api->ring.next;
			return VS_OK;
		}
		VS_TRY(chunk_fill(chunk, api, live));
		if (chunk->buf.size > 0)
			VS_TRY(vs_conn_stream_write(conn, vs_buf_view(&chunk->buf)));
		live->at = chunk->to;
	}
	return VS_OK;
}

static void
pump(struct vs_api *api, bool is_tick)
{
	struct chunk chunk = {.tenant = NULL};

	vs_buf_init(&chunk.buf, CHUNK_SIZE_MAX);
	for (struct vs_api_live *live = api->live; live != NULL; live = live->next) {
		struct vs_conn *conn = vs_net_find(api->net, live->conn);

		if (conn != NULL && (is_tick || !live->is_blocked))
			live->is_blocked = live_pump(api, live, conn, &chunk).code != VS_E_OK;
	}
	vs_buf_done(&chunk.buf);
}

void
vs_api_live_pump(struct vs_api *api)
{
	pump(api, false);
}

void
vs_api_live_tick(struct vs_api *api, bool is_comment_due)
{
	pump(api, true);
	if (!is_comment_due)
		return;
	for (struct vs_api_live *live = api->live; live != NULL; live = live->next) {
		struct vs_conn *conn = vs_net_find(api->net, live->conn);

		if (conn == NULL)
			continue;
		if (!vs_api_auth_is_valid(&api->auth, &live->principal, vs_clock_wall_ms())) {
			vs_conn_close(conn, false);
			continue;
		}
		if (vs_conn_stream_write(conn, VS_BYTES_LITERAL(":\n\n")).code == VS_E_OK)
			live->silent_count = 0;
		else if (++live->silent_count >= SILENT_COMMENTS_MAX)
			vs_conn_close(conn, true);
	}
}

void
vs_api_live_closed(struct vs_api *api, vs_conn_id conn)
{
	for (struct vs_api_live **link = &api->live; *link != NULL; link = &(*link)->next) {
		struct vs_api_live *live = *link;

		if (live->conn != conn)
			continue;
		*link = live->next;
		free(live);
		api->live_count--;
		vs_metric_add(VS_METRIC_sse_clients, -1);
		return;
	}
}

void
vs_api_live_free(struct vs_api *api)
{
	while (api->live != NULL)
		vs_api_live_closed(api, api->live->conn);
}

/* Where does this client go on? The header is the browser's own; the parameter is for a page that
 * takes the stream over from another tab. */
static const char *
resume(const struct vs_api *api, const struct vs_http_request *http, uint64_t *next_out)
{
	struct vs_bytes id = {NULL, 0};

	*next_out = api->ring.next;
	if (!vs_http_header_get(&http->headers, "Last-Event-ID", &id) &&
	    !vs_http_query_get(http->query, "last_event_id", &id))
		return "hello";
	return vs_api_ring_resume(&api->ring, id, next_out) ? NULL : "resync";
}

void
vs_api_on_events_recent(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_api_list list;
	struct vs_buf body;
	const char *fault = NULL;
	vs_result r = vs_api_list_parse(request->http->query, VS_API_KEY_ID, &list, &fault);

	vs_buf_init(&body, RECENT_SIZE_MAX);
	if (r.code == VS_E_OK)
		r = vs_buf_append_text(&body, "{\"items\":");
	if (r.code == VS_E_OK)
		r = vs_api_ring_write_recent(&api->ring, request->tenant, list.limit, &body);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&body, '}');
	if (r.code == VS_E_OK)
		vs_api_answer(request->conn, request->request_id, 200, "application/json", NULL,
		              vs_buf_view(&body));
	else
		vs_api_answer_problem(request->conn, request->request_id, r, fault);
	vs_buf_done(&body);
}

void
vs_api_on_events_stream(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_api_live *live = NULL;
	const char *control;
	vs_result r = VS_FAIL(BUSY);

	if (api->live_count >= VS_LIMIT_SSE_CLIENTS) {
		vs_api_answer_problem(request->conn, request->request_id, r,
		                      "too many event streams are open");
		return;
	}
	live = calloc(1, sizeof(*live));
	if (live == NULL) {
		vs_api_answer_problem(request->conn, request->request_id, VS_FAIL(NO_MEMORY), NULL);
		return;
	}
	live->conn = vs_conn_get_id(request->conn);
	live->principal = request->principal;
	(void)snprintf(live->tenant, sizeof(live->tenant), "%s", request->tenant);
	control = resume(api, request->http, &live->at);
	live->next = api->live;
	api->live = live;
	api->live_count++;
	vs_metric_add(VS_METRIC_sse_clients, 1);
	vs_metric_add(VS_METRIC_api_requests_total, 1);

	r = vs_conn_stream_begin(request->conn, 200, "text/event-stream",
	                         "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n"
	                         "X-Content-Type-Options: nosniff\r\n");
	if (r.code == VS_E_OK)
		r = vs_conn_stream_write(request->conn, VS_BYTES_LITERAL("retry: 2000\n\n"));
	if (r.code == VS_E_OK && control != NULL)
		r = control_write(api, request->conn, control, live->at);
	if (r.code != VS_E_OK)
		vs_conn_close(request->conn, false);
	else
		vs_api_live_pump(api);
}
