/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/config.h"

#include <stdlib.h>

#include "test.h"

static struct vs_alert_config config;
static char reason[256];

static vs_result
parse(const char *text)
{
	reason[0] = '\0';
	return vs_alert_config_parse(vs_bytes_from_text(text), &config, reason, sizeof(reason));
}

static void
what_is_read(void)
{
	CHECK_OK(parse("# where to\n"
	               "target ops webhook url=https://hooks.example/x secret_file=/s retry=1,20\n"
	               "target siem  syslog\tto=tls:siem.example:6514 ca_file=/ca.pem\r\n"
	               "\n"
	               "target six syslog to=udp:[2001:db8::1]:514\n"
	               "target near syslog to=unix:/dev/log\n"
	               "rule doors match=refused.* severity=warning count=5 window=60 target=ops\n"
	               "rule all match=security.* target=siem\n"
	               "audit siem"));
	CHECK(config.target_count == 4 && config.rule_count == 2 && config.audit == 1);
	CHECK(config.targets[0].kind == VS_ALERT_WEBHOOK && config.targets[0].retry_count == 2 &&
	      config.targets[0].retry_s[1] == 20 && !config.targets[0].is_private_allowed);
	CHECK(config.targets[1].transport == VS_ALERT_TLS && config.targets[1].port == 6514 &&
	      strcmp(config.targets[1].host, "siem.example") == 0);
	CHECK(strcmp(config.targets[2].host, "2001:db8::1") == 0 &&
	      config.targets[2].transport == VS_ALERT_UDP);
	CHECK(strcmp(config.targets[3].host, "/dev/log") == 0);
	CHECK(config.rules[0].count == 5 && config.rules[0].window_s == 60 &&
	      config.rules[0].severity == VS_CORE_WARNING && config.rules[0].target == 0);
	CHECK(config.rules[1].count == 1 && config.rules[1].window_s == 0 &&
	      config.rules[1].target == 1);
	CHECK_OK(parse(""));
	CHECK(config.target_count == 0 && config.audit == VS_LIMIT_ALERT_TARGETS);
}

/* Each with the line it is about; the config stays as it was. */
static void
what_is_refused(void)
{
#define HOOK "target ops webhook url=https://h.example/ secret_file=/s\n"
	static const char *const bad[] = {
	    "target",
	    "target ops webhook url=http://h.example/ secret_file=/s",
	    "target ops webhook url=https://h.example/",
	    "target ops webhook secret_file=/s a=b",
	    "target ops mail to=root",
	    "target ops syslog to=tls:host",
	    "target ops syslog to=tls:host:0",
	    "target ops syslog to=tls:host:65536",
	    "target ops syslog to=tls::1",
	    "target ops syslog to=unix:relative",
	    "target ops syslog ca_file=/x",
	    "target o/s syslog to=unix:/dev/log",
	    "target ops webhook url=https://h.example/ secret_file=/s retry=0",
	    "target ops webhook url=https://h.example/ secret_file=/s private=maybe",
	    HOOK HOOK,
	    HOOK "rule r match=* target=nobody",
	    HOOK "rule r match=* count=5 target=ops",
	    HOOK "rule r match=* count=-5 window=60 target=ops",
	    HOOK "rule r match=* severity=loud target=ops",
	    HOOK "rule r target=ops severity=info",
	    HOOK "audit ops",
	    "audit siem",
	    "page me",
	};
#undef HOOK
	char *many = malloc(100000);

	CHECK_OK(parse("target kept syslog to=unix:/dev/log"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_ERR(parse(bad[i]), CONFIG);
		CHECK(strstr(reason, "line ") != NULL);
	}
	CHECK(many != NULL);
	many[0] = '\0';
	for (int i = 0; i < 17; i++)
		(void)snprintf(many + strlen(many), 100, "target t%d syslog to=unix:/dev/log\n", i);
	CHECK_ERR(parse(many), CONFIG);
	memset(many, 'a', 99999);
	many[99999] = '\0';
	CHECK_ERR(parse(many), CONFIG);
	free(many);
	CHECK_ERR(
	    vs_alert_config_parse(VS_BYTES_LITERAL("audit\0 x"), &config, reason, sizeof(reason)),
	    CONFIG);
	CHECK(config.target_count == 1 && strcmp(config.targets[0].name, "kept") == 0);
}

int
main(void)
{
	CASE(what_is_read);
	CASE(what_is_refused);
	return 0;
}
