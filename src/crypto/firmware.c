/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/firmware.h"

#include <assert.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <time.h>

#define SECURITY_BITS_MIN 112 /* RSA with 2048 bits, EC with 224 */
#define CHAIN_MAX         8

struct vs_firmware_check {
	EVP_MD_CTX *digest;
	X509 *certificate;
};

void
vs_firmware_check_free(struct vs_firmware_check **check)
{
	if (*check == NULL)
		return;
	EVP_MD_CTX_free((*check)->digest);
	X509_free((*check)->certificate);
	free(*check);
	*check = NULL;
}

/* All certificates of a PEM text. BAD_MESSAGE: there is none, or too many. */
static vs_result
read_certificates(struct vs_bytes pem, STACK_OF(X509) * list)
{
	BIO *bio =
	    pem.size > 0 && pem.size <= INT_MAX ? BIO_new_mem_buf(pem.data, (int)pem.size) : NULL;
	vs_result r = VS_OK;
	X509 *certificate;

	if (bio == NULL)
		return VS_FAIL(BAD_MESSAGE);
	while (r.code == VS_E_OK &&
	       (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (sk_X509_num(list) >= CHAIN_MAX)
			r = VS_FAIL(BAD_MESSAGE);
		else if (sk_X509_push(list, certificate) <= 0)
			r = VS_FAIL(NO_MEMORY);
		if (r.code != VS_E_OK)
			X509_free(certificate);
	}
	ERR_clear_error(); /* the end of the text is an error of the reader */
	BIO_free(bio);
	if (r.code == VS_E_OK && sk_X509_num(list) == 0)
		r = VS_FAIL(BAD_MESSAGE);
	return r;
}

static vs_result
verify_chain(STACK_OF(X509) * chain, STACK_OF(X509) * roots, int64_t wall_ms)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	vs_result r = VS_FAIL(NO_MEMORY);

	if (store == NULL || context == NULL)
		goto out;
	for (int i = 0; i < sk_X509_num(roots); i++)
		if (X509_STORE_add_cert(store, sk_X509_value(roots, i)) != 1)
			goto out;
	if (X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain) != 1)
		goto out;
	X509_STORE_CTX_set_time(context, 0, (time_t)(wall_ms / 1000));
	r = X509_verify_cert(context) == 1 ? VS_OK : VS_FAIL(NOT_AUTHENTIC);
out:
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	ERR_clear_error();
	return r;
}

static vs_result
begin(struct vs_firmware_check *check)
{
	EVP_PKEY *key = X509_get0_pubkey(check->certificate);
	EVP_PKEY_CTX *context = NULL;
	bool is_rsa = key != NULL && EVP_PKEY_is_a(key, "RSA");

	if (key == NULL || EVP_PKEY_get_security_bits(key) < SECURITY_BITS_MIN ||
	    (!is_rsa && !EVP_PKEY_is_a(key, "EC")))
		return VS_FAIL(NOT_AUTHENTIC);
	check->digest = EVP_MD_CTX_new();
	if (check->digest == NULL)
		return VS_FAIL(NO_MEMORY);
	if (EVP_DigestVerifyInit(check->digest, &context, EVP_sha256(), NULL, key) != 1 ||
	    (is_rsa && (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) != 1 ||
	                EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_AUTO) != 1))) {
		ERR_clear_error();
		return VS_FAIL(INTERNAL);
	}
	return VS_OK;
}

VS_RESULT
vs_firmware_check_new(struct vs_bytes certificate, struct vs_bytes roots, int64_t wall_ms,
                      struct vs_firmware_check **check_out)
{
	struct vs_firmware_check *check = calloc(1, sizeof(*check));
	STACK_OF(X509) *chain = sk_X509_new_null(), *trusted = sk_X509_new_null();
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(check_out != NULL);
	if (check == NULL || chain == NULL || trusted == NULL)
		goto out;
	r = read_certificates(certificate, chain);
	if (r.code == VS_E_OK)
		r = read_certificates(roots, trusted);
	if (r.code == VS_E_OK)
		r = verify_chain(chain, trusted, wall_ms);
	if (r.code != VS_E_OK)
		goto out;
	check->certificate = sk_X509_shift(chain);
	r = begin(check);
	if (r.code != VS_E_OK)
		goto out;
	*check_out = check;
	check = NULL;
out:
	sk_X509_pop_free(chain, X509_free);
	sk_X509_pop_free(trusted, X509_free);
	vs_firmware_check_free(&check);
	return r;
}

VS_RESULT
vs_firmware_check_add(struct vs_firmware_check *check, struct vs_bytes piece)
{
	assert(check != NULL);
	if (piece.size == 0)
		return VS_OK;
	return EVP_DigestVerifyUpdate(check->digest, piece.data, piece.size) == 1
	           ? VS_OK
	           : VS_FAIL(INTERNAL);
}

VS_RESULT
vs_firmware_check_end(struct vs_firmware_check *check, struct vs_bytes signature)
{
	bool is_good;

	assert(check != NULL);
	is_good = signature.size > 0 &&
	          EVP_DigestVerifyFinal(check->digest, signature.data, signature.size) == 1;
	ERR_clear_error();
	return is_good ? VS_OK : VS_FAIL(NOT_AUTHENTIC);
}
