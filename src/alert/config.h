/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The alert file: where alerts and log lines go, and which events are alerts.
 *
 * One row a line, words with spaces between, # begins a comment line:
 *   target NAME webhook url=https://HOST/PATH secret_file=FILE [old_secret_file=FILE]
 *     [key_file=FILE] [ca_file=FILE]
 *          [private=yes] [retry=5,60,300]
 *   target NAME syslog  to=udp:HOST:PORT | tcp:HOST:PORT | tls:HOST:PORT | unix:PATH [ca_file=FILE]
 *   rule NAME match=KIND.TYPE [severity=warning] [count=5 window=60] target=NAME
 *   audit NAME        every entry of the audit log goes to that syslog target, too
 * match is a pattern (fnmatch) over "security.AttemptedReplayAttacks", "refused.bad-password", ...
 */
#pragma once

#include "base/limits.h"
#include "core/event.h"

#define VS_ALERT_NAME_SIZE 33
#define VS_ALERT_TEXT_SIZE 512
#define VS_ALERT_RETRIES   12

enum vs_alert_target_kind { VS_ALERT_WEBHOOK, VS_ALERT_SYSLOG };
enum vs_alert_transport { VS_ALERT_UDP, VS_ALERT_TCP, VS_ALERT_TLS, VS_ALERT_UNIX };

struct vs_alert_target {
	char name[VS_ALERT_NAME_SIZE];
	enum vs_alert_target_kind kind;
	char url[VS_ALERT_TEXT_SIZE];             /* webhook */
	char secret_file[VS_ALERT_TEXT_SIZE];     /* webhook: whsec_BASE64, or any bytes */
	char old_secret_file[VS_ALERT_TEXT_SIZE]; /* what it was before: signed with both; "" */
	char key_file[VS_ALERT_TEXT_SIZE];        /* webhook: Ed25519 as PEM; "": v1 alone */
	char ca_file[VS_ALERT_TEXT_SIZE];         /* "": the system's */
	enum vs_alert_transport transport;        /* syslog */
	char host[VS_ALERT_TEXT_SIZE];            /* of unix: the path */
	uint16_t port;
	bool is_private_allowed;
	uint32_t retry_s[VS_ALERT_RETRIES]; /* between the attempts */
	size_t retry_count;
};

struct vs_alert_rule {
	char name[VS_ALERT_NAME_SIZE];
	char match[128];
	enum vs_core_severity severity; /* the least */
	uint32_t count, window_s;       /* so many within so long; 1 and 0: each */
	size_t target;
};

struct vs_alert_config {
	struct vs_alert_target targets[VS_LIMIT_ALERT_TARGETS];
	struct vs_alert_rule rules[VS_LIMIT_ALERT_RULES];
	size_t target_count, rule_count;
	size_t audit; /* a target; VS_LIMIT_ALERT_TARGETS: none */
};

/* CONFIG: `reason` names the line. */
VS_RESULT vs_alert_config_parse(struct vs_bytes text, struct vs_alert_config *config_out,
                                char *reason, size_t reason_size);
