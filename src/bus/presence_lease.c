/* SPDX-License-Identifier: Apache-2.0 */
/* This node's lease, and the ends of others'. */
#include <string.h>

#include "base/metric.h"
#include "bus/presence_inside.h"

#define TICK_MS 200u

static void
peer_seen(struct vs_presence *presence, uint32_t node, uint64_t revision, uint64_t incarnation)
{
	(void)pthread_rwlock_wrlock(&presence->lock);
	vs_owner_peer_seen(&presence->nodes[node].peer, revision, incarnation,
	                   presence->options.now_ms());
	(void)pthread_rwlock_unlock(&presence->lock);
}

void
vs_presence_lease_changed(const struct vs_kv_entry *entry, void *arg)
{
	struct vs_presence *presence = arg;
	uint32_t node = vs_presence_node(presence, entry->key);
	struct vs_bus_lease lease = {.incarnation = 0};

	if (node == 0)
		return;
	(void)pthread_rwlock_wrlock(&presence->lock);
	presence->nodes[node].is_draining =
	    !entry->is_deleted && vs_bus_lease_read(entry->value, &lease).code == VS_E_OK &&
	    lease.is_draining;
	(void)pthread_rwlock_unlock(&presence->lock);
	if (entry->is_deleted) {
		peer_seen(presence, node, entry->revision, 0);
		return;
	}
	if (vs_bus_lease_read(entry->value, &lease).code == VS_E_OK)
		peer_seen(presence, node, entry->revision,
		          lease.incarnation != 0 ? lease.incarnation : entry->revision);
}

/* --- ours ------------------------------------------------------------------------------------- */

static void
publish_until(struct vs_presence *presence)
{
	atomic_store(&presence->until_ms,
	             presence->lease.incarnation != 0 ? presence->lease.until_ms : 0);
}

/* All that is here is claimed anew: what was claimed in an earlier life does not count. */
static void
begin_life(struct vs_presence *presence)
{
	struct vs_map_cursor cursor = {0};

	/* Of a station that is gone by then, only its own place in the map is freed. */
	while (vs_map_next(presence->locals, &cursor)) {
		struct vs_presence_local *local = cursor.value;

		vs_presence_do(local, vs_owner_renewed(&local->owner));
	}
	vs_presence_tidy(presence);
}

static void
granted(struct vs_presence *presence, uint64_t revision, bool is_new)
{
	vs_owner_lease_granted(&presence->lease, revision, is_new);
	publish_until(presence);
	peer_seen(presence, VS_PRESENCE_SELF, revision, presence->lease.incarnation);
	if (is_new || presence->has_lapsed)
		begin_life(presence);
	presence->has_lapsed = false;
}

/* Its time is over before anybody has ended it: nothing is sent, which is told. */
static void
lapse(struct vs_presence *presence)
{
	struct vs_map_cursor cursor = {0};

	presence->has_lapsed = true;
	while (vs_map_next(presence->locals, &cursor))
		vs_presence_let(cursor.value);
}

static void
lost(struct vs_presence *presence)
{
	vs_metric_add(VS_METRIC_bus_leases_lost_total, 1);
	lapse(presence);
	vs_owner_lease_lost(&presence->lease);
	publish_until(presence);
}

static void
written(vs_result r, uint64_t revision, struct vs_bytes value, void *arg, uint64_t is_new)
{
	struct vs_presence *presence = arg;

	(void)value;
	presence->is_asking = false;
	if (r.code != VS_E_OK || presence->is_stopped)
		return; /* looked at before the next time */
	presence->asked_ms = presence->lease.sent_ms;
	granted(presence, revision, is_new != 0);
}

static void
write_lease(struct vs_presence *presence, uint64_t over)
{
	bool is_new = presence->lease.incarnation == 0;
	struct vs_bus_lease lease = {.incarnation = presence->lease.incarnation};
	struct vs_kv_call call = {.key = presence->options.node,
	                          .over = over,
	                          .done = written,
	                          .arg = presence,
	                          .token = is_new};

	memcpy(lease.process, presence->process, sizeof(lease.process));
	lease.is_draining = presence->is_draining_said = atomic_load(&presence->is_draining);
	vs_buf_reset(&presence->text);
	if (vs_bus_lease_write(&lease, &presence->text).code != VS_E_OK)
		return;
	call.value = vs_buf_view(&presence->text);
	vs_owner_lease_asked(&presence->lease, presence->options.now_ms());
	presence->is_asking = vs_kv_put(presence->leases, &call).code == VS_E_OK;
}

/* Of a process of ours that this machine knows to have ended: the end of its lease is no news. */
static bool
is_of_the_dead(const struct vs_presence *presence, const struct vs_bus_lease *lease)
{
	const struct vs_presence_options *options = &presence->options;

	return options->is_dead != NULL && strcmp(lease->process, presence->process) != 0 &&
	       options->is_dead(options->arg, lease->process);
}

