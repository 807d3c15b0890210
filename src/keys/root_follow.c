/* SPDX-License-Identifier: Apache-2.0 */
/* Root KEKs of several nodes: what another one has done with them. */
#include <string.h>

#include "base/log.h"
#include "keys/inside.h"

struct roots {
	const struct vs_keys_status *status;
	char active[VS_KEYS_ROOT_ID_SIZE];
	bool is_previous_over;
};

static bool
look_at(const struct vs_keystore_root *root, void *arg)
{
	struct roots *roots = arg;

	if (root->state == VS_KEYS_ACTIVE)
		memcpy(roots->active, root->root_id, sizeof(roots->active));
	if (root->state == VS_KEYS_DESTROYED &&
	    strcmp(root->root_id, roots->status->previous_root_id) == 0)
		roots->is_previous_over = true;
	return true;
}

vs_result
vs_keys_root_follow(struct vs_keys *keys, bool may_retire,
                    char active_out[static VS_KEYS_ROOT_ID_SIZE])
{
	const struct vs_keystore *store = keys->store;
	struct vs_keys_status status;
	struct roots roots = {.status = &status};

	VS_TRY(vs_keys_client_status(keys->options.client, &status));
	VS_TRY(store->roots(store->self, look_at, &roots));
	if (roots.is_previous_over && may_retire) {
		VS_TRY(vs_keys_client_root_retire(keys->options.client));
		VS_LOG(INFO, "root.retired", vs_bytes_from_text(status.previous_root_id));
	}
	memcpy(active_out, roots.active, sizeof(roots.active));
	return strcmp(roots.active, status.root_id) == 0 ||
	               strcmp(roots.active, status.previous_root_id) == 0
	           ? VS_OK
	           : VS_FAIL(ROOT_BEHIND);
}
