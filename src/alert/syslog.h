/* SPDX-License-Identifier: Apache-2.0 */
/* Events and audit entries as lines of RFC 5424. No I/O. */
#pragma once

#include "core/event.h"

#define VS_ALERT_SYSLOG_SIZE 8192

/* A whole message, without framing, appended. host: this machine's name. Event: facility 4
 * (security), its members are structured data. */
VS_RESULT vs_alert_syslog_event(const struct vs_core_event *event, const char *host, int64_t pid,
                                struct vs_buf *out);
/* line: an entry as it is in the log (JSON), which becomes the message. Facility 13 (log audit). */
VS_RESULT vs_alert_syslog_audit(struct vs_bytes line, int64_t now_ms, const char *host, int64_t pid,
                                struct vs_buf *out);
