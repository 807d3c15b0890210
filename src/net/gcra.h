/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rates by the generic cell rate algorithm (ITU-T I.371, virtual scheduling), for many keys in a
 * table that never grows.
 *
 * One u64 for each key: the theoretical arrival time of its next event (tat). An event passes while
 * tat - now <= tolerance, and moves tat on by the interval. A key whose tat has passed is as if it
 * had never been seen, so its slot is free again. Keys are hashed with SipHash under a random key:
 * a peer cannot choose keys that collide. When all slots where a key may lie are taken, the event
 * is judged by one rate for all such keys together.
 *
 * Pure: no clock, no lock; whoever shares a table among threads locks it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct vs_gcra_rate {
	uint64_t interval_us;  /* between two events in the long run */
	uint64_t tolerance_us; /* (burst - 1) intervals: burst events may come at once */
};

struct vs_gcra;

/* count events in period_s seconds; count and burst at least 1. */
struct vs_gcra_rate vs_gcra_rate_make(uint32_t count, uint32_t period_s, uint32_t burst);

/* slots: a power of two. overflow: for all keys that find no slot, together. */
VS_RESULT vs_gcra_new(uint32_t slots, struct vs_gcra_rate overflow, struct vs_gcra **gcra_out);
void vs_gcra_free(struct vs_gcra **gcra);

/* Would an event of this key pass now? 0, or how long until one would, in microseconds. */
uint64_t vs_gcra_look(const struct vs_gcra *gcra, struct vs_bytes key, struct vs_gcra_rate rate,
                      uint64_t now_us);
/* The same, and if it passes it is counted. */
uint64_t vs_gcra_take(struct vs_gcra *gcra, struct vs_bytes key, struct vs_gcra_rate rate,
                      uint64_t now_us);
/* Count an event in any case: what has happened already. Never more than one interval beyond the
 * tolerance, so that a key recovers within it. */
void vs_gcra_charge(struct vs_gcra *gcra, struct vs_bytes key, struct vs_gcra_rate rate,
                    uint64_t now_us);
/* As charge, but what happened at several places at once is owed: up to `bursts` times what the
 * rate allows at once, and it recovers within that. */
void vs_gcra_owe(struct vs_gcra *gcra, struct vs_bytes key, struct vs_gcra_rate rate,
                 uint32_t bursts, uint64_t now_us);
/* Take one event back that was counted. */
void vs_gcra_refund(struct vs_gcra *gcra, struct vs_bytes key, struct vs_gcra_rate rate,
                    uint64_t now_us);
/* Slots whose key counts at now_us. */
uint32_t vs_gcra_used(const struct vs_gcra *gcra, uint64_t now_us);
