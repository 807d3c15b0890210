/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

int
main(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	char reason[128];
	uint16_t port;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	/* Even one that would share it: another daemon's listener is not free. */
	CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){1}, sizeof(int)) == 0);
	CHECK(bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 1) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
	port = ntohs(address.sin_port);
	CHECK(!vs_daemon_port_is_free("127.0.0.1", port));
	CHECK(vs_daemon_port_is_free("127.0.0.1", 0));
	CHECK(!vs_daemon_port_is_free("not an address", port));
	CHECK_ERR(vs_daemon_port_check("127.0.0.1", port, "--api-port", reason, sizeof(reason)),
	          EXISTS);
	CHECK(strstr(reason, "127.0.0.1") != NULL && strstr(reason, "--api-port") != NULL);
	(void)close(fd);
	CHECK_OK(vs_daemon_port_check("127.0.0.1", port, "--api-port", reason, sizeof(reason)));
	CHECK(vs_daemon_port_is_free("127.0.0.1", port));
	return 0;
}
