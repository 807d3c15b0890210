/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/cache.h"

#include <pthread.h>

#include "base/metric.h"
#include "test.h"

#define NAME(text) vs_bytes_from_text(text)

static void
put(struct vs_keys_cache *cache, const char *name, uint8_t byte, uint32_t number, int64_t now_ms)
{
	uint8_t key[VS_KEYS_KEY_SIZE];

	memset(key, byte, sizeof(key));
	vs_keys_cache_put(cache, NAME(name), vs_keys_cache_generation(cache), key, number, now_ms);
}

static bool
has(struct vs_keys_cache *cache, const char *name, uint8_t byte, uint32_t number, int64_t now_ms)
{
	uint8_t key[VS_KEYS_KEY_SIZE] = {0};
	uint32_t found = 0;

	if (!vs_keys_cache_get(cache, NAME(name), now_ms, key, &found))
		return false;
	for (size_t i = 0; i < sizeof(key); i++)
		CHECK(key[i] == byte);
	CHECK(found == number);
	return true;
}

static void
keeps_for_its_time(void)
{
	struct vs_keys_cache *cache;
	int64_t hits = vs_metric_read(VS_METRIC_key_cache_hits_total);
	int64_t misses = vs_metric_read(VS_METRIC_key_cache_misses_total);

	CHECK_OK(vs_keys_cache_new(4, 1000, &cache));
	CHECK(!has(cache, "a", 0, 0, 0));
	put(cache, "a", 7, 1, 0);
	CHECK(has(cache, "a", 7, 1, 999));
	CHECK(!has(cache, "a", 7, 1, 1000));
	put(cache, "a", 8, 2, 2000);
	put(cache, "a", 9, 3, 2000);
	CHECK(has(cache, "a", 9, 3, 2000));
	CHECK(vs_metric_read(VS_METRIC_key_cache_hits_total) == hits + 2);
	CHECK(vs_metric_read(VS_METRIC_key_cache_misses_total) == misses + 2);
	vs_keys_cache_free(&cache);
	vs_keys_cache_free(&cache);
}

static void
the_one_unused_for_longest_goes(void)
{
	struct vs_keys_cache *cache;

	CHECK_OK(vs_keys_cache_new(3, 1000, &cache));
	put(cache, "a", 1, 1, 0);
	put(cache, "b", 2, 2, 0);
	put(cache, "c", 3, 3, 0);
	CHECK(has(cache, "a", 1, 1, 1));
	put(cache, "d", 4, 4, 1);
	CHECK(!has(cache, "b", 2, 2, 1));
	CHECK(has(cache, "a", 1, 1, 1) && has(cache, "c", 3, 3, 1) && has(cache, "d", 4, 4, 1));
	vs_keys_cache_drop(cache, NAME("c"));
	vs_keys_cache_drop(cache, NAME("nothing"));
	put(cache, "e", 5, 5, 1);
	CHECK(!has(cache, "c", 3, 3, 1));
	CHECK(has(cache, "a", 1, 1, 1) && has(cache, "d", 4, 4, 1) && has(cache, "e", 5, 5, 1));
	vs_keys_cache_clear(cache);
	CHECK(!has(cache, "a", 1, 1, 1) && !has(cache, "e", 5, 5, 1));
	put(cache, "a", 1, 1, 0);
	CHECK(has(cache, "a", 1, 1, 1));
	vs_keys_cache_free(&cache);
}

/* Fetched before a revocation, put after it: it must not come back. */
static void
a_key_does_not_come_back(void)
{
	struct vs_keys_cache *cache;
	uint8_t key[VS_KEYS_KEY_SIZE] = {1};
	uint64_t generation;

	CHECK_OK(vs_keys_cache_new(4, 1000, &cache));
	generation = vs_keys_cache_generation(cache);
	vs_keys_cache_clear(cache);
	vs_keys_cache_put(cache, NAME("a"), generation, key, 1, 0);
	CHECK(!has(cache, "a", 1, 1, 0));
	generation = vs_keys_cache_generation(cache);
	vs_keys_cache_drop(cache, NAME("b"));
	vs_keys_cache_put(cache, NAME("a"), generation, key, 1, 0);
	CHECK(!has(cache, "a", 1, 1, 0));
	vs_keys_cache_free(&cache);
}

/* More than one slab, several threads: what is found is what was put. */
#define MANY 3000
static struct vs_keys_cache *shared;

static void *
use(void *arg)
{
	unsigned seed = *(unsigned *)arg;

	for (unsigned i = 0; i < 3 * MANY; i++) {
		unsigned at = (i * 7919 + seed) % MANY;
		char name[16];

		(void)snprintf(name, sizeof(name), "k%u", at);
		if (!has(shared, name, (uint8_t)at, at, 1))
			put(shared, name, (uint8_t)at, at, 1);
		if (i % 1000 == 999)
			vs_keys_cache_drop(shared, NAME(name));
	}
	return NULL;
}

static void
many_threads_and_slabs(void)
{
	pthread_t threads[4];
	unsigned seeds[4] = {1, 2, 3, 4};

	CHECK_OK(vs_keys_cache_new(2500, 1000, &shared));
	for (size_t i = 0; i < 4; i++)
		CHECK(pthread_create(&threads[i], NULL, use, &seeds[i]) == 0);
	for (size_t i = 0; i < 4; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	vs_keys_cache_free(&shared);
}

int
main(void)
{
	CASE(keeps_for_its_time);
	CASE(the_one_unused_for_longest_goes);
	CASE(a_key_does_not_come_back);
	CASE(many_threads_and_slabs);
	return 0;
}
