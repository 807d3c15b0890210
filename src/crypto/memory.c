/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/memory.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* A record buffer: 16 KiB of plain text, header, padding and tag, in both directions and all
 * versions. */
#define RECORD_SIZE_MIN 16384u
#define RECORD_SIZE_MAX 18432u
#define KEPT_MAX        8

/* The sanitizers see more when each buffer is an allocation of its own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_KEEPING false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
    __has_feature(thread_sanitizer)
#define IS_KEEPING false
#else
#define IS_KEEPING true
#endif
#else
#define IS_KEEPING true
#endif

struct kept {
	void *blocks[KEPT_MAX];
	unsigned count;
	bool is_registered; /* the key's destructor will empty it */
};

static _Thread_local struct kept kept;
static pthread_key_t key;

static void
empty(void *argument)
{
	struct kept *mine = argument;

	while (mine->count > 0)
		free(mine->blocks[--mine->count]);
	mine->is_registered = false;
}

static bool
is_record_size(size_t size)
{
	return size >= RECORD_SIZE_MIN && size <= RECORD_SIZE_MAX;
}

static void *
take(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (!IS_KEEPING || !is_record_size(size))
		return malloc(size);
	if (kept.count > 0)
		return kept.blocks[--kept.count];
	return malloc(RECORD_SIZE_MAX);
}

static void
give(void *block, const char *file, int line)
{
	size_t size = block != NULL && IS_KEEPING ? malloc_usable_size(block) : 0;

	(void)file;
	(void)line;
	/* Only what can serve any record: the allocator may have rounded a smaller one up. */
	if (size < RECORD_SIZE_MAX || size >= 2 * (size_t)RECORD_SIZE_MAX ||
	    kept.count == KEPT_MAX) {
		free(block);
		return;
	}
	if (!kept.is_registered && pthread_setspecific(key, &kept) != 0) {
		free(block);
		return;
	}
	kept.is_registered = true;
	kept.blocks[kept.count++] = block;
}

static void *
resize(void *block, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return realloc(block, size);
}

vs_result
vs_crypto_memory_install(void)
{
	if (pthread_key_create(&key, empty) != 0)
		return VS_FAIL(NO_MEMORY);
	return CRYPTO_set_mem_functions(take, resize, give) == 1 ? VS_OK : VS_FAIL(INTERNAL);
}
