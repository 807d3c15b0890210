/* SPDX-License-Identifier: Apache-2.0 */
/* Event streams (WHATWG HTML 9.2): who listens, how far each has read, and what a slow one misses.
 */
#include "api/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/metric.h"

#define CHUNK_SIZE_MAX  (64u * 1024)
#define RECENT_SIZE_MAX (512u * 1024)
/* A peer that took none of this many comments in a row is gone. */
#define SILENT_COMMENTS_MAX 4

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

		if (conn != NULL && live->subject[0] == '\0' && (is_tick || !live->is_blocked))
			live->is_blocked = live_pump(api, live, conn, &chunk).code != VS_E_OK;
	}
	vs_buf_done(&chunk.buf);
}

void
vs_api_live_pump(struct vs_api *api)
{
	pump(api, false);
}

static void
comment(struct vs_api *api, struct vs_api_live *live)
{
	struct vs_conn *conn = vs_net_find(api->net, live->conn);

	if (conn == NULL)
		return;
	if (!vs_api_auth_is_valid(&api->auth, &live->principal, vs_clock_wall_ms()))
		vs_conn_close(conn, false);
	else if (vs_conn_stream_write(conn, VS_BYTES_LITERAL(":\n\n")).code == VS_E_OK)
		live->silent_count = 0;
	else if (++live->silent_count >= SILENT_COMMENTS_MAX)
		vs_conn_close(conn, true);
}

void
vs_api_live_tick(struct vs_api *api, bool is_comment_due)
{
	struct vs_api_live *next;

	pump(api, true);
	vs_api_messages_pump(api);
	for (struct vs_api_live *live = api->live; is_comment_due && live != NULL; live = next) {
		next = live->next; /* closing one takes it off the list */
		comment(api, live);
	}
}

static size_t *
count_of(struct vs_api *api, const struct vs_api_live *live)
{
	return live->subject[0] == '\0' ? &api->live_count : &api->watch_count;
}

void
vs_api_live_closed(struct vs_api *api, vs_conn_id conn)
{
	for (struct vs_api_live **link = &api->live; *link != NULL; link = &(*link)->next) {
		struct vs_api_live *live = *link;

		if (live->conn != conn)
			continue;
		*link = live->next;
		*count_of(api, live) -= 1;
		free(live);
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

bool
vs_api_live_last_id(const struct vs_http_request *http, struct vs_bytes *id_out)
{
	return vs_http_header_get(&http->headers, "Last-Event-ID", id_out) ||
	       vs_http_query_get(http->query, "last_event_id", id_out);
}

vs_result
vs_api_live_room(const struct vs_api *api, bool is_of_events)
{
	bool has_room = is_of_events ? api->live_count < VS_LIMIT_SSE_CLIENTS
	                             : api->watch_count < VS_LIMIT_MESSAGE_STREAMS;

	return has_room ? VS_OK : VS_FAIL(BUSY);
}

struct vs_api_live *
vs_api_live_add(struct vs_api *api, struct vs_conn *conn, const char *request_id,
                const struct vs_api_principal *principal, const char *tenant, const char *subject)
{
	struct vs_api_live *live = NULL;
	vs_result r = vs_api_live_room(api, subject[0] == '\0');

	if (r.code == VS_E_OK) {
		live = calloc(1, sizeof(*live));
		r = live != NULL ? VS_OK : VS_FAIL(NO_MEMORY);
	}
	if (live == NULL) {
		vs_api_answer_problem(conn, request_id, r,
		                      r.code == VS_E_BUSY ? "too many streams are open" : NULL);
		return NULL;
	}
	live->conn = vs_conn_get_id(conn);
	live->principal = *principal;
	(void)snprintf(live->tenant, sizeof(live->tenant), "%s", tenant);
	(void)snprintf(live->subject, sizeof(live->subject), "%s", subject);
	live->next = api->live;
	api->live = live;
	*count_of(api, live) += 1;
	vs_metric_add(VS_METRIC_sse_clients, 1);
	vs_metric_add(VS_METRIC_api_requests_total, 1);
	r = vs_conn_stream_begin(conn, 200, "text/event-stream",
	                         "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n"
	                         "X-Content-Type-Options: nosniff\r\n");
	if (r.code == VS_E_OK)
		r = vs_conn_stream_write(conn, VS_BYTES_LITERAL("retry: 2000\n\n"));
	if (r.code == VS_E_OK)
		return live;
	vs_conn_close(conn, false);
	return NULL;
}

static const char *
resume(const struct vs_api *api, const struct vs_http_request *http, uint64_t *next_out)
{
	struct vs_bytes id = {NULL, 0};

	*next_out = api->ring.next;
	if (!vs_api_live_last_id(http, &id))
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
	struct vs_api_live *live = vs_api_live_add(api, request->conn, request->request_id,
	                                           &request->principal, request->tenant, "");
	const char *control;

	if (live == NULL)
		return;
	control = resume(api, request->http, &live->at);
	if (control != NULL && control_write(api, request->conn, control, live->at).code != VS_E_OK)
		vs_conn_close(request->conn, false);
	else
		vs_api_live_pump(api);
}
