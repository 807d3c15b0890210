/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts in the daemon: the alert file, the events of the bus, the entries of the audit log. */
#pragma once

#include "base/bytes.h"
#include "bus/bus.h"
#include "core/ports.h"

struct vs_daemon_alerts;

/* file: that of alert/config.h; "" or NULL: none, then only what is worth an alert is counted.
 * CONFIG: reason says what is wrong. */
VS_RESULT vs_daemon_alerts_new(const char *file, const char *state_dir, struct vs_bus *bus,
                               struct vs_loop *loop, char *reason, size_t reason_size,
                               struct vs_daemon_alerts **alerts_out);
/* After the loop has ended and whoever tells it entries. */
void vs_daemon_alerts_free(struct vs_daemon_alerts **alerts);
/* For vs_daemon_audit_tap. Any thread. */
void vs_daemon_alerts_entry(void *self, struct vs_bytes line);
struct vs_port_alerts vs_daemon_alerts_port(struct vs_daemon_alerts *alerts);
