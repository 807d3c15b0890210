/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/pkey_wrap.h"
#include "crypto/x509_private.h"

#define RSA_BITS_MIN   2048
#define RSA_BITS_MAX   8192
#define RSA_EXPONENT   65537
#define SCRYPT_N       16384 /* 16 MiB: the most that the library reads back without being told */
#define SCRYPT_R       8
#define SCRYPT_P       1
#define PUBLIC_DER_MAX 4096

static const char *const kinds[] = {"P-256", "P-384", "RSA-2048", "RSA-3072"};

const char *
vs_x509_key_kind_text(enum vs_x509_key_kind kind)
{
	assert(kind < VS_X509_KEY_KIND_COUNT);
	return kinds[kind];
}

vs_result
vs_x509_key_kind_parse(struct vs_bytes text, enum vs_x509_key_kind *kind_out)
{
	for (int i = 0; i < VS_X509_KEY_KIND_COUNT; i++) {
		if (vs_bytes_equal_text(text, kinds[i])) {
			*kind_out = (enum vs_x509_key_kind)i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

vs_result
vs_x509_key_wrap(EVP_PKEY *pkey, struct vs_x509_key **key_out)
{
	struct vs_x509_key *key = calloc(1, sizeof(*key));

	if (key == NULL) {
		EVP_PKEY_free(pkey);
		return VS_FAIL(NO_MEMORY);
	}
	key->pkey = pkey;
	*key_out = key;
	return VS_OK;
}

/* The curve by its name; a curve that is spelled out by its parameters has none (CVE-2020-0601 was
 * such a key). */
static int
curve_bits(EVP_PKEY *pkey)
{
	char name[32] = "", encoding[32] = "";

	if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name),
	                                   NULL) != 1)
		return 0;
	if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING, encoding,
	                                   sizeof(encoding), NULL) == 1 &&
	    strcmp(encoding, "named_curve") != 0)
		return 0;
	if (strcmp(name, "prime256v1") == 0 || strcmp(name, "P-256") == 0)
		return 256;
	return strcmp(name, "secp384r1") == 0 || strcmp(name, "P-384") == 0 ? 384 : 0;
}

static const char *
rsa_fault(EVP_PKEY *pkey)
{
	int bits = EVP_PKEY_get_bits(pkey);
	BIGNUM *exponent = NULL;
	bool is_strong;

	if (bits < RSA_BITS_MIN)
		return "the RSA key has less than 2048 bits";
	if (bits > RSA_BITS_MAX)
		return "the RSA key has more than 8192 bits";
	is_strong = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
	            BN_is_odd(exponent) && BN_num_bits(exponent) <= 64 &&
	            BN_get_word(exponent) >= RSA_EXPONENT;
	BN_free(exponent);
	return is_strong ? NULL : "the RSA key's public exponent is below 65537 or even";
}

const char *
vs_x509_key_fault(EVP_PKEY *pkey)
{
	const char *fault = "the key is neither P-256, P-384 nor RSA";

	if (pkey == NULL)
		return "the public key cannot be read";
	if (EVP_PKEY_is_a(pkey, "EC") == 1)
		fault = curve_bits(pkey) != 0 ? NULL : "the curve is not P-256 or P-384 by name";
	else if (EVP_PKEY_is_a(pkey, "RSA") == 1)
		fault = rsa_fault(pkey);
	ERR_clear_error();
	return fault;
}

const EVP_MD *
vs_x509_key_digest(EVP_PKEY *pkey)
{
	return EVP_PKEY_is_a(pkey, "EC") == 1 && EVP_PKEY_get_bits(pkey) > 256 ? EVP_sha384()
	                                                                       : EVP_sha256();
}

enum vs_x509_key_kind
vs_x509_key_kind(const struct vs_x509_key *key)
{
	assert(key != NULL);
	if (EVP_PKEY_is_a(key->pkey, "EC") == 1)
		return EVP_PKEY_get_bits(key->pkey) > 256 ? VS_X509_P384 : VS_X509_P256;
	return EVP_PKEY_get_bits(key->pkey) >= 3072 ? VS_X509_RSA3072 : VS_X509_RSA2048;
}

vs_result
vs_x509_key_new(enum vs_x509_key_kind kind, struct vs_x509_key **key_out)
{
	EVP_PKEY *pkey = NULL;

	assert(key_out != NULL);
	switch (kind) {
	case VS_X509_P256:
		pkey = EVP_EC_gen("P-256");
		break;
	case VS_X509_P384:
		pkey = EVP_EC_gen("P-384");
		break;
	case VS_X509_RSA2048:
		pkey = EVP_RSA_gen(2048);
		break;
	case VS_X509_RSA3072:
		pkey = EVP_RSA_gen(3072);
		break;
	case VS_X509_KEY_KIND_COUNT:
		break;
	}
	if (pkey == NULL)
		return VS_FAIL(INTERNAL);
	return vs_x509_key_wrap(pkey, key_out);
}

void
vs_x509_key_free(struct vs_x509_key **key)
{
	assert(key != NULL);
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->pkey);
	free(*key);
	*key = NULL;
}

/* --- the private half ------------------------------------------------------------------------ */

vs_result
vs_x509_key_write(const struct vs_x509_key *key, struct vs_secret **pem_out)
{
	assert(key != NULL && pem_out != NULL);
	return vs_pkey_evp_write(key->pkey, pem_out);
}

