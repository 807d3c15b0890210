/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/framed_local.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#define BACKLOG 4

struct vs_sim_local {
	struct vs_loop *loop;
	struct vs_sim_local_handler handler;
	const char *path, *identity;
	struct vs_loop_watch door, talk; /* fd -1: none; door: of the engine */
	bool is_up;
};

static bool
make_address(const char *path, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	return vs_bytes_copy_text(vs_bytes_from_text(path), address->sun_path,
	                          sizeof(address->sun_path));
}

static void
hang_up(struct vs_sim_local *local)
{
	bool was_up = local->is_up;

	if (local->talk.fd < 0)
		return;
	vs_loop_unwatch(local->loop, &local->talk);
	(void)close(local->talk.fd);
	local->talk.fd = -1;
	local->is_up = false;
	if (was_up)
		local->handler.down(local->handler.arg);
}

vs_result
vs_sim_local_say(struct vs_sim_local *local, const struct vs_sim_local_message *message)
{
	struct vs_buf text;
	vs_result r;

	if (local->talk.fd < 0)
		return VS_FAIL(NOT_CONNECTED);
	vs_buf_init(&text, VS_SIM_LOCAL_SIZE_MAX);
	r = vs_sim_local_write(message, &text);
	if (r.code == VS_E_OK && send(local->talk.fd, text.data, text.size,
	                              MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)text.size) {
		hang_up(local);
		r = VS_FAIL(NOT_CONNECTED);
	}
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
	vs_buf_done(&text);
	return r;
}

static void
take(struct vs_sim_local *local, const struct vs_sim_local_message *message)
{
	bool is_hello = message->word == VS_SIM_LOCAL_HELLO;

	/* HELLO first, and of the same charge point. */
	if (is_hello == local->is_up || (is_hello && strcmp(message->name, local->identity) != 0)) {
		VS_LOG(
		    WARN, "local.refused", vs_bytes_from_text(local->identity),
		    VS_LOG_STR("why", "the other end is of another charge point, or out of turn"));
		hang_up(local);
	} else if (is_hello) {
		local->is_up = true;
		local->handler.up(local->handler.arg);
	} else {
		local->handler.heard(message, local->handler.arg);
	}
}

static void
on_ready(struct vs_loop *loop, struct vs_loop_watch *watch, uint32_t events)
{
	struct vs_sim_local *local =
	    (struct vs_sim_local *)((char *)watch - offsetof(struct vs_sim_local, talk));
	uint8_t text[VS_SIM_LOCAL_SIZE_MAX + 1];
	struct vs_sim_local_message message;
	ssize_t size = recv(watch->fd, text, sizeof(text), MSG_DONTWAIT);
	vs_result r;

	(void)loop;
	(void)events;
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size <= 0) {
		hang_up(local);
		return;
	}
	r = vs_sim_local_read(vs_bytes_from(text, (size_t)size), &message);
	explicit_bzero(text, sizeof(text));
	if (r.code != VS_E_OK) {
		VS_LOG(WARN, "local.refused", vs_bytes_from_text(local->identity), VS_LOG_ERR(r));
		hang_up(local);
		return;
	}
	take(local, &message);
	explicit_bzero(&message, sizeof(message));
}

/* Whoever is at the other end runs as this user, or is nobody we talk to. */
static bool
is_same_user(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && size == sizeof(peer) &&
	       peer.uid == geteuid();
}

/* Takes fd over. */
static vs_result
begin(struct vs_sim_local *local, int fd)
{
	struct vs_sim_local_message hello = {.word = VS_SIM_LOCAL_HELLO};

	if (!is_same_user(fd) || !vs_bytes_copy_text(vs_bytes_from_text(local->identity),
	                                             hello.name, sizeof(hello.name))) {
		VS_LOG(WARN, "local.refused", vs_bytes_from_text(local->identity),
		       VS_LOG_STR("why", "the other end belongs to another user"));
		(void)close(fd);
		return VS_FAIL(FORBIDDEN);
	}
	hang_up(local);
	local->talk = (struct vs_loop_watch){.fd = fd, .events = VS_LOOP_READ, .ready = on_ready};
	if (vs_loop_watch(local->loop, &local->talk).code != VS_E_OK) {
		(void)close(fd);
		local->talk.fd = -1;
		return VS_FAIL(IO);
	}
	return vs_sim_local_say(local, &hello);
}

