/* SPDX-License-Identifier: Apache-2.0 */
/* An open dashboard shall survive a restart of the daemon: the hashes of the sessions are kept in a
 * file. */
#include "api/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define FILE_SIZE_MAX (32u * 1024)

static vs_result
all_write(int fd, struct vs_bytes data)
{
	while (data.size > 0) {
		ssize_t n = write(fd, data.data, data.size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return VS_FAIL(IO);
		data.data += n;
		data.size -= (size_t)n;
	}
	return VS_OK;
}

static vs_result
file_replace(const char *path, struct vs_bytes data)
{
	char temporary[sizeof(((struct vs_api *)NULL)->session_file) + 8];
	vs_result r = VS_FAIL(IO);
	int fd;

	(void)snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return r;
	r = all_write(fd, data);
	if (close(fd) != 0 || r.code != VS_E_OK || rename(temporary, path) != 0)
		r = VS_FAIL(IO);
	return r;
}

static vs_result
sessions_write(const char *path, const struct vs_api_sessions *sessions)
{
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, FILE_SIZE_MAX);
	r = vs_api_sessions_write(sessions, &text);
	if (r.code == VS_E_OK)
		r = file_replace(path, vs_buf_view(&text));
	vs_buf_done(&text);
	return r;
}

void
vs_api_sessions_load(struct vs_api *api)
{
	uint8_t *text = NULL;
	ssize_t size = 0;
	int fd;

	if (api->session_file[0] == '\0')
		return;
	fd = open(api->session_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return; /* none yet */
	text = calloc(1, FILE_SIZE_MAX);
	if (text != NULL)
		size = read(fd, text, FILE_SIZE_MAX);
	if (size > 0)
		vs_api_sessions_read(&api->auth.sessions, vs_bytes_from(text, (size_t)size),
		                     vs_clock_wall_ms());
	free(text);
	(void)close(fd);
}

static vs_result
build(struct vs_api_read *read)
{
	return sessions_write(read->api->session_file, read->arg);
}

static void
finish(struct vs_api_read *read, vs_result result)
{
	read->api->is_sessions_saving = false;
	if (result.code != VS_E_OK)
		VS_LOG(WARN, "api.sessions_not_saved", vs_bytes_from_text(read->api->session_file),
		       VS_LOG_ERR(result));
}

void
vs_api_sessions_save(struct vs_api *api)
{
	struct vs_api_sessions *copy;

	if (!api->is_sessions_dirty || api->is_sessions_saving || api->session_file[0] == '\0')
		return;
	copy = calloc(1, sizeof(*copy));
	if (copy == NULL)
		return;
	*copy = api->auth.sessions;
	/* The read owns the copy, whether it starts or not. BUSY: at the next tick. */
	if (vs_api_read_start(api, 0, "", "", "", build, finish, copy).code == VS_E_OK) {
		api->is_sessions_dirty = false;
		api->is_sessions_saving = true;
	}
	/* cppcheck-suppress memleak ; the read owns it */
}

void
vs_api_sessions_save_now(struct vs_api *api)
{
	if (api->session_file[0] != '\0' &&
	    sessions_write(api->session_file, &api->auth.sessions).code != VS_E_OK)
		VS_LOG(WARN, "api.sessions_not_saved", vs_bytes_from_text(api->session_file));
}
