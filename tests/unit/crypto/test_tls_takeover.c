/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_takeover.h"

#include "tls_pair.h"

static char ca_pem[128], ec_pem[128], ec_key[128];

/* The library at both ends until the handshake is done; then ours at the server's. */
struct world {
	struct vs_tls_server *server;
	struct vs_tls_client *client;
	SSL *server_ssl, *client_ssl;
	BIO *up, *down;
	struct vs_tls_record *record;
};

static void
shake(struct world *w, uint8_t *written, size_t *size_out)
{
	*size_out = 0;
	for (int i = 0; i < 10 && !(SSL_is_init_finished(w->server_ssl) &&
	                            SSL_is_init_finished(w->client_ssl));
	     i++) {
		(void)SSL_do_handshake(w->client_ssl);
		if (SSL_do_handshake(w->server_ssl) == 1) {
			char *data;
			long size = BIO_get_mem_data(w->down, &data);

			CHECK(size >= 0 && size < 4096);
			memcpy(written, data, (size_t)size);
			*size_out = (size_t)size;
		}
	}
	CHECK(SSL_is_init_finished(w->server_ssl) && SSL_is_init_finished(w->client_ssl));
}

static void
world_begin(struct world *w, const char *suites, bool is_tls12)
{
	const struct vs_tls_server_options server = {
	    .cert_files = {ec_pem}, .key_files = {ec_key}, .is_tls12_allowed = true};
	const struct vs_tls_client_options client = {.ca_file = ca_pem, .is_tls12_only = is_tls12};

	*w = (struct world){.server = tls_server(&server), .client = tls_client(&client)};
	w->up = BIO_new(BIO_s_mem());
	w->down = BIO_new(BIO_s_mem());
	w->server_ssl = SSL_new(vs_tls_server_context(w->server));
	w->client_ssl = SSL_new(vs_tls_client_context(w->client));
	CHECK(w->server_ssl != NULL && w->client_ssl != NULL && w->up != NULL && w->down != NULL);
	CHECK(BIO_up_ref(w->up) == 1 && BIO_up_ref(w->down) == 1);
	SSL_set_bio(w->server_ssl, w->up, w->down);
	SSL_set_bio(w->client_ssl, w->down, w->up);
	SSL_set_accept_state(w->server_ssl);
	SSL_set_connect_state(w->client_ssl);
	SSL_set_read_ahead(w->server_ssl, 0);
	if (suites != NULL)
		CHECK(SSL_set_ciphersuites(w->client_ssl, suites) == 1);
	CHECK_OK(vs_tls_client_prepare(w->client, w->client_ssl, "localhost"));
}

static void
world_take(struct world *w)
{
	uint8_t written[4096];
	size_t size;

	shake(w, written, &size);
	CHECK(size > 0); /* a session */
	CHECK_OK(vs_tls_takeover(w->server_ssl, vs_bytes_from(written, size), &w->record));
	/* Once: the secrets are gone. */
	CHECK_ERR(vs_tls_takeover(w->server_ssl, vs_bytes_from(written, size), &w->record),
	          BAD_VALUE);
}

static void
world_end(struct world *w)
{
	vs_tls_record_free(&w->record);
	SSL_free(w->server_ssl);
	SSL_free(w->client_ssl);
	vs_tls_client_unref(&w->client);
	vs_tls_server_unref(&w->server);
}

static void
say(struct world *w, enum vs_tls_record_type type, struct vs_bytes text)
{
	uint8_t sealed[VS_TLS_RECORD_SIZE_MAX];

	CHECK_OK(vs_tls_record_seal(w->record, type, text, sealed));
	CHECK(BIO_write(w->down, sealed, (int)(text.size + VS_TLS_RECORD_OVERHEAD)) ==
	      (int)(text.size + VS_TLS_RECORD_OVERHEAD));
}

/* The next record from the client. */
static vs_result
hear(struct world *w, uint8_t *plain, size_t *size_out, enum vs_tls_record_type *type_out)
{
	uint8_t sealed[VS_TLS_RECORD_SIZE_MAX];
	size_t size;

	CHECK(BIO_read(w->up, sealed, VS_TLS_RECORD_HEAD) == (int)VS_TLS_RECORD_HEAD);
	CHECK_OK(vs_tls_record_measure(vs_bytes_from(sealed, VS_TLS_RECORD_HEAD), &size));
	CHECK(BIO_read(w->up, sealed + VS_TLS_RECORD_HEAD, (int)(size - VS_TLS_RECORD_HEAD)) ==
	      (int)(size - VS_TLS_RECORD_HEAD));
	return vs_tls_record_open(w->record, vs_bytes_from(sealed, size), plain, size_out,
	                          type_out);
}

