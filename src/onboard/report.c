/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator is told: log, live event, audit log, counter. */
#include <stdio.h>

#include "base/log.h"
#include "base/metric.h"
#include "onboard/inside.h"

static void
tell(struct vs_onboard *onboard, const struct vs_core_behalf *behalf, enum vs_core_audit_event what,
     const char *tenant, const char *claim, const char *device, const char *type,
     const char *detail)
{
	const bool is_refusal = what != VS_AUDIT_PROVISION_ANSWER;
	struct vs_core_audit_entry entry;
	struct vs_core_event event;
	const bool is_alarm =
	    what == VS_AUDIT_PROVISION_CLONE || what == VS_AUDIT_PROVISION_DOWNGRADE;

	vs_core_event_init(&event,
	                   is_alarm     ? VS_EVENT_SECURITY
	                   : is_refusal ? VS_EVENT_REFUSED
	                                : VS_EVENT_NOTICE,
	                   onboard->options.now_ms());
	event.severity = is_alarm     ? VS_CORE_CRITICAL
	                 : is_refusal ? VS_CORE_WARNING
	                              : VS_CORE_NOTICE;
	(void)snprintf(event.tenant, sizeof(event.tenant), "%s", tenant);
	(void)snprintf(event.station, sizeof(event.station), "%s", device);
	(void)snprintf(event.type, sizeof(event.type), "%s", type);
	(void)snprintf(event.detail, sizeof(event.detail), "%s: %.110s", claim, detail);
	onboard->options.events.publish(onboard->options.events.self, &event);
	if (onboard->options.audit.self == NULL)
		return;
	vs_core_audit_init(&entry, what, tenant);
	entry.result = is_refusal ? VS_AUDIT_RESULT_DENY : VS_AUDIT_RESULT_OK;
	entry.actor_kind = "device";
	(void)snprintf(entry.actor_id, sizeof(entry.actor_id), "%s", claim);
	vs_core_behalf_fill(behalf, &entry);
	vs_core_audit_add_text(&entry, "device", vs_bytes_from_text(device), false);
	vs_core_audit_add_text(&entry, is_refusal ? "reason" : "what", vs_bytes_from_text(detail),
	                       false);
	onboard->options.audit.note(onboard->options.audit.self, &entry);
}

void
vs_onboard_report_refused(struct vs_onboard *onboard, const struct vs_core_behalf *behalf,
                          const char *tenant, const char *claim, const char *device,
                          const char *reason)
{
	vs_metric_add(VS_METRIC_provision_refused_total, 1);
	VS_LOG(WARN, "provision.refused", vs_bytes_from_text(claim), VS_LOG_STR("tenant", tenant),
	       VS_LOG_STR("device", device), VS_LOG_STR("reason", reason));
	tell(onboard, behalf, VS_AUDIT_PROVISION_REFUSED, tenant, claim, device,
	     "provision_refused", reason);
}

void
vs_onboard_report_downgrade(struct vs_onboard *onboard, const struct vs_core_behalf *behalf,
                            const struct vs_core_claim *claim, const char *reason)
{
	vs_metric_add(VS_METRIC_provision_refused_total, 1);
	vs_metric_add(VS_METRIC_provision_downgrades_total, 1);
	VS_LOG(ERROR, "downgrade.refused", vs_bytes_from_text(claim->id),
	       VS_LOG_STR("tenant", claim->tenant), VS_LOG_STR("device", claim->identity),
	       VS_LOG_STR("reason", reason));
	tell(onboard, behalf, VS_AUDIT_PROVISION_DOWNGRADE, claim->tenant, claim->id,
	     claim->identity, "downgrade.refused", reason);
}

void
vs_onboard_report_clone(struct vs_onboard *onboard, const struct vs_core_behalf *behalf,
                        const struct vs_core_claim *claim)
{
	vs_metric_add(VS_METRIC_provision_clones_total, 1);
	VS_LOG(ERROR, "provision.clone_suspected", vs_bytes_from_text(claim->id),
	       VS_LOG_STR("tenant", claim->tenant), VS_LOG_STR("device", claim->identity));
	tell(onboard, behalf, VS_AUDIT_PROVISION_CLONE, claim->tenant, claim->id, claim->identity,
	     "prov.clone_suspected", "another device has come with this claim: both are shut out");
}

void
vs_onboard_report_done(struct vs_onboard *onboard, const struct vs_core_behalf *behalf,
                       const struct vs_core_claim *claim, const char *what)
{
	VS_LOG(INFO, "provision.answered", vs_bytes_from_text(claim->id),
	       VS_LOG_STR("tenant", claim->tenant), VS_LOG_STR("device", claim->identity),
	       VS_LOG_STR("what", what));
	tell(onboard, behalf, VS_AUDIT_PROVISION_ANSWER, claim->tenant, claim->id, claim->identity,
	     "provision_answered", what);
}
