/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of the installation: which there are, and that one is to let its stations go. */
#include <stdlib.h>
#include <string.h>

#include "api/later.h"

#define OVER_S_DEFAULT 60
#define OVER_S_MAX     3600
#define ANSWER_SIZE    512u

/* --- list ------------------------------------------------------------------------------------- */

static void
row_write(const struct vs_core_node_row *row, void *arg)
{
	struct vs_json_writer *json = arg;

	vs_json_write_object(json);
	vs_api_write_text(json, "name", row->name);
	vs_json_write_key(json, "self");
	vs_json_write_bool(json, row->is_self);
	vs_api_write_text(json, "state",
	                  !row->is_alive     ? "gone"
	                  : row->is_draining ? "draining"
	                                     : "serving");
	vs_api_write_int(json, "stations", row->stations);
	vs_json_write_object_end(json);
}

static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_port_nodes *nodes = &read->api->options.nodes;

	if (nodes->list == NULL)
		return VS_FAIL(UNSUPPORTED);
	vs_api_read_list_begin(read);
	VS_TRY(nodes->list(nodes->self, row_write, &read->json));
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
