/* SPDX-License-Identifier: Apache-2.0 */
/* Provisioning in the daemon: a thread that has the connection to the broker, and what connects
 * src/onboard to the other rooms. */
#pragma once

#include "daemon/options.h"
#include "onboard/onboard.h"

struct vs_daemon;

struct vs_daemon_provision_setup {
	const char *broker; /* mqtts://host:port; "": there is no provisioning. All borrowed */
	const char *announced, *ca, *cert, *key, *pin, *name;
	int64_t grace_ms;
	enum vs_onboard_compat compat;
	bool is_two_phase;
};

/* CONFIG: `reason` says what contradicts what. */
VS_RESULT vs_daemon_provision_settings(const struct vs_daemon_options *options, char *reason,
                                       size_t reason_size,
                                       struct vs_daemon_provision_setup *setup_out);

/* When the ports are open, since bundles and answers name them; before the API is made. */
VS_RESULT vs_daemon_provision_make(struct vs_daemon *daemon, char *reason, size_t reason_size);
/* When the reactors are about to run. */
VS_RESULT vs_daemon_provision_run(struct vs_daemon *daemon);
/* While the writer still runs: what the thread waits for must come. */
void vs_daemon_provision_halt(struct vs_daemon *daemon);
void vs_daemon_provision_free(struct vs_daemon *daemon);
/* self NULL: there is no provisioning. */
struct vs_port_provision vs_daemon_provision_port(const struct vs_daemon *daemon);
/* In the writer's thread. */
void vs_daemon_provision_committed(struct vs_daemon *daemon, struct vs_core_record *list);
