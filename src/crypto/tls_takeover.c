/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_takeover.h"

#include <assert.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* RFC 8446 7.1 in the words of the key log: label, client random, secret, in hexadecimal. */
#define CLIENT_LABEL "CLIENT_TRAFFIC_SECRET_0 "
#define SERVER_LABEL "SERVER_TRAFFIC_SECRET_0 "

enum { RANDOM_HEX_SIZE = 64 };

struct secret {
	uint8_t bytes[VS_TLS_RECORD_SECRET_MAX];
	size_t size;
};
struct secrets {
	struct secret client, server;
};

static int ssl_index = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
secrets_freed(void *parent, void *ours, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
	(void)parent;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	if (ours == NULL)
		return;
	OPENSSL_cleanse(ours, sizeof(struct secrets));
	free(ours);
}

static void
get_index(void)
{
	ssl_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, secrets_freed);
}

/* -1: no digit. */
static int
digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	                              : -1;
}

/* What is no whole secret is none: the connection then stays with the library. */
static void
read_secret(const char *hex, struct secret *secret)
{
	size_t size = strlen(hex) / 2;

	secret->size = 0;
	if (size > sizeof(secret->bytes) || hex[2 * size] != '\0')
		return;
	for (size_t i = 0; i < size; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return;
		secret->bytes[i] = (uint8_t)(high << 4 | low);
	}
	secret->size = size;
}

static void
keep_secret(const SSL *ssl, const char *line)
{
	bool is_client = strncmp(line, CLIENT_LABEL, sizeof(CLIENT_LABEL) - 1) == 0;
	struct secrets *secrets = SSL_get_ex_data(ssl, ssl_index);
	const char *hex = line + sizeof(CLIENT_LABEL) - 1 + RANDOM_HEX_SIZE;

	_Static_assert(sizeof(CLIENT_LABEL) == sizeof(SERVER_LABEL), "one place for the rest");
	if (!is_client && strncmp(line, SERVER_LABEL, sizeof(SERVER_LABEL) - 1) != 0)
		return;
	if (strlen(line) < sizeof(CLIENT_LABEL) + RANDOM_HEX_SIZE || *hex != ' ')
		return;
	if (secrets == NULL) {
		secrets = calloc(1, sizeof(*secrets));
		/* The callback is given its connection read-only; what hangs on it is ours. */
		if (secrets == NULL ||
		    SSL_set_ex_data((SSL *)(uintptr_t)ssl, ssl_index, secrets) != 1) {
			free(secrets);
			return;
		}
	}
	read_secret(hex + 1, is_client ? &secrets->client : &secrets->server);
}

void
vs_tls_takeover_prepare(SSL_CTX *context)
{
	(void)pthread_once(&once, get_index);
	if (ssl_index >= 0)
		SSL_CTX_set_keylog_callback(context, keep_secret);
}

vs_result
vs_tls_takeover(SSL *ssl, struct vs_bytes written, struct vs_tls_record **record_out)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
	struct secrets *secrets = ssl_index >= 0 ? SSL_get_ex_data(ssl, ssl_index) : NULL;
	struct vs_tls_record *record = NULL;
	vs_result r;

	assert(SSL_is_server(ssl) && SSL_is_init_finished(ssl));
	if (SSL_version(ssl) != TLS1_3_VERSION || cipher == NULL || secrets == NULL ||
	    SSL_has_pending(ssl) != 0)
		return VS_FAIL(UNSUPPORTED);
	r = vs_tls_record_new((enum vs_tls_record_suite)SSL_CIPHER_get_protocol_id(cipher),
	                      vs_bytes_from(secrets->client.bytes, secrets->client.size),
	                      vs_bytes_from(secrets->server.bytes, secrets->server.size), &record);
	if (r.code == VS_E_OK)
		r = vs_tls_record_skip_written(record, written);
	if (r.code != VS_E_OK) {
		vs_tls_record_free(&record);
		return r;
	}
	OPENSSL_cleanse(secrets, sizeof(*secrets)); /* freed with the connection */
	*record_out = record;
	return VS_OK;
}
