/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/pkey.h"
#include "hex.h"
#include "test.h"

static struct vs_bytes
of(struct vs_secret *secret)
{
	return vs_bytes_from(vs_secret_bytes(secret), vs_secret_size(secret));
}

static void
every_kind_as_pem_and_der(void)
{
	for (unsigned kind = 0; kind < VS_PKEY_KINDS; kind++) {
		struct vs_pkey *key = NULL, *again = NULL, *public = NULL;
		struct vs_secret *pem = NULL;
		struct vs_buf der, der_again;

		vs_buf_init(&der, 2048);
		vs_buf_init(&der_again, 2048);
		CHECK_OK(vs_pkey_new((enum vs_pkey_kind)kind, &key));
		CHECK_OK(vs_pkey_write_private(key, &pem));
		CHECK_OK(vs_pkey_read_private(of(pem), &again));
		CHECK(vs_pkey_kind_of(again) == kind && vs_pkey_is_private(again));
		CHECK_OK(vs_pkey_write_public(key, &der));
		CHECK_OK(vs_pkey_read_public(vs_buf_view(&der), &public));
		CHECK(vs_pkey_kind_of(public) == kind && !vs_pkey_is_private(public));
		CHECK_OK(vs_pkey_write_public(again, &der_again));
		CHECK(vs_bytes_equal(vs_buf_view(&der), vs_buf_view(&der_again)));
		vs_secret_free(&pem);
		CHECK_ERR(vs_pkey_write_private(public, &pem), NOT_FOUND);
		/* One byte behind it, one byte short of it. */
		vs_pkey_free(&public);
		CHECK_ERR(vs_pkey_read_public(vs_bytes_from(der.data, der.size - 1), &public),
		          BAD_MESSAGE);
		CHECK_OK(vs_buf_append_byte(&der, 0));
		CHECK_ERR(vs_pkey_read_public(vs_buf_view(&der), &public), BAD_MESSAGE);
		vs_buf_done(&der_again);
		vs_buf_done(&der);
		vs_pkey_free(&again);
		vs_pkey_free(&key);
	}
}

/* What libcrypto writes, as a file would hold it. */
static struct vs_bytes
pem_of(BIO *bio)
{
	char *data = NULL;
	long size = BIO_get_mem_data(bio, &data);

	CHECK(size > 0);
	return vs_bytes_from(data, (size_t)size);
}

static void
rsa_of(unsigned bits, unsigned long exponent, BIO *bio)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *evp = NULL;

	CHECK(context != NULL && e != NULL && BN_set_word(e, exponent) == 1);
	CHECK(EVP_PKEY_keygen_init(context) == 1 &&
	      EVP_PKEY_CTX_set_rsa_keygen_bits(context, (int)bits) == 1 &&
	      EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e) == 1 &&
	      EVP_PKEY_generate(context, &evp) == 1);
	CHECK(PEM_write_bio_PUBKEY(bio, evp) == 1);
	EVP_PKEY_free(evp);
	BN_free(e);
	EVP_PKEY_CTX_free(context);
}

static void
weak_rsa_is_refused(void)
{
	static const struct {
		unsigned bits;
		unsigned long exponent;
		bool is_good;
	} cases[] = {{2048, 65537, true}, {1024, 65537, false}, {2048, 3, false}};

	for (unsigned i = 0; i < 3; i++) {
		BIO *bio = BIO_new(BIO_s_mem());
		struct vs_pkey *key = NULL;
		vs_result r;

		rsa_of(cases[i].bits, cases[i].exponent, bio);
		r = vs_pkey_read_public(pem_of(bio), &key);
		CHECK(r.code == (cases[i].is_good ? VS_E_OK : VS_E_BAD_VALUE));
		vs_pkey_free(&key);
		BIO_free(bio);
	}
}

static void
other_kinds_are_refused(void)
{
	static const char *const groups[] = {"P-521", "secp256k1"};

	for (unsigned i = 0; i < 2; i++) {
		EVP_PKEY *evp = EVP_EC_gen(groups[i]);
		BIO *bio = BIO_new(BIO_s_mem());
		struct vs_pkey *key = NULL;

		CHECK(evp != NULL && PEM_write_bio_PUBKEY(bio, evp) == 1);
		CHECK_ERR(vs_pkey_read_public(pem_of(bio), &key), BAD_VALUE);
		BIO_free(bio);
		EVP_PKEY_free(evp);
	}
}

