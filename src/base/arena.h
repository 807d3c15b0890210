/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is freed together: a chain of blocks, handed out in order, 16-byte aligned,
 * zero-filled. For what lives exactly as long as one message, one request or one connection.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct vs_arena;

/* block_size: what one system allocation takes; size_max: cap of the sum of all blocks. */
VS_RESULT vs_arena_new(size_t block_size, size_t size_max, struct vs_arena **arena_out);
void vs_arena_free(struct vs_arena **arena);
/* Everything handed out is gone; the first block is kept for reuse. */
void vs_arena_reset(struct vs_arena *arena);

VS_RESULT vs_arena_alloc(struct vs_arena *arena, size_t size, void **memory_out);
/* A copy of the view followed by a NUL that the view does not count. */
VS_RESULT vs_arena_copy(struct vs_arena *arena, struct vs_bytes view, struct vs_bytes *copy_out);
