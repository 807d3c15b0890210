/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_verify.h"

#include "crypto/digest.h"
#include "crypto/tls_failure.h"
#include "tls_pair.h"

static struct pki_ca ca;
static char ca_pem[128], ec_pem[128], ec_key[128];
static X509 *sent_along[4]; /* by the client, beside its own certificate */

/* A certificate of `issuer` with these extensions (NULL: left out), written as NAME.pem, NAME.key.
 */
static struct pki_ca
issue(const struct pki_ca *issuer, const char *name, EVP_PKEY *key, const char *constraints,
      const char *purpose, long days, const EVP_MD *digest)
{
	struct pki_ca made = {pki_certificate(key, 7, days), key};

	pki_name(made.certificate, "CN", name, -1);
	CHECK(X509_set_issuer_name(made.certificate, X509_get_subject_name(issuer->certificate)) ==
	      1);
	if (constraints != NULL)
		pki_extend(made.certificate, NID_basic_constraints, constraints);
	if (purpose != NULL)
		pki_extend(made.certificate, NID_ext_key_usage, purpose);
	CHECK(X509_sign(made.certificate, issuer->key, digest) > 0);
	pki_write(name, made.certificate, key);
	return made;
}

static void
hash_of(X509 *certificate, uint8_t hash[static 32])
{
	unsigned char *der = NULL;
	int size = i2d_PUBKEY(X509_get0_pubkey(certificate), &der);

	CHECK(size > 0);
	CHECK_OK(vs_crypto_sha256(vs_bytes_from(der, (size_t)size), hash));
	OPENSSL_free(der);
}

/* Shake hands with this client certificate; how it failed, and what was read of it. */
static enum vs_tls_failure
shake(const char *name, struct vs_tls_peer *peer, struct tls_pair *pair)
{
	const struct vs_tls_server_options so = {.cert_files = {ec_pem, NULL},
	                                         .key_files = {ec_key, NULL},
	                                         .client_ca_file = ca_pem,
	                                         .verify = VS_TLS_VERIFY_REQUIRE};
	const struct vs_tls_client_options co = {.ca_file = ca_pem};
	struct vs_tls_server *server = tls_server(&so);
	struct vs_tls_client *client = tls_client(&co);
	char file[64];
	bool ok;

	*pair = tls_pair_new(server, client, "localhost");
	SSL_set_security_level(pair->client, 0); /* it would not show a weak one otherwise */
	(void)snprintf(file, sizeof(file), "%s.pem", name);
	CHECK(SSL_use_certificate_file(pair->client, pki_path(file), SSL_FILETYPE_PEM) == 1);
	(void)snprintf(file, sizeof(file), "%s.key", name);
	CHECK(SSL_use_PrivateKey_file(pair->client, pki_path(file), SSL_FILETYPE_PEM) == 1);
	for (size_t i = 0; i < 4 && sent_along[i] != NULL; i++)
		CHECK(SSL_add1_chain_cert(pair->client, sent_along[i]) == 1);
	ok = tls_pair_run(pair);
	vs_tls_client_unref(&client);
	vs_tls_server_unref(&server);
	CHECK_OK(vs_tls_peer_claimed(pair->server, peer));
	CHECK(vs_bytes_equal_text(peer->common_name, name));
	return ok ? VS_TLS_FAILURE_NONE
	          : vs_tls_failure_of_x509(SSL_get_verify_result(pair->server));
}

static void
a_good_one_knows_its_issuer(void)
{
	struct pki_ca good =
	    issue(&ca, "good", EVP_EC_gen("P-256"), "CA:FALSE", NULL, 1, EVP_sha256());
	static const uint8_t zero[32];
	struct vs_tls_peer peer, again;
	struct tls_pair pair;
	uint8_t hash[32];

	CHECK(shake("good", &peer, &pair) == VS_TLS_FAILURE_NONE);
	hash_of(good.certificate, hash);
	CHECK(memcmp(peer.spki, hash, 32) == 0);
	hash_of(ca.certificate, hash);
	CHECK(memcmp(peer.issuer_spki, hash, 32) == 0 && memcmp(peer.anchor_spki, hash, 32) == 0);
	CHECK_OK(vs_tls_peer_get(pair.server, &again)); /* one identity for both */
	CHECK(again.identity == peer.identity && memcmp(peer.spki, zero, 32) != 0);
	tls_pair_free(&pair);
	pki_ca_free(&good);
}

