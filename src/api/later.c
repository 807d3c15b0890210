/* SPDX-License-Identifier: Apache-2.0 */
#include "api/later.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit.h"

/* It lives until `finish`, or as long as the api: the bus is halted before that is freed. */
struct vs_api_later {
	struct vs_api_later *next, **link;
	struct vs_api *api;
	struct vs_api_next goes_on;
	char request_id[VS_API_REQUEST_ID_SIZE];
	char id[VS_CORE_UUID_SIZE]; /* of a command; "" */
	bool is_kept;               /* that it is on disk was told before its answer */
	bool has_ended;             /* its end likewise */
	atomic_bool is_stuck;       /* said, but there was no room for the mail: the tick looks */
	vs_result result;           /* by who says it */
	char fault[VS_API_DETAIL_SIZE];
};

static void
later_remove(struct vs_api_later *later)
{
	*later->link = later->next;
	if (later->next != NULL)
		later->next->link = later->link;
	later->api->later_count--;
	free(later);
}

static void
go(struct vs_api *api, struct vs_api_next *next, vs_result result, const char *fault)
{
	next->go(api, &next->arg, result, fault);
	if (next->arg != NULL)
		next->drop(next->arg);
}

static void
finish(struct vs_api_later *later)
{
	go(later->api, &later->goes_on, later->result, later->fault);
	if (later->is_kept)
		vs_api_waiters_kept(later->api, later->id);
	if (later->has_ended)
		vs_api_waiters_ended(later->api, later->id);
	vs_api_audit_part_end(later->api, later->request_id,
	                      later->result.code == VS_E_OK ? VS_AUDIT_RESULT_OK
	                                                    : VS_AUDIT_RESULT_ERROR);
	later_remove(later);
}

static void
finish_mail(struct vs_loop *loop, void *argument)
{
	(void)loop;
	finish(argument);
}

/* Any thread. */
static void
said(void *arg, vs_result result, const char *fault)
{
	struct vs_api_later *later = arg;

	later->result = result;
	(void)vs_bytes_copy_text(vs_bytes_from_text(fault), later->fault, sizeof(later->fault));
	if (vs_loop_post(later->api->loop, finish_mail, later).code != VS_E_OK)
		atomic_store(&later->is_stuck, true);
}

void
vs_api_laters_tick(struct vs_api *api)
{
	struct vs_api_later *next;

	for (struct vs_api_later *later = api->laters; later != NULL; later = next) {
		next = later->next;
		if (atomic_load(&later->is_stuck))
			finish(later);
	}
}

void
vs_api_laters_free(struct vs_api *api)
{
	struct vs_api_later *next;

	for (struct vs_api_later *later = api->laters; later != NULL; later = next) {
		next = later->next;
		later->goes_on.drop(later->goes_on.arg);
		free(later);
	}
	api->laters = NULL;
	api->later_count = 0;
}

/* NULL: there was no room, and it has gone on with that. */
static struct vs_api_later *
later_new(struct vs_api *api, const char *request_id, const struct vs_api_next *next)
{
	struct vs_api_next goes_on = *next;
	struct vs_api_later *later = NULL;

	if (api->later_count < VS_LIMIT_API_LATER)
		later = calloc(1, sizeof(*later));
	if (later == NULL) {
		go(api, &goes_on, VS_FAIL(BUSY), "too many requests wait for other nodes");
		return NULL;
	}
	later->api = api;
	(void)snprintf(later->request_id, sizeof(later->request_id), "%s", request_id);
	vs_api_audit_part_begin(api, request_id);
	later->goes_on = goes_on;
	later->next = api->laters;
	later->link = &api->laters;
	if (later->next != NULL)
		later->next->link = &later->next;
	api->laters = later;
	api->later_count++;
	return later;
}

/* Known here. */
static void
finish_now(struct vs_api_later *later, vs_result result)
{
	later->result = result;
	finish(later);
}

void
vs_api_command(struct vs_api *api, const char *request_id, const struct vs_port_command *command,
               const struct vs_api_next *next)
{
	const struct vs_port_commands *port = &api->options.commands;
	struct vs_api_later *later = later_new(api, request_id, next);
	struct vs_port_command order = *command;
	bool is_later = false;
	vs_result r;

	if (later == NULL)
		return;
	(void)snprintf(later->id, sizeof(later->id), "%s", command->id);
	order.said = said;
	order.arg = later;
	if (port->ask != NULL)
		r = port->ask(port->self, &order, later->fault, sizeof(later->fault), &is_later);
	else
		r = port->send(port->self, order.tenant, order.station, order.id, order.action,
		               order.payload, order.timeout_ms, later->fault, sizeof(later->fault));
	if (!is_later)
		finish_now(later, r);
}

void
vs_api_drain(struct vs_api *api, const char *request_id, const char *node, bool is_on,
             uint32_t over_s, const struct vs_api_next *next)
{
	const struct vs_port_nodes *port = &api->options.nodes;
	struct vs_api_later *later = later_new(api, request_id, next);
	bool is_later = false;
	vs_result r;

	if (later == NULL)
		return;
	r = port->drain(port->self, node, is_on, over_s, said, later, &is_later);
	if (!is_later)
		finish_now(later, r);
}

void
vs_api_laters_kept(struct vs_api *api, const char *id)
{
	for (struct vs_api_later *later = api->laters; later != NULL; later = later->next)
		later->is_kept = later->is_kept || strcmp(later->id, id) == 0;
}

/* --- the end of a command of another node ------------------------------------------------------
 */

struct end_mail {
	struct vs_api *api;
	char id[VS_CORE_UUID_SIZE];
};

static void
end_mail(struct vs_loop *loop, void *argument)
{
	struct end_mail *mail = argument;
	struct vs_api *api = mail->api;

	(void)loop;
	for (struct vs_api_later *later = api->laters; later != NULL; later = later->next)
		later->has_ended = later->has_ended || strcmp(later->id, mail->id) == 0;
	vs_api_waiters_ended(api, mail->id);
	vs_api_rotations_ended(api, mail->id);
	free(mail);
}

void
vs_api_command_ended(struct vs_api *api, const char *id)
{
	struct end_mail *mail = calloc(1, sizeof(*mail));

	if (mail == NULL)
		return;
	mail->api = api;
	(void)snprintf(mail->id, sizeof(mail->id), "%s", id);
	if (vs_loop_post(api->loop, end_mail, mail).code != VS_E_OK)
		free(mail); /* who waits looks at its deadline */
}
