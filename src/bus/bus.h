/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bus within one process: events from any thread to subscribers in their own loops.
 *
 * At most once: an event for a subscriber whose queue is full is dropped and the subscriber is told
 * that it has missed some. Publishing costs nothing when nobody subscribes.
 */
#pragma once

#include "core/ports.h"
#include "event/loop.h"

struct vs_bus;

VS_RESULT vs_bus_new(struct vs_bus **bus_out);
void vs_bus_free(struct vs_bus **bus);
struct vs_port_events vs_bus_publisher(struct vs_bus *bus);

/* `events` are borrowed for the call, in order of publication of each thread; missed: how many were
 * dropped since the last call. count may be 0 when missed is not. */
typedef void vs_bus_fn(const struct vs_core_event *events, size_t count, uint64_t missed,
                       void *arg);
/* To what happens at this node. Before the threads start; at most 8 subscribers. */
VS_RESULT vs_bus_subscribe(struct vs_bus *bus, struct vs_loop *loop, vs_bus_fn *deliver, void *arg);
/* And to what other nodes tell (bus/events.h): who shows it, not who keeps it or raises an alarm.
 */
VS_RESULT vs_bus_subscribe_all(struct vs_bus *bus, struct vs_loop *loop, vs_bus_fn *deliver,
                               void *arg);

/* What another node has told; event NULL: that only so many are missing. Any thread. */
void vs_bus_hear(struct vs_bus *bus, const struct vs_core_event *event, uint64_t missed);
