/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of a station for who watches it: those that are still in memory, and a stream of
 * those that come (WHATWG HTML 9.2). A stream is looked after every tick: nobody waits for it. */
#include "api/messages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/metric.h"

#define STREAM_ROWS         32u /* at a time */
#define STREAM_CHUNK        (256u * 1024)
#define SILENT_COMMENTS_MAX 4u

/* Who watches a station. */
struct vs_api_watch {
	struct vs_api_watch *next;
	vs_conn_id conn;
	uint64_t at; /* number of the next message */
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	struct vs_api_principal principal;
	unsigned silent_count;
};

/* Members only. */
static void
message_write(struct vs_json_writer *json, const struct vs_core_frame_row *row)
{
	vs_api_write_int(json, "number", (int64_t)row->number);
	vs_api_write_time(json, "at", row->at_ms);
	vs_api_write_text(json, "direction", row->is_received ? "received" : "sent");
	vs_api_write_text(json, "type", vs_core_frame_type_text(row->type));
	vs_api_write_text(json, "id", row->id);
	vs_api_write_text(json, "action", row->action);
	vs_api_write_int(json, "latency_us", row->latency_us);
	vs_api_write_int(json, "size", (int64_t)row->size);
	vs_api_write_text(json, "verdict", row->verdict);
	vs_json_write_key(json, "sealed");
	vs_json_write_bool(json, row->is_sealed);
	vs_json_write_key(json, "signed");
	vs_json_write_bool(json, row->is_signed);
	vs_json_write_key(json, "cut");
	vs_json_write_bool(json, row->is_cut);
	vs_json_write_key(json, "text");
	vs_json_write_string(json, vs_bytes_from(row->text, row->text_size));
}

/* --- the list ----------------------------------------------------------------------------------
 */

/* Is there such a station in the tenant? */
static vs_result
station_check(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_core_station_row row;

	return reader->station(reader->self, read->tenant, read->id, &row);
}

static vs_result
rows_write(struct vs_api_read *read, const struct vs_core_frame_row *rows, size_t count)
{
	struct vs_api_page page;

	vs_api_page_begin(&page, read);
	for (size_t i = 0; i < count; i++) {
		if (read->body.size > VS_LIMIT_API_ANSWER_SIZE / 2) {
			page.has_more = true;
			break;
		}
		if (!vs_api_page_row_number(&page, (int64_t)rows[i].number))
			break;
		message_write(&read->json, &rows[i]);
		vs_json_write_object_end(&read->json);
	}
	return vs_api_page_end(&page);
}

static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_port_frames *frames = &read->api->options.frames;
	size_t most = read->list.limit + 1, count;
	struct vs_core_frame_row *rows;
	vs_result r;

	if (frames->self == NULL)
		return VS_FAIL(UNSUPPORTED);
	VS_TRY(station_check(read));
	rows = calloc(most, sizeof(*rows));
	if (rows == NULL)
		return VS_FAIL(NO_MEMORY);
	count = frames->before(frames->self, read->tenant, read->id, (uint64_t)read->list.number,
	                       rows, most);
	r = rows_write(read, rows, count);
	free(rows);
	return r;
}

void
vs_api_on_messages_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_ID, list_build);
}

/* --- the stream --------------------------------------------------------------------------------
 */

/* What cannot be written (it is not UTF-8) is left out. */
static vs_result
event_write(const struct vs_core_frame_row *row, struct vs_buf *out)
{
	size_t before = out->size;
	struct vs_json_writer json;
	vs_result r;

	VS_TRY(vs_buf_printf(out, "id: %" PRIu64 "\nevent: message\ndata: ", row->number));
	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	message_write(&json, row);
	vs_json_write_object_end(&json);
	r = vs_json_write_end(&json);
	if (r.code == VS_E_OK)
		return vs_buf_append(out, "\n\n", 2);
	out->size = before;
	return r.code == VS_E_NO_MEMORY ? r : VS_OK;
}

/* Until there is nothing more, or it takes no more: then the next tick goes on. */
static vs_result
watch_pump(struct vs_api *api, struct vs_api_watch *watch, struct vs_core_frame_row *rows)
{
	const struct vs_port_frames *frames = &api->options.frames;
	struct vs_conn *conn = vs_net_find(api->net, watch->conn);
	uint64_t next = watch->at;
	struct vs_buf out;
	vs_result r = VS_OK;
	size_t count;

	if (conn == NULL)
		return VS_OK;
	count = frames->from(frames->self, watch->tenant, watch->station, &next, rows, STREAM_ROWS);
	vs_buf_init(&out, STREAM_CHUNK);
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++)
		r = event_write(&rows[i], &out);
	if (r.code == VS_E_OK && out.size > 0)
		r = vs_conn_stream_write(conn, vs_buf_view(&out));
	vs_buf_done(&out);
	if (r.code == VS_E_OK)
		watch->at = next;
	return r;
}

