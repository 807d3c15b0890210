/* SPDX-License-Identifier: Apache-2.0 */
/* A server and a client that shake hands in memory. */
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "crypto/tls.h"
#include "test_pki.h"

struct tls_pair {
	SSL *server, *client;
	int server_error,
	    client_error; /* reason codes of a failed handshake, 0 when it went well */
};

static inline int
tls_step(SSL *ssl, int *error)
{
	int done;

	ERR_clear_error();
	done = SSL_do_handshake(ssl);
	if (done != 1 && SSL_get_error(ssl, done) != SSL_ERROR_WANT_READ && *error == 0) {
		*error = ERR_GET_REASON(ERR_peek_error());
		CHECK(*error != 0);
	}
	return done;
}

/* Shake hands and let the client read what follows (the session). True when both are content. */
static inline bool
tls_pair_run(struct tls_pair *pair)
{
	char byte;

	for (int i = 0; i < 20 && pair->server_error == 0 && pair->client_error == 0; i++) {
		(void)tls_step(pair->client, &pair->client_error);
		if (pair->client_error == 0) /* else the server would only repeat the alert */
			(void)tls_step(pair->server, &pair->server_error);
	}
	if (pair->server_error == 0 && pair->client_error == 0)
		(void)SSL_read(pair->client, &byte, 1);
	return pair->server_error == 0 && pair->client_error == 0 &&
	       SSL_is_init_finished(pair->server) && SSL_is_init_finished(pair->client);
}

static inline struct tls_pair
tls_pair_new(struct vs_tls_server *server, struct vs_tls_client *client, const char *name)
{
	struct tls_pair pair = {0};
	BIO *a, *b;

	CHECK(BIO_new_bio_pair(&a, 0, &b, 0) == 1);
	pair.server = SSL_new(vs_tls_server_context(server));
	pair.client = SSL_new(vs_tls_client_context(client));
	CHECK(pair.server != NULL && pair.client != NULL);
	SSL_set_bio(pair.server, a, a);
	SSL_set_bio(pair.client, b, b);
	SSL_set_accept_state(pair.server);
	SSL_set_connect_state(pair.client);
	CHECK_OK(vs_tls_client_prepare(client, pair.client, name));
	return pair;
}

static inline void
tls_pair_free(struct tls_pair *pair)
{
	/* Without this OpenSSL takes the session for broken and forgets it. */
	SSL_set_shutdown(pair->server, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_set_shutdown(pair->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(pair->server);
	SSL_free(pair->client);
}

static inline struct vs_tls_server *
tls_server(const struct vs_tls_server_options *options)
{
	struct vs_tls_server *server = NULL;
	char reason[256] = "";

	if (vs_tls_server_new(options, reason, sizeof(reason), &server).code != VS_E_OK) {
		(void)fprintf(stderr, "%s\n", reason);
		CHECK(false); /* server context */
	}
	return server;
}

static inline struct vs_tls_client *
tls_client(const struct vs_tls_client_options *options)
{
	struct vs_tls_client *client = NULL;
	char reason[256] = "";

	if (vs_tls_client_new(options, reason, sizeof(reason), &client).code != VS_E_OK) {
		(void)fprintf(stderr, "%s\n", reason);
		CHECK(false); /* client context */
	}
	return client;
}
