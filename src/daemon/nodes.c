/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/nodes.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "daemon/daemon_inside.h"
#include "keys/root_file.h"
#include "store/feed.h"

_Static_assert(VS_KEYS_NODE_SIZE == VS_STORE_NODE_SIZE, "one name");

static vs_result
have_root(void *self, const char *root_id, char node_out[static VS_KEYS_NODE_SIZE])
{
	const struct vs_daemon *daemon = self;

	return vs_store_nodes_root(daemon->store, root_id, node_out);
}

static vs_result
wait_for_all(void *self)
{
	const struct vs_daemon *daemon = self;

	return vs_store_nodes_wait(daemon->store);
}

static vs_result
root_file(void *self, struct vs_buf *text)
{
	const struct vs_daemon *daemon = self;
	struct vs_keys_root_file file;
	char dir[VS_PATH_SIZE];

	VS_TRY(vs_path_join(daemon->setup.state_dir, "keys", dir));
	VS_TRY(vs_keys_root_file_read(dir, &file));
	return vs_keys_root_file_print(&file, text);
}

void
vs_daemon_nodes_make(struct vs_daemon *daemon)
{
	const struct vs_keys_nodes port = {daemon, have_root, wait_for_all, root_file};

	if (daemon->feed != NULL)
		vs_keys_set_nodes(vs_daemon_keys_service(daemon->keys), &port);
}

vs_result
vs_daemon_nodes_root(struct vs_daemon *daemon)
{
	struct vs_keys *keys = vs_daemon_keys_service(daemon->keys);
	char active[VS_KEYS_ROOT_ID_SIZE] = "";
	/* What waits in the spool may be under it: then it goes at a start without one. */
	bool may_retire =
	    daemon->setup.spool_key_file == NULL || !vs_file_exists(daemon->setup.spool_key_file);
	vs_result r = vs_keys_root_follow(keys, may_retire, active);

	if (r.code != VS_E_ROOT_BEHIND)
		return r;
	VS_LOG(WARN, "root.behind", vs_bytes_from_text(daemon->setup.node),
	       VS_LOG_STR("in_use", active), VS_LOG_STR("here", vs_keys_root_current(keys)),
	       VS_LOG_STR("to_mend", "bring the new root key here before voltseal key rewrap "
	                             "--root (doc/manual/several-machines.md)"),
	       VS_LOG_ERR(r));
	return r;
}
