/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a full TLS 1.3 handshake costs a server when there is nothing but OpenSSL: both ends in one
 * process, no socket, no tickets. Only the CPU time of the server's half is counted.
 *
 * bench_bare CA CERT KEY SECONDS [mutual]; CERT is shown by the server, and by the client when
 * mutual. Prints {"handshakes": N, "cpu_us": MEAN}.
 */
#include <stdint.h>
#include <time.h>

#include "bare.h"

static uint64_t
now_ns(clockid_t clock)
{
	struct timespec at;

	(void)clock_gettime(clock, &at);
	return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

/* One handshake; the CPU time of the server's half, its set-up and end included. */
static uint64_t
handshake(SSL_CTX *server_ctx, SSL_CTX *client_ctx)
{
	BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());
	SSL *client = SSL_new(client_ctx), *server;
	uint64_t begin, spent;
	int done = 0;

	must(up != NULL && down != NULL && client != NULL, "client");
	begin = now_ns(CLOCK_THREAD_CPUTIME_ID);
	server = SSL_new(server_ctx);
	must(server != NULL && BIO_up_ref(up) == 1 && BIO_up_ref(down) == 1, "server");
	SSL_set_bio(server, up, down);
	SSL_set_accept_state(server);
	spent = now_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
	SSL_set_bio(client, down, up);
	SSL_set_connect_state(client);
	for (int round = 0; round < 8 && done != 3; round++) {
		done = SSL_do_handshake(client) == 1 ? 1 : 0;
		begin = now_ns(CLOCK_THREAD_CPUTIME_ID);
		done |= SSL_do_handshake(server) == 1 ? 2 : 0;
		spent += now_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
	}
	must(done == 3, "handshake");
	begin = now_ns(CLOCK_THREAD_CPUTIME_ID);
	SSL_free(server);
	spent += now_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
	SSL_free(client);
	return spent;
}

int
main(int argc, char **argv)
{
	bool is_mutual = argc == 8;
	SSL_CTX *server, *client;
	uint64_t end, spent = 0, count = 0;

	must(argc == 5 || is_mutual,
	     "usage: bench_bare CA CERT KEY SECONDS [CLIENT_CERT CLIENT_KEY CLIENT_CA]");
	server = context_new(TLS_server_method(), is_mutual ? argv[7] : argv[1], argv[2], argv[3],
	                     is_mutual ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
	                               : SSL_VERIFY_NONE);
	client = context_new(TLS_client_method(), argv[1], is_mutual ? argv[5] : NULL,
	                     is_mutual ? argv[6] : NULL, SSL_VERIFY_PEER);
	for (int i = 0; i < 100; i++)
		(void)handshake(server, client);
	end = now_ns(CLOCK_MONOTONIC) + (uint64_t)(strtod(argv[4], NULL) * 1e9);
	while (now_ns(CLOCK_MONOTONIC) < end) {
		spent += handshake(server, client);
		count++;
	}
	must(count > 0, "no time: SECONDS");
	(void)printf("{\"handshakes\": %llu, \"cpu_us\": %.2f}\n", (unsigned long long)count,
	             (double)spent / 1000.0 / (double)count);
	SSL_CTX_free(server);
	SSL_CTX_free(client);
	return 0;
}
