/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/probe.h"

#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

bool
vs_daemon_port_is_free(const char *address, uint16_t port)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE,
	                               .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char service[8];
	bool is_free = false;
	int fd;

	if (port == 0)
		return true;
	(void)snprintf(service, sizeof(service), "%u", (unsigned)port);
	if (getaddrinfo(address, service, &hints, &found) != 0)
		return false;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		/* Connections of a daemon that was killed may linger; only a listener counts. */
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
		is_free = bind(fd, found->ai_addr, found->ai_addrlen) == 0;
		(void)close(fd);
	}
	freeaddrinfo(found);
	return is_free;
}

vs_result
vs_daemon_port_check(const char *address, uint16_t port, const char *option, char *reason,
                     size_t reason_size)
{
	if (vs_daemon_port_is_free(address, port))
		return VS_OK;
	(void)snprintf(reason, reason_size,
	               "cannot listen on port %u of %s, which another program may use; "
	               "choose another with %s",
	               (unsigned)port, address, option);
	return VS_FAIL(EXISTS);
}
