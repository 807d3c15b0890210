/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last VS_LIMIT_EVENT_RING live events, and their form on an event stream.
 *
 * Events are numbered from 1. The epoch is random for each process: an id of another run is
 * recognised and answered with `resync`. An id reads "epoch-number".
 */
#pragma once

#include "core/event.h"

struct vs_api_ring {
	struct vs_core_event *events; /* VS_LIMIT_EVENT_RING of them */
	uint64_t next;                /* the number that the next event gets */
	uint64_t first;               /* the oldest that a client may still ask for */
	uint64_t epoch;
};

VS_RESULT vs_api_ring_init(struct vs_api_ring *ring, uint64_t epoch);
void vs_api_ring_done(struct vs_api_ring *ring);
void vs_api_ring_push(struct vs_api_ring *ring, const struct vs_core_event *event);
/* `count` events were lost before they came here: whoever waits for them must start again. */
void vs_api_ring_miss(struct vs_api_ring *ring, uint64_t count);

/* Where a client goes on that saw `id` last. false: it missed something (or the id is not ours), it
 * shall read everything again; *next_out is then the newest. */
bool vs_api_ring_resume(const struct vs_api_ring *ring, struct vs_bytes id, uint64_t *next_out);
/* Is `next` still there? */
bool vs_api_ring_has(const struct vs_api_ring *ring, uint64_t next);

/* Append the frames of the events [from, to) of this tenant, at most what fits; *next_out: the
 * first one not written. */
VS_RESULT vs_api_ring_write(const struct vs_api_ring *ring, const char *tenant, uint64_t from,
                            uint64_t to, struct vs_buf *out, uint64_t *next_out);
/* Append a JSON array of the last `limit` events of this tenant, newest first. Measurements
 * (transactions that are Updated) are left out, and so is what does not fit. */
VS_RESULT vs_api_ring_write_recent(const struct vs_api_ring *ring, const char *tenant, size_t limit,
                                   struct vs_buf *out);
/* A frame of ours: "hello" or "resync", with the id to go on from. */
VS_RESULT vs_api_ring_write_control(const struct vs_api_ring *ring, const char *kind, uint64_t next,
                                    struct vs_buf *out);
