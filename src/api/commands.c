/* SPDX-License-Identifier: Apache-2.0 */
#include "api/later.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define TIMEOUT_S_DEFAULT 30
#define KEPT_S            10 /* for the commit of a command that was taken */
#define ANSWER_SIZE_MAX   4096

/* A command on its way to the station's node, and who is to be answered. */
struct order {
	vs_conn_id conn;
	char request_id[VS_API_REQUEST_ID_SIZE];
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	char id[VS_CORE_UUID_SIZE], action[VS_CORE_NAME_SIZE];
	int64_t now_ms, timeout_s, wait_s;
	size_t size; /* of the payload */
	uint8_t payload[];
};

/* A request that waits for the end of its command, or until it is on disk. */
struct vs_api_waiter {
	struct vs_api_waiter *next;
	struct order *order; /* the answer when it is on disk; NULL: its end is waited for */
	vs_conn_id conn;
	char command_id[VS_CORE_UUID_SIZE];
	char request_id[VS_API_REQUEST_ID_SIZE];
	char tenant[VS_CORE_TENANT_SIZE];
	uint64_t deadline_ms; /* of the loop's clock */
	bool is_reading;
	bool is_ended; /* its last event was seen */
};

/* --- lists ------------------------------------------------------------------------------- */

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

static vs_result
wait_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;

	VS_TRY(reader->command(reader->self, read->tenant, read->id, one_write, read));
	return vs_json_write_end(&read->json);
}

static vs_result
show_build(struct vs_api_read *read)
{
	vs_result r = wait_build(read);

	read->status = 200;
	return r;
}

void
vs_api_on_command_show(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, show_build);
}

/* --- waiting ----------------------------------------------------------------------------- */

static struct vs_api_waiter **
waiter_find(struct vs_api *api, const char *command_id, vs_conn_id conn)
{
	struct vs_api_waiter **link = &api->waiters;

	while (*link != NULL && (strcmp((*link)->command_id, command_id) != 0 ||
	                         (conn != 0 && (*link)->conn != conn)))
		link = &(*link)->next;
	return link;
}

static void
waiter_remove(struct vs_api *api, struct vs_api_waiter **link)
{
	struct vs_api_waiter *waiter = *link;

	*link = waiter->next;
	if (waiter->order != NULL)
		explicit_bzero(waiter->order->payload, waiter->order->size); /* maybe a password */
	free(waiter->order);
	free(waiter);
	api->waiter_count--;
}

static void
location_write(const char *command_id, char headers[static VS_API_PATH_SIZE])
{
	(void)snprintf(headers, VS_API_PATH_SIZE, "Location: /api/v1/commands/%s\r\n", command_id);
}

static void
accepted(struct vs_conn *conn, const struct order *order)
{
	struct vs_core_command_row row = {.state = VS_CORE_COMMAND_QUEUED,
	                                  .created_ms = order->now_ms,
	                                  .changed_ms = order->now_ms,
	                                  .request = vs_bytes_from(order->payload, order->size)};
	char headers[VS_API_PATH_SIZE];
	struct vs_json_writer json;
	struct vs_buf body;
	vs_result r;

	memcpy(row.id, order->id, sizeof(row.id));
	memcpy(row.action, order->action, sizeof(row.action));
	memcpy(row.station, order->station, sizeof(row.station));
	location_write(row.id, headers);
	vs_buf_init(&body, ANSWER_SIZE_MAX + order->size);
	vs_json_write_begin(&json, &body);
	vs_json_write_object(&json);
	vs_api_write_command(&json, &row);
	vs_json_write_object_end(&json);
	r = vs_json_write_end(&json);
	if (r.code == VS_E_OK)
		vs_api_answer(conn, order->request_id, 202, "application/json", headers,
		              vs_buf_view(&body));
	else
		vs_api_answer_problem(conn, order->request_id, r, NULL);
	vs_buf_done(&body);
}

