/* SPDX-License-Identifier: Apache-2.0 */
/* daemon/rollout*.c share this; nobody else includes it. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "daemon/rollout.h"

struct vs_daemon_rollout {
	struct vs_daemon_rollout_options options;
	struct vs_central *central; /* NULL: it does not run */
	struct vs_timer timer;
	atomic_bool is_running; /* a round */
	/* Of rounds alone, which never overlap: station -> when it is asked again. */
	struct vs_map *asked;
	int64_t rotation_id;          /* of `asked`; 0: none */
	struct vs_cert_rotation last; /* as the last round saw it */
	int64_t next_search_ms;       /* for stations with several certificates */
	pthread_mutex_t lock;
	struct vs_map *renewed; /* station -> struct renewal; under the lock */
};

/* --- rollout_root.c, rollout_renewal.c: parts of a round, in the pool --- */

VS_RESULT vs_rollout_roots(struct vs_daemon_rollout *rollout);
VS_RESULT vs_rollout_renewals(struct vs_daemon_rollout *rollout);
void vs_rollout_map_free(struct vs_map **map);
