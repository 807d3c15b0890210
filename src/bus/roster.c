/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/roster.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(VS_BUS_NODE_SIZE == VS_CORE_NODE_SIZE, "one name");

/* A lease without a beat is as good: it is renewed over the same servers. */
static enum vs_core_node_state
state_of(const struct vs_presence_row *lease, const struct vs_health_row *beat)
{
	bool has_lease = lease != NULL && lease->is_alive;

	if (!has_lease)
		return beat != NULL && beat->is_alive ? VS_CORE_NODE_NO_LEASE : VS_CORE_NODE_GONE;
	if (beat != NULL && !beat->is_alive)
		return VS_CORE_NODE_SILENT;
	return lease->is_draining ? VS_CORE_NODE_DRAINING : VS_CORE_NODE_SERVING;
}

/* One of them may be NULL. */
static void
join(const char name[static VS_BUS_NODE_SIZE], const struct vs_presence_row *lease,
     const struct vs_health_row *beat, struct vs_core_node_row *row)
{
	*row = (struct vs_core_node_row){
	    .state = state_of(lease, beat),
	    .lease = lease != NULL && lease->is_alive ? lease->incarnation : 0,
	    .silent_ms = beat != NULL ? beat->silent_ms : VS_CORE_ABSENT,
	    .stations = lease != NULL ? lease->stations : 0,
	    .health = {.uptime_s = VS_CORE_ABSENT,
	               .cpu_permille = VS_CORE_ABSENT,
	               .cores = VS_CORE_ABSENT,
	               .memory_bytes = VS_CORE_ABSENT,
	               .store_queue = VS_CORE_ABSENT,
	               .store_lag_ms = VS_CORE_ABSENT,
	               .store_errors = VS_CORE_ABSENT}};
	memcpy(row->name, name, sizeof(row->name));
	if (beat == NULL)
		return;
	row->health = beat->health;
	/* Its stations stay connected while it has no lease, and only it knows them. */
	if (row->state == VS_CORE_NODE_NO_LEASE && beat->stations != VS_CORE_ABSENT)
		row->stations = beat->stations;
}

static int
compare(const void *a, const void *b)
{
	const struct vs_core_node_row *left = a, *right = b;

	if (left->is_self != right->is_self)
		return left->is_self ? -1 : 1;
	return strcmp(left->name, right->name);
}

static const struct vs_health_row *
beat_of(const struct vs_health_row *beats, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(beats[i].name, name) == 0)
			return &beats[i];
	return NULL;
}

static bool
is_among(const struct vs_presence_row *leases, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(leases[i].name, name) == 0)
			return true;
	return false;
}

size_t
vs_roster_join(const struct vs_presence_row *leases, size_t lease_count,
               const struct vs_health_row *beats, size_t beat_count, struct vs_core_node_row *rows,
               size_t row_max)
{
	size_t count = 0;

	for (size_t i = 0; i < lease_count && count < row_max; i++) {
		const struct vs_presence_row *lease = &leases[i];

		join(lease->name, lease, beat_of(beats, beat_count, lease->name), &rows[count]);
		rows[count++].is_self = lease->is_self;
	}
	for (size_t i = 0; i < beat_count && count < row_max; i++) {
		if (is_among(leases, lease_count, beats[i].name))
			continue;
		join(beats[i].name, NULL, &beats[i], &rows[count]);
		rows[count++].is_self = beats[i].is_self;
	}
	qsort(rows, count, sizeof(rows[0]), compare);
	return count;
}