static void
wait_finished(struct vs_api_read *read, vs_result result)
{
	struct vs_api *api = read->api;
	struct vs_api_waiter **link = waiter_find(api, read->id, read->conn);
	struct vs_api_waiter *waiter = *link;
	struct vs_conn *conn = vs_net_find(api->net, read->conn);
	bool is_due;

	if (waiter == NULL)
		return;
	waiter->is_reading = false;
	is_due = vs_loop_now_ms(api->loop) >= waiter->deadline_ms;
	if (conn != NULL && !is_due &&
	    (result.code != VS_E_OK || (waiter->order == NULL && read->status != 200)))
		return; /* not stored yet: the tick asks again */
	if (waiter->order != NULL)
		read->status = 202;
	if (conn != NULL && result.code == VS_E_OK) {
		location_write(read->id, read->headers);
		vs_api_answer(conn, read->request_id, read->status, "application/json",
		              read->headers, vs_buf_view(&read->body));
	} else if (conn != NULL) {
		vs_api_answer_problem(conn, read->request_id,
		                      result.code == VS_E_NOT_FOUND ? VS_FAIL(TIMEOUT) : result,
		                      NULL);
	}
	waiter_remove(api, link);
}

static void
waiter_read(struct vs_api *api, struct vs_api_waiter *waiter)
{
	if (waiter->is_reading)
		return;
	/* BUSY: the tick tries again. */
	waiter->is_reading =
	    vs_api_read_start(api, waiter->conn, waiter->request_id, waiter->tenant,
	                      waiter->command_id, wait_build, wait_finished, NULL)
		.code == VS_E_OK;
}

void
vs_api_waiters_kept(struct vs_api *api, const char *command_id)
{
	struct vs_api_waiter **link = waiter_find(api, command_id, 0);
	struct vs_conn *conn;

	if (*link == NULL || (*link)->order == NULL)
		return;
	conn = vs_net_find(api->net, (*link)->conn);
	if (conn != NULL)
		accepted(conn, (*link)->order);
	waiter_remove(api, link);
}

void
vs_api_waiters_ended(struct vs_api *api, const char *command_id)
{
	struct vs_api_waiter *waiter;

	vs_api_waiters_kept(api, command_id);
	waiter = *waiter_find(api, command_id, 0);
	if (waiter == NULL)
		return;
	waiter->is_ended = true;
	waiter_read(api, waiter);
}

void
vs_api_waiters_event(struct vs_api *api, const struct vs_core_event *event)
{
	if (event->kind != VS_EVENT_COMMAND)
		return;
	vs_api_laters_kept(api, event->id);
	vs_api_waiters_kept(api, event->id);
	if (strcmp(event->type, vs_core_command_state_text(VS_CORE_COMMAND_QUEUED)) == 0 ||
	    strcmp(event->type, vs_core_command_state_text(VS_CORE_COMMAND_SENT)) == 0)
		return;
	vs_api_waiters_ended(api, event->id);
}

void
vs_api_waiters_tick(struct vs_api *api)
{
	uint64_t now_ms = vs_loop_now_ms(api->loop);

	for (struct vs_api_waiter *waiter = api->waiters; waiter != NULL; waiter = waiter->next)
		if (waiter->order != NULL || waiter->is_ended || now_ms >= waiter->deadline_ms)
			waiter_read(api, waiter);
}

void
vs_api_waiters_free(struct vs_api *api)
{
	while (api->waiters != NULL)
		waiter_remove(api, &api->waiters);
}

/* false: there is no room to wait, the request is answered at once. */
bool
vs_api_waiter_add(struct vs_api *api, vs_conn_id conn, const char *request_id, const char *tenant,
                  const char *command_id, int64_t wait_s)
{
	struct vs_api_waiter *waiter;

	if (api->waiter_count >= VS_LIMIT_API_WAITERS)
		return false;
	waiter = calloc(1, sizeof(*waiter));
	if (waiter == NULL)
		return false;
	waiter->conn = conn;
	memcpy(waiter->command_id, command_id, sizeof(waiter->command_id));
	memcpy(waiter->request_id, request_id, sizeof(waiter->request_id));
	(void)snprintf(waiter->tenant, sizeof(waiter->tenant), "%s", tenant);
	waiter->deadline_ms = vs_loop_now_ms(api->loop) + (uint64_t)wait_s * 1000;
	waiter->next = api->waiters;
	api->waiters = waiter;
	api->waiter_count++;
	return true;
}

