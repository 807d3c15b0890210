/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

static int
listen_at(const char *name, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, name, size);
	CHECK(fd >= 0 && bind(fd, (const struct sockaddr *)&address,
	                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) == 0);
	return fd;
}

static const char *
heard(int fd)
{
	static char text[128];
	ssize_t size = recv(fd, text, sizeof(text) - 1, 0);

	text[size > 0 ? size : 0] = '\0';
	return text;
}

static void
a_datagram_for_each(void)
{
	char path[] = "/tmp/voltseal-notify-XXXXXX";
	int fd;

	CHECK(mkdtemp(path) != NULL);
	CHECK(chdir(path) == 0);
	fd = listen_at("socket", sizeof("socket"));
	vs_daemon_notify("READY=1"); /* nobody asked */
	CHECK(strcmp(heard(fd), "") == 0);
	CHECK(setenv("NOTIFY_SOCKET", "socket", 1) == 0); /* neither a path nor abstract */
	vs_daemon_notify("READY=1");
	CHECK(strcmp(heard(fd), "") == 0);
	(void)close(fd);
	CHECK(unlink("socket") == 0);
	CHECK(chdir("/") == 0 && rmdir(path) == 0);
	/* Of the abstract namespace, which systemd uses for containers. */
	(void)snprintf(path, sizeof(path), "@vs-notify-%d", (int)getpid());
	CHECK(setenv("NOTIFY_SOCKET", path, 1) == 0);
	path[0] = '\0';
	fd = listen_at(path, 1 + strlen(path + 1));
	vs_daemon_notify("READY=1");
	CHECK(strcmp(heard(fd), "READY=1") == 0);
	vs_daemon_notify_reloading();
	CHECK(strncmp(heard(fd), "RELOADING=1\nMONOTONIC_USEC=", 27) == 0);
	(void)close(fd);
	vs_daemon_notify("STOPPING=1"); /* nobody there any more: logged, not fatal */
	CHECK(unsetenv("NOTIFY_SOCKET") == 0);
}

static void
the_watchdog_is_fed_twice_as_often(void)
{
	char pid[16];

	CHECK(vs_daemon_notify_watchdog_ms() == 0);
	CHECK(setenv("WATCHDOG_USEC", "30000000", 1) == 0);
	CHECK(vs_daemon_notify_watchdog_ms() == 15000);
	CHECK(setenv("WATCHDOG_PID", "1", 1) == 0); /* another process's */
	CHECK(vs_daemon_notify_watchdog_ms() == 0);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	CHECK(setenv("WATCHDOG_PID", pid, 1) == 0);
	CHECK(vs_daemon_notify_watchdog_ms() == 15000);
	CHECK(setenv("WATCHDOG_USEC", "nonsense", 1) == 0);
	CHECK(vs_daemon_notify_watchdog_ms() == 0);
}

int
main(void)
{
	CASE(a_datagram_for_each);
	CASE(the_watchdog_is_fed_twice_as_often);
	return 0;
}
