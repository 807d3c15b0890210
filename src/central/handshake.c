/* SPDX-License-Identifier: Apache-2.0 */
/* What is told about a TLS handshake that failed: a log line and an event with its reason in one
 * stable word. Anybody can make handshakes fail, so what is told in a second is limited. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "central/reactor.h"
#include "core/audit.h"

static bool
may_tell(struct vs_central_reactor *reactor)
{
	uint64_t second = reactor->context.mono_ms / 1000;

	if (reactor->told_second != second) {
		if (reactor->told_count > VS_LIMIT_HANDSHAKE_EVENTS)
			VS_LOG(
			    WARN, "handshake.failed_more", VS_BYTES_LITERAL("voltseald"),
			    VS_LOG_NUM("untold", reactor->told_count - VS_LIMIT_HANDSHAKE_EVENTS));
		reactor->told_count = 0;
	}
	reactor->told_second = second;
	return ++reactor->told_count <= VS_LIMIT_HANDSHAKE_EVENTS;
}

/* Whose certificate it was, as it says itself: no proof, but where to look. */
static void
read_claim(const struct vs_tls_peer *claimed, char name[static VS_CORE_IDENTITY_SIZE])
{
	name[0] = '\0';
	if (claimed != NULL && vs_core_identity_is_valid(claimed->common_name))
		(void)vs_bytes_copy_text(claimed->common_name, name, VS_CORE_IDENTITY_SIZE);
}

void
vs_central_handshake_failed(struct vs_central_reactor *reactor, struct vs_conn *conn,
                            const struct vs_net_close *close)
{
	const char *word = vs_tls_failure_word(close->tls);
	char peer[VS_NET_PEER_TEXT_SIZE], name[VS_CORE_IDENTITY_SIZE];
	const char *serial = close->claimed != NULL ? close->claimed->serial_hex : "";
	enum vs_core_severity severity =
	    vs_tls_failure_is_critical(close->tls) ? VS_CORE_CRITICAL : VS_CORE_WARNING;
	struct vs_core_event event;

	if (!may_tell(reactor))
		return;
	vs_conn_peer_text(conn, peer);
	read_claim(close->claimed, name);
	VS_LOG(WARN, "handshake.failed", vs_bytes_from_text(peer), VS_LOG_STR("reason", word),
	       VS_LOG_STR("detail", close->detail), VS_LOG_STR("claimed", name),
	       VS_LOG_STR("serial", serial), VS_LOG_STR("name", vs_core_security_name(word)),
	       VS_LOG_STR("severity", vs_core_severity_text(severity)));
	vs_core_event_init(&event, VS_EVENT_REFUSED, reactor->context.now_ms);
	event.severity = severity;
	vs_core_source_copy(peer, event.source);
	(void)snprintf(event.tenant, sizeof(event.tenant), "%s", VS_CORE_TENANT_DEFAULT);
	memcpy(event.station, name, sizeof(event.station));
	(void)snprintf(event.type, sizeof(event.type), "%s", word);
	(void)snprintf(event.detail, sizeof(event.detail), "%s: %.48s%s%.40s", peer, close->detail,
	               serial[0] != '\0' ? ", serial " : "", serial);
	reactor->context.events.publish(reactor->context.events.self, &event);
}
