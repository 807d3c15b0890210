/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tls_pair.h"

static char ca_pem[128], ec_pem[128], ec_key[128], rsa_pem[128], rsa_key[128], client_pem[128],
    client_key[128], other_pem[128];

static void
keep(char path[static 128], const char *name)
{
	(void)snprintf(path, 128, "%s", pki_path(name));
}

static struct vs_tls_server_options
server_options(void)
{
	return (struct vs_tls_server_options){
	    .cert_files = {ec_pem, rsa_pem},
	    .key_files = {ec_key, rsa_key},
	    .client_ca_file = ca_pem,
	    .verify = VS_TLS_VERIFY_REQUEST,
	    .is_tls12_allowed = true,
	};
}

/* One handshake; the reasons must be as given (0: it goes well). */
static void
shake(const struct vs_tls_server_options *so, const struct vs_tls_client_options *co,
      const char *name, int server_error, int client_error, const char *version, const char *cipher)
{
	struct vs_tls_server *server = tls_server(so);
	struct vs_tls_client *client = tls_client(co);
	struct tls_pair pair = tls_pair_new(server, client, name);
	bool ok = tls_pair_run(&pair);

	CHECK(pair.server_error == server_error);
	CHECK(pair.client_error == client_error);
	CHECK(ok == (server_error == 0 && client_error == 0));
	if (ok) {
		CHECK(strcmp(SSL_get_version(pair.server), version) == 0);
		CHECK(strcmp(SSL_get_cipher_name(pair.server), cipher) == 0);
		CHECK(SSL_get_secure_renegotiation_support(pair.server) == 1 ||
		      SSL_version(pair.server) == TLS1_3_VERSION);
	}
	tls_pair_free(&pair);
	vs_tls_client_unref(&client);
	vs_tls_server_unref(&server);
}

