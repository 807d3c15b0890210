/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret_slab.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/secret.h"

#define BLOCK_SIZE VS_SECRET_SIZE_MAX
#define BLOCK_KEYS (BLOCK_SIZE / VS_SECRET_SLAB_KEY_SIZE)
#define NO_PLACE   UINT32_MAX

/* What is not secret about a place is kept apart from the key. An odd generation: in use. A place
 * whose generations are used up is not used again. */
struct place {
	uint32_t generation;
	uint32_t next_free;
};

struct vs_secret_slab {
	struct vs_secret **blocks; /* NULL: not needed yet */
	struct place *places;
	size_t capacity, block_count;
	size_t used;  /* places that were ever taken */
	size_t count; /* keys in it */
	uint32_t first_free;
};

vs_result
vs_secret_slab_new(size_t capacity, struct vs_secret_slab **slab_out)
{
	struct vs_secret_slab *slab = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(slab_out != NULL && capacity > 0);
	if (capacity > VS_LIMIT_SECRET_SLAB)
		return VS_FAIL(TOO_LONG);
	slab = calloc(1, sizeof(*slab));
	if (slab == NULL)
		goto out;
	slab->capacity = capacity;
	slab->first_free = NO_PLACE;
	slab->block_count = (capacity + BLOCK_KEYS - 1) / BLOCK_KEYS;
	slab->blocks = calloc(slab->block_count, sizeof(struct vs_secret *));
	slab->places = calloc(capacity, sizeof(*slab->places));
	if (slab->blocks == NULL || slab->places == NULL)
		goto out;
	*slab_out = slab;
	slab = NULL;
	r = VS_OK;
out:
	vs_secret_slab_free(&slab);
	return r;
}

void
vs_secret_slab_free(struct vs_secret_slab **slab)
{
	assert(slab != NULL);
	if (*slab == NULL)
		return;
	for (size_t i = 0; (*slab)->blocks != NULL && i < (*slab)->block_count; i++)
		vs_secret_free(&(*slab)->blocks[i]);
	free((*slab)->blocks);
	free((*slab)->places);
	free(*slab);
	*slab = NULL;
}

static uint8_t *
key_at(const struct vs_secret_slab *slab, uint32_t place)
{
	return vs_secret_bytes(slab->blocks[place / BLOCK_KEYS]) +
	       (size_t)place % BLOCK_KEYS * VS_SECRET_SLAB_KEY_SIZE;
}

static vs_result
take_place(struct vs_secret_slab *slab, uint32_t *place_out)
{
	struct vs_secret **block;

	if (slab->first_free != NO_PLACE) {
		*place_out = slab->first_free;
		slab->first_free = slab->places[*place_out].next_free;
		return VS_OK;
	}
	if (slab->used == slab->capacity)
		return VS_FAIL(BUSY);
	block = &slab->blocks[slab->used / BLOCK_KEYS];
	if (*block == NULL)
		VS_TRY(vs_secret_new(BLOCK_SIZE, block));
	*place_out = (uint32_t)slab->used++;
	return VS_OK;
}

vs_result
vs_secret_slab_put(struct vs_secret_slab *slab, const uint8_t key[static VS_SECRET_SLAB_KEY_SIZE],
                   struct vs_secret_ref *ref_out)
{
	uint32_t place = 0;

	assert(slab != NULL && ref_out != NULL);
	VS_TRY(take_place(slab, &place));
	slab->places[place].generation++;
	memcpy(key_at(slab, place), key, VS_SECRET_SLAB_KEY_SIZE);
	slab->count++;
	*ref_out = (struct vs_secret_ref){place, slab->places[place].generation};
	return VS_OK;
}

const uint8_t *
vs_secret_slab_get(const struct vs_secret_slab *slab, struct vs_secret_ref ref)
{
	assert(slab != NULL);
	if (ref.generation % 2 == 0 || ref.place >= slab->used ||
	    slab->places[ref.place].generation != ref.generation)
		return NULL;
	return key_at(slab, ref.place);
}

void
vs_secret_slab_drop(struct vs_secret_slab *slab, struct vs_secret_ref *ref)
{
	struct place *place;

	assert(slab != NULL && ref != NULL);
	if (vs_secret_slab_get(slab, *ref) == NULL)
		return;
	place = &slab->places[ref->place];
	explicit_bzero(key_at(slab, ref->place), VS_SECRET_SLAB_KEY_SIZE);
	slab->count--;
	place->generation++;
	if (place->generation != 0) { /* else the next one would be a generation that was there */
		place->next_free = slab->first_free;
		slab->first_free = ref->place;
	}
	*ref = (struct vs_secret_ref){0};
}

size_t
vs_secret_slab_count(const struct vs_secret_slab *slab)
{
	assert(slab != NULL);
	return slab->count;
}
