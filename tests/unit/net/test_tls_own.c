/* SPDX-License-Identifier: Apache-2.0 */
/* Our own records against the library at the other end. */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "world.h"

static struct vs_tls_server *tls_server;
static uint16_t port;

static void
begin(void)
{
	world_begin();
	tls_server = world_tls_server(VS_TLS_VERIFY_NONE, true);
	port = world_listen((struct vs_net_listener_options){.stack = VS_STACK_WSS,
	                                                     .tls = tls_server,
	                                                     .handshake_timeout_ms = 10000,
	                                                     .body_size_max = 10000});
	server.on_request = ANSWER;
}

static void
end(void)
{
	world_end();
	vs_tls_server_unref(&tls_server);
}

/* --- a client that asks for new keys all the time --------------------------------------------- */

static SSL *
raw_tls(SSL_CTX *context, int fd)
{
	SSL *ssl = SSL_new(context);
	int done;

	CHECK(ssl != NULL && SSL_set_fd(ssl, fd) == 1);
	while ((done = SSL_connect(ssl)) != 1) {
		CHECK(SSL_get_error(ssl, done) == SSL_ERROR_WANT_READ);
		world_turn();
	}
	return ssl;
}

/* So many KeyUpdates; false when the other end has gone. */
static bool
update_keys(SSL *ssl, int count)
{
	for (int i = 0; i < count; i++) {
		CHECK(SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
		if (SSL_do_handshake(ssl) != 1)
			return false;
	}
	return true;
}

static void
key_updates_are_counted(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	int64_t before = vs_metric_read(VS_METRIC_tls_floods_total);
	SSL *ssl;
	int fd;

	begin();
	fd = raw_connect(port);
	ssl = raw_tls(context, fd);
	/* Some, and then what they are for: that is how they are meant. */
	CHECK(update_keys(ssl, 5));
	CHECK(SSL_write(ssl, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27) == 27);
	UNTIL(server.requests == 1);
	CHECK(server.closes == 0);
	CHECK(vs_metric_read(VS_METRIC_tls_floods_total) == before);
	/* The rest of what came with them is not decrypted any more. */
	(void)update_keys(ssl, VS_LIMIT_TLS_KEY_UPDATES + 1);
	UNTIL(server.closes == 1);
	CHECK(server.close.why == VS_E_TLS_FAILED && server.close.by_peer);
	CHECK(server.close.tls == VS_TLS_FAILURE_KEY_UPDATE_FLOOD);
	CHECK(vs_metric_read(VS_METRIC_tls_floods_total) == before + 1);
	SSL_free(ssl);
	CHECK(close(fd) == 0);
	SSL_CTX_free(context);
	end();
}

static const char REQUEST[] = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";

struct raw {
	SSL_CTX *context;
	SSL *ssl;
	int fd;
};

static void
raw_begin(struct raw *raw, const char *suites)
{
	raw->context = SSL_CTX_new(TLS_client_method());
	CHECK(raw->context != NULL);
	if (suites != NULL)
		CHECK(SSL_CTX_set_ciphersuites(raw->context, suites) == 1);
	begin();
	raw->fd = raw_connect(port);
	raw->ssl = raw_tls(raw->context, raw->fd);
}

static void
raw_end(struct raw *raw)
{
	SSL_free(raw->ssl);
	CHECK(close(raw->fd) == 0);
	SSL_CTX_free(raw->context);
	end();
}

/* A request and its answer, on a connection that may have had some. */
static void
ask(struct raw *raw)
{
	char text[512];
	int n, before = server.requests;

	CHECK(SSL_write(raw->ssl, REQUEST, sizeof(REQUEST) - 1) == (int)sizeof(REQUEST) - 1);
	UNTIL(server.requests == before + 1);
	world_turn();
	while ((n = SSL_read(raw->ssl, text, sizeof(text) - 1)) <= 0) {
		CHECK(SSL_get_error(raw->ssl, n) == SSL_ERROR_WANT_READ);
		world_turn();
	}
	text[n] = '\0';
	CHECK(strncmp(text, "HTTP/1.1 200 ", 13) == 0);
}

static void
all_suites_answer(void)
{
	static const char *const suites[] = {
	    "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"};

	for (size_t i = 0; i < 3; i++) {
		struct vs_tls_session_info info;
		struct raw raw;

		raw_begin(&raw, suites[i]);
		ask(&raw);
		ask(&raw);
		vs_conn_tls_info(conn_of(&server), &info);
		CHECK(strcmp(info.version, "TLSv1.3") == 0 && strcmp(info.cipher, suites[i]) == 0);
		CHECK(SSL_key_update(raw.ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
		ask(&raw); /* both directions have another key */
		ask(&raw);
		CHECK(server.closes == 0);
		CHECK(SSL_shutdown(raw.ssl) == 0);
		UNTIL(server.closes == 1);
		CHECK(server.close.why == VS_E_OK || server.close.why == VS_E_CLOSED);
		CHECK(server.close.by_peer && server.close.tls == VS_TLS_FAILURE_NONE);
		raw_end(&raw);
	}
}

/* The client's bytes as they would go to the socket. */
static size_t
capture(struct raw *raw, const void *text, size_t size, char *bytes, size_t room)
{
	BIO *out = BIO_new(BIO_s_mem()), *socket_bio = SSL_get_wbio(raw->ssl);
	char *data;
	long n;

	CHECK(out != NULL && BIO_up_ref(socket_bio) == 1);
	SSL_set0_wbio(raw->ssl, out);
	CHECK(SSL_write(raw->ssl, text, (int)size) == (int)size);
	n = BIO_get_mem_data(out, &data);
	CHECK(n > 0 && (size_t)n <= room);
	memcpy(bytes, data, (size_t)n);
	SSL_set0_wbio(raw->ssl, socket_bio);
	return (size_t)n;
}

static void
records_come_in_pieces(void)
{
	static char bytes[20000], text[10000];
	struct raw raw;
	size_t size;

	raw_begin(&raw, NULL);
	/* Byte by byte; then two records and the half of a third at a time. */
	size = capture(&raw, REQUEST, sizeof(REQUEST) - 1, bytes, sizeof(bytes));
	for (size_t i = 0; i < size; i++) {
		raw_send(raw.fd, bytes + i, 1);
		world_turn();
	}
	UNTIL(server.requests == 1);
	size = 0;
	for (int i = 0; i < 3; i++)
		size +=
		    capture(&raw, REQUEST, sizeof(REQUEST) - 1, bytes + size, sizeof(bytes) - size);
	raw_send(raw.fd, bytes, size * 5 / 6);
	UNTIL(server.requests == 3);
	world_turn();
	CHECK(server.requests == 3);
	raw_send(raw.fd, bytes + size * 5 / 6, size - size * 5 / 6);
	UNTIL(server.requests == 4);
	/* A body of many records. */
	CHECK(SSL_set_max_send_fragment(raw.ssl, 512) == 1);
	memset(text, 'b', sizeof(text));
	(void)snprintf(text, sizeof(text),
	               "POST /y HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n");
	text[strlen(text)] = 'b';
	size = strcspn(text, "b") + 9000;
	size = capture(&raw, text, size, bytes, sizeof(bytes));
	for (size_t at = 0; at < size; at += 7000) {
		raw_send(raw.fd, bytes + at, size - at < 7000 ? size - at : 7000);
		world_turn();
	}
	UNTIL(server.requests == 5);
	CHECK(server.closes == 0);
	raw_end(&raw);
}

/* One bit on its way: an alert, the end, and what came before it counts. */
static void
changed_records_end_the_connection(void)
{
	char bytes[1024], text[64];
	struct raw raw;
	size_t first, size;
	int n;

	raw_begin(&raw, NULL);
	first = capture(&raw, REQUEST, sizeof(REQUEST) - 1, bytes, sizeof(bytes));
	size = first +
	       capture(&raw, REQUEST, sizeof(REQUEST) - 1, bytes + first, sizeof(bytes) - first);
	bytes[size - 1] ^= 1;
	raw_send(raw.fd, bytes, size);
	UNTIL(server.closes == 1);
	CHECK(server.requests == 1);
	CHECK(server.close.why == VS_E_TLS_FAILED && !server.close.by_peer);
	CHECK(server.close.tls == VS_TLS_FAILURE_OTHER);
	while ((n = SSL_read(raw.ssl, text, sizeof(text))) > 0 ||
	       SSL_get_error(raw.ssl, n) == SSL_ERROR_WANT_READ)
		world_turn();
	CHECK(ERR_GET_REASON(ERR_peek_error()) == SSL_R_SSLV3_ALERT_BAD_RECORD_MAC);
	ERR_clear_error();
	raw_end(&raw);
}

/* After a handshake nothing goes in clear: no alert, no change_cipher_spec, no other protocol. */
static void
clear_records_end_the_connection(void)
{
	static const char *const texts[] = {"\x15\x03\x03\x01\x02\x01", "\x14\x03\x03\x01\x01\x01",
	                                    "GET / HTTP/1.1\r\n", "\x17\x03\x03\xff\xff"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct raw raw;

		raw_begin(&raw, NULL);
		ask(&raw);
		raw_text(raw.fd, texts[i]);
		UNTIL(server.closes == 1);
		CHECK(server.close.why == VS_E_TLS_FAILED && !server.close.by_peer);
		raw_end(&raw);
	}
}

/* A request that comes with the end of the client's handshake. */
static void
data_follows_the_handshake_at_once(void)
{
	struct raw raw = {.context = SSL_CTX_new(TLS_client_method())};
	BIO *out = BIO_new(BIO_s_mem()), *fd_bio;
	char *data;
	long size;

	CHECK(raw.context != NULL && out != NULL);
	begin();
	raw.fd = raw_connect(port);
	raw.ssl = SSL_new(raw.context);
	CHECK(raw.ssl != NULL && SSL_set_fd(raw.ssl, raw.fd) == 1);
	SSL_set_connect_state(raw.ssl);
	CHECK(SSL_do_handshake(raw.ssl) != 1); /* the first flight has left */
	fd_bio = SSL_get_wbio(raw.ssl);
	CHECK(BIO_up_ref(fd_bio) == 1);
	SSL_set0_wbio(raw.ssl, out);
	while (SSL_do_handshake(raw.ssl) != 1)
		world_turn();
	CHECK(SSL_write(raw.ssl, REQUEST, sizeof(REQUEST) - 1) == (int)sizeof(REQUEST) - 1);
	size = BIO_get_mem_data(out, &data);
	raw_send(raw.fd, data, (size_t)size);
	SSL_set0_wbio(raw.ssl, fd_bio);
	UNTIL(server.requests == 1);
	ask(&raw);
	raw_end(&raw);
}

int
main(void)
{
	world_pki(false);
	CASE(key_updates_are_counted);
	CASE(all_suites_answer);
	CASE(records_come_in_pieces);
	CASE(changed_records_end_the_connection);
	CASE(clear_records_end_the_connection);
	CASE(data_follows_the_handshake_at_once);
	pki_done();
	return 0;
}
