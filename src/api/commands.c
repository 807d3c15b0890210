/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to stations: which there are, and a new one. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/later.h"
#include "api/waiter.h"
#include "base/random.h"

#define TIMEOUT_S_DEFAULT 30
#define TIMEOUT_S_MAX     600
#define WAIT_S_MAX        60

/* --- what there is --------------------------------------------------------------------------- */

struct progress {
	struct vs_api_read *read;
	size_t skip, count, shown_at;
	int64_t last_ms;
	bool has_more;
};

static bool
row_write(const struct vs_core_command_row *row, void *arg)
{
	struct progress *progress = arg;
	struct vs_api_read *read = progress->read;

	if (progress->count >= read->list.limit || read->body.size > VS_LIMIT_API_ANSWER_SIZE / 2) {
		progress->has_more = true;
		return false;
	}
	if (row->created_ms != progress->last_ms) {
		progress->last_ms = row->created_ms;
		progress->shown_at = 0;
	}
	progress->shown_at++;
	if (progress->skip > 0 && row->created_ms == read->list.number) {
		progress->skip--;
		return true;
	}
	progress->count++;
	vs_json_write_object(&read->json);
	vs_api_write_command(&read->json, row);
	vs_json_write_object_end(&read->json);
	return true;
}

static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct progress progress = {
	    .read = read, .skip = read->list.skip, .last_ms = VS_CORE_ABSENT};
	char cursor[VS_API_CURSOR_SIZE] = "";

	vs_api_read_list_begin(read);
	VS_TRY(reader->commands(reader->self, read->tenant, read->list.station,
	                        vs_api_list_before_ms(&read->list),
	                        read->list.limit + read->list.skip + 1, row_write, &progress));
	if (progress.has_more && progress.last_ms != VS_CORE_ABSENT)
		vs_api_list_cursor_time(progress.last_ms, progress.shown_at, cursor);
	return vs_api_read_list_end(read, cursor);
}

void
vs_api_on_commands_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TIME, list_build);
}

/* 200 when the command is through, 202 while it is not. */
static void
one_write(const struct vs_core_command_row *row, void *arg)
{
	struct vs_api_read *read = arg;
	bool is_final = row->state != VS_CORE_COMMAND_QUEUED && row->state != VS_CORE_COMMAND_SENT;

	read->status = is_final ? 200 : 202;
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	vs_api_write_command(&read->json, row);
	vs_json_write_object_end(&read->json);
}

vs_result
vs_api_command_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;

	VS_TRY(reader->command(reader->self, read->tenant, read->id, one_write, read));
	return vs_json_write_end(&read->json);
}

static vs_result
show_build(struct vs_api_read *read)
{
	vs_result r = vs_api_command_build(read);

	read->status = 200;
	return r;
}

void
vs_api_on_command_show(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, show_build);
}

/* --- a new one ------------------------------------------------------------------------------- */

/* Its station's node has said whether it takes the command. */
static void
sent(struct vs_api *api, void **arg, vs_result result, const char *fault)
{
	struct vs_api_waiter *waiter = *arg;
	struct vs_conn *conn = vs_net_find(api->net, waiter->conn);

	if (conn == NULL)
		return;
	if (result.code != VS_E_OK) {
		vs_api_answer_problem(conn, waiter->request_id, result, fault);
	} else {
		if (!vs_api_waiter_begin(api, &waiter))
			vs_api_waiter_accept(waiter, conn);
		*arg = waiter;
	}
}

/* The body, as far as it is about the command and not about its sending. */
static vs_result
body_read(const struct vs_api_request *request, struct vs_api_waiter *waiter, int64_t *timeout_s,
          char detail[static VS_API_DETAIL_SIZE])
{
	struct vs_bytes payload = VS_BYTES_LITERAL("{}"); /* or a part of the body */
	struct vs_api_field fields[] = {
	    {.name = "action",
	     .is_required = true,
	     .size = sizeof(waiter->action),
	     .target = waiter->action},
	    {.name = "payload", .type = VS_API_FIELD_OBJECT, .target = &payload},
	    {.name = "timeout_s",
	     .type = VS_API_FIELD_INT,
	     .low = 1,
	     .high = TIMEOUT_S_MAX,
	     .target = timeout_s},
	    {.name = "wait_s",
	     .type = VS_API_FIELD_INT,
	     .low = 0,
	     .high = WAIT_S_MAX,
	     .target = &waiter->wait_s},
	};

	VS_TRY(vs_api_body_read(request->body, fields, 4, detail));
	if (payload.size > request->body.size) /* it holds "action" at least */
		return VS_FAIL(MISSING);
	memcpy(waiter->payload, payload.data, payload.size);
	waiter->size = payload.size;
	return VS_OK;
}

/* With room for as much payload as the body may hold. */
static vs_result
waiter_read(struct vs_api *api, const struct vs_api_request *request, int64_t *timeout_s,
            struct vs_api_waiter **waiter_out, char detail[static VS_API_DETAIL_SIZE])
{
	struct vs_core_station station;
	struct vs_api_waiter *waiter;
	vs_result r;

	VS_TRY(vs_core_registry_find(api->options.registry, vs_bytes_from_text(request->id),
	                             &station));
	if (strcmp(station.tenant, request->tenant) != 0)
		return VS_FAIL(NOT_FOUND);
	waiter = calloc(1, sizeof(*waiter) + request->body.size);
	if (waiter == NULL)
		return VS_FAIL(NO_MEMORY);
	r = body_read(request, waiter, timeout_s, detail);
	if (r.code != VS_E_OK) {
		vs_api_waiter_free(waiter);
		return r;
	}
	waiter->conn = vs_conn_get_id(request->conn);
	waiter->created_ms = request->now_ms;
	memcpy(waiter->request_id, request->request_id, sizeof(waiter->request_id));
	memcpy(waiter->tenant, station.tenant, sizeof(waiter->tenant));
	memcpy(waiter->station, station.identity, sizeof(waiter->station));
	vs_uuid_new(request->now_ms, waiter->command_id);
	*waiter_out = waiter;
	return VS_OK;
}

void
vs_api_on_command_send(struct vs_api *api, const struct vs_api_request *request)
{
	int64_t timeout_s = TIMEOUT_S_DEFAULT;
	char detail[VS_API_DETAIL_SIZE] = "";
	struct vs_api_waiter *waiter = NULL;
	vs_result r = waiter_read(api, request, &timeout_s, &waiter, detail);

	if (r.code != VS_E_OK) {
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
		return;
	}
	assert(waiter != NULL); /* for who optimizes */
	vs_api_command(
	    api, request->request_id,
	    &(struct vs_port_command){.tenant = waiter->tenant,
	                              .station = waiter->station,
	                              .id = waiter->command_id,
	                              .action = waiter->action,
	                              .payload = vs_bytes_from(waiter->payload, waiter->size),
	                              .timeout_ms = (uint32_t)(timeout_s * 1000)},
	    &(struct vs_api_next){sent, vs_api_waiter_free, waiter});
}
