/* SPDX-License-Identifier: Apache-2.0 */
#include "store/lock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

vs_result
vs_store_lock_take(const char *path, char *reason, size_t reason_size, int *fd_out)
{
	char name[PATH_MAX];
	int fd;

	assert(path != NULL && reason != NULL && fd_out != NULL);
	if ((size_t)snprintf(name, sizeof(name), "%s.lock", path) >= sizeof(name)) {
		(void)snprintf(reason, reason_size, "the path is too long");
		return VS_FAIL(CONFIG);
	}
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0) {
		(void)snprintf(reason, reason_size, "cannot open %s: %s", name,
		               strerrordesc_np(errno));
		return errno == ENOENT || errno == EACCES ? VS_FAIL(CONFIG) : VS_FAIL(IO);
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		(void)snprintf(
		    reason, reason_size,
		    "the store is open in another process, which holds %s; stop that one or "
		    "use another state folder",
		    name);
		(void)close(fd);
		return VS_FAIL(CONFIG);
	}
	*fd_out = fd;
	return VS_OK;
}
