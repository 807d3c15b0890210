/* SPDX-License-Identifier: Apache-2.0 */
/* The receivers of alerts, and how they are reached. */
#include "api/state.h"

static vs_result
build(struct vs_api_read *read)
{
	const struct vs_port_alerts *alerts = &read->api->options.alerts;
	struct vs_json_writer *json = &read->json;
	struct vs_core_alert_row row;

	vs_api_read_list_begin(read);
	for (size_t i = 0; alerts->receiver != NULL && alerts->receiver(alerts->self, i, &row);
	     i++) {
		vs_json_write_object(json);
		vs_api_write_text(json, "name", row.name);
		vs_api_write_text(json, "kind", row.is_webhook ? "webhook" : "syslog");
		vs_api_write_int(json, "waiting", row.waiting);
		vs_api_write_int(json, "delivered", row.delivered);
		vs_api_write_int(json, "failed", row.failed);
		vs_api_write_int(json, "dead", row.dead);
		vs_api_write_time(json, "last_at", row.last_ms);
		vs_api_write_text(json, "last_error", row.last_error);
		vs_json_write_object_end(json);
	}
	return vs_api_read_list_end(read, "");
}

void
vs_api_on_alerts_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, build);
}
