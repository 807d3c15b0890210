/* SPDX-License-Identifier: Apache-2.0 */
#include "api/state.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/metric.h"

void
vs_api_on_livez(struct vs_api *api, const struct vs_api_request *request)
{
	(void)api;
	vs_api_answer(request->conn, request->request_id, 200, "application/json", NULL,
	              VS_BYTES_LITERAL("{\"status\":\"ok\"}"));
}

void
vs_api_on_healthz(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_on_livez(api, request);
}

static bool
is_store_ready(const struct vs_api *api)
{
	const struct vs_port_reader *reader = &api->options.reader;
	struct vs_core_counts counts;

	return reader->counts(reader->self, &counts).code == VS_E_OK;
}

/* Changes are refused while it cannot be written. */
static bool
is_audit_ready(const struct vs_api *api)
{
	return api->options.audit.write == NULL || vs_metric_read(VS_METRIC_audit_healthy) == 1;
}

/* Without a valid list whoever checks revocation turns away what we issued. */
static bool
is_crl_ready(const struct vs_api *api)
{
	(void)api;
	return vs_metric_read(VS_METRIC_crl_left_seconds) >= 0;
}

static bool
is_spool_ready(const struct vs_api *api)
{
	(void)api;
	return vs_metric_read(VS_METRIC_spool_records) == 0;
}

/* What stations say is taken and kept, though nobody can read it now. */
static bool
is_spooling(void)
{
	return vs_metric_read(VS_METRIC_store_away) > 0 &&
	       vs_metric_read(VS_METRIC_spool_records) < VS_LIMIT_SPOOL_RECORDS;
}

/* Stations are served without an audit log, with an old list, and without the database while there
 * is room in the spool: then we are degraded, and still ready. */
static const struct {
	const char *name, *fault;
	bool is_needed;
	bool (*is_ready)(const struct vs_api *api);
} checks[] = {
    {"store", "the store does not answer", true, is_store_ready},
    {"audit", "the audit log cannot be written", false, is_audit_ready},
    {"crl", "the revocation list is over", false, is_crl_ready},
    {"spool", "records wait on this machine for the database", false, is_spool_ready},
};

static vs_result
ready_build(struct vs_api_read *read)
{
	const struct vs_port_nodes *nodes = &read->api->options.nodes;
	bool is_ready[sizeof(checks) / sizeof(checks[0])], is_degraded = false;

	/* A balancer is to look elsewhere: nobody is let in here. */
	if (nodes->is_draining != NULL && nodes->is_draining(nodes->self)) {
		(void)snprintf(read->detail, sizeof(read->detail), "this node drains");
		return VS_FAIL(BUSY);
	}
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		is_ready[i] = checks[i].is_ready(read->api);
		is_degraded = is_degraded || !is_ready[i];
		if (is_ready[i] || !checks[i].is_needed || is_spooling())
			continue;
		(void)snprintf(read->detail, sizeof(read->detail), "%s", checks[i].fault);
		return VS_FAIL(IO); /* 503 */
	}
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	vs_api_write_text(&read->json, "status", is_degraded ? "degraded" : "ok");
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		vs_api_write_text(&read->json, checks[i].name,
		                  is_ready[i] ? "ok" : checks[i].fault);
	vs_json_write_object_end(&read->json);
	return vs_json_write_end(&read->json);
}

void
vs_api_on_readyz(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, ready_build);
}
