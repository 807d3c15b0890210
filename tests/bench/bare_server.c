/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of every handshake measurement: what accept, epoll and OpenSSL cost on this machine
 * when nothing else is done. Each connection is shaken hands with and closed when its peer closes.
 *
 * bench_bare_server CERT [CLIENT_CA]; CERT holds the key, too. Prints the port it chose and serves
 * until it is killed.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bare.h"

#define EVENTS_MAX 64

static void
accept_all(int loop, int listener, SSL_CTX *context)
{
	int fd, one = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		SSL *ssl = SSL_new(context);
		struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = ssl}};

		must(ssl != NULL && SSL_set_fd(ssl, fd) == 1, "SSL_set_fd");
		/* Fails when the client has gone already. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		must(epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
		SSL_set_accept_state(ssl);
	}
}

/* Its next step; true when the connection is over. A byte tells the client that the handshake is
 * over on this side, too. */
static bool
step(SSL *ssl)
{
	char byte = 0;
	int done;

	ERR_clear_error();
	if (SSL_is_init_finished(ssl)) {
		done = SSL_read(ssl, &byte, 1);
	} else {
		done = SSL_do_handshake(ssl);
		if (done == 1)
			done = SSL_write(ssl, &byte, 1);
	}
	return done <= 0 && SSL_get_error(ssl, done) != SSL_ERROR_WANT_READ;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
	    loop = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[EVENTS_MAX], event = {.events = EPOLLIN};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	SSL_CTX *context;

	must(argc == 2 || argc == 3, "usage: bench_bare_server CERT [CLIENT_CA]");
	context = context_new(TLS_server_method(), argv[argc - 1], argv[1], argv[1],
	                      argc == 3 ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
	                                : SSL_VERIFY_NONE);
	/* Clients go without waiting for what is still written to them. */
	must(sigaction(SIGPIPE, &ignore, NULL) == 0, "sigaction");
	must(listener >= 0 && loop >= 0, "socket");
	must(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0, "bind");
	must(listen(listener, 512) == 0, "listen");
	must(getsockname(listener, (struct sockaddr *)&address, &size) == 0, "getsockname");
	must(epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event) == 0, "epoll_ctl");
	(void)printf("%u\n", ntohs(address.sin_port));
	(void)fflush(stdout);
	for (;;) {
		int n = epoll_wait(loop, events, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++) {
			SSL *ssl = events[i].data.ptr;

			if (ssl == NULL) {
				accept_all(loop, listener, context);
			} else if (step(ssl)) {
				(void)close(SSL_get_fd(ssl));
				SSL_free(ssl);
			}
		}
	}
}
