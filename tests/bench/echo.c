/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of every message measurement: what epoll, recv and send cost on this machine.
 *
 * Answers each piece that arrives with its first ANSWER_SIZE bytes. No TLS, no framing, no thought.
 * Prints the port it chose and serves until it is killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_SIZE 62
#define EVENTS_MAX  512

static int
must(int value, const char *what)
{
	if (value < 0) {
		perror(what);
		exit(1);
	}
	return value;
}

static void
watch(int loop, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};

	must(epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void
accept_all(int loop, int listener)
{
	int fd, one = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)), "TCP_NODELAY");
		watch(loop, fd);
	}
}

static void
answer(int fd)
{
	static uint8_t buffer[65536];
	ssize_t size = recv(fd, buffer, sizeof(buffer), 0);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size <= 0 ||
	    send(fd, buffer, size < ANSWER_SIZE ? (size_t)size : ANSWER_SIZE, MSG_NOSIGNAL) < 0)
		(void)close(fd);
}

int
main(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct epoll_event events[EVENTS_MAX];
	socklen_t size = sizeof(address);
	int listener, loop;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
	must(bind(listener, (struct sockaddr *)&address, size), "bind");
	must(listen(listener, 4096), "listen");
	must(getsockname(listener, (struct sockaddr *)&address, &size), "getsockname");
	(void)printf("%u\n", ntohs(address.sin_port));
	(void)fflush(stdout);
	loop = must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	watch(loop, listener);
	for (;;) {
		int count = epoll_wait(loop, events, EVENTS_MAX, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listener)
				accept_all(loop, listener);
			else
				answer(events[i].data.fd);
		}
	}
}
