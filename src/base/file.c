/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static vs_result
from_errno(void)
{
	return errno == ENOENT ? VS_FAIL(NOT_FOUND) : VS_FAIL(IO);
}

vs_result
vs_folder_make(const char *path)
{
	char part[VS_PATH_SIZE];
	size_t size = strlen(path);
	struct stat status;

	if (size == 0 || size >= sizeof(part))
		return VS_FAIL(CONFIG);
	for (size_t i = 1; i <= size; i++) {
		if (path[i] != '/' && path[i] != 0)
			continue;
		memcpy(part, path, i);
		part[i] = 0;
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return VS_FAIL(IO);
	}
	if (stat(path, &status) != 0)
		return VS_FAIL(IO);
	if (!S_ISDIR(status.st_mode)) {
		errno = ENOTDIR;
		return VS_FAIL(IO);
	}
	return VS_OK;
}

vs_result
vs_path_join(const char *dir, const char *name, char path_out[static VS_PATH_SIZE])
{
	size_t dir_size = strlen(dir), name_size = strlen(name);

	if (dir_size + 1 + name_size >= VS_PATH_SIZE)
		return VS_FAIL(CONFIG);
	memcpy(path_out, dir, dir_size);
	path_out[dir_size] = '/';
	memcpy(path_out + dir_size + 1, name, name_size + 1);
	return VS_OK;
}

