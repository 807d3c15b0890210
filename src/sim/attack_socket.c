/* SPDX-License-Identifier: Apache-2.0 */
/* A socket without TLS and without a loop: it only waits. */
#include "sim/attack_socket.h"

#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

static int
open_socket(const char *address, uint16_t port)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
	struct addrinfo *found = NULL;
	char service[8];
	int fd;

	(void)snprintf(service, sizeof(service), "%u", (unsigned)port);
	if (getaddrinfo(address, service, &hints, &found) != 0)
		return -1;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
		(void)close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

vs_result
vs_sim_attack_hold(const char *address, uint16_t port, uint64_t most_ms, uint64_t *lasted_ms_out)
{
	int fd = open_socket(address, port);
	uint64_t begin_ms = vs_clock_mono_ms();
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	if (fd < 0)
		return VS_FAIL(CLOSED);
	(void)poll(&poll_fd, 1, (int)most_ms);
	*lasted_ms_out = vs_clock_mono_ms() - begin_ms;
	(void)close(fd);
	return VS_OK;
}
