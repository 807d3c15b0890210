/* SPDX-License-Identifier: Apache-2.0 */
#include "api/waiter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/later.h"

#define KEPT_S          10 /* for the commit of a command that was taken */
#define ANSWER_SIZE_MAX 4096

static bool
is_for_the_disk(const struct vs_api_waiter *waiter)
{
	return waiter->wait_s == 0;
}

/* --- the list -------------------------------------------------------------------------------- */

void
vs_api_waiter_free(void *argument)
{
	struct vs_api_waiter *waiter = argument;

	if (waiter != NULL)
		explicit_bzero(waiter->payload, waiter->size);
	free(waiter);
}

static struct vs_api_waiter **
waiter_find(struct vs_api *api, const char *command_id)
{
	struct vs_api_waiter **link = &api->waiters;

	while (*link != NULL && strcmp((*link)->command_id, command_id) != 0)
		link = &(*link)->next;
	return link;
}

static void
waiter_remove(struct vs_api *api, struct vs_api_waiter **link)
{
	struct vs_api_waiter *waiter = *link;

	*link = waiter->next;
	api->waiter_count--;
	vs_api_waiter_free(waiter);
}

bool
vs_api_waiter_begin(struct vs_api *api, struct vs_api_waiter **waiter)
{
	struct vs_api_waiter *added = *waiter;
	int64_t wait_s = is_for_the_disk(added) ? KEPT_S : added->wait_s;

	if (api->waiter_count >= VS_LIMIT_API_WAITERS)
		return false;
	added->deadline_ms = vs_loop_now_ms(api->loop) + (uint64_t)wait_s * 1000;
	added->next = api->waiters;
	api->waiters = added;
	api->waiter_count++;
	*waiter = NULL;
	return true;
}

bool
vs_api_waiter_add(struct vs_api *api, vs_conn_id conn, const char *request_id, const char *tenant,
                  const char *command_id, int64_t wait_s)
{
	struct vs_api_waiter *waiter = calloc(1, sizeof(*waiter));
	bool waits = false;

	if (waiter == NULL)
		return false;
	waiter->conn = conn;
	waiter->wait_s = wait_s;
	(void)snprintf(waiter->request_id, sizeof(waiter->request_id), "%s", request_id);
	(void)snprintf(waiter->tenant, sizeof(waiter->tenant), "%s", tenant);
	(void)snprintf(waiter->command_id, sizeof(waiter->command_id), "%s", command_id);
	waits = vs_api_waiter_begin(api, &waiter);
	vs_api_waiter_free(waiter);
	return waits;
}

void
vs_api_waiters_free(struct vs_api *api)
{
	while (api->waiters != NULL)
		waiter_remove(api, &api->waiters);
}

/* --- answers --------------------------------------------------------------------------------- */

static void
location_write(const char *command_id, char headers[static VS_API_PATH_SIZE])
{
	(void)snprintf(headers, VS_API_PATH_SIZE, "Location: /api/v1/commands/%s\r\n", command_id);
}

void
vs_api_waiter_accept(const struct vs_api_waiter *waiter, struct vs_conn *conn)
{
	struct vs_core_command_row row = {.state = VS_CORE_COMMAND_QUEUED,
	                                  .created_ms = waiter->created_ms,
	                                  .changed_ms = waiter->created_ms,
	                                  .request = vs_bytes_from(waiter->payload, waiter->size)};
	char headers[VS_API_PATH_SIZE];
	struct vs_json_writer json;
	struct vs_buf body;
	vs_result r;

	memcpy(row.id, waiter->command_id, sizeof(row.id));
	memcpy(row.action, waiter->action, sizeof(row.action));
	memcpy(row.station, waiter->station, sizeof(row.station));
	location_write(row.id, headers);
	vs_buf_init(&body, ANSWER_SIZE_MAX + waiter->size);
	vs_json_write_begin(&json, &body);
	vs_json_write_object(&json);
	vs_api_write_command(&json, &row);
	vs_json_write_object_end(&json);
	r = vs_json_write_end(&json);
	if (r.code == VS_E_OK)
		vs_api_answer(conn, waiter->request_id, 202, "application/json", headers,
		              vs_buf_view(&body));
	else
		vs_api_answer_problem(conn, waiter->request_id, r, NULL);
	vs_buf_done(&body);
}

