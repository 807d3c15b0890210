/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/signer.h"

#include "test_pki.h"

static struct vs_pkey *key;
static uint8_t thumbprint[VS_SHA256_SIZE];

static vs_result
reads(const char *cert, const char *private)
{
	return vs_daemon_signer_read(pki_path(cert), pki_path(private), &key, thumbprint);
}

static void
reads_key_and_thumbprint(void)
{
	struct pki_ca ca = pki_ca_new("signer");
	uint8_t expected[VS_SHA256_SIZE];
	unsigned size = 0;

	CHECK_OK(reads("signer.pem", "signer.key"));
	CHECK(X509_digest(ca.certificate, EVP_sha256(), expected, &size) == 1);
	CHECK(size == sizeof(expected) && memcmp(thumbprint, expected, size) == 0);
	CHECK(vs_pkey_kind_of(key) == VS_PKEY_P256 && vs_pkey_is_private(key));
	vs_pkey_free(&key);
	pki_ca_free(&ca);
}

static void
refuses_anything_else(void)
{
	CHECK(reads("missing.pem", "signer.key").code != VS_E_OK);
	CHECK(reads("signer.pem", "missing.key").code != VS_E_OK);
	CHECK_ERR(reads("signer.key", "signer.key"), BAD_MESSAGE);
	CHECK_ERR(reads("signer.pem", "signer.pem"), BAD_MESSAGE);
	CHECK(key == NULL);
}

int
main(void)
{
	pki_init();
	CASE(reads_key_and_thumbprint);
	CASE(refuses_anything_else);
	pki_done();
	return 0;
}