static void
tls13_prefers_aes256(void)
{
	struct vs_tls_server_options so = server_options();
	struct vs_tls_client_options co = {.ca_file = ca_pem};

	shake(&so, &co, "localhost", 0, 0, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
	so.is_tls12_allowed = false;
	shake(&so, &co, "127.0.0.1", 0, 0, "TLSv1.3",
	      "TLS_AES_256_GCM_SHA384"); /* no SNI for an address */
	shake(&so, &co, "::1", 0, 0, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
}

static void
tls12_is_ecdhe_gcm_only(void)
{
	struct vs_tls_server_options so = server_options();
	struct vs_tls_client_options co = {.ca_file = ca_pem, .is_tls12_only = true};

	shake(&so, &co, "localhost", 0, 0, "TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384");
	co.tls12_ciphers = "ECDHE-RSA-AES128-GCM-SHA256";
	shake(&so, &co, "localhost", 0, 0, "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256");
	co.tls12_ciphers = "ECDHE-RSA-AES128-SHA256"; /* CBC */
	shake(&so, &co, "localhost", SSL_R_NO_SHARED_CIPHER, 0, "", "");
	so.is_tls12_allowed = false;
	co.tls12_ciphers = NULL;
	shake(&so, &co, "localhost", SSL_R_UNSUPPORTED_PROTOCOL, 0, "", "");
}

/* OCPP 2.0.1 A00.FR.318: only with the conformance switch. */
static void
tls_rsa_needs_the_switch(void)
{
	struct vs_tls_server_options so = server_options();
	struct vs_tls_client_options co = {.ca_file = ca_pem,
	                                   .is_tls12_only = true,
	                                   .tls12_ciphers = "AES128-GCM-SHA256:AES256-GCM-SHA384"};

	shake(&so, &co, "localhost", SSL_R_NO_SHARED_CIPHER, 0, "", "");
	so.is_tls_rsa_allowed = true;
	shake(&so, &co, "localhost", 0, 0, "TLSv1.2", "AES128-GCM-SHA256");
}

static void
client_checks_chain_and_name(void)
{
	struct vs_tls_server_options so = server_options();
	struct vs_tls_client_options co = {.ca_file = ca_pem};

	shake(&so, &co, "example.org", 0, SSL_R_CERTIFICATE_VERIFY_FAILED, "", "");
	shake(&so, &co, "127.0.0.2", 0, SSL_R_CERTIFICATE_VERIFY_FAILED, "", "");
	co.ca_file = other_pem;
	shake(&so, &co, "localhost", 0, SSL_R_CERTIFICATE_VERIFY_FAILED, "", "");
}

/* The SHA-256 of the key of the certificate in the file, added to the set. */
static void
pin(struct vs_pin_set *set, const char *file)
{
	BIO *bio = BIO_new_file(file, "r");
	X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	uint8_t *der = NULL;
	int size;

	CHECK(certificate != NULL);
	size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	CHECK(size > 0 && EVP_Digest(der, (size_t)size, set->sha256[set->count++], NULL,
	                             EVP_sha256(), NULL) == 1);
	OPENSSL_free(der);
	X509_free(certificate);
	BIO_free(bio);
}

static void
pins_narrow_the_trust(void)
{
	struct vs_tls_server_options so = server_options();
	struct vs_tls_client_options co = {.ca_file = ca_pem};

	pin(&co.pins, other_pem);
	shake(&so, &co, "localhost", 0, SSL_R_CERTIFICATE_VERIFY_FAILED, "", "");
	pin(&co.pins, ec_pem);
	shake(&so, &co, "localhost", 0, 0, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
	/* The backup: the CA's key, whatever the server's is. */
	co.pins.count = 0;
	pin(&co.pins, ca_pem);
	shake(&so, &co, "localhost", 0, 0, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
	/* A pinned key does not make up for a wrong name or an unknown CA. */
	shake(&so, &co, "example.org", 0, SSL_R_CERTIFICATE_VERIFY_FAILED, "", "");
	pin(&co.pins, ec_pem);
	co.ca_file = other_pem;
	shake(&so, &co, "localhost", 0, SSL_R_CERTIFICATE_VERIFY_FAILED, "", "");
}

static void
server_demands_what_it_is_told(void)
{
	struct vs_tls_server_options so = server_options();
	struct vs_tls_client_options co = {.ca_file = ca_pem};

	so.verify = VS_TLS_VERIFY_REQUIRE;
	shake(&so, &co, "localhost", SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, 0, "", "");
	co.cert_file = client_pem;
	co.key_file = client_key;
	shake(&so, &co, "localhost", 0, 0, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
	so.client_ca_file = other_pem;
	shake(&so, &co, "localhost", SSL_R_CERTIFICATE_VERIFY_FAILED, 0, "", "");
	so.verify = VS_TLS_VERIFY_REQUEST; /* a certificate that is shown must hold */
	shake(&so, &co, "localhost", SSL_R_CERTIFICATE_VERIFY_FAILED, 0, "", "");
	so.client_ca_file = ca_pem;
	so.verify = VS_TLS_VERIFY_REQUIRE;
	co.cert_file = ec_pem; /* the server's own certificate is none for a client */
	co.key_file = ec_key;
	shake(&so, &co, "localhost", SSL_R_CERTIFICATE_VERIFY_FAILED, 0, "", "");
}

static void
refuse_server(const struct vs_tls_server_options *options, const char *part)
{
	struct vs_tls_server *server = NULL;
	char reason[200] = "";

	CHECK_ERR(vs_tls_server_new(options, reason, sizeof(reason), &server), CONFIG);
	CHECK(server == NULL && strstr(reason, part) != NULL);
	CHECK(ERR_peek_error() == 0);
}

static void
bad_files_are_named(void)
{
	struct vs_tls_server_options so = server_options();
	struct vs_tls_client_options co = {0};
	struct vs_tls_client *client = NULL;
	char reason[200] = "", tiny[8] = "";

	so.cert_files[0] = "/nowhere.pem";
	refuse_server(&so, "/nowhere.pem");
	so = server_options();
	so.key_files[0] = client_key;
	refuse_server(&so, client_key);
	so = server_options();
	so.key_files[1] = NULL;
	refuse_server(&so, "no private key");
	so = server_options();
	so.client_ca_file = ec_key;
	refuse_server(&so, ec_key);
	so.client_ca_file = NULL;
	refuse_server(&so, "no CA file");
	so = server_options();
	so.cert_files[0] = NULL;
	refuse_server(&so, "no certificate");
	CHECK_ERR(vs_tls_client_new(&co, reason, sizeof(reason), &client), CONFIG);
	CHECK(strstr(reason, "no CA file") != NULL);
	CHECK_ERR(vs_tls_client_new(&co, tiny, sizeof(tiny), &client), CONFIG);
	CHECK(strlen(tiny) == sizeof(tiny) - 1); /* cut, not overrun */
	CHECK(client == NULL);
}

static void
references_are_counted(void)
{
	struct vs_tls_server_options so = server_options();
	struct vs_tls_client_options co = {.ca_file = ca_pem};
	struct vs_tls_server *server = tls_server(&so), *server2 = vs_tls_server_ref(server);
	struct vs_tls_client *client = tls_client(&co), *client2 = vs_tls_client_ref(client);

	vs_tls_server_unref(&server);
	vs_tls_client_unref(&client);
	CHECK(server == NULL && client == NULL);
	CHECK(vs_tls_server_context(server2) != NULL && vs_tls_client_context(client2) != NULL);
	vs_tls_server_unref(&server2);
	vs_tls_client_unref(&client2);
	vs_tls_server_unref(&server2);
	vs_tls_client_unref(&client2);
}

int
main(void)
{
	struct pki_ca ca, other;

	pki_init();
	ca = pki_ca_new("ca");
	other = pki_ca_new("other");
	pki_server(&ca, "ec", false);
	pki_server(&ca, "rsa", true);
	pki_client(&ca, "client", "CS-0001");
	keep(ca_pem, "ca.pem");
	keep(other_pem, "other.pem");
	keep(ec_pem, "ec.pem");
	keep(ec_key, "ec.key");
	keep(rsa_pem, "rsa.pem");
	keep(rsa_key, "rsa.key");
	keep(client_pem, "client.pem");
	keep(client_key, "client.key");
	CASE(tls13_prefers_aes256);
	CASE(tls12_is_ecdhe_gcm_only);
	CASE(tls_rsa_needs_the_switch);
	CASE(client_checks_chain_and_name);
	CASE(pins_narrow_the_trust);
	CASE(server_demands_what_it_is_told);
	CASE(bad_files_are_named);
	CASE(references_are_counted);
	pki_ca_free(&ca);
	pki_ca_free(&other);
	pki_done();
	return 0;
}
