/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shown.h"

#include <stdlib.h>
#include <string.h>

#include "bus/events.h"
#include "bus/live.h"
#include "bus/roster.h"
#include "central/admission.h"
#include "daemon/cluster_inside.h"
#include "daemon/daemon_inside.h"

struct vs_daemon_shown {
	struct vs_events *events;
	struct vs_live *live;
	struct vs_health *health; /* NULL: it could not be made */
};

/* Why a station was not let in last is shown at every node. */
static void
hear(const struct vs_core_event *events, size_t count, uint64_t missed, void *arg)
{
	(void)missed;
	for (size_t i = 0; i < count; i++) {
		int refusal = 0;

		if (events[i].kind != VS_EVENT_REFUSED || events[i].station[0] == '\0')
			continue;
		while (refusal < VS_CENTRAL_REFUSALS &&
		       strcmp(vs_central_refusal_text((enum vs_central_refusal)refusal),
		              events[i].type) != 0)
			refusal++;
		if (refusal < VS_CENTRAL_REFUSALS)
			vs_core_registry_set_refused(
			    arg, events[i].station,
			    vs_central_refusal_text((enum vs_central_refusal)refusal),
			    events[i].at_ms);
	}
}

static vs_result
make(const struct vs_daemon_shown_options *options, struct vs_daemon_shown *shown)
{
	const struct vs_events_options events = {.nats = options->nats,
	                                         .bus = options->bus,
	                                         .node = options->node,
	                                         .replicas = options->replicas};
	const struct vs_live_options live = {.nats = options->nats,
	                                     .frames = options->frames,
	                                     .node = options->node,
	                                     .is_elsewhere = options->is_elsewhere,
	                                     .arg = options->arg};
	const struct vs_health_options health = {.nats = options->nats,
	                                         .node = options->node,
	                                         .look = options->look,
	                                         .arg = options->arg};

	VS_TRY(vs_bus_subscribe_all(options->bus, vs_nats_loop(options->nats), hear,
	                            options->registry));
	VS_TRY(vs_events_new(&events, &shown->events));
	VS_TRY(vs_live_new(&live, &shown->live));
	return vs_health_new(&health, &shown->health);
}

vs_result
vs_daemon_shown_make(const struct vs_daemon_shown_options *options,
                     struct vs_daemon_shown **shown_out)
{
	struct vs_daemon_shown *shown = calloc(1, sizeof(*shown));

	if (shown == NULL)
		return VS_FAIL(NO_MEMORY);
	*shown_out = shown; /* whoever frees it waits until the connection has ended */
	return make(options, shown);
}

void
vs_daemon_shown_stop(struct vs_daemon_shown *shown)
{
	if (shown->health != NULL)
		vs_health_stop(shown->health);
}

void
vs_daemon_shown_free(struct vs_daemon_shown **shown)
{
	if (*shown == NULL)
		return;
	vs_events_free(&(*shown)->events);
	vs_live_free(&(*shown)->live);
	vs_health_free(&(*shown)->health);
	free(*shown);
	*shown = NULL;
}

struct vs_port_frames
vs_daemon_cluster_frames(struct vs_daemon *daemon)
{
	return daemon->cluster != NULL ? vs_live_port(daemon->cluster->shown->live)
	                               : vs_frames_port(daemon->frames);
}

void
vs_daemon_cluster_say(struct vs_daemon *daemon, const struct vs_core_node_health *health)
{
	vs_health_say(daemon->cluster->shown->health, health);
}

size_t
vs_daemon_cluster_nodes(struct vs_daemon *daemon, struct vs_core_node_row *rows, size_t row_max)
{
	const struct vs_daemon_cluster *cluster = daemon->cluster;
	struct vs_presence_row *leases = calloc(VS_LIMIT_BUS_NODES, sizeof(*leases));
	struct vs_health_row *beats = calloc(VS_LIMIT_BUS_NODES, sizeof(*beats));
	size_t count = 0;

	if (leases != NULL && beats != NULL)
		count = vs_roster_join(
		    leases, vs_presence_nodes(cluster->presence, leases, VS_LIMIT_BUS_NODES), beats,
		    vs_health_list(cluster->shown->health, beats, VS_LIMIT_BUS_NODES), rows,
		    row_max);
	free(leases);
	free(beats);
	return count;
}
