/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the cluster share: nobody else includes it. */
#pragma once

#include <pthread.h>

#include "bus/control.h"
#include "bus/failures.h"
#include "bus/presence.h"
#include "bus/route.h"
#include "daemon/cluster.h"
#include "daemon/life.h"

struct vs_daemon_history;
struct vs_daemon_shown;

struct vs_daemon_cluster {
	struct vs_daemon *daemon;
	struct vs_loop *loop; /* of the bus */
	struct vs_bus_seal *seal;
	struct vs_nats *nats;
	struct vs_presence *presence;
	struct vs_route *route;
	struct vs_control *control;
	struct vs_came *came;
	struct vs_port_events passed; /* where events go that pass through here */
	struct vs_daemon_shown *shown;
	struct vs_failures *failures;
	struct vs_daemon_history *history; /* NULL: nobody wants it */
	struct vs_daemon_life life;
	pthread_t thread;
	bool is_started;
};

/* cluster_control.c: another node says something, or somebody came in there, in the loop. */
void vs_daemon_cluster_heard_came(void *arg, const struct vs_came_word *word);
vs_result vs_daemon_cluster_heard(void *arg, const struct vs_control_word *word);

/* cluster_failed.c: from now on. */
VS_RESULT vs_daemon_cluster_share_failures(struct vs_daemon_cluster *cluster);

/* cluster_life.c: its word and who is dead are known from then on. */
void vs_daemon_cluster_begin_life(struct vs_daemon_cluster *cluster);
bool vs_daemon_cluster_is_dead(void *arg, const char *process);
