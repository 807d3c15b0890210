/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of a station, sensor device or claim for who watches it: those that are still in
 * memory, and a stream of those that come (WHATWG HTML 9.2). A stream is looked after every tick:
 * nobody waits for it. */
#include "api/live.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_ROWS  32u /* at a time */
#define STREAM_CHUNK (256u * 1024)

/* Members only. */
static void
message_write(struct vs_json_writer *json, const struct vs_core_frame_row *row)
{
	vs_api_write_int(json, "number", (int64_t)row->number);
	vs_api_write_time(json, "at", row->at_ms);
	vs_api_write_text(json, "channel", vs_core_frame_channel_text(row->channel));
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

/* --- whose -------------------------------------------------------------------------------------
 */

/* Is there such a one in the tenant? */
static vs_result
station_check(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_core_station_row row;

	return reader->station(reader->self, read->tenant, read->id, &row);
}

static vs_result
sensor_check(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_core_sensor row;

	return reader->sensor(reader->self, read->tenant, read->id, &row);
}

static vs_result
claim_check(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_core_claim row;

	return reader->claim(reader->self, read->tenant, read->id, &row, NULL);
}

/* --- the list ----------------------------------------------------------------------------------
 */

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
list_write(struct vs_api_read *read)
{
	const struct vs_port_frames *frames = &read->api->options.frames;
	size_t most = read->list.limit + 1, count;
	struct vs_core_frame_row *rows;
	vs_result r;

	if (frames->self == NULL)
		return VS_FAIL(UNSUPPORTED);
	rows = calloc(most, sizeof(*rows));
	if (rows == NULL)
		return VS_FAIL(NO_MEMORY);
	count = frames->before(frames->self, read->tenant, read->id, (uint64_t)read->list.number,
	                       rows, most);
	r = rows_write(read, rows, count);
	free(rows);
	return r;
}

static vs_result
station_build(struct vs_api_read *read)
{
	VS_TRY(station_check(read));
	return list_write(read);
}

static vs_result
sensor_build(struct vs_api_read *read)
{
	VS_TRY(sensor_check(read));
	return list_write(read);
}

static vs_result
claim_build(struct vs_api_read *read)
{
	VS_TRY(claim_check(read));
	return list_write(read);
}

void
vs_api_on_messages_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_ID, station_build);
}

void
vs_api_on_sensor_messages_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_ID, sensor_build);
}

void
vs_api_on_claim_messages_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_ID, claim_build);
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
pump(struct vs_api *api, struct vs_api_live *live, struct vs_core_frame_row *rows)
{
	const struct vs_port_frames *frames = &api->options.frames;
	struct vs_conn *conn = vs_net_find(api->net, live->conn);
	uint64_t next = live->at;
	struct vs_buf out;
	vs_result r = VS_OK;
	size_t count;

	if (conn == NULL)
		return VS_OK;
	count = frames->from(frames->self, live->tenant, live->subject, &next, rows, STREAM_ROWS);
	vs_buf_init(&out, STREAM_CHUNK);
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++)
		r = event_write(&rows[i], &out);
	if (r.code == VS_E_OK && out.size > 0)
		r = vs_conn_stream_write(conn, vs_buf_view(&out));
	vs_buf_done(&out);
	if (r.code == VS_E_OK)
		live->at = next;
	return r;
}

void
vs_api_messages_pump(struct vs_api *api)
{
	struct vs_core_frame_row *rows;

	if (api->watch_count == 0)
		return;
	rows = calloc(STREAM_ROWS, sizeof(*rows));
	for (struct vs_api_live *live = api->live; rows != NULL && live != NULL; live = live->next)
		if (live->subject[0] != '\0')
			(void)pump(api, live, rows).code;
	free(rows);
}

/* Behind the message that it saw last, or from now on. */
static uint64_t
begin_at(const struct vs_http_request *http)
{
	struct vs_bytes id = {NULL, 0};
	uint64_t number = 0;

	if (!vs_api_live_last_id(http, &id))
		return UINT64_MAX;
	for (size_t i = 0; i < id.size; i++) {
		if (id.data[i] < '0' || id.data[i] > '9' || number > UINT64_MAX / 100)
			return UINT64_MAX;
		number = number * 10 + (uint64_t)(id.data[i] - '0');
	}
	return id.size > 0 ? number + 1 : UINT64_MAX;
}

/* Who asks to watch, while the pool looks for what. */
struct begin {
	uint64_t at;
	struct vs_api_principal principal;
};

static void
begun(struct vs_api_read *read, vs_result result)
{
	const struct vs_port_frames *frames = &read->api->options.frames;
	struct vs_conn *conn = vs_net_find(read->api->net, read->conn);
	const struct begin *begin = read->arg;
	struct vs_core_frame_row none;
	struct vs_api_live *live;

	if (conn == NULL)
		return;
	if (result.code != VS_E_OK) {
		vs_api_answer_problem(conn, read->request_id, result, NULL);
		return;
	}
	live = vs_api_live_add(read->api, conn, read->request_id, &begin->principal, read->tenant,
	                       read->id);
	if (live == NULL)
		return;
	live->at = begin->at;
	if (live->at == UINT64_MAX) /* where we are now */
		(void)frames->from(frames->self, live->tenant, live->subject, &live->at, &none, 0);
}

static void
stream(struct vs_api *api, const struct vs_api_request *request,
       vs_result (*check)(struct vs_api_read *read))
{
	struct begin *begin = NULL;
	vs_result r = vs_api_live_room(api, false);

	if (api->options.frames.self == NULL)
		r = VS_FAIL(UNSUPPORTED);
	else if (r.code == VS_E_OK && strlen(request->id) >= VS_CORE_IDENTITY_SIZE)
		r = VS_FAIL(NOT_FOUND);
	if (r.code == VS_E_OK && (begin = calloc(1, sizeof(*begin))) == NULL)
		r = VS_FAIL(NO_MEMORY);
	if (r.code == VS_E_OK) {
		*begin = (struct begin){begin_at(request->http), request->principal};
		r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
		                      request->tenant, request->id, check, begun, begin);
	}
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}

void
vs_api_on_messages_stream(struct vs_api *api, const struct vs_api_request *request)
{
	stream(api, request, station_check);
}

void
vs_api_on_sensor_messages_stream(struct vs_api *api, const struct vs_api_request *request)
{
	stream(api, request, sensor_check);
}

void
vs_api_on_claim_messages_stream(struct vs_api *api, const struct vs_api_request *request)
{
	stream(api, request, claim_check);
}
