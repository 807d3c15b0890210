/* SPDX-License-Identifier: Apache-2.0 */
/* What stations and the key service do by themselves, as entries. */
#include <stdio.h>
#include <string.h>

#include "daemon/audit.h"

void
vs_daemon_audit_observe(struct vs_daemon_audit *audit, const struct vs_core_event *event)
{
	const struct vs_port_audit port = vs_daemon_audit_port(audit);
	struct vs_core_audit_entry entry;

	if (event->kind != VS_EVENT_REFUSED && event->kind != VS_EVENT_SECURITY)
		return;
	vs_core_audit_init(&entry,
	                   event->kind == VS_EVENT_REFUSED ? VS_AUDIT_STATION_REFUSED
	                                                   : VS_AUDIT_STATION_ALARM,
	                   event->tenant);
	entry.result = event->kind == VS_EVENT_REFUSED ? VS_AUDIT_RESULT_DENY : VS_AUDIT_RESULT_OK;
	entry.actor_kind = "cp";
	(void)snprintf(entry.actor_id, sizeof(entry.actor_id), "%s", event->station);
	memcpy(entry.source, event->source, sizeof(entry.source));
	vs_core_audit_add_text(&entry, "station", vs_bytes_from_text(event->station), false);
	if (event->kind == VS_EVENT_REFUSED)
		(void)snprintf(entry.why, sizeof(entry.why), "%.47s", event->type);
	else
		vs_core_audit_add_text(&entry, "type", vs_bytes_from_text(event->type), false);
	port.note(port.self, &entry);
}

void
vs_daemon_audit_hear(void *self, const struct vs_keys_news *news)
{
	const struct vs_port_audit port = vs_daemon_audit_port(self);
	struct vs_core_audit_entry entry;

	/* The others were written before they were done (key_gate.h). */
	if (news->what != VS_KEYS_NEWS_ROTATION_FAILED)
		return;
	vs_core_audit_init(&entry, VS_AUDIT_KEY_ROTATION_FAILED, news->tenant);
	entry.result = VS_AUDIT_RESULT_ERROR;
	(void)snprintf(entry.actor_id, sizeof(entry.actor_id), "keys");
	vs_core_audit_add_text(&entry, "kind", vs_bytes_from_text(news->kind), false);
	vs_core_audit_add_text(&entry, "subject", vs_bytes_from_text(news->subject), false);
	vs_core_audit_add_number(&entry, "epoch", news->epoch);
	(void)port.write(port.self, &entry, NULL, NULL).code;
}