static void
watch_comment(struct vs_api *api, struct vs_api_watch *watch)
{
	struct vs_conn *conn = vs_net_find(api->net, watch->conn);

	if (conn == NULL)
		return;
	if (!vs_api_auth_is_valid(&api->auth, &watch->principal, vs_clock_wall_ms()))
		vs_conn_close(conn, false);
	else if (vs_conn_stream_write(conn, VS_BYTES_LITERAL(":\n\n")).code == VS_E_OK)
		watch->silent_count = 0;
	else if (++watch->silent_count >= SILENT_COMMENTS_MAX)
		vs_conn_close(conn, true);
}

void
vs_api_watch_tick(struct vs_api *api, bool is_comment_due)
{
	struct vs_core_frame_row *rows;

	if (api->watches == NULL)
		return;
	rows = calloc(STREAM_ROWS, sizeof(*rows));
	for (struct vs_api_watch *watch = api->watches, *next; watch != NULL; watch = next) {
		next = watch->next; /* closing one takes it off the list */
		if (rows != NULL)
			(void)watch_pump(api, watch, rows).code;
		if (is_comment_due)
			watch_comment(api, watch);
	}
	free(rows);
}

void
vs_api_watch_closed(struct vs_api *api, vs_conn_id conn)
{
	for (struct vs_api_watch **link = &api->watches; *link != NULL; link = &(*link)->next) {
		struct vs_api_watch *watch = *link;

		if (watch->conn != conn)
			continue;
		*link = watch->next;
		free(watch);
		api->watch_count--;
		vs_metric_add(VS_METRIC_sse_clients, -1);
		return;
	}
}

void
vs_api_watches_free(struct vs_api *api)
{
	while (api->watches != NULL)
		vs_api_watch_closed(api, api->watches->conn);
}

/* Behind the message that it saw last, or from now on. */
static uint64_t
begin_at(const struct vs_http_request *http)
{
	struct vs_bytes id = {NULL, 0};
	uint64_t number = 0;

	if (!vs_http_header_get(&http->headers, "Last-Event-ID", &id) &&
	    !vs_http_query_get(http->query, "last_event_id", &id))
		return UINT64_MAX;
	for (size_t i = 0; i < id.size; i++) {
		if (id.data[i] < '0' || id.data[i] > '9' || number > UINT64_MAX / 100)
			return UINT64_MAX;
		number = number * 10 + (uint64_t)(id.data[i] - '0');
	}
	return id.size > 0 ? number + 1 : UINT64_MAX;
}

static vs_result
stream_check(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_core_station station;

	if (api->options.frames.self == NULL)
		return VS_FAIL(UNSUPPORTED);
	VS_TRY(vs_core_registry_find(api->options.registry, vs_bytes_from_text(request->id),
	                             &station));
	if (strcmp(station.tenant, request->tenant) != 0)
		return VS_FAIL(NOT_FOUND);
	return api->watch_count < VS_LIMIT_MESSAGE_STREAMS ? VS_OK : VS_FAIL(BUSY);
}

void
vs_api_on_messages_stream(struct vs_api *api, const struct vs_api_request *request)
{
	const struct vs_port_frames *frames = &api->options.frames;
	struct vs_core_frame_row none;
	struct vs_api_watch *watch;
	vs_result r = stream_check(api, request);

	watch = r.code == VS_E_OK ? calloc(1, sizeof(*watch)) : NULL;
	if (watch == NULL) {
		vs_api_answer_problem(request->conn, request->request_id,
		                      r.code != VS_E_OK ? r : VS_FAIL(NO_MEMORY), NULL);
		return;
	}
	watch->conn = vs_conn_get_id(request->conn);
	watch->principal = request->principal;
	(void)snprintf(watch->tenant, sizeof(watch->tenant), "%s", request->tenant);
	(void)snprintf(watch->station, sizeof(watch->station), "%.*s",
	               (int)sizeof(watch->station) - 1, request->id);
	watch->at = begin_at(request->http);
	if (watch->at == UINT64_MAX) /* where we are now */
		(void)frames->from(frames->self, watch->tenant, watch->station, &watch->at, &none,
		                   0);
	watch->next = api->watches;
	api->watches = watch;
	api->watch_count++;
	vs_metric_add(VS_METRIC_sse_clients, 1);
	vs_metric_add(VS_METRIC_api_requests_total, 1);
	r = vs_conn_stream_begin(request->conn, 200, "text/event-stream",
	                         "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n"
	                         "X-Content-Type-Options: nosniff\r\n");
	if (r.code == VS_E_OK)
		r = vs_conn_stream_write(request->conn, VS_BYTES_LITERAL("retry: 2000\n\n"));
	if (r.code != VS_E_OK)
		vs_conn_close(request->conn, false);
}