/* `depth` CAs between the certificate and the one that is trusted. */
static enum vs_tls_failure
shake_below(int depth, struct vs_tls_peer *peer, struct tls_pair *pair, struct pki_ca *made)
{
	static const char *const names[] = {"below-0", "below-1", "below-2", "below-3"};
	const struct pki_ca *issuer = &ca;

	for (int i = 0; i < depth; i++) {
		made[i] = issue(issuer, names[i], EVP_EC_gen("P-256"), "critical,CA:TRUE", NULL, 1,
		                EVP_sha256());
		sent_along[i] = made[i].certificate;
		issuer = &made[i];
	}
	made[depth] = issue(issuer, "deep", EVP_EC_gen("P-256"), "CA:FALSE", NULL, 1, EVP_sha256());
	return shake("deep", peer, pair);
}

static void
what_is_between_is_known(void)
{
	for (int depth = 1; depth <= VS_TLS_LINKS_MAX + 1; depth++) {
		bool is_good = depth <= VS_TLS_LINKS_MAX;
		struct pki_ca made[VS_TLS_LINKS_MAX + 2];
		struct vs_tls_peer peer;
		struct tls_pair pair;
		uint8_t hash[32];

		CHECK((shake_below(depth, &peer, &pair, made) == VS_TLS_FAILURE_NONE) == is_good);
		CHECK(peer.link_count == (is_good ? (size_t)depth : 0));
		for (size_t i = 0; i < peer.link_count; i++) {
			const struct pki_ca *link = &made[(size_t)depth - 1 - i];

			hash_of(link->certificate, hash);
			CHECK(memcmp(peer.links[i].spki, hash, 32) == 0);
			CHECK(strcmp(peer.links[i].serial_hex, "7") == 0);
			hash_of(i + 1 < (size_t)depth ? (link - 1)->certificate : ca.certificate,
			        hash);
			CHECK(memcmp(peer.links[i].issuer_spki, hash, 32) == 0);
		}
		tls_pair_free(&pair);
		memset(sent_along, 0, sizeof(sent_along));
		for (int i = 0; i <= depth; i++)
			pki_ca_free(&made[i]);
	}
}

static void
refused(const struct pki_ca *issuer, const char *name, EVP_PKEY *key, const char *constraints,
        const char *purpose, long days, const EVP_MD *digest, enum vs_tls_failure failure)
{
	struct pki_ca made = issue(issuer, name, key, constraints, purpose, days, digest);
	static const uint8_t zero[32];
	struct vs_tls_peer peer;
	struct tls_pair pair;
	enum vs_tls_failure got = shake(name, &peer, &pair);

	if (got != failure)
		(void)fprintf(stderr, "%s: %s\n", name, vs_tls_failure_word(got));
	CHECK(got == failure);
	CHECK(memcmp(peer.issuer_spki, zero, 32) == 0); /* a claim has no issuer */
	tls_pair_free(&pair);
	pki_ca_free(&made);
}

static void
what_is_refused(void)
{
	struct pki_ca other = pki_ca_new("other");

	refused(&ca, "a-ca", EVP_EC_gen("P-256"), "critical,CA:TRUE", NULL, 1, EVP_sha256(),
	        VS_TLS_FAILURE_IS_CA);
	refused(&ca, "expired", EVP_EC_gen("P-256"), NULL, NULL, -1, EVP_sha256(),
	        VS_TLS_FAILURE_EXPIRED);
	refused(&ca, "server-only", EVP_EC_gen("P-256"), NULL, "serverAuth", 1, EVP_sha256(),
	        VS_TLS_FAILURE_PURPOSE);
	refused(&ca, "rsa-1024", EVP_RSA_gen(1024), NULL, NULL, 1, EVP_sha256(),
	        VS_TLS_FAILURE_WEAK_KEY);
	refused(&ca, "sha-1", EVP_EC_gen("P-256"), NULL, NULL, 1, EVP_sha1(),
	        VS_TLS_FAILURE_WEAK_SIGNATURE);
	refused(&other, "stranger", EVP_EC_gen("P-256"), NULL, NULL, 1, EVP_sha256(),
	        VS_TLS_FAILURE_UNKNOWN_CA);
	pki_ca_free(&other);
}

int
main(void)
{
	pki_init();
	ca = pki_ca_new("ca");
	pki_server(&ca, "ec", false);
	(void)snprintf(ca_pem, sizeof(ca_pem), "%s", pki_path("ca.pem"));
	(void)snprintf(ec_pem, sizeof(ec_pem), "%s", pki_path("ec.pem"));
	(void)snprintf(ec_key, sizeof(ec_key), "%s", pki_path("ec.key"));
	CASE(a_good_one_knows_its_issuer);
	CASE(what_is_between_is_known);
	CASE(what_is_refused);
	pki_ca_free(&ca);
	pki_done();
	return 0;
}
