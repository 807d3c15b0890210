/* SPDX-License-Identifier: Apache-2.0 */
/* Folders of a test's own: gone with all that is in them when the process that made them ends. */
#pragma once

#include <ftw.h>
#include <sys/types.h>
#include <unistd.h>

#include "test.h"

struct test_folder {
	struct test_folder *next;
	pid_t owner; /* what it forks leaves it alone */
	char path[];
};

static struct test_folder *test_folders;

static inline int
test_folder_remove(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info, (void)flag, (void)ftw;
	return remove(path);
}

static inline void
test_folders_end(void)
{
	while (test_folders != NULL) {
		struct test_folder *folder = test_folders;

		test_folders = folder->next;
		if (getpid() == folder->owner) /* what a case has removed itself is no fault */
			(void)nftw(folder->path, test_folder_remove, 16, FTW_DEPTH | FTW_PHYS);
		free(folder);
	}
}

/* As mkdtemp: path ends in XXXXXX. */
static inline void
test_folder_make(char *path)
{
	struct test_folder *folder;

	CHECK(mkdtemp(path) != NULL);
	folder = malloc(sizeof(*folder) + strlen(path) + 1);
	CHECK(folder != NULL);
	memcpy(folder->path, path, strlen(path) + 1);
	if (test_folders == NULL)
		CHECK(atexit(test_folders_end) == 0);
	folder->owner = getpid();
	folder->next = test_folders;
	test_folders = folder;
}
