/* SPDX-License-Identifier: Apache-2.0 */
/* A layer under SQLite that counts whatever reaches a file, and kills the process at the n-th. One
 * test program each. */
#pragma once

#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <unistd.h>

#include "test.h"

static atomic_uint writes_left; /* 0: do not count */

static void
count_write(void)
{
	if (writes_left > 0 && atomic_fetch_sub(&writes_left, 1) == 1)
		(void)kill(getpid(), SIGKILL);
}

/* A file of ours with SQLite's own behind it. */
struct counted {
	sqlite3_file file;
	sqlite3_file *real;
};

static sqlite3_file *
real_of(sqlite3_file *file)
{
	return ((struct counted *)(void *)file)->real;
}

static int
file_close(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

static int
file_read(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
	return real_of(file)->pMethods->xRead(real_of(file), data, size, offset);
}

/* The first half is written: a write that was torn in two. */
static int
file_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
	const struct sqlite3_io_methods *real = real_of(file)->pMethods;

	if (writes_left == 1)
		(void)real->xWrite(real_of(file), data, size / 2, offset);
	count_write();
	return real->xWrite(real_of(file), data, size, offset);
}

static int
file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	count_write();
	return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

/* A killed process loses nothing that it has written: the disk need not be waited for. */
static int
file_sync(sqlite3_file *file, int flags)
{
	(void)file;
	(void)flags;
	count_write();
	return SQLITE_OK;
}

static int
file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int
file_lock(sqlite3_file *file, int kind)
{
	return real_of(file)->pMethods->xLock(real_of(file), kind);
}

static int
file_unlock(sqlite3_file *file, int kind)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), kind);
}

static int
file_check_lock(sqlite3_file *file, int *is_locked)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), is_locked);
}

static int
file_control(sqlite3_file *file, int what, void *arg)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), what, arg);
}

static int
file_sector(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int
file_device(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int
file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **map)
{
	return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, map);
}

static int
file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void
file_shm_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int
file_shm_unmap(sqlite3_file *file, int is_last)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), is_last);
}

static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = file_close,
                                           .xRead = file_read,
                                           .xWrite = file_write,
                                           .xTruncate = file_truncate,
                                           .xSync = file_sync,
                                           .xFileSize = file_size,
                                           .xLock = file_lock,
                                           .xUnlock = file_unlock,
                                           .xCheckReservedLock = file_check_lock,
                                           .xFileControl = file_control,
                                           .xSectorSize = file_sector,
                                           .xDeviceCharacteristics = file_device,
                                           .xShmMap = file_shm_map,
                                           .xShmLock = file_shm_lock,
                                           .xShmBarrier = file_shm_barrier,
                                           .xShmUnmap = file_shm_unmap};
static sqlite3_vfs *unix_vfs, counting_vfs;

static int
vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out)
{
	struct counted *counted = (struct counted *)(void *)file;
	int rc;

	(void)vfs;
	counted->real = (sqlite3_file *)(void *)(counted + 1);
	rc = unix_vfs->xOpen(unix_vfs, name, counted->real, flags, flags_out);
	counted->file.pMethods = counted->real->pMethods != NULL ? &methods : NULL;
	return rc;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
	(void)vfs;
	count_write();
	return unix_vfs->xDelete(unix_vfs, name, sync_folder);
}

/* From now on, for what is opened then. */
static void
count_writes_of_sqlite(void)
{
	unix_vfs = sqlite3_vfs_find(NULL);
	counting_vfs = *unix_vfs;
	counting_vfs.zName = "counting";
	counting_vfs.szOsFile = (int)sizeof(struct counted) + unix_vfs->szOsFile;
	counting_vfs.xOpen = vfs_open;
	counting_vfs.xDelete = vfs_delete;
	CHECK(sqlite3_vfs_register(&counting_vfs, 1) == SQLITE_OK);
}
