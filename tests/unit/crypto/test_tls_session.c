/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_session.h"

#include <pthread.h>

#include "base/limits.h"
#include "tls_pair.h"

static char ca_pem[128], ec_pem[128], ec_key[128], client_pem[128], client_key[128], short_pem[128],
    short_key[128];

static struct vs_tls_server *
server_new(uint32_t lifetime_s)
{
	struct vs_tls_server_options options = {.cert_files = {ec_pem},
	                                        .key_files = {ec_key},
	                                        .client_ca_file = ca_pem,
	                                        .verify = VS_TLS_VERIFY_REQUEST,
	                                        .is_tls12_allowed = true,
	                                        .session_lifetime_s = lifetime_s};

	return tls_server(&options);
}

static struct vs_tls_client *
client_new(bool is_tls12, bool has_certificate)
{
	struct vs_tls_client_options options = {
	    .ca_file = ca_pem, .is_tls12_only = is_tls12, .is_session_kept = true};

	if (has_certificate) {
		options.cert_file = client_pem;
		options.key_file = client_key;
	}
	return tls_client(&options);
}

/* One connection; is it resumed, and whose is it? */
static bool
connect_once(struct vs_tls_server *server, struct vs_tls_client *client, const char *common_name)
{
	struct tls_pair pair = tls_pair_new(server, client, "localhost");
	struct vs_tls_peer peer;
	bool is_resumed;

	CHECK(tls_pair_run(&pair));
	is_resumed = SSL_session_reused(pair.server) == 1;
	CHECK(is_resumed == (SSL_session_reused(pair.client) == 1));
	if (common_name != NULL) {
		CHECK_OK(vs_tls_peer_get(pair.server, &peer));
		CHECK(vs_bytes_equal_text(peer.common_name, common_name));
		CHECK(vs_bytes_equal_text(peer.organisation, "Tenant"));
		CHECK(strcmp(peer.serial_hex, "abc") == 0);
	} else {
		CHECK_ERR(vs_tls_peer_get(pair.server, &peer), NOT_FOUND);
	}
	CHECK_OK(vs_tls_peer_get(pair.client, &peer));
	CHECK(vs_bytes_equal_text(peer.common_name, "localhost"));
	tls_pair_free(&pair);
	return is_resumed;
}

static void
resume_again_and_again(bool is_tls12, bool has_certificate)
{
	struct vs_tls_server *server = server_new(0);
	struct vs_tls_client *client = client_new(is_tls12, has_certificate);
	const char *name = has_certificate ? "CS-0001" : NULL;

	CHECK(!connect_once(server, client, name));
	for (int i = 0; i < 5; i++) {
		CHECK(connect_once(server, client, name)); /* and the identity came along */
	}
	vs_tls_client_unref(&client);
	vs_tls_server_unref(&server);
}

static void
sessions_resume(void)
{
	resume_again_and_again(false, true);
	resume_again_and_again(false, false);
	resume_again_and_again(true, true);
	resume_again_and_again(true, false);
}

/* The certificate goes, the identity stays; records still pass, and the session still resumes. */
static void
certificate_is_forgotten(bool is_tls12)
{
	struct vs_tls_server *server = server_new(0);
	struct vs_tls_client *client = client_new(is_tls12, true);
	struct tls_pair pair = tls_pair_new(server, client, "localhost");
	struct vs_tls_peer peer;
	char text[8] = "";

	CHECK(tls_pair_run(&pair));
	CHECK(SSL_get0_peer_certificate(pair.server) != NULL);
	vs_tls_peer_forget(pair.server);
	vs_tls_peer_forget(pair.server);
	CHECK(SSL_get0_peer_certificate(pair.server) == NULL);
	CHECK_OK(vs_tls_peer_get(pair.server, &peer));
	CHECK(vs_bytes_equal_text(peer.common_name, "CS-0001"));
	CHECK(SSL_get_verify_result(pair.server) == X509_V_OK);
	CHECK(SSL_write(pair.client, "ping", 4) == 4 && SSL_read(pair.server, text, 4) == 4);
	CHECK(SSL_write(pair.server, "pong", 4) == 4 && SSL_read(pair.client, text, 4) == 4);
	CHECK(strcmp(text, "pong") == 0);
	tls_pair_free(&pair);
	CHECK(connect_once(server, client, "CS-0001"));
	vs_tls_client_unref(&client);
	vs_tls_server_unref(&server);
}

