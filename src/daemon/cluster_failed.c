/* SPDX-License-Identifier: Apache-2.0 */
/* What fails at the doors of one node counts at all of them: from the throttle to the bus and back.
 */
#include <string.h>

#include "base/clock.h"
#include "bus/failures.h"
#include "daemon/cluster_inside.h"
#include "daemon/daemon_inside.h"
#include "net/throttle.h"

_Static_assert(VS_FAILURE_NAME_SIZE == VS_THROTTLE_NAME_SIZE, "the same digest");

/* Any thread. */
static void
tell(const struct vs_throttle_failure *failure, void *arg)
{
	struct vs_daemon_cluster *cluster = arg;
	struct vs_failure row = {.is_ipv6 = failure->source.is_ipv6, .has_name = failure->has_name};

	memcpy(row.address, failure->source.address, sizeof(row.address));
	memcpy(row.name, failure->name, sizeof(row.name));
	vs_failures_tell(cluster->failures, &row);
}

/* In the loop of the bus. */
static void
failed(void *arg, const struct vs_failure *rows, size_t count)
{
	const struct vs_daemon_cluster *cluster = arg;
	uint64_t now_us = vs_clock_mono_us();

	for (size_t i = 0; i < count; i++) {
		struct vs_throttle_failure failure = {.source = {.is_ipv6 = rows[i].is_ipv6},
		                                      .has_name = rows[i].has_name};

		memcpy(failure.source.address, rows[i].address, sizeof(failure.source.address));
		memcpy(failure.name, rows[i].name, sizeof(failure.name));
		vs_throttle_fail_elsewhere(cluster->daemon->throttle, &failure, now_us);
	}
}

vs_result
vs_daemon_cluster_share_failures(struct vs_daemon_cluster *cluster)
{
	const struct vs_failures_options options = {.nats = cluster->nats,
	                                            .node = cluster->daemon->setup.cluster.node,
	                                            .failed = failed,
	                                            .arg = cluster};

	VS_TRY(vs_failures_new(&options, &cluster->failures));
	return vs_throttle_share(cluster->daemon->throttle, tell, cluster);
}
