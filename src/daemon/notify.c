/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

void
vs_daemon_notify(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = name != NULL ? strlen(name) : 0;
	socklen_t address_size;
	int fd;

	if (size < 2 || size >= sizeof(address.sun_path) || (name[0] != '/' && name[0] != '@'))
		return;
	memcpy(address.sun_path, name, size);
	if (name[0] == '@')
		address.sun_path[0] = '\0'; /* of the abstract namespace */
	address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	                     (const struct sockaddr *)&address, address_size) < 0)
		VS_LOG(WARN, "notify.failed", VS_BYTES_LITERAL("voltseald"),
		       VS_LOG_STR("why", strerrordesc_np(errno)));
	if (fd >= 0)
		(void)close(fd);
}

void
vs_daemon_notify_reloading(void)
{
	struct timespec now = {0};
	char text[64];

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	               (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	vs_daemon_notify(text);
}

unsigned
vs_daemon_notify_watchdog_ms(void)
{
	const char *text = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	long long usec = text != NULL ? strtoll(text, NULL, 10) : 0;

	if (pid != NULL && strtoll(pid, NULL, 10) != getpid())
		return 0;
	return usec >= 2000 && usec < INT64_C(86400000000) ? (unsigned)(usec / 2000) : 0;
}
