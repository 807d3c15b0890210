/* SPDX-License-Identifier: Apache-2.0 */
#include "central/directory.h"

#include <pthread.h>

#include "core/registry.h"
#include "test.h"

static void
a_successor_keeps_its_entry(void)
{
	struct vs_central_directory *directory = NULL;
	struct vs_bytes id = VS_BYTES_LITERAL("CS-1");
	uint64_t old = 99;

	CHECK_OK(vs_central_directory_new(&directory));
	CHECK(vs_central_directory_find(directory, id) == 0);
	CHECK_OK(vs_central_directory_claim(directory, id, 1, &old));
	CHECK(old == 0 && vs_central_directory_count(directory) == 1);
	CHECK_OK(vs_central_directory_claim(directory, id, UINT64_MAX, &old));
	CHECK(old == 1 && vs_central_directory_count(directory) == 1);
	CHECK(vs_central_directory_find(directory, id) == 1); /* who holds it keeps it */
	CHECK(vs_central_directory_remove(directory, id, 1));
	CHECK_OK(vs_central_directory_claim(directory, id, UINT64_MAX, &old));
	CHECK(old == 0);
	/* The displaced one goes later: it must not take the entry along. */
	CHECK(!vs_central_directory_remove(directory, id, 1));
	CHECK(vs_central_directory_find(directory, id) == UINT64_MAX);
	CHECK(vs_central_directory_remove(directory, id, UINT64_MAX));
	CHECK(!vs_central_directory_remove(directory, id, UINT64_MAX));
	CHECK(vs_central_directory_count(directory) == 0);
	vs_central_directory_free(&directory);
	vs_central_directory_free(&directory);
}

struct shared {
	struct vs_central_directory *directory;
	struct vs_core_registry *registry;
	uint64_t base;
};

/* What reactors do all day: look up, take the place, leave it. */
static void *
hammer(void *arg)
{
	struct shared *shared = arg;

	for (uint64_t i = 1; i <= 20000; i++) {
		struct vs_core_station station = {.tenant = "default", .is_enabled = true}, found;
		uint64_t old = 0, conn = shared->base + i;
		struct vs_bytes id;

		(void)snprintf(station.identity, sizeof(station.identity), "CS-%u",
		               (unsigned)(i % 31));
		id = vs_bytes_from_text(station.identity);
		if (i % 7 == 0)
			CHECK_OK(vs_core_registry_put(shared->registry, &station));
		if (vs_core_registry_find(shared->registry, id, &found).code == VS_E_OK)
			CHECK(strcmp(found.identity, station.identity) == 0);
		CHECK_OK(vs_central_directory_claim(shared->directory, id, conn, &old));
		CHECK(old != conn);
		(void)vs_central_directory_find(shared->directory, id);
		(void)vs_central_directory_remove(shared->directory, id,
		                                  i % 3 == 0 ? conn : old + (old == 0));
	}
	return NULL;
}

static void
threads(void)
{
	struct shared shared[3] = {{0}};
	pthread_t ids[3];
	size_t left = 0;

	CHECK_OK(vs_central_directory_new(&shared[0].directory));
	CHECK_OK(vs_core_registry_new(&shared[0].registry));
	for (size_t i = 0; i < 3; i++) {
		shared[i] = (struct shared){shared[0].directory, shared[0].registry,
		                            (uint64_t)(i + 1) << 56};
	}
	for (size_t i = 0; i < 3; i++) {
		CHECK(pthread_create(&ids[i], NULL, hammer, &shared[i]) == 0);
	}
	for (size_t i = 0; i < 3; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
	for (unsigned i = 0; i < 31; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "CS-%u", i);
		left += vs_central_directory_find(shared[0].directory, vs_bytes_from_text(id)) != 0;
	}
	CHECK(vs_central_directory_count(shared[0].directory) == left);
	vs_central_directory_free(&shared[0].directory);
	vs_core_registry_free(&shared[0].registry);
}

static bool
add_up(uint64_t conn, void *arg)
{
	*(uint64_t *)arg += conn;
	return conn != 4;
}

static void
each_of_them_in_turn(void)
{
	struct vs_central_directory *directory = NULL;
	uint64_t sum = 0, old = 0;

	CHECK_OK(vs_central_directory_new(&directory));
	vs_central_directory_each(directory, add_up, &sum);
	CHECK(sum == 0);
	CHECK_OK(vs_central_directory_claim(directory, VS_BYTES_LITERAL("a"), 1, &old));
	CHECK_OK(vs_central_directory_claim(directory, VS_BYTES_LITERAL("b"), 2, &old));
	vs_central_directory_each(directory, add_up, &sum);
	CHECK(sum == 3);
	/* Until it has enough. */
	CHECK(vs_central_directory_remove(directory, VS_BYTES_LITERAL("a"), 1));
	CHECK(vs_central_directory_remove(directory, VS_BYTES_LITERAL("b"), 2));
	CHECK_OK(vs_central_directory_claim(directory, VS_BYTES_LITERAL("c"), 4, &old));
	sum = 0;
	vs_central_directory_each(directory, add_up, &sum);
	CHECK(sum == 4);
	vs_central_directory_free(&directory);
}

int
main(void)
{
	CASE(each_of_them_in_turn);
	CASE(a_successor_keeps_its_entry);
	CASE(threads);
	return 0;
}
