/* SPDX-License-Identifier: Apache-2.0 */
#include "api/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit.h"

/* A payload larger than this is left out of a list (it stays in the store). */
#define PAYLOAD_SHOWN_MAX 65536u

struct progress {
	struct vs_api_read *read;
	size_t count;
	int64_t last_id;
	bool has_more;
};

static bool
row_write(const struct vs_core_event_row *row, void *arg)
{
	struct progress *progress = arg;
	struct vs_api_read *read = progress->read;
	struct vs_core_event_row shown = *row;

	if (progress->count >= read->list.limit || read->body.size > VS_LIMIT_API_ANSWER_SIZE / 2) {
		progress->has_more = true;
		return false;
	}
	if (shown.payload.size > PAYLOAD_SHOWN_MAX)
		shown.payload.size = 0;
	progress->count++;
	progress->last_id = row->id;
	vs_json_write_object(&read->json);
	vs_api_write_event(&read->json, &shown);
	vs_json_write_object_end(&read->json);
	return true;
}

static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	const struct vs_core_event_filter filter = {read->list.station, read->list.only_security,
	                                            read->list.only_open, read->list.least};
	struct progress progress = {.read = read};
	char cursor[VS_API_CURSOR_SIZE] = "";

	vs_api_read_list_begin(read);
	VS_TRY(reader->events(reader->self, read->tenant, &filter, read->list.number,
	                      read->list.limit + 1, row_write, &progress));
	if (progress.has_more && progress.count > 0)
		(void)snprintf(cursor, sizeof(cursor), "%" PRId64, progress.last_id);
	return vs_api_read_list_end(read, cursor);
}

void
vs_api_on_events_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_ID, list_build);
}

/* --- acknowledgement -------------------------------------------------------------------------- */

struct ack {
	struct vs_api *api;
	int64_t id, now_ms;
	uint64_t number; /* of the request */
	bool is_there, is_done;
	char by[VS_CORE_ACTOR_SIZE], tenant[VS_CORE_TENANT_SIZE];
	struct vs_buf answer;
};

static bool
ack_see(const struct vs_core_event_row *row, void *arg)
{
	struct ack *ack = arg;
	struct vs_core_event_row shown = *row;
	struct vs_json_writer json;

	if (row->id != ack->id)
		return false;
	ack->is_there = true;
	ack->is_done = row->acked_ms != VS_CORE_ABSENT;
	if (!ack->is_done) {
		shown.acked_ms = ack->now_ms;
		memcpy(shown.acked_by, ack->by, sizeof(shown.acked_by));
	}
	if (shown.payload.size > PAYLOAD_SHOWN_MAX)
		shown.payload.size = 0;
	vs_json_write_begin(&json, &ack->answer);
	vs_json_write_object(&json);
	vs_api_write_event(&json, &shown);
	vs_json_write_object_end(&json);
	ack->is_there = vs_json_write_end(&json).code == VS_E_OK;
	return false;
}

static vs_result
ack_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	const struct vs_core_event_filter filter = {.station = ""};
	struct ack *ack = read->arg;

	VS_TRY(reader->events(reader->self, read->tenant, &filter, ack->id + 1, 1, ack_see, ack));
	return ack->is_there ? VS_OK : VS_FAIL(NOT_FOUND);
}

/* Written once: who acknowledges it later gets what the first has said. */
static void
ack_finish(struct vs_api_read *read, vs_result result)
{
	struct vs_conn *conn = vs_net_find(read->api->net, read->conn);
	struct ack *ack = read->arg;
	struct vs_api_request request = {.conn = conn, .number = ack->number};
	struct vs_core_record *record = NULL;

	if (result.code == VS_E_OK && ack->is_done) {
		if (conn != NULL)
			vs_api_answer(conn, read->request_id, 200, "application/json", NULL,
			              vs_buf_view(&ack->answer));
	} else if (result.code == VS_E_OK) {
		result = vs_core_record_new(VS_RECORD_event_ack, ack->tenant, "", ack->now_ms,
		                            (struct vs_bytes){NULL, 0}, vs_buf_view(&ack->answer),
		                            &record);
	}
	if (record != NULL) {
		record->u.event_ack.id = ack->id;
		memcpy(record->u.event_ack.by, ack->by, sizeof(record->u.event_ack.by));
		record->token = VS_API_THEN_OK;
		memcpy(request.request_id, read->request_id, sizeof(request.request_id));
		vs_api_submit(read->api, &request, record);
	}
	if (result.code != VS_E_OK && conn != NULL)
		vs_api_answer_problem(conn, read->request_id, result, read->detail);
	vs_buf_done(&ack->answer);
}

void
vs_api_on_event_acknowledge(struct vs_api *api, const struct vs_api_request *request)
{
	struct ack *ack = calloc(1, sizeof(*ack));
	struct vs_core_audit_entry entry;
	char *end = NULL;
	vs_result r = ack == NULL ? VS_FAIL(NO_MEMORY) : VS_OK;

	if (r.code == VS_E_OK) {
		vs_api_audit_describe(request, VS_AUDIT_EVENT_ACKNOWLEDGE, &entry);
		(void)snprintf(ack->by, sizeof(ack->by), "%.20s%s%.70s", entry.actor_kind,
		               entry.actor_id[0] != '\0' ? " " : "", entry.actor_id);
		(void)snprintf(ack->tenant, sizeof(ack->tenant), "%s", request->tenant);
		ack->now_ms = request->now_ms;
		ack->number = request->number;
		vs_buf_init(&ack->answer, 4 * PAYLOAD_SHOWN_MAX);
		ack->id = strtoll(request->id, &end, 10);
		if (request->id[0] < '0' || request->id[0] > '9' || *end != '\0' ||
		    ack->id == INT64_MAX)
			r = VS_FAIL(NOT_FOUND);
	}
	if (r.code != VS_E_OK)
		free(ack);
	else
		r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
		                      request->tenant, request->id, ack_build, ack_finish, ack);
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}
