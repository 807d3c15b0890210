/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/rules.h"

#include <stdio.h>

#include "test.h"

static struct vs_alert_config config;
static struct vs_alert_rules *rules;
static char seen[256];

static void
fired(void *arg, const struct vs_alert_rule *rule, uint32_t count)
{
	size_t used = strlen(seen);

	CHECK(arg == &config);
	(void)snprintf(seen + used, sizeof(seen) - used, "%s:%u ", rule->name, count);
}

/* What the event fired. */
static const char *
see(enum vs_core_event_kind kind, const char *type, enum vs_core_severity severity, int64_t at_ms)
{
	struct vs_core_event event;

	vs_core_event_init(&event, kind, at_ms);
	(void)snprintf(event.type, sizeof(event.type), "%s", type);
	event.severity = severity;
	seen[0] = '\0';
	vs_alert_rules_see(rules, &event, at_ms, fired, &config);
	return seen;
}

static void
begin(const char *text)
{
	char reason[128];

	vs_alert_rules_free(&rules);
	CHECK_OK(vs_alert_config_parse(vs_bytes_from_text(text), &config, reason, sizeof(reason)));
	CHECK_OK(vs_alert_rules_new(&config, &rules));
}

static void
what_matches(void)
{
	begin("target t syslog to=unix:/dev/log\n"
	      "rule each match=security.* target=t\n"
	      "rule loud match=*.Tamper* severity=critical target=t\n"
	      "rule word match=refused.bad-password target=t\n");
	CHECK(strcmp(see(VS_EVENT_SECURITY, "TamperDetectionActivated", VS_CORE_CRITICAL, 1),
	             "each:1 loud:1 ") == 0);
	CHECK(strcmp(see(VS_EVENT_SECURITY, "TamperDetectionActivated", VS_CORE_WARNING, 1),
	             "each:1 ") == 0);
	CHECK(strcmp(see(VS_EVENT_REFUSED, "bad-password", VS_CORE_WARNING, 2), "word:1 ") == 0);
	CHECK(strcmp(see(VS_EVENT_REFUSED, "bad-password-2", VS_CORE_WARNING, 2), "") == 0);
	CHECK(strcmp(see(VS_EVENT_CONNECTED, "", VS_CORE_INFO, 2), "") == 0);
}

/* Three within ten seconds; then it is quiet for ten, and says how many it did not tell. */
static void
so_many_within_so_long(void)
{
	begin("target t syslog to=unix:/dev/log\n"
	      "rule three match=refused.* count=3 window=10 target=t\n");
	CHECK(strcmp(see(VS_EVENT_REFUSED, "x", 0, 1000), "") == 0);
	CHECK(strcmp(see(VS_EVENT_REFUSED, "x", 0, 2000), "") == 0);
	CHECK(strcmp(see(VS_EVENT_REFUSED, "x", 0, 11500), "") == 0); /* the first is too old */
	CHECK(strcmp(see(VS_EVENT_REFUSED, "x", 0, 11900), "three:3 ") == 0);
	for (int64_t at = 12000; at < 21900; at += 100)
		CHECK(strcmp(see(VS_EVENT_REFUSED, "x", 0, at), "") == 0);
	CHECK(strcmp(see(VS_EVENT_REFUSED, "x", 0, 21900), "") == 0);
	CHECK(strcmp(see(VS_EVENT_REFUSED, "x", 0, 21901), "") == 0);
	CHECK(strcmp(see(VS_EVENT_REFUSED, "x", 0, 21902), "three:102 ") == 0);
}

int
main(void)
{
	CASE(what_matches);
	CASE(so_many_within_so_long);
	vs_alert_rules_free(&rules);
	return 0;
}
