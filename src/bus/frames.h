/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last messages of all stations, in memory only: VS_LIMIT_FRAME_LOG_SIZE bytes of them, and at
 * most VS_LIMIT_FRAME_LOG. The oldest go first; a text that is longer than
 * VS_CORE_FRAME_TEXT_SIZE is cut. A result is told apart by the call it answers: that gives it its
 * action and its latency, when the call is still here.
 *
 * Noting one costs as much as validating it, so of what nobody watches only so many a second are.
 *
 * Any thread. Noting copies under a lock and never waits for a reader that works: rows are copied
 * out.
 */
#pragma once

#include "core/ports.h"

struct vs_frames;

/* first: the number of the first one, above every earlier run's. */
VS_RESULT vs_frames_new(uint64_t first, struct vs_frames **frames_out);
void vs_frames_free(struct vs_frames **frames);
struct vs_port_frames vs_frames_port(struct vs_frames *frames);
/* As `from` of the port; and whether some that were to come are gone. */
size_t vs_frames_from(struct vs_frames *frames, const char *tenant, const char *station,
                      uint64_t *number, struct vs_core_frame_row *rows, size_t count,
                      bool *has_missed_out);
/* One that another node has told, as it is there; only its number is ours. */
void vs_frames_put(struct vs_frames *frames, const char *tenant, const char *station,
                   const struct vs_core_frame_row *row);