static void
talk(struct world *w)
{
	static uint8_t big[VS_TLS_RECORD_PLAIN_MAX], plain[VS_TLS_RECORD_SIZE_MAX];
	enum vs_tls_record_type type;
	size_t size;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7);
	for (size_t n = 1; n <= sizeof(big); n = n < 300 ? n + 1 : n * 2) {
		CHECK(SSL_write(w->client_ssl, big, (int)n) == (int)n);
		CHECK_OK(hear(w, plain, &size, &type));
		CHECK(type == VS_TLS_RECORD_DATA && size == n && memcmp(plain, big, n) == 0);
		say(w, VS_TLS_RECORD_DATA, vs_bytes_from(big, n));
		CHECK(SSL_read(w->client_ssl, plain, sizeof(plain)) == (int)n);
		CHECK(memcmp(plain, big, n) == 0);
	}
}

static void
both_suites_talk(void)
{
	static const char *const suites[] = {"TLS_AES_256_GCM_SHA384",
	                                     "TLS_CHACHA20_POLY1305_SHA256"};

	for (size_t i = 0; i < 2; i++) {
		struct world w;

		world_begin(&w, suites[i], false);
		world_take(&w);
		talk(&w);
		world_end(&w);
	}
}

static void
keys_are_updated(void)
{
	static const uint8_t update[5] = {24, 0, 0, 1, 0};
	struct world w;
	uint8_t plain[VS_TLS_RECORD_SIZE_MAX];
	enum vs_tls_record_type type;
	size_t size;

	world_begin(&w, NULL, false);
	world_take(&w);
	for (int i = 0; i < 3; i++) {
		CHECK(SSL_key_update(w.client_ssl, SSL_KEY_UPDATE_REQUESTED) == 1);
		CHECK(SSL_do_handshake(w.client_ssl) == 1);
		CHECK_OK(hear(&w, plain, &size, &type));
		CHECK(type == VS_TLS_RECORD_HANDSHAKE && size == 5 && plain[4] == 1);
		CHECK_OK(vs_tls_record_next_read_key(w.record));
		say(&w, VS_TLS_RECORD_HANDSHAKE, vs_bytes_from(update, sizeof(update)));
		CHECK_OK(vs_tls_record_next_write_key(w.record));
		talk(&w);
	}
	world_end(&w);
}

static void
padding_is_taken_off(void)
{
	struct world w;

	world_begin(&w, NULL, false);
	CHECK(SSL_set_block_padding(w.client_ssl, 512) == 1);
	world_take(&w);
	talk(&w);
	world_end(&w);
}

static void
alerts_are_understood(void)
{
	static const uint8_t close_notify[2] = {1, 0};
	struct world w;
	uint8_t plain[VS_TLS_RECORD_SIZE_MAX];
	enum vs_tls_record_type type;
	size_t size;

	world_begin(&w, NULL, false);
	world_take(&w);
	CHECK(SSL_shutdown(w.client_ssl) == 0);
	CHECK_OK(hear(&w, plain, &size, &type));
	CHECK(type == VS_TLS_RECORD_ALERT && size == 2 && memcmp(plain, close_notify, 2) == 0);
	say(&w, VS_TLS_RECORD_ALERT, vs_bytes_from(close_notify, 2));
	CHECK(SSL_shutdown(w.client_ssl) == 1);
	world_end(&w);
}

/* What is not ours stays with the library. */
static void
others_are_left(void)
{
	struct world w;
	uint8_t written[4096];
	size_t size;

	world_begin(&w, "TLS_AES_128_GCM_SHA256", false);
	shake(&w, written, &size);
	CHECK_ERR(vs_tls_takeover(w.server_ssl, vs_bytes_from(written, size), &w.record),
	          UNSUPPORTED);
	world_end(&w);
	world_begin(&w, NULL, true);
	shake(&w, written, &size);
	CHECK_ERR(vs_tls_takeover(w.server_ssl, vs_bytes_from(written, size), &w.record),
	          UNSUPPORTED);
	world_end(&w);
	/* Something is missing of what was written. */
	world_begin(&w, NULL, false);
	shake(&w, written, &size);
	CHECK(size > 1);
	CHECK_ERR(vs_tls_takeover(w.server_ssl, vs_bytes_from(written + 1, size - 1), &w.record),
	          BAD_FRAME);
	CHECK_ERR(vs_tls_takeover(w.server_ssl, vs_bytes_from(written, size - 1), &w.record),
	          NOT_AUTHENTIC);
	CHECK(w.record == NULL);
	/* And the library can go on. */
	CHECK(SSL_write(w.server_ssl, "x", 1) == 1 && SSL_read(w.client_ssl, written, 1) == 1);
	world_end(&w);
}

int
main(void)
{
	struct pki_ca ca;

	pki_init();
	ca = pki_ca_new("ca");
	pki_server(&ca, "ec", false);
	(void)snprintf(ca_pem, sizeof(ca_pem), "%s", pki_path("ca.pem"));
	(void)snprintf(ec_pem, sizeof(ec_pem), "%s", pki_path("ec.pem"));
	(void)snprintf(ec_key, sizeof(ec_key), "%s", pki_path("ec.key"));
	CASE(both_suites_talk);
	CASE(keys_are_updated);
	CASE(padding_is_taken_off);
	CASE(alerts_are_understood);
	CASE(others_are_left);
	pki_ca_free(&ca);
	pki_done();
	return 0;
}
