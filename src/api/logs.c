/* SPDX-License-Identifier: Apache-2.0 */
/* POST /stations/{id}/logs: GetLog, or GetDiagnostics of OCPP 1.6, with a location that is ours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/later.h"
#include "base/random.h"

#define UPLOAD_MS       (INT64_C(3600) * 1000) /* from the request to the end of the upload */
#define TIMEOUT_MS      30000u
#define PAYLOAD_SIZE    2048
#define ANSWER_SIZE_MAX 2048
#define SPOKEN_16       (UINT32_C(1) << VS_CORE_OCPP_16)

struct wish {
	char type[VS_CORE_FILE_TYPE_SIZE], action[VS_CORE_NAME_SIZE];
	int64_t oldest_ms, latest_ms; /* 0: not said */
	char command[VS_CORE_UUID_SIZE];
	char detail[VS_API_DETAIL_SIZE];
};

static vs_result
read_wish(const struct vs_api_request *request, struct wish *wish)
{
	struct vs_api_field fields[] = {
	    {.name = "type", .size = sizeof(wish->type), .target = wish->type},
	    {.name = "action", .size = sizeof(wish->action), .target = wish->action},
	    {.name = "oldest", .type = VS_API_FIELD_TIME, .target = &wish->oldest_ms},
	    {.name = "latest", .type = VS_API_FIELD_TIME, .target = &wish->latest_ms},
	};

	VS_TRY(vs_api_body_read(request->body, fields, 4, wish->detail));
	if (strcmp(wish->type, "DiagnosticsLog") != 0 && strcmp(wish->type, "SecurityLog") != 0) {
		(void)snprintf(wish->detail, sizeof(wish->detail),
		               "type: DiagnosticsLog or SecurityLog is expected");
		return VS_FAIL(BAD_VALUE);
	}
	if (strcmp(wish->action, "GetLog") != 0 && strcmp(wish->action, "GetDiagnostics") != 0) {
		(void)snprintf(wish->detail, sizeof(wish->detail),
		               "action: GetLog, or GetDiagnostics of OCPP 1.6 is expected");
		return VS_FAIL(BAD_VALUE);
	}
	return VS_OK;
}

static void
put_times(struct vs_json_writer *json, const struct wish *wish, const char *from, const char *to)
{
	if (wish->oldest_ms != 0)
		vs_api_write_time(json, from, wish->oldest_ms);
	if (wish->latest_ms != 0)
		vs_api_write_time(json, to, wish->latest_ms);
}

static vs_result
write_payload(const struct vs_api *api, const struct wish *wish, const struct vs_core_file *file,
              const char *word, struct vs_buf *payload)
{
	char location[sizeof(api->upload_url) + VS_API_UPLOAD_WORD_SIZE + 16];
	struct vs_json_writer json;

	(void)snprintf(location, sizeof(location), "%s/uploads/%s", api->upload_url, word);
	vs_json_write_begin(&json, payload);
	vs_json_write_object(&json);
	if (strcmp(wish->action, "GetDiagnostics") == 0) {
		vs_api_write_text(&json, "location", location);
		put_times(&json, wish, "startTime", "stopTime");
	} else {
		vs_api_write_text(&json, "logType", wish->type);
		vs_api_write_int(&json, "requestId", file->request_id);
		vs_json_write_key(&json, "log");
		vs_json_write_object(&json);
		vs_api_write_text(&json, "remoteLocation", location);
		put_times(&json, wish, "oldestTimestamp", "latestTimestamp");
		vs_json_write_object_end(&json);
	}
	vs_json_write_object_end(&json);
	explicit_bzero(location, sizeof(location));
	return vs_json_write_end(&json);
}

/* A wish on its way to the station's node, and who is to be answered. */
struct order {
	struct vs_api_request request; /* of it what outlives the handler */
	vs_conn_id conn;
	struct vs_core_record *record;
	char file[VS_CORE_FILE_ID_SIZE];
};

static void
order_free(void *arg)
{
	struct order *order = arg;

	vs_core_record_free(&order->record);
	free(order);
}

static void
sent(struct vs_api *api, void **arg, vs_result result, const char *fault)
{
	struct order *order = *arg;
	struct vs_core_record *record = order->record;

	order->record = NULL;
	order->request.conn = vs_net_find(api->net, order->conn);
	if (result.code == VS_E_OK && order->request.conn != NULL) {
		vs_api_submit(api, &order->request, record);
		return;
	}
	/* Whoever asked has gone; the station was asked all the same. */
	if (result.code == VS_E_OK && vs_api_submit_alone(api, record).code == VS_E_OK)
		return;
	vs_core_record_free(&record);
	vs_api_await_drop(api, order->file);
	if (order->request.conn != NULL)
		vs_api_answer_problem(order->request.conn, order->request.request_id, result,
		                      fault);
}

