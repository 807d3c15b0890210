/* SPDX-License-Identifier: Apache-2.0 */
#include "crash.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static enum crash_way way;
static long left;

void
crash_arm(enum crash_way how, long nth)
{
	way = how;
	left = nth;
}

long
crash_left(void)
{
	return left;
}

/* Is it now? Then a killed process does not come back from here. */
static bool
fails_now(void)
{
	if (left == 0 || --left > 0)
		return false;
	if (way == CRASH_KILL)
		_exit(CRASH_STATUS);
	errno = EIO;
	return true;
}

/* The linker gives these names; they cannot be chosen. */
ssize_t __real_write(int fd, const void *data, size_t size);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);

ssize_t
__wrap_write(int fd, const void *data, size_t size)
{
	if (left == 1 && way == CRASH_KILL && __real_write(fd, data, size / 2) < 0)
		_exit(CRASH_STATUS);
	return fails_now() ? -1 : __real_write(fd, data, size);
}

int
__wrap_fsync(int fd)
{
	return fails_now() ? -1 : __real_fsync(fd);
}

int
__wrap_rename(const char *from, const char *to)
{
	return fails_now() ? -1 : __real_rename(from, to);
}

int
__wrap_unlink(const char *path)
{
	return fails_now() ? -1 : __real_unlink(path);
}
