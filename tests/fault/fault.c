/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

static long left;

void
fault_arm(long nth)
{
	left = nth;
}

long
fault_left(void)
{
	return left;
}

static bool
fails_now(void)
{
	if (left == 0 || --left > 0)
		return false;
	errno = ENOMEM;
	return true;
}

/* The linker gives these names; they cannot be chosen. */
void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
int __real_mlock(const void *at, size_t size);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __real_mprotect(void *at, size_t size, int protection);
int __real_madvise(void *at, size_t size, int advice);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);
int __wrap_mlock(const void *at, size_t size);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __wrap_mprotect(void *at, size_t size, int protection);
int __wrap_madvise(void *at, size_t size, int advice);

void *
__wrap_calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __real_calloc(count, size);
}

void *
__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return fails_now() ? NULL : __real_realloc(old, size);
}

int
__wrap_mlock(const void *at, size_t size)
{
	return fails_now() ? -1 : __real_mlock(at, size);
}

void *
__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	return fails_now() ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}

int
__wrap_mprotect(void *at, size_t size, int protection)
{
	return fails_now() ? -1 : __real_mprotect(at, size, protection);
}

int
__wrap_madvise(void *at, size_t size, int advice)
{
	return fails_now() ? -1 : __real_madvise(at, size, advice);
}
