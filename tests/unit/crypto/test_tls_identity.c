/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_identity.h"

#include "test_pki.h"

static struct pki_ca ca;

static X509 *
certificate_new(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate;

	CHECK(key != NULL);
	certificate = pki_certificate(key, 0x0ABC, 1);
	EVP_PKEY_free(key);
	return certificate;
}

static struct vs_tls_identity *
identity_of(X509 *certificate, struct vs_tls_peer *peer)
{
	struct vs_tls_identity *identity = NULL;

	CHECK(X509_sign(certificate, ca.key, EVP_sha256()) > 0);
	CHECK_OK(vs_tls_identity_new(certificate, NULL, &identity));
	vs_tls_identity_get(identity, peer);
	X509_free(certificate);
	return identity;
}

static void
all_fields_are_read(void)
{
	X509 *certificate = certificate_new();
	struct vs_tls_identity *identity, *second;
	struct vs_tls_peer peer;
	uint8_t digest[32];

	pki_name(certificate, "O", "Tenant", -1);
	pki_name(certificate, "CN", "CS-0001", -1);
	CHECK(X509_sign(certificate, ca.key, EVP_sha256()) > 0);
	CHECK(X509_up_ref(certificate) == 1);
	identity = identity_of(certificate, &peer);
	CHECK(vs_bytes_equal_text(peer.common_name, "CS-0001"));
	CHECK(vs_bytes_equal_text(peer.organisation, "Tenant"));
	CHECK(strcmp(peer.serial_hex, "abc") == 0); /* no leading zeroes */
	CHECK(X509_digest(certificate, EVP_sha256(), digest, NULL) == 1);
	CHECK(memcmp(digest, peer.fingerprint, 32) == 0);
	CHECK(peer.common_name_count == 1 && peer.organisation_count == 1);
	CHECK(peer.identity == identity);
	CHECK(peer.not_after_ms / 1000 == vs_tls_identity_not_after_s(identity));
	second = vs_tls_identity_ref(identity);
	vs_tls_identity_unref(&identity);
	CHECK(identity == NULL);
	vs_tls_identity_get(second, &peer);
	CHECK(vs_bytes_equal_text(peer.common_name, "CS-0001"));
	vs_tls_identity_unref(&second);
	vs_tls_identity_unref(&second);
	X509_free(certificate);
}

/* A NUL is part of the name: "CS-0001" and "CS-0001\0.evil" are two. */
static void
nul_is_kept(void)
{
	X509 *certificate = certificate_new();
	struct vs_tls_identity *identity;
	struct vs_tls_peer peer;

	pki_name(certificate, "CN", "CS-0001\0.evil", 13);
	identity = identity_of(certificate, &peer);
	CHECK(peer.common_name.size == 13 &&
	      memcmp(peer.common_name.data, "CS-0001\0.evil", 13) == 0);
	CHECK(!vs_bytes_equal_text(peer.common_name, "CS-0001"));
	CHECK(peer.organisation.size == 0);
	vs_tls_identity_unref(&identity);
}

static void
two_names_are_none(void)
{
	X509 *certificate = certificate_new();
	struct vs_tls_identity *identity;
	struct vs_tls_peer peer;

	pki_name(certificate, "CN", "CS-0001", -1);
	pki_name(certificate, "CN", "CS-0002", -1);
	pki_name(certificate, "O", "Tenant", -1);
	identity = identity_of(certificate, &peer);
	CHECK(peer.common_name.size == 0 && vs_bytes_equal_text(peer.organisation, "Tenant"));
	CHECK(peer.common_name_count == 2);
	vs_tls_identity_unref(&identity);
}

/* The bytes of a BMPString are UTF-16: they may read as another name. */
static void
odd_encoding_is_none(void)
{
	X509 *certificate = certificate_new();
	struct vs_tls_identity *identity;
	struct vs_tls_peer peer;

	CHECK(X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
	                                 V_ASN1_BMPSTRING, (const unsigned char *)"CS-001", 6, -1,
	                                 0) == 1);
	identity = identity_of(certificate, &peer);
	CHECK(peer.common_name.size == 0);
	vs_tls_identity_unref(&identity);
}

int
main(void)
{
	pki_init();
	ca = pki_ca_new("ca");
	CASE(all_fields_are_read);
	CASE(nul_is_kept);
	CASE(two_names_are_none);
	CASE(odd_encoding_is_none);
	pki_ca_free(&ca);
	pki_done();
	return 0;
}
