/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of the installation: which there are, and that one is to let its stations go. */
#include <stdlib.h>
#include <string.h>

#include "api/later.h"
#include "api/node.h"

#define OVER_S_DEFAULT 60
#define OVER_S_MAX     3600
#define ANSWER_SIZE    512u

/* --- list ------------------------------------------------------------------------------------- */

struct listing {
	struct vs_json_writer *json;
	const struct vs_api *api;
};

static const char *const state_texts[VS_CORE_NODE_STATES] = {
    [VS_CORE_NODE_SERVING] = "serving", [VS_CORE_NODE_DRAINING] = "draining",
    [VS_CORE_NODE_SILENT] = "silent",   [VS_CORE_NODE_NO_LEASE] = "no_lease",
    [VS_CORE_NODE_GONE] = "gone",
};

static void
health_write(struct vs_json_writer *json, const struct vs_core_node_health *health)
{
	bool is_known = health->version[0] != '\0';

	vs_api_write_text(json, "version", health->version);
	vs_api_write_int(json, "uptime_s", health->uptime_s);
	vs_api_write_int(json, "cpu_permille", health->cpu_permille);
	vs_api_write_int(json, "cores", health->cores);
	vs_api_write_int(json, "memory_bytes", health->memory_bytes);
	vs_api_write_int(json, "store_queue", health->store_queue);
	vs_api_write_int(json, "store_lag_ms", health->store_lag_ms);
	vs_api_write_int(json, "store_errors", health->store_errors);
	vs_api_write_text(json, "audit", !is_known ? "" : health->is_audited ? "ok" : "failed");
}

static void
row_write(const struct vs_core_node_row *row, void *arg)
{
	const struct listing *listing = arg;
	struct vs_json_writer *json = listing->json;
	struct vs_core_node_health own;

	if (row->is_self)
		vs_api_node_look(listing->api, &own);
	vs_json_write_object(json);
	vs_api_write_text(json, "name", row->name);
	vs_json_write_key(json, "self");
	vs_json_write_bool(json, row->is_self);
	vs_api_write_text(json, "state", state_texts[row->state]);
	vs_api_write_int(json, "stations", row->stations);
	vs_api_write_int(json, "lease", row->lease != 0 ? (int64_t)row->lease : VS_CORE_ABSENT);
	vs_api_write_int(json, "silent_ms", row->is_self ? 0 : row->silent_ms);
	health_write(json, row->is_self ? &own : &row->health);
	vs_json_write_object_end(json);
}

vs_result
vs_api_write_nodes(struct vs_json_writer *json, const struct vs_api *api)
{
	const struct vs_port_nodes *nodes = &api->options.nodes;
	struct listing listing = {json, api};

	if (nodes->list == NULL)
		return VS_FAIL(UNSUPPORTED);
	return nodes->list(nodes->self, row_write, &listing);
}

static vs_result
list_build(struct vs_api_read *read)
{
	vs_api_read_list_begin(read);
	VS_TRY(vs_api_write_nodes(&read->json, read->api));
	return vs_api_read_list_end(read, "");
}

void
vs_api_on_nodes_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, list_build);
}

/* --- drain and resume ------------------------------------------------------------------------- */

struct order {
	vs_conn_id conn;
	char request_id[VS_API_REQUEST_ID_SIZE];
	char node[VS_CORE_NODE_SIZE];
	bool is_on;
};

static void
asked(struct vs_api *api, void **arg, vs_result result, const char *fault)
{
	const struct order *order = *arg;
	struct vs_conn *conn = vs_net_find(api->net, order->conn);
	struct vs_json_writer json;
	struct vs_buf body;

	if (conn == NULL)
		return;
	vs_buf_init(&body, ANSWER_SIZE);
	vs_json_write_begin(&json, &body);
	vs_json_write_object(&json);
	vs_api_write_text(&json, "node", order->node);
	vs_api_write_text(&json, "state", order->is_on ? "draining" : "serving");
	vs_json_write_object_end(&json);
	if (result.code == VS_E_OK)
		result = vs_json_write_end(&json);
	if (result.code == VS_E_OK)
		vs_api_answer(conn, order->request_id, 202, "application/json", NULL,
		              vs_buf_view(&body));
	else
		vs_api_answer_problem(conn, order->request_id, result, fault);
	vs_buf_done(&body);
}

static void
ask(struct vs_api *api, const struct vs_api_request *request, bool is_on, int64_t over_s)
{
	struct order *order = calloc(1, sizeof(*order));

	if (order == NULL || strlen(request->id) >= sizeof(order->node) ||
	    api->options.nodes.drain == NULL) {
		vs_api_answer_problem(request->conn, request->request_id,
		                      order == NULL                      ? VS_FAIL(NO_MEMORY)
		                      : api->options.nodes.drain == NULL ? VS_FAIL(UNSUPPORTED)
		                                                         : VS_FAIL(NOT_FOUND),
		                      NULL);
		free(order);
		return;
	}
	order->conn = vs_conn_get_id(request->conn);
	order->is_on = is_on;
	memcpy(order->request_id, request->request_id, sizeof(order->request_id));
	memcpy(order->node, request->id, strlen(request->id));
	vs_api_drain(api, order->request_id, order->node, is_on, (uint32_t)over_s,
	             &(struct vs_api_next){asked, free, order});
}

void
vs_api_on_node_drain(struct vs_api *api, const struct vs_api_request *request)
{
	int64_t over_s = OVER_S_DEFAULT;
	struct vs_api_field field = {.name = "over_s",
	                             .type = VS_API_FIELD_INT,
	                             .low = 0,
	                             .high = OVER_S_MAX,
	                             .target = &over_s};
	char detail[VS_API_DETAIL_SIZE] = "";
	vs_result r = vs_api_body_read(request->body, &field, 1, detail);

	if (r.code == VS_E_OK)
		ask(api, request, true, over_s);
	else
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
}

void
vs_api_on_node_resume(struct vs_api *api, const struct vs_api_request *request)
{
	ask(api, request, false, 0);
}
