/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/firmware.h"

#include <openssl/rsa.h>

#include "test_pki.h"

#define NOW ((int64_t)time(NULL) * 1000)

static struct pki_ca maker, other;
static char roots[8192], strangers[8192];
static uint8_t image[100000];

struct signer {
	EVP_PKEY *key;
	char pem[8192];
};

static void
read_pem(X509 *certificate, char *text, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int used;

	CHECK(bio != NULL && PEM_write_bio_X509(bio, certificate) == 1);
	used = BIO_read(bio, text, (int)size - 1);
	CHECK(used > 0);
	text[used] = 0;
	BIO_free(bio);
}

static struct signer
signer_new(EVP_PKEY *key, long days)
{
	struct signer signer = {.key = key};
	X509 *certificate;

	CHECK(key != NULL);
	certificate = pki_certificate(key, 7, days);
	pki_name(certificate, "CN", "Firmware", -1);
	CHECK(X509_set_issuer_name(certificate, X509_get_subject_name(maker.certificate)) == 1);
	CHECK(X509_sign(certificate, maker.key, EVP_sha256()) > 0);
	read_pem(certificate, signer.pem, sizeof(signer.pem));
	X509_free(certificate);
	return signer;
}

/* By OpenSSL's own means, not by ours. */
static size_t
sign(const struct signer *signer, int padding, uint8_t signature[static 1024])
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	EVP_PKEY_CTX *context = NULL;
	size_t size = 1024;

	CHECK(digest != NULL &&
	      EVP_DigestSignInit(digest, &context, EVP_sha256(), NULL, signer->key) == 1);
	if (padding != 0)
		CHECK(EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1);
	CHECK(EVP_DigestSign(digest, signature, &size, image, sizeof(image)) == 1);
	EVP_MD_CTX_free(digest);
	return size;
}

static vs_result
check(const char *certificate, const char *trusted, int64_t wall_ms, const uint8_t *signature,
      size_t size)
{
	struct vs_firmware_check *firmware = NULL;
	vs_result r = vs_firmware_check_new(vs_bytes_from_text(certificate),
	                                    vs_bytes_from_text(trusted), wall_ms, &firmware);

	if (r.code != VS_E_OK) {
		CHECK(firmware == NULL);
		return r;
	}
	for (size_t at = 0; at < sizeof(image); at += 4096)
		CHECK_OK(vs_firmware_check_add(firmware,
		                               vs_bytes_from(image + at, sizeof(image) - at < 4096
		                                                             ? sizeof(image) - at
		                                                             : 4096)));
	CHECK_OK(vs_firmware_check_add(firmware, vs_bytes_from(NULL, 0)));
	r = vs_firmware_check_end(firmware, vs_bytes_from(signature, size));
	vs_firmware_check_free(&firmware);
	CHECK(firmware == NULL);
	return r;
}

static void
takes_what_was_signed(void)
{
	uint8_t signature[1024];
	struct signer ec = signer_new(EVP_EC_gen("P-256"), 30);
	struct signer rsa = signer_new(EVP_RSA_gen(2048), 30);
	char both[16500];
	size_t size = sign(&ec, 0, signature);

	CHECK_OK(check(ec.pem, roots, NOW, signature, size));
	(void)snprintf(both, sizeof(both), "%s%s", strangers, roots);
	CHECK_OK(check(ec.pem, both, NOW, signature, size));
	size = sign(&rsa, RSA_PKCS1_PSS_PADDING, signature);
	CHECK_OK(check(rsa.pem, roots, NOW, signature, size));
	/* PKCS #1 v1.5 is none of the two that L01 allows. */
	size = sign(&rsa, RSA_PKCS1_PADDING, signature);
	CHECK_ERR(check(rsa.pem, roots, NOW, signature, size), NOT_AUTHENTIC);
	EVP_PKEY_free(ec.key);
	EVP_PKEY_free(rsa.key);
}

static void
refuses_the_rest(void)
{
	uint8_t signature[1024];
	struct signer ec = signer_new(EVP_EC_gen("P-256"), 30),
		      over = signer_new(EVP_EC_gen("P-256"), -1);
	struct signer weak = signer_new(EVP_RSA_gen(1024), 30);
	size_t size = sign(&ec, 0, signature);

	image[77777] ^= 1;
	CHECK_ERR(check(ec.pem, roots, NOW, signature, size), NOT_AUTHENTIC);
	image[77777] ^= 1;
	signature[size - 1] ^= 1;
	CHECK_ERR(check(ec.pem, roots, NOW, signature, size), NOT_AUTHENTIC);
	signature[size - 1] ^= 1;
	CHECK_ERR(check(ec.pem, roots, NOW, signature, size - 1), NOT_AUTHENTIC);
	CHECK_ERR(check(ec.pem, roots, NOW, NULL, 0), NOT_AUTHENTIC);
	CHECK_ERR(check(ec.pem, strangers, NOW, signature, size), NOT_AUTHENTIC);
	CHECK_ERR(check(ec.pem, roots, NOW + INT64_C(86400000) * 365, signature, size),
	          NOT_AUTHENTIC);
	size = sign(&over, 0, signature);
	CHECK_ERR(check(over.pem, roots, NOW, signature, size), NOT_AUTHENTIC);
	size = sign(&weak, RSA_PKCS1_PSS_PADDING, signature);
	CHECK_ERR(check(weak.pem, roots, NOW, signature, size), NOT_AUTHENTIC);
	CHECK_ERR(check("no certificate", roots, NOW, signature, size), BAD_MESSAGE);
	CHECK_ERR(check(ec.pem, "", NOW, signature, size), BAD_MESSAGE);
	EVP_PKEY_free(ec.key);
	EVP_PKEY_free(over.key);
	EVP_PKEY_free(weak.key);
}

int
main(void)
{
	pki_init();
	maker = pki_ca_new("maker");
	other = pki_ca_new("other");
	read_pem(maker.certificate, roots, sizeof(roots));
	read_pem(other.certificate, strangers, sizeof(strangers));
	for (size_t i = 0; i < sizeof(image); i++)
		image[i] = (uint8_t)(i * 31 + i / 256);
	CASE(takes_what_was_signed);
	CASE(refuses_the_rest);
	pki_ca_free(&maker);
	pki_ca_free(&other);
	pki_done();
	return 0;
}
