/* SPDX-License-Identifier: Apache-2.0 */
/* What each node shows of all of them: events and watched messages, over NATS. */
#pragma once

#include "bus/bus.h"
#include "bus/frames.h"
#include "bus/nats.h"

struct vs_daemon_shown;

/* All borrowed. */
struct vs_daemon_shown_options {
	struct vs_nats *nats;
	struct vs_bus *bus;
	struct vs_frames *frames;
	const char *node;
	uint32_t replicas;
	bool (*is_elsewhere)(void *arg, const char *tenant, const char *station); /* any thread */
	void *arg;
};

/* Before the threads start. */
VS_RESULT vs_daemon_shown_make(const struct vs_daemon_shown_options *options,
                               struct vs_daemon_shown **shown_out);
void vs_daemon_shown_free(struct vs_daemon_shown **shown); /* after vs_nats_free */

struct vs_port_frames vs_daemon_shown_frames(struct vs_daemon_shown *shown);
