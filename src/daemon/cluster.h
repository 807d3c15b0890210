/* SPDX-License-Identifier: Apache-2.0 */
/* Several nodes: the thread of the bus (bus/nats.h), and what connects it to the other rooms. */
#pragma once

#include "bus/came.h"
#include "core/ports.h"
#include "daemon/options.h"

struct vs_daemon;

struct vs_daemon_cluster_setup {
	const char *node, *urls; /* urls "": there is one node. All borrowed */
	const char *ca, *cert, *key, *history;
	uint32_t replicas;
	uint32_t drain_s; /* before the end; 0: at once */
	bool is_clear;
};

/* CONFIG: `reason` says what is missing. */
VS_RESULT vs_daemon_cluster_settings(const struct vs_daemon_options *options, char *reason,
                                     size_t reason_size, struct vs_daemon_cluster_setup *setup_out);

/* Before central is made. */
VS_RESULT vs_daemon_cluster_make(struct vs_daemon *daemon, char *reason, size_t reason_size);
/* When the reactors are about to run. */
VS_RESULT vs_daemon_cluster_run(struct vs_daemon *daemon);
/* The reactors have ended: nothing is sent to any station, and the lease is given back. */
void vs_daemon_cluster_halt(struct vs_daemon *daemon);
void vs_daemon_cluster_free(struct vs_daemon *daemon); /* after the api, before the bus */

/* Commands to stations of all nodes, or of the only one. */
struct vs_port_commands vs_daemon_cluster_commands(struct vs_daemon *daemon);
/* Messages of stations of all nodes, for who watches. */
struct vs_port_frames vs_daemon_cluster_frames(struct vs_daemon *daemon);
/* All that were ever seen, this one first; 0: there is no memory. Of a daemon with a cluster; any
 * thread. */
size_t vs_daemon_cluster_nodes(struct vs_daemon *daemon, struct vs_core_node_row *rows,
                               size_t row_max);
/* How this one is, for the others. Likewise. */
void vs_daemon_cluster_say(struct vs_daemon *daemon, const struct vs_core_node_health *health);
struct vs_port_presence vs_daemon_cluster_presence(struct vs_daemon *daemon);
/* It was let in here: other nodes end older connections of it. Any thread; nothing when there is
 * one node. */
void vs_daemon_cluster_came(struct vs_daemon *daemon, enum vs_came_kind kind, const char *tenant,
                            const char *name);
/* What passes through here on its way to `events`: the ends of commands that other nodes sent. */
struct vs_port_events vs_daemon_cluster_events(struct vs_daemon *daemon,
                                               struct vs_port_events events);
/* Records of commands that no node took; in the writer's thread. */
void vs_daemon_cluster_committed(struct vs_daemon *daemon, struct vs_core_record *list);