/* What lies there: ours as we know it, ours whose answer was lost, an earlier process's, its end.
 */
static void
found(vs_result r, uint64_t revision, struct vs_bytes value, void *arg, uint64_t token)
{
	struct vs_presence *presence = arg;
	const struct vs_owner_peer *own = &presence->nodes[VS_PRESENCE_SELF].peer;
	struct vs_bus_lease lease = {.incarnation = 0};
	uint64_t incarnation = 0;

	(void)token;
	presence->is_asking = false;
	if ((r.code != VS_E_OK && r.code != VS_E_NOT_FOUND) || presence->is_stopped)
		return;
	if (r.code == VS_E_OK) {
		if (vs_bus_lease_read(value, &lease).code != VS_E_OK)
			return;
		incarnation = lease.incarnation != 0 ? lease.incarnation : revision;
	}
	if (presence->lease.incarnation != 0 && incarnation == presence->lease.incarnation) {
		vs_owner_lease_adopted(&presence->lease, revision);
		write_lease(presence, presence->lease.revision);
		return;
	}
	if (presence->lease.incarnation != 0)
		lost(presence);
	peer_seen(presence, VS_PRESENCE_SELF, revision, incarnation);
	/* Our first write, of which we were not told: it counts from when it was sent. */
	if (incarnation != 0 && incarnation == revision &&
	    strcmp(lease.process, presence->process) == 0 && revision > presence->lease.revision) {
		granted(presence, revision, true);
		return;
	}
	if (incarnation == 0 || is_of_the_dead(presence, &lease) ||
	    vs_owner_peer_may_end(own, presence->options.now_ms()))
		write_lease(presence, revision);
}

static void
look(struct vs_presence *presence)
{
	const struct vs_kv_call call = {
	    .key = presence->options.node, .done = found, .arg = presence};

	presence->is_asking = vs_kv_get(presence->leases, &call).code == VS_E_OK;
}

void
vs_presence_lease_tick(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_presence *presence =
	    (struct vs_presence *)(void *)((char *)timer - offsetof(struct vs_presence, tick));
	uint64_t now_ms = presence->options.now_ms();
	bool is_known = presence->lease.incarnation != 0;

	vs_timer_arm(loop, timer, TICK_MS);
	if (is_known && !presence->has_lapsed && now_ms >= presence->lease.until_ms)
		lapse(presence);
	if (presence->is_asking || presence->is_stopped || !vs_kv_is_ready(presence->leases))
		return;
	/* The last one was answered: over that. Else: what lies there? */
	if (is_known && presence->asked_ms == presence->lease.sent_ms) {
		if (now_ms - presence->asked_ms >= VS_OWNER_RENEW_MS ||
		    presence->is_draining_said != atomic_load(&presence->is_draining))
			write_lease(presence, presence->lease.revision);
	} else {
		look(presence);
	}
}

/* --- others' ---------------------------------------------------------------------------------- */

static void
ended(vs_result r, uint64_t revision, struct vs_bytes value, void *arg, uint64_t node)
{
	struct vs_presence *presence = arg;

	(void)value;
	presence->nodes[node].is_ending = false;
	if (r.code == VS_E_OK) {
		vs_metric_add(VS_METRIC_bus_leases_ended_total, 1);
		peer_seen(presence, (uint32_t)node, revision, 0);
	}
}

void
vs_presence_end_lease(struct vs_presence *presence, uint32_t node)
{
	struct vs_presence_node *peer = &presence->nodes[node];
	const struct vs_kv_call call = {.key = peer->name,
	                                .over = peer->peer.revision,
	                                .done = ended,
	                                .arg = presence,
	                                .token = node};

	if (!peer->is_ending)
		peer->is_ending = vs_kv_delete(presence->leases, &call).code == VS_E_OK;
}

static void
given_back(vs_result r, uint64_t revision, struct vs_bytes value, void *arg, uint64_t token)
{
	(void)r, (void)revision, (void)value, (void)arg, (void)token;
}

void
vs_presence_stop(struct vs_presence *presence)
{
	const struct vs_kv_call call = {.key = presence->options.node,
	                                .over = presence->lease.revision,
	                                .done = given_back,
	                                .arg = presence};
	bool has_lease = presence->lease.incarnation != 0;

	presence->is_stopped = true;
	vs_owner_lease_lost(&presence->lease);
	publish_until(presence);
	/* It leaves with what else was published; when it does not, others wait for its end. */
	if (has_lease && vs_kv_delete(presence->leases, &call).code != VS_E_OK)
		vs_metric_add(VS_METRIC_bus_leases_lost_total, 1);
}
