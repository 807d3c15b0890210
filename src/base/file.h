/* SPDX-License-Identifier: Apache-2.0 */
/* Small files of the state folder: whole ones, written so that a crash leaves the old or the new,
 * never a part. */
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

#define VS_PATH_SIZE 512

/* Make the folder and its parents; new ones get mode 0700. */
VS_RESULT vs_folder_make(const char *path);
/* dir/name; CONFIG when it does not fit. */
VS_RESULT vs_path_join(const char *dir, const char *name, char path_out[static VS_PATH_SIZE]);
bool vs_file_exists(const char *path);
/* Temporary file, fsync, rename, fsync of the folder. Mode 0600. */
VS_RESULT vs_file_write(const char *path, struct vs_bytes content);
/* The same without fsync, for many files at once: vs_folder_sync makes them last. */
VS_RESULT vs_file_write_unsynced(const char *path, struct vs_bytes content);
VS_RESULT vs_folder_sync(const char *path);
/* NOT_FOUND when absent; TOO_LONG past buf's cap. */
VS_RESULT vs_file_read(const char *path, struct vs_buf *buf);
/* Refuses (CONFIG) a file that group or others may read, or that belongs to another user than this
 * one and root. NOT_FOUND when absent. */
VS_RESULT vs_file_secret_read(const char *path, struct vs_secret **secret_out);
/* Whatever its mode: for what another guard watches over ($CREDENTIALS_DIRECTORY has ACLs). */
VS_RESULT vs_file_secret_read_unchecked(const char *path, struct vs_secret **secret_out);
VS_RESULT vs_file_remove(const char *path); /* and its folder's entry; OK when absent */
/* Overwritten with zeros, as PATH.gone, before it is removed; when that was broken off, the next
 * call goes on. On a copy-on-write file system or flash the old blocks may live on. */
VS_RESULT vs_file_wipe(const char *path);
