/* SPDX-License-Identifier: Apache-2.0 */
/* What the child does: open its keys, confine itself, report, serve. Between daemon/keyd.c and
 * daemon/keyd_child.c only. */
#pragma once

#include "daemon/keyd.h"

/* What the child writes into its pipe, once. */
struct vs_daemon_keyd_report {
	enum vs_err code;
	char reason[VS_KEYS_REASON_SIZE];
};

/* peers: VS_DAEMON_KEYD_CLIENTS sockets; report_fd: written once and closed. Gives the exit status.
 */
int vs_daemon_keyd_child(const struct vs_daemon_keyd_options *options, const int *peers,
                         int report_fd, int parent_pid);