static void
on_door(struct vs_loop *loop, struct vs_loop_watch *watch, uint32_t events)
{
	struct vs_sim_local *local =
	    (struct vs_sim_local *)((char *)watch - offsetof(struct vs_sim_local, door));
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)loop;
	(void)events;
	if (fd >= 0 && begin(local, fd).code != VS_E_OK)
		VS_LOG(DEBUG, "local.gone", vs_bytes_from_text(local->identity));
}

/* --- life ---------------------------------------------------------------------------------------
 */

vs_result
vs_sim_local_client(struct vs_loop *loop, const char *path, const char *identity,
                    const struct vs_sim_local_handler *handler, struct vs_sim_local **local_out)
{
	struct vs_sim_local *local = calloc(1, sizeof(*local));

	assert(loop != NULL && path != NULL && identity != NULL && handler != NULL);
	if (local == NULL)
		return VS_FAIL(NO_MEMORY);
	local->loop = loop;
	local->path = path;
	local->identity = identity;
	local->handler = *handler;
	local->door.fd = local->talk.fd = -1;
	*local_out = local;
	return VS_OK;
}

/* The file is 0600 from the moment it is there. What an engine that was killed has left is taken
 * away; anything but a socket is not. */
static vs_result
open_door(struct vs_sim_local *local)
{
	struct sockaddr_un address;
	struct stat info;
	mode_t mask;
	int fd, status;

	if (!make_address(local->path, &address) ||
	    (lstat(local->path, &info) == 0 &&
	     (!S_ISSOCK(info.st_mode) || info.st_uid != geteuid() || unlink(local->path) != 0)))
		return VS_FAIL(CONFIG);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return VS_FAIL(IO);
	mask = umask(0177);
	status = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	local->door = (struct vs_loop_watch){.fd = fd, .events = VS_LOOP_READ, .ready = on_door};
	if (status == 0 && listen(fd, BACKLOG) == 0 &&
	    vs_loop_watch(local->loop, &local->door).code == VS_E_OK)
		return VS_OK;
	(void)close(fd);
	local->door.fd = -1;
	return VS_FAIL(CONFIG);
}

vs_result
vs_sim_local_listen(struct vs_loop *loop, const char *path, const char *identity,
                    const struct vs_sim_local_handler *handler, struct vs_sim_local **local_out)
{
	struct vs_sim_local *local = NULL;
	vs_result r;

	VS_TRY(vs_sim_local_client(loop, path, identity, handler, &local));
	r = open_door(local);
	if (r.code == VS_E_OK)
		*local_out = local;
	else
		vs_sim_local_free(&local);
	return r;
}

void
vs_sim_local_free(struct vs_sim_local **local)
{
	assert(local != NULL);
	if (*local == NULL)
		return;
	(*local)->is_up = false; /* nobody is told any more */
	hang_up(*local);
	if ((*local)->door.fd >= 0) {
		vs_loop_unwatch((*local)->loop, &(*local)->door);
		(void)close((*local)->door.fd);
		(void)unlink((*local)->path);
	}
	free(*local);
	*local = NULL;
}

void
vs_sim_local_try(struct vs_sim_local *local)
{
	struct sockaddr_un address;
	int fd;

	if (local->talk.fd >= 0 || !make_address(local->path, &address))
		return;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		(void)close(fd);
	else if (begin(local, fd).code != VS_E_OK)
		VS_LOG(DEBUG, "local.gone", vs_bytes_from_text(local->identity));
}

bool
vs_sim_local_is_up(const struct vs_sim_local *local)
{
	return local->is_up;
}
