/* SPDX-License-Identifier: Apache-2.0 */
/* Who asked and was not let in, told to whoever watches: beside the stations that were not. */
#include <stdio.h>
#include <string.h>

#include "api/state.h"
#include "base/clock.h"
#include "core/audit.h"

void
vs_api_tell_refused(const struct vs_api *api, const struct vs_conn *conn, const char *tenant,
                    const char *type, const char *what)
{
	const struct vs_port_events *events = &api->options.events;
	char peer[VS_NET_PEER_TEXT_SIZE];
	struct vs_core_event event;

	if (events->publish == NULL)
		return;
	vs_conn_peer_text(conn, peer);
	vs_core_event_init(&event, VS_EVENT_REFUSED, vs_clock_wall_ms());
	event.severity = VS_CORE_WARNING;
	(void)snprintf(event.tenant, sizeof(event.tenant), "%s",
	               tenant[0] != '\0' ? tenant : VS_CORE_TENANT_DEFAULT);
	(void)snprintf(event.type, sizeof(event.type), "%s", type);
	vs_core_source_copy(peer, event.source);
	(void)snprintf(event.detail, sizeof(event.detail), "%s: %.90s", peer, what);
	events->publish(events->self, &event);
}

void
vs_api_tell_denied(const struct vs_api *api, const struct vs_api_request *request, vs_result why)
{
	struct vs_bytes value;

	/* A browser that comes without anything is not somebody who tried. */
	if (why.code == VS_E_NOT_AUTHENTIC &&
	    vs_http_header_get(&request->http->headers, "Authorization", &value))
		vs_api_tell_refused(api, request->conn, request->tenant, "api.token_refused",
		                    request->route->pattern);
	else if (why.code == VS_E_FORBIDDEN)
		vs_api_tell_refused(api, request->conn, request->principal.tenant,
		                    "api.role_refused", request->route->pattern);
}
