/* SPDX-License-Identifier: Apache-2.0 */
#include "central/directory.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/metric.h"

#define SHARD_BITS 6u
#define SHARDS     (1u << SHARD_BITS)

struct shard {
	_Alignas(64) pthread_mutex_t lock;
	struct vs_map
	    *map; /* the value is the id itself: an id has 64 bits, and so has a pointer */
};

struct vs_central_directory {
	struct shard shards[SHARDS];
	atomic_size_t count;
	uint32_t shard_count; /* made so far, for a half-built one */
};

static_assert(sizeof(uintptr_t) >= sizeof(uint64_t), "a connection id is kept in a pointer");

static void *
value_of(uint64_t conn)
{
	return (void *)(uintptr_t)conn;
}

static struct shard *
lock_shard(const struct vs_central_directory *directory, struct vs_bytes identity)
{
	uint64_t index = vs_hash(identity) >> (64 - SHARD_BITS);
	struct shard *shard = (struct shard *)(uintptr_t)&directory->shards[index];
	int error = pthread_mutex_lock(&shard->lock);

	assert(error == 0);
	(void)error;
	return shard;
}

static void
unlock_shard(struct shard *shard)
{
	(void)pthread_mutex_unlock(&shard->lock);
}

vs_result
vs_central_directory_new(struct vs_central_directory **directory_out)
{
	struct vs_central_directory *directory;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(directory_out != NULL);
	directory = aligned_alloc(64, (sizeof(*directory) + 63) / 64 * 64);
	if (directory == NULL)
		return r;
	memset(directory, 0, sizeof(*directory));
	for (; directory->shard_count < SHARDS; directory->shard_count++) {
		struct shard *shard = &directory->shards[directory->shard_count];

		if (vs_map_new(VS_LIMIT_STATIONS, &shard->map).code != VS_E_OK)
			goto out;
		if (pthread_mutex_init(&shard->lock, NULL) != 0) {
			vs_map_free(&shard->map);
			goto out;
		}
	}
	*directory_out = directory;
	directory = NULL;
	r = VS_OK;
out:
	vs_central_directory_free(&directory);
	return r;
}

void
vs_central_directory_free(struct vs_central_directory **directory)
{
	assert(directory != NULL);
	if (*directory == NULL)
		return;
	for (uint32_t i = 0; i < (*directory)->shard_count; i++) {
		vs_map_free(&(*directory)->shards[i].map);
		(void)pthread_mutex_destroy(&(*directory)->shards[i].lock);
	}
	free(*directory);
	*directory = NULL;
}

vs_result
vs_central_directory_claim(struct vs_central_directory *directory, struct vs_bytes identity,
                           uint64_t conn, uint64_t *old_out)
{
	struct shard *shard;
	void *old;
	vs_result r = VS_OK;

	assert(directory != NULL && conn != 0 && old_out != NULL);
	shard = lock_shard(directory, identity);
	old = vs_map_get(shard->map, identity);
	if (old == NULL) {
		r = vs_map_put(shard->map, identity, value_of(conn), &old);
		if (r.code == VS_E_OK)
			(void)atomic_fetch_add(&directory->count, 1);
	}
	unlock_shard(shard);
	if (r.code == VS_E_OK && old == NULL)
		vs_metric_add(VS_METRIC_sessions_open, 1);
	if (r.code == VS_E_OK)
		*old_out = (uint64_t)(uintptr_t)old;
	return r;
}

bool
vs_central_directory_remove(struct vs_central_directory *directory, struct vs_bytes identity,
                            uint64_t conn)
{
	struct shard *shard;
	bool is_there;

	assert(directory != NULL && conn != 0);
	shard = lock_shard(directory, identity);
	is_there = vs_map_get(shard->map, identity) == value_of(conn);
	if (is_there) {
		(void)vs_map_remove(shard->map, identity);
		(void)atomic_fetch_sub(&directory->count, 1);
	}
	unlock_shard(shard);
	if (is_there)
		vs_metric_add(VS_METRIC_sessions_open, -1);
	return is_there;
}

uint64_t
vs_central_directory_find(const struct vs_central_directory *directory, struct vs_bytes identity)
{
	struct shard *shard;
	uint64_t conn;

	assert(directory != NULL);
	shard = lock_shard(directory, identity);
	conn = (uint64_t)(uintptr_t)vs_map_get(shard->map, identity);
	unlock_shard(shard);
	return conn;
}

void
vs_central_directory_each(struct vs_central_directory *directory,
                          bool (*row)(uint64_t conn, void *arg), void *arg)
{
	bool goes_on = true;

	assert(directory != NULL && row != NULL);
	for (uint32_t i = 0; i < directory->shard_count && goes_on; i++) {
		struct shard *shard = &directory->shards[i];
		struct vs_map_cursor cursor = {0};

		(void)pthread_mutex_lock(&shard->lock);
		while (goes_on && vs_map_next(shard->map, &cursor))
			goes_on = row((uint64_t)(uintptr_t)cursor.value, arg);
		(void)pthread_mutex_unlock(&shard->lock);
	}
}

size_t
vs_central_directory_count(const struct vs_central_directory *directory)
{
	assert(directory != NULL);
	return atomic_load(&directory->count);
}