static void
certificates_are_forgotten(void)
{
	certificate_is_forgotten(false);
	certificate_is_forgotten(true);
}

static void
another_context_does_not_know_it(void)
{
	struct vs_tls_server *one = server_new(0), *two = server_new(0);
	struct vs_tls_client *client = client_new(false, true);

	CHECK(!connect_once(one, client, "CS-0001"));
	CHECK(!connect_once(two, client, "CS-0001"));
	vs_tls_client_unref(&client);
	vs_tls_server_unref(&one);
	vs_tls_server_unref(&two);
}

static void
session_ends_with_its_certificate(void)
{
	struct vs_tls_server *server = server_new(86400 * 30);
	struct vs_tls_client_options options = {.ca_file = ca_pem,
	                                        .cert_file = short_pem,
	                                        .key_file = short_key,
	                                        .is_session_kept = true};
	struct vs_tls_client *client = tls_client(&options);
	struct tls_pair pair = tls_pair_new(server, client, "localhost");

	CHECK(tls_pair_run(&pair));
	CHECK(SSL_SESSION_get_timeout(SSL_get_session(pair.server)) <= 86400);
	CHECK(SSL_SESSION_get_timeout(SSL_get_session(pair.server)) > 86400 - 600);
	tls_pair_free(&pair);
	vs_tls_client_unref(&client);
	vs_tls_server_unref(&server);
}

/* A connection that breaks without TLS's goodbye, but is shut down on our side, can be resumed; one
 * that fails with an alert cannot. */
static void
alert_forgets_the_session(void)
{
	struct vs_tls_server *server = server_new(0);
	struct vs_tls_client *client = client_new(true, true);
	struct tls_pair pair = tls_pair_new(server, client, "localhost");
	static const char junk[] = "\x17\x03\x03\x00\x20 this is no record of the session";
	char byte;

	CHECK(tls_pair_run(&pair));
	CHECK(vs_tls_server_session_count(server) == 1);
	CHECK(BIO_write(SSL_get_wbio(pair.client), junk, sizeof(junk) - 1) > 0);
	CHECK(SSL_read(pair.server, &byte, 1) <= 0);
	CHECK(vs_tls_server_session_count(server) == 0);
	tls_pair_free(&pair);
	vs_tls_client_unref(&client);
	vs_tls_server_unref(&server);
}

enum { THREADS = 4, ROUNDS = 40 };

static void *
connect_often(void *argument)
{
	struct vs_tls_client *client = client_new(false, true);
	int resumed = 0;

	for (int i = 0; i < ROUNDS; i++)
		resumed += connect_once(argument, client, "CS-0001");
	CHECK(resumed == ROUNDS - 1);
	vs_tls_client_unref(&client);
	return NULL;
}

static void
threads_share_the_table(void)
{
	struct vs_tls_server *server = server_new(0);
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, connect_often, server) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	CHECK(vs_tls_server_session_count(server) == THREADS * ROUNDS);
	vs_tls_server_unref(&server);
}

int
main(void)
{
	struct pki_ca ca;

	pki_init();
	ca = pki_ca_new("ca");
	pki_server(&ca, "ec", false);
	pki_client(&ca, "client", "CS-0001");
	pki_client_days(&ca, "short", "CS-0002", 1);
	(void)snprintf(ca_pem, 128, "%s", pki_path("ca.pem"));
	(void)snprintf(ec_pem, 128, "%s", pki_path("ec.pem"));
	(void)snprintf(ec_key, 128, "%s", pki_path("ec.key"));
	(void)snprintf(client_pem, 128, "%s", pki_path("client.pem"));
	(void)snprintf(client_key, 128, "%s", pki_path("client.key"));
	(void)snprintf(short_pem, 128, "%s", pki_path("short.pem"));
	(void)snprintf(short_key, 128, "%s", pki_path("short.key"));
	CASE(sessions_resume);
	CASE(certificates_are_forgotten);
	CASE(another_context_does_not_know_it);
	CASE(session_ends_with_its_certificate);
	CASE(alert_forgets_the_session);
	CASE(threads_share_the_table);
	pki_ca_free(&ca);
	pki_done();
	return 0;
}