/* What was taken is on its way to the disk; whoever is told of it finds it, also when this node or
 * the station's ends now. false: there is no room to wait. */
static bool
wait_until_kept(struct vs_api *api, const struct order *order)
{
	struct order *copy = calloc(1, sizeof(*copy) + order->size);

	if (copy == NULL)
		return false;
	memcpy(copy, order, sizeof(*copy) + order->size);
	if (!vs_api_waiter_add(api, order->conn, order->request_id, order->tenant, order->id,
	                       KEPT_S)) {
		explicit_bzero(copy->payload, copy->size);
		free(copy);
		return false;
	}
	api->waiters->order = copy;
	return true;
}

/* --- sending ----------------------------------------------------------------------------- */

static void
sent(struct vs_api *api, void *arg, vs_result result, const char *fault)
{
	struct order *order = arg;
	struct vs_conn *conn = vs_net_find(api->net, order->conn);
	bool waits = false;

	if (conn != NULL && result.code == VS_E_OK)
		waits = order->wait_s == 0
		            ? wait_until_kept(api, order)
		            : vs_api_waiter_add(api, order->conn, order->request_id, order->tenant,
		                                order->id, order->wait_s);
	if (conn != NULL && result.code != VS_E_OK)
		vs_api_answer_problem(conn, order->request_id, result, fault);
	else if (conn != NULL && !waits)
		accepted(conn, order);
	explicit_bzero(order->payload, order->size); /* it may hold a password */
}

/* What the body says, without the payload: that points into it. */
static vs_result
order_read(struct vs_api *api, const struct vs_api_request *request, struct order *order,
           struct vs_bytes *payload, char detail[static VS_API_DETAIL_SIZE])
{
	struct vs_api_field fields[] = {
	    {.name = "action",
	     .is_required = true,
	     .size = sizeof(order->action),
	     .target = order->action},
	    {.name = "payload", .type = VS_API_FIELD_OBJECT, .target = payload},
	    {.name = "timeout_s",
	     .type = VS_API_FIELD_INT,
	     .low = 1,
	     .high = 600,
	     .target = &order->timeout_s},
	    {.name = "wait_s",
	     .type = VS_API_FIELD_INT,
	     .low = 0,
	     .high = 60,
	     .target = &order->wait_s},
	};
	struct vs_core_station station;

	VS_TRY(vs_core_registry_find(api->options.registry, vs_bytes_from_text(request->id),
	                             &station));
	if (strcmp(station.tenant, request->tenant) != 0)
		return VS_FAIL(NOT_FOUND);
	VS_TRY(vs_api_body_read(request->body, fields, 4, detail));
	memcpy(order->tenant, station.tenant, sizeof(order->tenant));
	memcpy(order->station, station.identity, sizeof(order->station));
	return VS_OK;
}

void
vs_api_on_command_send(struct vs_api *api, const struct vs_api_request *request)
{
	struct order order = {.conn = vs_conn_get_id(request->conn),
	                      .now_ms = request->now_ms,
	                      .timeout_s = TIMEOUT_S_DEFAULT};
	struct vs_bytes payload = VS_BYTES_LITERAL("{}");
	char detail[VS_API_DETAIL_SIZE] = "";
	struct vs_port_command command;
	struct order *copy = NULL;
	vs_result r = order_read(api, request, &order, &payload, detail);

	if (r.code == VS_E_OK) {
		copy = calloc(1, sizeof(*copy) + payload.size);
		r = copy != NULL ? VS_OK : VS_FAIL(NO_MEMORY);
	}
	if (r.code != VS_E_OK) {
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
		return;
	}
	memcpy(order.request_id, request->request_id, sizeof(order.request_id));
	vs_uuid_new(request->now_ms, order.id);
	*copy = order;
	copy->size = payload.size;
	memcpy(copy->payload, payload.data, payload.size);
	command = (struct vs_port_command){.tenant = copy->tenant,
	                                   .station = copy->station,
	                                   .id = copy->id,
	                                   .action = copy->action,
	                                   .payload = vs_bytes_from(copy->payload, copy->size),
	                                   .timeout_ms = (uint32_t)(order.timeout_s * 1000)};
	vs_api_command(api, copy->request_id, &command, sent, copy);
}