/* Wycheproof: a key with the fingerprint of ROCA, and P-256 written out as a curve of its own. */
static void
known_traps_are_refused(void)
{
	static const char roca[] =
	    "30820122300d06092a864886f70d01010105000382010f003082010a0282010101a9c5a687db8fb2a30f"
	    "82dff8dda154c291ef27b04b25e185b8ab20c4c6a5f604859fe59ede54a0af7c0e7288800ad7193bb731"
	    "a5bf1e1170d7a1c66930d41ea3eb21dedf7b8af5d42a91c34f72045b96efd57cb182301ddcc26967e550"
	    "8e9ab889986d57e837dfe70f99fc37c498f43c17c3b9b064cf704443d7a033e03a821697aabf30fb29ee"
	    "7d33b3767965a89058e3b39754bd3a1c007d28a23b0cfa79f9d711ac6e4c4b4f77b0634b1ecd68591af0"
	    "3c7d53b62a5f2d91163d4ef4f8f26831ae461ed85ec5f788c5123ffc12c87420fdcfea1d1b4a52c35218"
	    "24fb3998348739b62a986d8e76b2289bc2eb8bc06d138147851b83a07183d210559f9063210203010001";
	static const char explicit_curve[] =
	    "308201303081e906072a8648ce3d02013081dd020101302c06072a8648ce3d0101022100ffffffff0000"
	    "0001000000000000000000000000ffffffffffffffffffffffff30440420ffffffff0000000100000000"
	    "0000000000000000fffffffffffffffffffffffc04205ac635d8aa3a93e7b3ebbd55769886bc651d06b0"
	    "cc53b0f63bce3c3e27d2604b0441046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a139"
	    "45d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5022100ffff"
	    "ffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551034200041510264c189c3d52"
	    "3ff9916abd7069efa6968d8dc7ddb6457d7869b53ea60cdcfafb7ed4786da15d29ee59256f536da3575a"
	    "4888c1bb0a95b256f4a7e9fd764a";
	struct hex one = hex(roca), two = hex(explicit_curve);
	struct vs_pkey *key = NULL;

	CHECK_ERR(vs_pkey_read_public(hex_view(&one), &key), BAD_VALUE);
	CHECK_ERR(vs_pkey_read_public(hex_view(&two), &key), BAD_VALUE);
	CHECK(key == NULL);
}

/* Nobody may be asked for a passphrase on the terminal of a daemon. */
static void
encrypted_is_refused(void)
{
	EVP_PKEY *evp = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	struct vs_pkey *key = NULL;
	char passphrase[] = "correct horse";

	CHECK(evp != NULL &&
	      PEM_write_bio_PKCS8PrivateKey(bio, evp, EVP_aes_256_cbc(), passphrase,
	                                    sizeof(passphrase) - 1, NULL, NULL) == 1);
	CHECK_ERR(vs_pkey_read_private(pem_of(bio), &key), BAD_MESSAGE);
	BIO_free(bio);
	EVP_PKEY_free(evp);
}

/* A certificate of nobody, signed by itself. */
static void
certificate_of(EVP_PKEY *evp, struct vs_buf *pem)
{
	X509 *certificate = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	struct vs_bytes text;

	CHECK(certificate != NULL && bio != NULL && X509_set_pubkey(certificate, evp) == 1);
	CHECK(X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != NULL &&
	      X509_gmtime_adj(X509_getm_notAfter(certificate), 60) != NULL);
	CHECK(X509_sign(certificate, evp, EVP_sha256()) > 0);
	CHECK(PEM_write_bio_X509(bio, certificate) == 1);
	text = pem_of(bio);
	CHECK_OK(vs_buf_append_bytes(pem, text));
	BIO_free(bio);
	X509_free(certificate);
}

static void
public_key_of_a_certificate(void)
{
	EVP_PKEY *evp = EVP_EC_gen("P-256");
	struct vs_pkey *public = NULL;
	struct vs_buf pem;

	vs_buf_init(&pem, 8192);
	CHECK(evp != NULL);
	certificate_of(evp, &pem);
	CHECK_OK(vs_pkey_read_public(vs_buf_view(&pem), &public));
	CHECK(vs_pkey_kind_of(public) == VS_PKEY_P256 && !vs_pkey_is_private(public));
	vs_pkey_free(&public);
	/* White space may follow, and nothing else: no second certificate either. */
	CHECK_OK(vs_buf_append_text(&pem, "\n \n"));
	CHECK_OK(vs_pkey_read_public(vs_buf_view(&pem), &public));
	vs_pkey_free(&public);
	certificate_of(evp, &pem);
	CHECK_ERR(vs_pkey_read_public(vs_buf_view(&pem), &public), BAD_MESSAGE);
	vs_buf_done(&pem);
	EVP_PKEY_free(evp);
}

/* A key whose bytes look like the beginning of a text. */
static void
der_that_looks_like_pem(void)
{
	struct vs_pkey *key = NULL, *again = NULL;
	struct vs_buf der;

	vs_buf_init(&der, 64);
	CHECK_OK(vs_pkey_read_raw_public(
	    VS_PKEY_X25519, VS_BYTES_LITERAL("----------BEGIN EC PRIVATE KEY--"), &key));
	CHECK_OK(vs_pkey_write_public(key, &der));
	CHECK_OK(vs_pkey_read_public(vs_buf_view(&der), &again));
	vs_pkey_free(&again);
	vs_pkey_free(&key);
	vs_buf_done(&der);
}

static void
nonsense(void)
{
	static const char *const texts[] = {"", "-----BEGIN ", "-----BEGIN PUBLIC KEY-----\n",
	                                    "0\x82\xff\xff", "hello"};
	struct vs_pkey *key = NULL;
	static uint8_t large[VS_PKEY_TEXT_SIZE_MAX + 1];

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK_ERR(vs_pkey_read_public(vs_bytes_from_text(texts[i]), &key), BAD_MESSAGE);
		CHECK_ERR(vs_pkey_read_private(vs_bytes_from_text(texts[i]), &key), BAD_MESSAGE);
	}
	CHECK_ERR(vs_pkey_read_public(vs_bytes_from(large, sizeof(large)), &key), BAD_MESSAGE);
	CHECK(key == NULL);
}

int
main(void)
{
	CASE(every_kind_as_pem_and_der);
	CASE(weak_rsa_is_refused);
	CASE(other_kinds_are_refused);
	CASE(known_traps_are_refused);
	CASE(encrypted_is_refused);
	CASE(public_key_of_a_certificate);
	CASE(der_that_looks_like_pem);
	CASE(nonsense);
	return 0;
}
