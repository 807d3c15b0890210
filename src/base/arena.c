/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16u

struct block {
	struct block *next; /* the older one; the last is the first that was made */
	size_t size;
	size_t used;
	_Alignas(ALIGNMENT) uint8_t data[];
};

struct vs_arena {
	struct block *newest;
	size_t block_size;
	size_t size_max;
	size_t size; /* of all blocks, headers included */
};

static vs_result
add_block(struct vs_arena *arena, size_t size)
{
	size_t total = sizeof(struct block) + size;
	struct block *block;

	if (total > arena->size_max - arena->size)
		return VS_FAIL(TOO_LONG);
	block = calloc(1, total);
	if (block == NULL)
		return VS_FAIL(NO_MEMORY);
	block->size = size;
	block->next = arena->newest;
	arena->newest = block;
	arena->size += total;
	return VS_OK;
}

vs_result
vs_arena_new(size_t block_size, size_t size_max, struct vs_arena **arena_out)
{
	struct vs_arena *arena;

	assert(arena_out != NULL);
	assert(block_size >= sizeof(struct block) + ALIGNMENT && block_size <= size_max);
	arena = calloc(1, sizeof(*arena));
	if (arena == NULL)
		return VS_FAIL(NO_MEMORY);
	arena->block_size = block_size;
	arena->size_max = size_max;
	*arena_out = arena;
	return VS_OK;
}

void
vs_arena_free(struct vs_arena **arena)
{
	assert(arena != NULL);
	if (*arena == NULL)
		return;
	while ((*arena)->newest != NULL) {
		struct block *block = (*arena)->newest;

		(*arena)->newest = block->next;
		free(block);
	}
	free(*arena);
	*arena = NULL;
}

void
vs_arena_reset(struct vs_arena *arena)
{
	struct block *block;

	assert(arena != NULL);
	block = arena->newest;
	while (block != NULL && block->next != NULL) {
		struct block *older = block->next;

		free(block);
		block = older;
	}
	arena->newest = block;
	arena->size = 0;
	if (block == NULL)
		return;
	memset(block->data, 0, block->used);
	block->used = 0;
	arena->size = sizeof(*block) + block->size;
}

vs_result
vs_arena_alloc(struct vs_arena *arena, size_t size, void **memory_out)
{
	size_t block_room, rounded;
	struct block *block;

	assert(arena != NULL && memory_out != NULL);
	if (size > arena->size_max)
		return VS_FAIL(TOO_LONG);
	rounded = size == 0 ? ALIGNMENT : (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	block = arena->newest;
	if (block == NULL || rounded > block->size - block->used) {
		block_room = arena->block_size - sizeof(struct block);
		VS_TRY(add_block(arena, rounded > block_room ? rounded : block_room));
		block = arena->newest;
	}
	*memory_out = block->data + block->used;
	block->used += rounded;
	return VS_OK;
}

vs_result
vs_arena_copy(struct vs_arena *arena, struct vs_bytes view, struct vs_bytes *copy_out)
{
	void *memory = NULL;

	assert(copy_out != NULL);
	if (view.size == SIZE_MAX)
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_arena_alloc(arena, view.size + 1, &memory));
	if (view.size > 0)
		memcpy(memory, view.data, view.size);
	*copy_out = (struct vs_bytes){memory, view.size};
	return VS_OK;
}
