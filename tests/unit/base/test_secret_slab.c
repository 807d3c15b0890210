/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret_slab.h"

#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/secret.h"
#include "test.h"

#define KEYS_OF_A_BLOCK (VS_SECRET_SIZE_MAX / VS_SECRET_SLAB_KEY_SIZE)

static struct vs_secret_slab *
slab_of(size_t capacity)
{
	struct vs_secret_slab *slab = NULL;

	CHECK_OK(vs_secret_slab_new(capacity, &slab));
	return slab;
}

static void
key_of(size_t n, uint8_t *key)
{
	memset(key, 0x5a, VS_SECRET_SLAB_KEY_SIZE);
	memcpy(key, &n, sizeof(n));
}

static struct vs_secret_ref
put(struct vs_secret_slab *slab, size_t n)
{
	uint8_t key[VS_SECRET_SLAB_KEY_SIZE];
	struct vs_secret_ref ref;

	key_of(n, key);
	CHECK_OK(vs_secret_slab_put(slab, key, &ref));
	return ref;
}

static bool
holds(const struct vs_secret_slab *slab, struct vs_secret_ref ref, size_t n)
{
	uint8_t key[VS_SECRET_SLAB_KEY_SIZE];
	const uint8_t *held = vs_secret_slab_get(slab, ref);

	key_of(n, key);
	return held != NULL && memcmp(held, key, sizeof(key)) == 0;
}

/* More than one block, and not a multiple of one. */
static void
many_keys(void)
{
	size_t capacity = 2 * KEYS_OF_A_BLOCK + 3;
	struct vs_secret_slab *slab = slab_of(capacity);
	struct vs_secret_ref *refs = calloc(capacity, sizeof(*refs)), none = {0};
	uint8_t key[VS_SECRET_SLAB_KEY_SIZE] = {0};

	CHECK(refs != NULL);
	CHECK(vs_secret_slab_get(slab, none) == NULL);
	for (size_t i = 0; i < capacity; i++)
		refs[i] = put(slab, i);
	CHECK(vs_secret_slab_count(slab) == capacity);
	CHECK_ERR(vs_secret_slab_put(slab, key, &none), BUSY);
	CHECK(none.generation == 0);
	for (size_t i = 0; i < capacity; i++)
		CHECK(holds(slab, refs[i], i));
	for (size_t i = 0; i < capacity; i += 2)
		vs_secret_slab_drop(slab, &refs[i]);
	CHECK(vs_secret_slab_count(slab) == capacity / 2);
	for (size_t i = 0; i < capacity; i += 2)
		refs[i] = put(slab, i + capacity);
	for (size_t i = 0; i < capacity; i++)
		CHECK(holds(slab, refs[i], i % 2 == 0 ? i + capacity : i));
	CHECK_ERR(vs_secret_slab_put(slab, key, &none), BUSY);
	free(refs);
	vs_secret_slab_free(&slab);
	CHECK(slab == NULL);
	vs_secret_slab_free(&slab);
}

static void
a_dropped_key_is_wiped_and_its_reference_names_nothing(void)
{
	static const uint8_t zeros[VS_SECRET_SLAB_KEY_SIZE];
	struct vs_secret_slab *slab = slab_of(4);
	struct vs_secret_ref a = put(slab, 1), copy = a, b;
	const uint8_t *held = vs_secret_slab_get(slab, a);

	vs_secret_slab_drop(slab, &a);
	CHECK(a.generation == 0 && vs_secret_slab_count(slab) == 0);
	CHECK(memcmp(held, zeros, sizeof(zeros)) == 0); /* the place is still mapped */
	CHECK(vs_secret_slab_get(slab, a) == NULL && vs_secret_slab_get(slab, copy) == NULL);
	b = put(slab, 2);
	CHECK(vs_secret_slab_get(slab, b) == held); /* the same place ... */
	CHECK(vs_secret_slab_get(slab, copy) == NULL);
	vs_secret_slab_drop(slab, &copy); /* ... but not the same key */
	CHECK(copy.generation != 0 && holds(slab, b, 2));
	vs_secret_slab_free(&slab);
}

static void
references_from_nowhere(void)
{
	struct vs_secret_slab *slab = slab_of(2);
	struct vs_secret_ref refs[] = {{0, 1}, {1, 1}, {2, 1}, {UINT32_MAX, UINT32_MAX}, {0, 2}};

	for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		CHECK(vs_secret_slab_get(slab, refs[i]) == NULL);
		vs_secret_slab_drop(slab, &refs[i]);
	}
	CHECK(vs_secret_slab_count(slab) == 0);
	vs_secret_slab_free(&slab);
}

static void
a_child_sees_zeros(void)
{
	struct vs_secret_slab *slab = slab_of(1);
	struct vs_secret_ref ref = put(slab, 7);
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(vs_secret_slab_get(slab, ref)[20] == 0 ? 0 : 1);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(holds(slab, ref, 7));
	vs_secret_slab_free(&slab);
}

static void
the_limit(void)
{
	struct vs_secret_slab *slab = NULL;

	CHECK_ERR(vs_secret_slab_new(VS_LIMIT_SECRET_SLAB + 1, &slab), TOO_LONG);
	CHECK(slab == NULL);
	slab = slab_of(VS_LIMIT_SECRET_SLAB); /* locks nothing yet */
	vs_secret_slab_free(&slab);
}

int
main(void)
{
	CASE(many_keys);
	CASE(a_dropped_key_is_wiped_and_its_reference_names_nothing);
	CASE(references_from_nowhere);
	CASE(a_child_sees_zeros);
	CASE(the_limit);
	return 0;
}
