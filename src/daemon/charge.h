/* SPDX-License-Identifier: Apache-2.0 */
/* The Central of the framed network as a room of the daemon (charge/charge.h). */
#pragma once

#include "daemon/daemon.h"

/* When central is made. Nothing when no port is wanted. */
VS_RESULT vs_daemon_charge_make(struct vs_daemon *daemon);
VS_RESULT vs_daemon_charge_listen(struct vs_daemon *daemon, char *reason, size_t reason_size);
/* Any thread. */
void vs_daemon_charge_drain(struct vs_daemon *daemon, bool is_on, uint32_t over_ms,
                            uint32_t grace_ms);
/* For the api: commands reach the stations of both networks. */
struct vs_port_commands vs_daemon_charge_commands(struct vs_daemon *daemon);
/* For the key service: the next psk reaches the devices of both networks. */
struct vs_keys_rotator vs_daemon_charge_rotator(struct vs_daemon *daemon);
