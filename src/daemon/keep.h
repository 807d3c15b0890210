/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was refused, and what the daemon says of its own security, from the bus into the table of
 * events: with the standard's name where there is one, the word of ours as the reason, the source,
 * and how often. Of the first reactor's loop.
 */
#pragma once

#include "bus/bus.h"
#include "core/ports.h"
#include "core/registry.h"

struct vs_daemon_keep;

/* registry: borrowed; an identity that it does not have is kept as claimed, not as a station's.
 * origin: of the records, which nobody waits for. */
VS_RESULT vs_daemon_keep_new(const struct vs_core_registry *registry,
                             const struct vs_port_writer *writer, uint8_t origin,
                             struct vs_bus *bus, struct vs_loop *loop,
                             struct vs_daemon_keep **keep_out);
/* What is counted and not kept yet is kept now: at the end, when no loop runs and the store still
 * takes it. NULL: nothing. */
void vs_daemon_keep_flush(struct vs_daemon_keep *keep);
void vs_daemon_keep_free(struct vs_daemon_keep **keep); /* before its loop */