/* What the store said answers the request. */
static void
answer(struct vs_api_read *read, struct vs_conn *conn, vs_result result)
{
	if (result.code == VS_E_NOT_FOUND)
		result = VS_FAIL(TIMEOUT);
	if (result.code != VS_E_OK) {
		vs_api_answer_problem(conn, read->request_id, result, NULL);
		return;
	}
	location_write(read->id, read->headers);
	vs_api_answer(conn, read->request_id, read->status, "application/json", read->headers,
	              vs_buf_view(&read->body));
}

/* --- the store is asked ---------------------------------------------------------------------- */

static void
read_finished(struct vs_api_read *read, vs_result result)
{
	struct vs_api *api = read->api;
	struct vs_api_waiter **link = waiter_find(api, read->id), *waiter = *link;
	struct vs_conn *conn = vs_net_find(api->net, read->conn);
	bool is_due, is_known;

	if (waiter == NULL)
		return; /* an event was faster */
	waiter->is_reading = false;
	is_due = vs_loop_now_ms(api->loop) >= waiter->deadline_ms;
	is_known = result.code == VS_E_OK && (is_for_the_disk(waiter) || read->status == 200);
	if (conn != NULL && !is_due && !is_known)
		return; /* the tick asks again */
	if (is_for_the_disk(waiter))
		read->status = 202;
	if (conn != NULL)
		answer(read, conn, result);
	waiter_remove(api, link);
}

static void
store_ask(struct vs_api *api, struct vs_api_waiter *waiter)
{
	if (waiter->is_reading)
		return;
	/* BUSY: the tick tries again. */
	waiter->is_reading =
	    vs_api_read_start(api, waiter->conn, waiter->request_id, waiter->tenant,
	                      waiter->command_id, vs_api_command_build, read_finished, NULL)
		.code == VS_E_OK;
}

/* --- what happens ---------------------------------------------------------------------------- */

void
vs_api_waiters_kept(struct vs_api *api, const char *command_id)
{
	struct vs_api_waiter **link = waiter_find(api, command_id);
	struct vs_conn *conn;

	if (*link == NULL || !is_for_the_disk(*link))
		return;
	conn = vs_net_find(api->net, (*link)->conn);
	if (conn != NULL)
		vs_api_waiter_accept(*link, conn);
	waiter_remove(api, link);
}

void
vs_api_waiters_ended(struct vs_api *api, const char *command_id)
{
	struct vs_api_waiter *waiter;

	vs_api_waiters_kept(api, command_id);
	waiter = *waiter_find(api, command_id);
	if (waiter == NULL)
		return;
	waiter->is_ended = true;
	store_ask(api, waiter);
}

void
vs_api_waiters_event(struct vs_api *api, const struct vs_core_event *event)
{
	if (event->kind != VS_EVENT_COMMAND)
		return;
	vs_api_laters_kept(api, event->id);
	vs_api_waiters_kept(api, event->id);
	if (strcmp(event->type, vs_core_command_state_text(VS_CORE_COMMAND_QUEUED)) != 0 &&
	    strcmp(event->type, vs_core_command_state_text(VS_CORE_COMMAND_SENT)) != 0)
		vs_api_waiters_ended(api, event->id);
}

/* Events may be lost: then the store knows. */
void
vs_api_waiters_tick(struct vs_api *api)
{
	uint64_t now_ms = vs_loop_now_ms(api->loop);

	for (struct vs_api_waiter *waiter = api->waiters; waiter != NULL; waiter = waiter->next)
		if (is_for_the_disk(waiter) || waiter->is_ended || now_ms >= waiter->deadline_ms)
			store_ask(api, waiter);
}
