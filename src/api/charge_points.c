/* SPDX-License-Identifier: Apache-2.0 */
/* Charge points of the framed network as its Central sees them, and commands to all of them. Both
 * live in this reactor, so nothing is asked of the pool. */
#include <stdio.h>
#include <string.h>

#include "api/state.h"

#define NUMBER_SIZE 32
#define LIST_SIZE   (1u << 20)

/* A decimal text: money is never a floating-point number. */
static void
decimal_write(struct vs_json_writer *json, const char *key, int64_t micro, int places)
{
	char text[NUMBER_SIZE];
	uint64_t size = micro < 0 ? 0 - (uint64_t)micro : (uint64_t)micro;

	if (places == 2)
		(void)snprintf(text, sizeof(text), "%s%llu.%02llu", micro < 0 ? "-" : "",
		               (unsigned long long)((size + 5000) / 1000000),
		               (unsigned long long)((size + 5000) / 10000 % 100));
	else
		(void)snprintf(text, sizeof(text), "%s%llu.%06llu", micro < 0 ? "-" : "",
		               (unsigned long long)(size / 1000000),
		               (unsigned long long)(size % 1000000));
	vs_api_write_text(json, key, text);
}

struct progress {
	struct vs_json_writer json;
	size_t count, limit;
	char last[VS_CORE_IDENTITY_SIZE];
	bool has_more;
};

static bool
row_write(const struct vs_core_charge_point *point, void *arg)
{
	struct progress *progress = arg;
	struct vs_json_writer *json = &progress->json;

	if (progress->count == progress->limit) {
		progress->has_more = true;
		return false;
	}
	progress->count++;
	memcpy(progress->last, point->identity, sizeof(progress->last));
	vs_json_write_object(json);
	vs_api_write_text(json, "identity", point->identity);
	vs_api_write_text(json, "state", point->state);
	vs_api_write_text(json, "mode", point->mode);
	vs_api_write_text(json, "driver", point->driver);
	decimal_write(json, "energy_kwh", point->energy, 6);
	decimal_write(json, "amount", point->amount, 2);
	decimal_write(json, "price", point->price, 6);
	decimal_write(json, "latitude", point->latitude, 6);
	decimal_write(json, "longitude", point->longitude, 6);
	vs_json_write_key(json, "monitor");
	vs_json_write_bool(json, point->has_monitor);
	vs_json_write_key(json, "engine");
	vs_json_write_bool(json, point->has_engine);
	vs_json_write_key(json, "needs_operator");
	vs_json_write_bool(json, point->needs_operator);
	vs_json_write_object_end(json);
	return true;
}

static vs_result
list_write(struct vs_api *api, const struct vs_api_request *request, const struct vs_api_list *list,
           struct vs_buf *body)
{
	const struct vs_port_charge *charge = &api->options.charge;
	struct progress progress = {.limit = list->limit};

	vs_json_write_begin(&progress.json, body);
	vs_json_write_object(&progress.json);
	vs_json_write_key(&progress.json, "items");
	vs_json_write_array(&progress.json);
	VS_TRY(charge->list(charge->self, request->tenant, list->text, list->limit + 1, row_write,
	                    &progress));
	vs_json_write_array_end(&progress.json);
	vs_json_write_key(&progress.json, "next");
	if (progress.has_more)
		vs_json_write_text(&progress.json, progress.last);
	else
		vs_json_write_null(&progress.json);
	vs_json_write_object_end(&progress.json);
	return vs_json_write_end(&progress.json);
}

static void
answer(const struct vs_api_request *request, vs_result r, int status, const char *fault,
       const struct vs_buf *body)
{
	if (r.code == VS_E_OK)
		vs_api_answer(request->conn, request->request_id, status, "application/json", NULL,
		              vs_buf_view(body));
	else
		vs_api_answer_problem(request->conn, request->request_id, r, fault);
}

void
vs_api_on_charge_points_list(struct vs_api *api, const struct vs_api_request *request)
{
	const char *fault = NULL;
	struct vs_api_list list;
	struct vs_buf body;
	vs_result r = vs_api_list_parse(request->http->query, VS_API_KEY_TEXT, &list, &fault);

	vs_buf_init(&body, LIST_SIZE);
	if (r.code == VS_E_OK)
		r = api->options.charge.self != NULL ? list_write(api, request, &list, &body)
		                                     : VS_FAIL(UNSUPPORTED);
	answer(request, r, 200, fault, &body);
	vs_buf_done(&body);
}

static vs_result
command(struct vs_api *api, const struct vs_api_request *request, char *detail, struct vs_buf *body)
{
	const struct vs_port_charge *charge = &api->options.charge;
	char action[VS_CORE_NAME_SIZE] = "";
	struct vs_api_field fields[] = {
	    {.name = "action", .is_required = true, .size = sizeof(action), .target = action}};
	struct vs_json_writer json;
	uint32_t count = 0;

	if (charge->self == NULL)
		return VS_FAIL(UNSUPPORTED);
	VS_TRY(vs_api_body_read(request->body, fields, 1, detail));
	VS_TRY(charge->command_all(charge->self, request->tenant, action, &count));
	vs_json_write_begin(&json, body);
	vs_json_write_object(&json);
	vs_api_write_text(&json, "action", action);
	vs_json_write_key(&json, "reached");
	vs_json_write_int(&json, count);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

void
vs_api_on_charge_points_command(struct vs_api *api, const struct vs_api_request *request)
{
	char detail[VS_API_DETAIL_SIZE] = "";
	struct vs_buf body;
	vs_result r;

	vs_buf_init(&body, NUMBER_SIZE * 8);
	r = command(api, request, detail, &body);
	answer(request, r, 202, detail[0] != '\0' ? detail : NULL, &body);
	vs_buf_done(&body);
}
