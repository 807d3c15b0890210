/* SPDX-License-Identifier: Apache-2.0 */
/* Ports to the stations, wherever they are connected: part of core/ports.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* --- commands to stations --------------------------------------------------------------------- */

/* A command, and whoever waits for what the station's node says of it. */
struct vs_port_command {
	const char *tenant, *station, *id, *action; /* borrowed for the call */
	struct vs_bytes payload;
	uint32_t timeout_ms;
	void (*said)(void *arg, vs_result result, const char *fault);
	void *arg;
};

struct vs_port_commands {
	void *self;
	/* Send an action to a station. Checks the payload against the action table first: then the
	 * error and `fault` (text, cut to fault_size) say what is wrong. NOT_CONNECTED when no
	 * reactor owns the station. On OK the command's states follow as records and
	 * VS_EVENT_COMMAND events under this id. Any thread. */
	vs_result (*send)(void *self, const char *tenant, const char *station,
	                  const char *command_id, const char *action, struct vs_bytes payload,
	                  uint32_t timeout_ms, char *fault, size_t fault_size);
	/* The same for a station that another node may have, whose faults only that one finds. OK
	 * and *is_later_out: `said` is called once, in any thread, perhaps before this returns; an
	 * error there is one of `send`, and nothing was sent. OK there also says that nobody knows:
	 * the command's states tell. NULL: there is one node. Any thread. */
	vs_result (*ask)(void *self, const struct vs_port_command *command, char *fault,
	                 size_t fault_size, bool *is_later_out);
	bool (*is_connected)(void *self, const char *tenant, const char *station); /* any thread */
	/* Close a station's connection (registry entry changed or removed). Any thread. */
	void (*disconnect)(void *self, const char *tenant, const char *station, const char *reason);
};

/* --- several nodes ---------------------------------------------------------------------------- */

/* Who is told where stations are connected, and knows whether this node may send commands to them.
 * Any thread, none of these waits. self NULL: there is one node. */
struct vs_port_presence {
	void *self;
	void (*came)(void *self, const char *tenant, const char *station, const char *peer,
	             const char *protocol);
	/* While the station cannot have come in anew. */
	void (*left)(void *self, const char *tenant, const char *station);
	/* BUS_UNAVAILABLE, NOT_NOW: another node may send to it. */
	vs_result (*may_send)(void *self, const char *tenant, const char *station);
};
