/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shown.h"

#include <stdlib.h>

#include "bus/events.h"
#include "bus/live.h"

struct vs_daemon_shown {
	struct vs_events *events;
	struct vs_live *live;
};

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

	VS_TRY(vs_events_new(&events, &shown->events));
	return vs_live_new(&live, &shown->live);
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
vs_daemon_shown_free(struct vs_daemon_shown **shown)
{
	if (*shown == NULL)
		return;
	vs_events_free(&(*shown)->events);
	vs_live_free(&(*shown)->live);
	free(*shown);
	*shown = NULL;
}

struct vs_port_frames
vs_daemon_shown_frames(struct vs_daemon_shown *shown)
{
	return vs_live_port(shown->live);
}
