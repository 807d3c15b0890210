/* SPDX-License-Identifier: Apache-2.0 */
/* Which processes of this node have ended: one that comes back need not wait for their lease. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "daemon/cluster_inside.h"
#include "daemon/daemon_inside.h"

#define FILE_NAME "life"
#define BOOT_PATH "/proc/sys/kernel/random/boot_id"

void
vs_daemon_cluster_begin_life(struct vs_daemon_cluster *cluster)
{
	const struct vs_daemon_setup *setup = &cluster->daemon->setup;
	char boot[VS_DAEMON_BOOT_SIZE] = "", path[VS_PATH_SIZE];
	vs_result r = vs_path_join(setup->state_dir, FILE_NAME, path);

	cluster->life = (struct vs_daemon_life){.fd = -1};
	if (r.code == VS_E_OK) /* the unit hides the file, and says it instead */
		r = vs_daemon_life_boot(getenv("VOLTSEAL_BOOT_ID"), BOOT_PATH, boot);
	if (r.code == VS_E_OK)
		r = vs_daemon_life_begin(&cluster->life, path, boot);
	if (r.code != VS_E_OK)
		VS_LOG(WARN, "cluster.life_unknown", vs_bytes_from_text(setup->cluster.node),
		       VS_LOG_ERR(r), VS_LOG_STR("means", "after a crash it waits for its lease"));
}

bool
vs_daemon_cluster_is_dead(void *arg, const char *process)
{
	const struct vs_daemon_cluster *cluster = arg;
	bool is_dead = vs_daemon_life_is_dead(&cluster->life, process);

	if (is_dead)
		VS_LOG(INFO, "cluster.lease_of_the_dead",
		       vs_bytes_from_text(cluster->daemon->setup.cluster.node));
	return is_dead;
}
