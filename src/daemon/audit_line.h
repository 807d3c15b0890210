/* SPDX-License-Identifier: Apache-2.0 */
/* From what core says to a line of the audit log. */
#pragma once

#include "core/audit.h"
#include "core/ports.h"

/* Appends the line, without `n` and newline. What names a person becomes
 * "h:" BASE64(HMAC-SHA256(tenant's index key, "audit" 0x00 value)[:16]), or "h:" alone when there
 * is no key. Blocks. */
VS_RESULT vs_daemon_audit_line(const struct vs_core_audit_entry *entry, int64_t at_ns,
                               uint64_t count, const char *node, const struct vs_port_seal *seal,
                               struct vs_buf *line);
