/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/keyd.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/keyd_child.h"

struct vs_daemon_keyd {
	pid_t pid; /* 0: waited for */
	int watch_fd;
	int status; /* of waitpid, when pid is 0 */
	struct vs_keys_client *clients[VS_DAEMON_KEYD_CLIENTS];
	struct vs_loop *loop;
	struct vs_loop_watch watch;
	void (*gone)(void *argument);
	void *argument;
};

/* Ends of sockets and of the pipe: [0] is the daemon's, [1] the child's. */
struct ends {
	int peers[2][VS_DAEMON_KEYD_CLIENTS];
	int report[2];
};

static void
close_all(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fds[i] >= 0)
			(void)close(fds[i]);
		fds[i] = -1;
	}
}

static vs_result
ends_make(struct ends *ends)
{
	int pair[2];

	memset(ends, 0xFF, sizeof(*ends)); /* -1 */
	for (size_t i = 0; i < VS_DAEMON_KEYD_CLIENTS; i++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
			return VS_FAIL(IO);
		ends->peers[0][i] = pair[0];
		ends->peers[1][i] = pair[1];
	}
	return pipe2(ends->report, O_CLOEXEC) == 0 ? VS_OK : VS_FAIL(IO);
}

static void
ends_close(struct ends *ends)
{
	close_all(ends->peers[0], VS_DAEMON_KEYD_CLIENTS);
	close_all(ends->peers[1], VS_DAEMON_KEYD_CLIENTS);
	close_all(ends->report, 2);
}

/* Its reason not to start, or OK. */
static vs_result
read_report(int fd, char *reason, size_t reason_size)
{
	struct vs_daemon_keyd_report report;
	ssize_t size;

	do
		size = read(fd, &report, sizeof(report));
	while (size < 0 && errno == EINTR);
	if (size != sizeof(report)) {
		(void)snprintf(reason, reason_size,
		               "the key process ended before it was ready; its last words are "
		               "above");
		return VS_FAIL(CLOSED);
	}
	if (report.code != VS_E_OK)
		(void)snprintf(reason, reason_size, "%s", report.reason);
	return (vs_result){report.code};
}

static vs_result
make_clients(struct vs_daemon_keyd *keyd, struct ends *ends)
{
	for (size_t i = 0; i < VS_DAEMON_KEYD_CLIENTS; i++) {
		VS_TRY(vs_keys_client_new(ends->peers[0][i], &keyd->clients[i]));
		ends->peers[0][i] = -1;
	}
	return VS_OK;
}

static vs_result
start(struct vs_daemon_keyd *keyd, const struct vs_daemon_keyd_options *options, struct ends *ends,
      char *reason, size_t reason_size)
{
	pid_t parent = getpid();

	(void)snprintf(reason, reason_size, "the key process cannot be started");
	VS_TRY(ends_make(ends));
	keyd->pid = fork();
	if (keyd->pid < 0) {
		keyd->pid = 0;
		return VS_FAIL(NO_MEMORY);
	}
	if (keyd->pid == 0)
		_exit(vs_daemon_keyd_child(options, ends->peers[1], ends->report[1], parent));
	close_all(ends->peers[1], VS_DAEMON_KEYD_CLIENTS);
	close_all(&ends->report[1], 1);
	keyd->watch_fd = (int)syscall(SYS_pidfd_open, keyd->pid, 0);
	if (keyd->watch_fd < 0)
		return VS_FAIL(INTERNAL);
	VS_TRY(read_report(ends->report[0], reason, reason_size));
	return make_clients(keyd, ends);
}

vs_result
vs_daemon_keyd_start(const struct vs_daemon_keyd_options *options, char *reason, size_t reason_size,
                     struct vs_daemon_keyd **keyd_out)
{
	struct vs_daemon_keyd *keyd;
	struct ends ends;
	vs_result r;

	assert(options != NULL && reason != NULL && keyd_out != NULL);
	keyd = calloc(1, sizeof(*keyd));
	if (keyd == NULL)
		return VS_FAIL(NO_MEMORY);
	keyd->watch_fd = -1;
	r = start(keyd, options, &ends, reason, reason_size);
	ends_close(&ends);
	if (r.code != VS_E_OK) {
		vs_daemon_keyd_free(&keyd);
		return r;
	}
	*keyd_out = keyd;
	return VS_OK;
}

static void
wait_for(struct vs_daemon_keyd *keyd)
{
	if (keyd->pid == 0)
		return;
	while (waitpid(keyd->pid, &keyd->status, 0) < 0 && errno == EINTR)
		continue;
	keyd->pid = 0;
}

void
vs_daemon_keyd_free(struct vs_daemon_keyd **keyd)
{
	assert(keyd != NULL);
	if (*keyd == NULL)
		return;
	for (size_t i = 0; i < VS_DAEMON_KEYD_CLIENTS; i++)
		vs_keys_client_free(&(*keyd)->clients[i]);
	wait_for(*keyd); /* it ends when its last socket is closed */
	close_all(&(*keyd)->watch_fd, 1);
	free(*keyd);
	*keyd = NULL;
}

struct vs_keys_client *
vs_daemon_keyd_client(struct vs_daemon_keyd *keyd, enum vs_daemon_keyd_client which)
{
	assert(keyd != NULL && which < VS_DAEMON_KEYD_CLIENTS);
	return keyd->clients[which];
}

void
vs_daemon_keyd_epitaph(struct vs_daemon_keyd *keyd, char *text, size_t size)
{
	wait_for(keyd);
	if (WIFSIGNALED(keyd->status))
		(void)snprintf(text, size, "killed by signal %d", WTERMSIG(keyd->status));
	else
		(void)snprintf(text, size, "ended with status %d", WEXITSTATUS(keyd->status));
}

static void
on_end(struct vs_loop *loop, struct vs_loop_watch *watch, uint32_t events)
{
	struct vs_daemon_keyd *keyd =
	    (struct vs_daemon_keyd *)(void *)((char *)watch -
	                                      offsetof(struct vs_daemon_keyd, watch));
	char epitaph[64];

	(void)events;
	vs_loop_unwatch(loop, watch);
	vs_daemon_keyd_epitaph(keyd, epitaph, sizeof(epitaph));
	VS_LOG(ERROR, "keyd.gone", VS_BYTES_LITERAL("voltseald"), VS_LOG_STR("how", epitaph));
	keyd->gone(keyd->argument);
}

vs_result
vs_daemon_keyd_watch(struct vs_daemon_keyd *keyd, struct vs_loop *loop,
                     void (*gone)(void *argument), void *argument)
{
	assert(keyd != NULL && loop != NULL && gone != NULL);
	keyd->loop = loop;
	keyd->gone = gone;
	keyd->argument = argument;
	/* A pidfd: readable when the process has ended. */
	keyd->watch =
	    (struct vs_loop_watch){.fd = keyd->watch_fd, .events = VS_LOOP_READ, .ready = on_end};
	return vs_loop_watch(loop, &keyd->watch);
}

void
vs_daemon_keyd_unwatch(struct vs_daemon_keyd *keyd)
{
	if (keyd->watch.is_watched)
		vs_loop_unwatch(keyd->loop, &keyd->watch);
}