/* Answers in any case but an error. The record is taken. */
static vs_result
send(struct vs_api *api, const struct vs_api_request *request, struct wish *wish,
     const struct vs_core_file *file, const char *word, struct vs_core_record *record)
{
	struct order *order = calloc(1, sizeof(*order));
	struct vs_api_next next = {.go = sent, .drop = order_free};
	struct vs_buf payload;
	vs_result r = VS_FAIL(NO_MEMORY);

	vs_buf_init(&payload, PAYLOAD_SIZE);
	if (order != NULL)
		r = write_payload(api, wish, file, word, &payload);
	if (r.code == VS_E_OK) {
		const struct vs_port_command command = {.tenant = request->tenant,
		                                        .station = file->station,
		                                        .id = wish->command,
		                                        .action = wish->action,
		                                        .payload = vs_buf_view(&payload),
		                                        .timeout_ms = TIMEOUT_MS};

		order->conn = vs_conn_get_id(request->conn);
		order->record = record;
		order->request.number = request->number;
		order->request.now_ms = request->now_ms;
		memcpy(order->request.tenant, request->tenant, sizeof(request->tenant));
		memcpy(order->request.request_id, request->request_id, sizeof(request->request_id));
		memcpy(order->file, file->id, sizeof(order->file));
		next.arg = order;
		vs_api_command(api, request->request_id, &command, &next);
		order = NULL;
	}
	free(order);
	if (payload.data != NULL)
		explicit_bzero(payload.data, payload.capacity);
	vs_buf_done(&payload);
	return r;
}

static vs_result
make_record(const struct vs_api_request *request, const struct wish *wish,
            const struct vs_core_file *file, struct vs_core_record **record_out)
{
	struct vs_core_file_row row = {.file = *file};
	struct vs_api_object answer;
	vs_result r;

	vs_api_object_begin(&answer, ANSWER_SIZE_MAX);
	vs_api_write_file(&answer.json, &row);
	vs_api_write_text(&answer.json, "command", wish->command);
	r = vs_api_object_end(&answer);
	if (r.code == VS_E_OK)
		r = vs_core_record_new(VS_RECORD_file_put, request->tenant, file->station,
		                       request->now_ms, VS_BYTES_LITERAL("{}"),
		                       vs_buf_view(&answer.text), record_out);
	vs_api_object_done(&answer);
	VS_TRY(r);
	(*record_out)->u.file = *file;
	(*record_out)->token = VS_API_THEN_CREATED;
	return VS_OK;
}

static vs_result
ask(struct vs_api *api, const struct vs_api_request *request, struct wish *wish)
{
	struct vs_core_file file = {.kind = VS_CORE_FILE_LOG,
	                            .request_id = (int64_t)(vs_random_u64() >> 33),
	                            .asked_ms = request->now_ms,
	                            .until_ms = request->now_ms + UPLOAD_MS,
	                            .received_ms = VS_CORE_ABSENT,
	                            .size = VS_CORE_ABSENT};
	char word[VS_API_UPLOAD_WORD_SIZE];
	struct vs_core_record *record = NULL;
	struct vs_core_station station;
	vs_result r;

	VS_TRY(vs_core_registry_find(api->options.registry, vs_bytes_from_text(request->id),
	                             &station));
	if (strcmp(station.tenant, request->tenant) != 0)
		return VS_FAIL(NOT_FOUND);
	VS_TRY(read_wish(request, wish));
	if (api->upload_url[0] == '\0') {
		(void)snprintf(
		    wish->detail, sizeof(wish->detail),
		    "no URL is known by which stations reach this API: [api] station_url");
		return VS_FAIL(CONFIG);
	}
	memcpy(file.station, station.identity, sizeof(file.station));
	memcpy(file.type, wish->type, sizeof(file.type));
	vs_uuid_new(request->now_ms, wish->command);
	VS_TRY(vs_api_await(api, request->tenant, &file, word));
	r = make_record(request, wish, &file, &record);
	/* What comes before its record is on disk finds its place in memory. */
	if (r.code == VS_E_OK)
		r = send(api, request, wish, &file, word, record);
	explicit_bzero(word, sizeof(word));
	if (r.code == VS_E_OK)
		return r;
	vs_core_record_free(&record);
	vs_api_await_drop(api, file.id);
	return r;
}

void
vs_api_on_log_ask(struct vs_api *api, const struct vs_api_request *request)
{
	struct wish wish = {.type = "DiagnosticsLog", .action = "GetLog"};
	vs_result r = ask(api, request, &wish);

	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, wish.detail);
}
