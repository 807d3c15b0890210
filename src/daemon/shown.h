/* SPDX-License-Identifier: Apache-2.0 */
/* What each node shows of all of them: events, watched messages and how they are, over NATS. */
#pragma once

#include "bus/bus.h"
#include "bus/frames.h"
#include "bus/health.h"
#include "bus/nats.h"
#include "core/ports.h"
#include "core/registry.h"

struct vs_daemon_shown;

/* All borrowed. */
struct vs_daemon_shown_options {
	struct vs_nats *nats;
	struct vs_bus *bus;
	struct vs_frames *frames;
	struct vs_core_registry *registry; /* is told who was refused elsewhere */
	const char *node;
	uint32_t replicas;
	bool (*is_elsewhere)(void *arg, const char *tenant, const char *station); /* any thread */
	void (*look)(void *arg, struct vs_health_row *row); /* as of bus/health.h */
	void *arg;
};

/* Before the threads start. */
VS_RESULT vs_daemon_shown_make(const struct vs_daemon_shown_options *options,
                               struct vs_daemon_shown **shown_out);
void vs_daemon_shown_stop(struct vs_daemon_shown *shown);  /* before vs_nats_free */
void vs_daemon_shown_free(struct vs_daemon_shown **shown); /* after vs_nats_free */

/* vs_daemon_cluster_frames and vs_daemon_cluster_nodes (cluster.h) are here, too. */