bool
vs_file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static vs_result
write_all(int fd, struct vs_bytes content)
{
	size_t done = 0;

	while (done < content.size) {
		ssize_t n = write(fd, content.data + done, content.size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return VS_FAIL(IO);
		done += (size_t)n;
	}
	return VS_OK;
}

static vs_result
sync_folder_of(const char *path)
{
	char folder[VS_PATH_SIZE];
	const char *slash = strrchr(path, '/');
	size_t size = slash != NULL ? (size_t)(slash - path) : 0;
	vs_result r;
	int fd;

	if (size >= sizeof(folder))
		return VS_FAIL(CONFIG);
	memcpy(folder, path, size);
	folder[size] = 0;
	fd = open(size > 0 ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return VS_FAIL(IO);
	r = fsync(fd) == 0 ? VS_OK : VS_FAIL(IO);
	(void)close(fd);
	return r;
}

static vs_result
replace_file(const char *path, struct vs_bytes content, bool is_synced)
{
	char temporary[VS_PATH_SIZE];
	vs_result r;
	int fd;

	if (strlen(path) + sizeof(".new") > sizeof(temporary))
		return VS_FAIL(CONFIG);
	(void)snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return from_errno();
	r = write_all(fd, content);
	if (r.code == VS_E_OK && is_synced && fsync(fd) != 0)
		r = VS_FAIL(IO);
	if (close(fd) != 0 && r.code == VS_E_OK)
		r = VS_FAIL(IO);
	if (r.code == VS_E_OK && rename(temporary, path) != 0)
		r = VS_FAIL(IO);
	if (r.code != VS_E_OK) {
		(void)unlink(temporary);
		return r;
	}
	return is_synced ? sync_folder_of(path) : VS_OK;
}

vs_result
vs_file_write(const char *path, struct vs_bytes content)
{
	return replace_file(path, content, true);
}

vs_result
vs_file_write_unsynced(const char *path, struct vs_bytes content)
{
	return replace_file(path, content, false);
}

vs_result
vs_folder_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	vs_result r;

	if (fd < 0)
		return from_errno();
	r = syncfs(fd) == 0 ? VS_OK : VS_FAIL(IO);
	(void)close(fd);
	return r;
}

/* Read what is there, up to the size that room has; more than that is TOO_LONG. */
static vs_result
read_all(int fd, uint8_t *data, size_t size, size_t *size_out)
{
	size_t done = 0;
	uint8_t beyond;

	while (done < size) {
		ssize_t n = read(fd, data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return VS_FAIL(IO);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	if (done == size && read(fd, &beyond, 1) != 0)
		return VS_FAIL(TOO_LONG);
	*size_out = done;
	return VS_OK;
}

vs_result
vs_file_read(const char *path, struct vs_buf *buf)
{
	vs_result r = VS_FAIL(IO);
	struct stat status;
	uint8_t *room = NULL;
	size_t size = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return from_errno();
	if (fstat(fd, &status) != 0)
		goto out;
	r = vs_buf_reserve(buf, (size_t)status.st_size + 1, &room);
	if (r.code != VS_E_OK)
		goto out;
	r = read_all(fd, room, (size_t)status.st_size, &size);
	if (r.code == VS_E_OK)
		buf->size += size;
out:
	(void)close(fd);
	return r;
}

static bool
is_private(const struct stat *status)
{
	return (status->st_mode & (S_IRWXG | S_IRWXO)) == 0 &&
	       (status->st_uid == geteuid() || status->st_uid == 0);
}

static vs_result
read_secret(const char *path, bool is_checked, struct vs_secret **secret_out)
{
	vs_result r = VS_FAIL(IO);
	struct vs_secret *secret = NULL;
	struct stat status;
	size_t size = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return from_errno();
	if (fstat(fd, &status) != 0)
		goto out;
	r = VS_FAIL(CONFIG);
	if (!S_ISREG(status.st_mode) || status.st_size <= 0 || (is_checked && !is_private(&status)))
		goto out;
	r = vs_secret_new((size_t)status.st_size, &secret);
	if (r.code != VS_E_OK)
		goto out;
	r = read_all(fd, vs_secret_bytes(secret), vs_secret_size(secret), &size);
	if (r.code == VS_E_OK && size != vs_secret_size(secret))
		r = VS_FAIL(IO);
	if (r.code != VS_E_OK)
		goto out;
	*secret_out = secret;
	secret = NULL;
out:
	vs_secret_free(&secret);
	(void)close(fd);
	return r;
}

vs_result
vs_file_secret_read(const char *path, struct vs_secret **secret_out)
{
	assert(path != NULL && secret_out != NULL);
	return read_secret(path, true, secret_out);
}

vs_result
vs_file_secret_read_unchecked(const char *path, struct vs_secret **secret_out)
{
	assert(path != NULL && secret_out != NULL);
	return read_secret(path, false, secret_out);
}

vs_result
vs_file_remove(const char *path)
{
	if (unlink(path) != 0)
		return errno == ENOENT ? VS_OK : VS_FAIL(IO);
	return sync_folder_of(path);
}

static vs_result
overwrite(int fd)
{
	static const uint8_t zeros[4096];
	struct stat status;

	if (fstat(fd, &status) != 0)
		return VS_FAIL(IO);
	for (off_t left = status.st_size; left > 0; left -= (off_t)sizeof(zeros)) {
		size_t size = left < (off_t)sizeof(zeros) ? (size_t)left : sizeof(zeros);

		VS_TRY(write_all(fd, vs_bytes_from(zeros, size)));
	}
	return fsync(fd) == 0 ? VS_OK : VS_FAIL(IO);
}

/* Under another name first: whoever looks for the file meets all of it or nothing, also after a
 * stop between. */
vs_result
vs_file_wipe(const char *path)
{
	int flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW, fd;
	char gone[VS_PATH_SIZE];
	vs_result r = VS_OK;

	assert(path != NULL);
	if (strlen(path) + sizeof(".gone") > sizeof(gone))
		return VS_FAIL(CONFIG);
	(void)snprintf(gone, sizeof(gone), "%s.gone", path);
	fd = open(path, flags);
	if (fd >= 0)
		r = rename(path, gone) == 0 ? sync_folder_of(path) : VS_FAIL(IO);
	else if (errno == ENOENT)
		fd = open(gone, flags); /* of one that was broken off */
	if (fd < 0)
		return errno == ENOENT ? VS_OK : VS_FAIL(IO);
	if (r.code == VS_E_OK)
		r = overwrite(fd);
	(void)close(fd);
	return r.code == VS_E_OK ? vs_file_remove(gone) : r;
}
