/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/memory.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define BLOCKS 40

/* More record buffers at once than are kept, of all sizes around the borders: each holds what it
 * was asked for. */
static void
fill_and_give(void)
{
	static const size_t sizes[] = {1, 16383, 16384, 16385, 17000, 18432, 18433, 40000};
	uint8_t *blocks[BLOCKS];

	for (size_t i = 0; i < BLOCKS; i++) {
		size_t size = sizes[i % 8];

		blocks[i] = OPENSSL_malloc(size);
		CHECK(blocks[i] != NULL && malloc_usable_size(blocks[i]) >= size);
		memset(blocks[i], (int)i, size);
	}
	for (size_t i = 0; i < BLOCKS; i++) {
		CHECK(blocks[i][0] == i && blocks[i][sizes[i % 8] - 1] == i);
		OPENSSL_free(blocks[i]);
	}
}

static void *
in_a_thread(void *argument)
{
	for (int i = 0; i < 100; i++)
		fill_and_give();
	return argument;
}

/* Threads keep buffers of their own and leave none behind (the leak checker watches). */
static void
threads_do_not_share(void)
{
	pthread_t threads[2];

	for (size_t i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, in_a_thread, NULL) == 0);
	for (size_t i = 0; i < 2; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

/* A process that used the library before keeps the system's memory, and is told. */
static void
too_late(void)
{
	int status;
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		OPENSSL_free(OPENSSL_malloc(1));
		_exit(vs_crypto_memory_install().code == VS_E_INTERNAL ? 0 : 1);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
resized_blocks_keep_their_content(void)
{
	uint8_t *block = OPENSSL_malloc(17000);

	CHECK(block != NULL);
	memset(block, 7, 17000);
	block = OPENSSL_realloc(block, 70000);
	CHECK(block != NULL && block[0] == 7 && block[16999] == 7);
	OPENSSL_free(block);
	OPENSSL_free(NULL);
}

int
main(void)
{
	CASE(too_late);
	CHECK_OK(vs_crypto_memory_install());
	CASE(fill_and_give);
	CASE(threads_do_not_share);
	CASE(resized_blocks_keep_their_content);
	return 0;
}