vs_result
vs_x509_key_write_sealed(const struct vs_x509_key *key, struct vs_secret *passphrase,
                         struct vs_buf *pem)
{
	PKCS8_PRIV_KEY_INFO *plain = NULL;
	X509_ALGOR *algorithm = NULL;
	X509_SIG *sealed = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	vs_result r = VS_FAIL(INTERNAL);
	char *data = NULL;
	long size;

	assert(key != NULL && passphrase != NULL && pem != NULL);
	plain = EVP_PKEY2PKCS8(key->pkey);
	algorithm =
	    PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
	if (bio == NULL || plain == NULL || algorithm == NULL)
		goto out;
	sealed = PKCS8_set0_pbe((const char *)vs_secret_bytes(passphrase),
	                        (int)vs_secret_size(passphrase), plain, algorithm);
	if (sealed == NULL)
		goto out;
	algorithm = NULL; /* is the envelope's now */
	if (PEM_write_bio_PKCS8(bio, sealed) != 1)
		goto out;
	size = BIO_get_mem_data(bio, &data);
	if (size > 0)
		r = vs_buf_append(pem, data, (size_t)size);
out:
	X509_SIG_free(sealed);
	X509_ALGOR_free(algorithm);
	PKCS8_PRIV_KEY_INFO_free(plain);
	BIO_free(bio);
	ERR_clear_error();
	return r;
}

/* No passphrase is asked for at a terminal: a file that wants one is not a plain key. */
static int
no_passphrase(char *buffer, int size, int is_writing, void *argument)
{
	(void)buffer;
	(void)size;
	(void)is_writing;
	(void)argument;
	return -1;
}

vs_result
vs_x509_key_read(struct vs_secret *pem, struct vs_x509_key **key_out)
{
	EVP_PKEY *pkey = NULL;
	BIO *bio = NULL;

	assert(pem != NULL && key_out != NULL);
	bio = BIO_new_mem_buf(vs_secret_bytes(pem), (int)vs_secret_size(pem));
	if (bio == NULL)
		return VS_FAIL(NO_MEMORY);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (pkey == NULL)
		return VS_FAIL(BAD_MESSAGE);
	return vs_x509_key_wrap(pkey, key_out);
}

vs_result
vs_x509_key_read_sealed(struct vs_bytes pem, struct vs_secret *passphrase,
                        struct vs_x509_key **key_out)
{
	PKCS8_PRIV_KEY_INFO *plain = NULL;
	X509_SIG *sealed = NULL;
	EVP_PKEY *pkey = NULL;
	BIO *bio = NULL;

	assert(passphrase != NULL && key_out != NULL);
	if (pem.size == 0 || pem.size > INT32_MAX)
		return VS_FAIL(BAD_MESSAGE);
	bio = BIO_new_mem_buf(pem.data, (int)pem.size);
	if (bio == NULL)
		return VS_FAIL(NO_MEMORY);
	sealed = PEM_read_bio_PKCS8(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	if (sealed != NULL)
		plain = PKCS8_decrypt(sealed, (const char *)vs_secret_bytes(passphrase),
		                      (int)vs_secret_size(passphrase));
	if (plain != NULL)
		pkey = EVP_PKCS82PKEY(plain);
	PKCS8_PRIV_KEY_INFO_free(plain);
	ERR_clear_error();
	if (pkey == NULL) {
		bool was_sealed = sealed != NULL;

		X509_SIG_free(sealed);
		return was_sealed ? VS_FAIL(NOT_AUTHENTIC) : VS_FAIL(BAD_MESSAGE);
	}
	X509_SIG_free(sealed);
	return vs_x509_key_wrap(pkey, key_out);
}

/* --- the public half ------------------------------------------------------------------------- */

vs_result
vs_x509_key_write_public(const struct vs_x509_key *key, struct vs_buf *der)
{
	unsigned char *data = NULL;
	vs_result r = VS_FAIL(INTERNAL);
	int size;

	assert(key != NULL && der != NULL);
	size = i2d_PUBKEY(key->pkey, &data);
	if (size > 0)
		r = vs_buf_append(der, data, (size_t)size);
	OPENSSL_free(data);
	return r;
}

vs_result
vs_x509_key_read_public(struct vs_bytes der, struct vs_x509_key **key_out)
{
	const unsigned char *at = der.data;
	EVP_PKEY *pkey = NULL;

	assert(key_out != NULL);
	if (der.size == 0 || der.size > PUBLIC_DER_MAX)
		return VS_FAIL(BAD_MESSAGE);
	pkey = d2i_PUBKEY(NULL, &at, (long)der.size);
	ERR_clear_error();
	if (pkey == NULL || at != der.data + der.size) {
		EVP_PKEY_free(pkey);
		return VS_FAIL(BAD_MESSAGE);
	}
	if (vs_x509_key_fault(pkey) != NULL) {
		EVP_PKEY_free(pkey);
		return VS_FAIL(UNSUPPORTED);
	}
	return vs_x509_key_wrap(pkey, key_out);
}

bool
vs_x509_key_equal(const struct vs_x509_key *a, const struct vs_x509_key *b)
{
	return EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

vs_result
vs_x509_key_spki_sha256(const struct vs_x509_key *key, uint8_t digest_out[static VS_SHA256_SIZE])
{
	struct vs_buf der;
	vs_result r;

	vs_buf_init(&der, PUBLIC_DER_MAX);
	r = vs_x509_key_write_public(key, &der);
	if (r.code == VS_E_OK)
		r = vs_crypto_sha256(vs_buf_view(&der), digest_out);
	vs_buf_done(&der);
	return r;
}
