/* SPDX-License-Identifier: Apache-2.0 */
/* Where every station is, as the bucket tells it. */
#include <stdlib.h>
#include <string.h>

#include "bus/presence_inside.h"

static void
put(struct vs_presence *presence, struct vs_bytes key, const struct vs_presence_seen *value)
{
	struct vs_presence_seen *seen = vs_map_get(presence->seen, key);

	if (seen == NULL) {
		seen = calloc(1, sizeof(*seen));
		if (seen == NULL)
			return;
		if (vs_map_put(presence->seen, key, seen, NULL).code != VS_E_OK) {
			free(seen);
			return;
		}
	}
	*seen = *value;
}

void
vs_presence_conn_changed(const struct vs_kv_entry *entry, void *arg)
{
	struct vs_presence *presence = arg;
	struct vs_bytes key = vs_bytes_from_text(entry->key);
	struct vs_bus_entry read;
	struct vs_presence_seen seen = {.epoch = entry->revision};
	bool is_there =
	    !entry->is_deleted && vs_bus_entry_read(entry->value, &read).code == VS_E_OK;

	if (is_there)
		seen.node = vs_presence_node(presence, read.node);
	(void)pthread_rwlock_wrlock(&presence->lock);
	if (is_there && seen.node != 0) {
		seen.lease = read.lease;
		seen.is_clear = read.before_count == 0;
		put(presence, key, &seen);
	} else {
		free(vs_map_remove(presence->seen, key));
	}
	(void)pthread_rwlock_unlock(&presence->lock);
}

static void
ignore(vs_result r, uint64_t revision, struct vs_bytes value, void *arg, uint64_t token)
{
	(void)r, (void)revision, (void)value, (void)arg, (void)token;
}

void
vs_presence_tidy(struct vs_presence *presence)
{
	struct vs_map_cursor cursor = {0};
	char key[VS_BUS_SUBJECT_SIZE];

	while (vs_map_next(presence->seen, &cursor)) {
		const struct vs_presence_seen *seen = cursor.value;
		struct vs_kv_call call = {.key = key, .done = ignore};

		if (seen->node != VS_PRESENCE_SELF || !seen->is_clear ||
		    seen->lease == presence->lease.incarnation ||
		    vs_map_get(presence->locals, cursor.key) != NULL ||
		    !vs_bytes_copy_text(cursor.key, key, sizeof(key)))
			continue;
		call.over = seen->epoch;
		if (vs_kv_delete(presence->conns, &call).code != VS_E_OK)
			return; /* what stays is of a life that is over: nobody asks it */
	}
}

bool
vs_presence_where(struct vs_presence *presence, const char *tenant, const char *station,
                  char node_out[VS_BUS_NODE_SIZE])
{
	const struct vs_presence_seen *seen;
	const struct vs_presence_node *node;
	char key[VS_BUS_SUBJECT_SIZE];
	bool is_there = false;

	if (vs_bus_key_write(tenant, station, key).code != VS_E_OK)
		return false;
	(void)pthread_rwlock_rdlock(&presence->lock);
	seen = vs_map_get(presence->seen, vs_bytes_from_text(key));
	if (seen != NULL) {
		node = &presence->nodes[seen->node];
		is_there = node->peer.incarnation != 0 && node->peer.incarnation == seen->lease &&
		           presence->options.now_ms() - node->peer.seen_ms < VS_OWNER_TTL_MS;
		if (is_there && node_out != NULL)
			(void)vs_bytes_copy_text(vs_bytes_from_text(node->name), node_out,
			                         VS_BUS_NODE_SIZE);
	}
	(void)pthread_rwlock_unlock(&presence->lock);
	return is_there;
}

bool
vs_presence_is_elsewhere(struct vs_presence *presence, const char *tenant, const char *station)
{
	char node[VS_BUS_NODE_SIZE];

	return vs_presence_where(presence, tenant, station, node) &&
	       !vs_bytes_equal_text(vs_bytes_from_text(node), presence->options.node);
}

/* --- nodes ------------------------------------------------------------------------------------ */

size_t
vs_presence_nodes(struct vs_presence *presence, struct vs_presence_row *rows, size_t row_max)
{
	int64_t counts[VS_LIMIT_BUS_NODES + 1] = {0};
	uint64_t now_ms = presence->options.now_ms();
	struct vs_map_cursor cursor = {0};
	size_t count;

	(void)pthread_rwlock_rdlock(&presence->lock);
	while (vs_map_next(presence->seen, &cursor)) {
		const struct vs_presence_seen *seen = cursor.value;

		/* An entry of an earlier life of the node holds nothing. */
		if (seen->lease == presence->nodes[seen->node].peer.incarnation)
			counts[seen->node]++;
	}
	count = presence->node_count < row_max ? presence->node_count : row_max;
	for (size_t i = 0; i < count; i++) {
		const struct vs_presence_node *node = &presence->nodes[i + 1];

		rows[i] = (struct vs_presence_row){
		    .is_self = i + 1 == VS_PRESENCE_SELF,
		    .is_alive =
			node->peer.incarnation != 0 && !vs_owner_peer_may_end(&node->peer, now_ms),
		    .is_draining = i + 1 == VS_PRESENCE_SELF ? atomic_load(&presence->is_draining)
		                                             : node->is_draining,
		    .incarnation = node->peer.incarnation,
		    .stations = counts[i + 1]};
		memcpy(rows[i].name, node->name, sizeof(rows[i].name));
	}
	(void)pthread_rwlock_unlock(&presence->lock);
	return count;
}

void
vs_presence_set_draining(struct vs_presence *presence, bool is_draining)
{
	atomic_store(&presence->is_draining, is_draining);
}
