/* SPDX-License-Identifier: Apache-2.0 */
#include "central/floor.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#define WAYS 8u
#define SETS (VS_LIMIT_SIGN_FLOORS / WAYS)

static_assert((SETS & (SETS - 1)) == 0, "a set is found by a mask");

struct entry {
	uint64_t signer, used; /* signer 0: empty */
	int64_t seq;
};

struct vs_central_floors {
	pthread_mutex_t lock;
	uint64_t clock; /* of uses */
	struct entry entries[SETS][WAYS];
};

vs_result
vs_central_floors_new(struct vs_central_floors **floors_out)
{
	struct vs_central_floors *floors = calloc(1, sizeof(*floors));

	if (floors == NULL)
		return VS_FAIL(NO_MEMORY);
	if (pthread_mutex_init(&floors->lock, NULL) != 0) {
		free(floors);
		return VS_FAIL(NO_MEMORY);
	}
	*floors_out = floors;
	return VS_OK;
}

void
vs_central_floors_free(struct vs_central_floors **floors)
{
	if (*floors == NULL)
		return;
	(void)pthread_mutex_destroy(&(*floors)->lock);
	free(*floors);
	*floors = NULL;
}

/* The signer's entry, or the one that gives way to it. */
static struct entry *
find(struct vs_central_floors *floors, uint64_t signer)
{
	struct entry *set = floors->entries[signer & (SETS - 1)], *oldest = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].signer == signer)
			return &set[i];
		if (set[i].used < oldest->used)
			oldest = &set[i];
	}
	return oldest;
}

int64_t
vs_central_floor_get(struct vs_central_floors *floors, uint64_t signer)
{
	const struct entry *entry;
	int64_t seq;

	assert(signer != 0);
	(void)pthread_mutex_lock(&floors->lock);
	entry = find(floors, signer);
	seq = entry->signer == signer ? entry->seq : -1;
	(void)pthread_mutex_unlock(&floors->lock);
	return seq;
}

bool
vs_central_floor_raise(struct vs_central_floors *floors, uint64_t signer, int64_t seq)
{
	struct entry *entry;
	bool is_above;

	assert(signer != 0);
	(void)pthread_mutex_lock(&floors->lock);
	entry = find(floors, signer);
	is_above = entry->signer != signer || seq > entry->seq;
	if (is_above)
		*entry = (struct entry){signer, ++floors->clock, seq};
	(void)pthread_mutex_unlock(&floors->lock);
	return is_above;
}
