/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node that serves no more stations, sensor devices and charge points, for another one to have
 * them: on an operator's word, or for a moment before its end. It goes on with all else. Any
 * thread.
 */
#pragma once

#include <stddef.h>

#include "core/ports.h"

struct vs_daemon;

#define VS_DAEMON_DRAIN_END_MS 2000u /* what is busy may take so long after the time */

/* Over so many seconds; is_on false: as before it. Said again it begins anew. */
void vs_daemon_drain(struct vs_daemon *daemon, bool is_on, uint32_t over_s);
/* The same before this node ends: who is busy is not waited for as long. */
void vs_daemon_drain_to_end(struct vs_daemon *daemon, uint32_t over_s);
/* Connections of those that are still here. */
size_t vs_daemon_drain_left(const struct vs_daemon *daemon);
bool vs_daemon_drain_is_on(const struct vs_daemon *daemon);
/* Is there another node that could have the stations? */
bool vs_daemon_drain_has_others(struct vs_daemon *daemon);

struct vs_port_nodes vs_daemon_nodes(struct vs_daemon *daemon);
