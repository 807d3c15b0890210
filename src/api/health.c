/* SPDX-License-Identifier: Apache-2.0 */
#include "api/state.h"

#include <stdio.h>

#include "base/metric.h"

#define METRICS_SIZE_MAX 262144u

void
vs_api_on_livez(struct vs_api *api, const struct vs_api_request *request)
{
	(void)api;
	vs_api_answer(request->conn, request->request_id, 200, "application/json", NULL,
	              VS_BYTES_LITERAL("{\"status\":\"ok\"}"));
}

static vs_result
ready_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_core_counts counts;

	if (reader->counts(reader->self, &counts).code != VS_E_OK) {
		(void)snprintf(read->detail, sizeof(read->detail), "the store does not answer");
		return VS_FAIL(IO); /* 503 */
	}
	return vs_buf_append_text(&read->body, "{\"status\":\"ok\"}");
}

void
vs_api_on_readyz(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, ready_build);
}

/* Prometheus text format 0.0.4; our helps hold neither backslashes nor line ends. */
static vs_result
metrics_write(struct vs_buf *out)
{
	for (int i = 0; i < VS_METRIC_COUNT; i++) {
		enum vs_metric metric = (enum vs_metric)i;
		const char *name = vs_metric_name(metric);

		VS_TRY(vs_buf_printf(
		    out, "# HELP voltseal_%s %s\n# TYPE voltseal_%s %s\nvoltseal_%s %lld\n", name,
		    vs_metric_help(metric), name,
		    vs_metric_kind(metric) == VS_METRIC_GAUGE ? "gauge" : "counter", name,
		    (long long)vs_metric_read(metric)));
	}
	return VS_OK;
}

void
vs_api_on_metrics(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_buf body;
	vs_result r;

	(void)api;
	vs_buf_init(&body, METRICS_SIZE_MAX);
	r = metrics_write(&body);
	if (r.code == VS_E_OK)
		vs_api_answer(request->conn, request->request_id, 200, "text/plain; version=0.0.4",
		              NULL, vs_buf_view(&body));
	else
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
	vs_buf_done(&body);
}
