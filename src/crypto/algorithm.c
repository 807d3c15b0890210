/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/algorithm.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>

static EVP_CIPHER *ciphers[VS_CIPHER_COUNT];
static EVP_MD *digests[VS_MD_COUNT];
static EVP_MAC_CTX *hmac_sha256; /* without a key: copied, never used itself */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const char *const cipher_names[VS_CIPHER_COUNT] = {
    [VS_CIPHER_AES128_GCM] = "AES-128-GCM",
    [VS_CIPHER_AES256_GCM] = "AES-256-GCM",
    [VS_CIPHER_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
    [VS_CIPHER_AES128_CBC] = "AES-128-CBC",
    [VS_CIPHER_AES256_CBC] = "AES-256-CBC",
    [VS_CIPHER_AES256_KWP] = "AES-256-WRAP-PAD",
};
static const char *const md_names[VS_MD_COUNT] = {
    [VS_MD_SHA256] = "SHA2-256",
    [VS_MD_SHA384] = "SHA2-384",
    [VS_MD_SHA1] = "SHA1",
    [VS_MD_MD5] = "MD5",
};

static void
fetch_hmac(void)
{
	char digest[] = "SHA2-256";
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	                       OSSL_PARAM_construct_end()};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	if (mac == NULL)
		return;
	hmac_sha256 = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac); /* the context holds it */
	if (hmac_sha256 != NULL && EVP_MAC_CTX_set_params(hmac_sha256, params) != 1) {
		EVP_MAC_CTX_free(hmac_sha256);
		hmac_sha256 = NULL;
	}
}

static void
fetch(void)
{
	for (int i = 0; i < VS_CIPHER_COUNT; i++)
		ciphers[i] = EVP_CIPHER_fetch(NULL, cipher_names[i], NULL);
	for (int i = 0; i < VS_MD_COUNT; i++)
		digests[i] = EVP_MD_fetch(NULL, md_names[i], NULL);
	fetch_hmac();
}

const EVP_CIPHER *
vs_algorithm_cipher(enum vs_cipher cipher)
{
	assert(cipher < VS_CIPHER_COUNT);
	(void)pthread_once(&once, fetch);
	return ciphers[cipher];
}

const EVP_MD *
vs_algorithm_md(enum vs_md md)
{
	assert(md < VS_MD_COUNT);
	(void)pthread_once(&once, fetch);
	return digests[md];
}

EVP_MAC_CTX *
vs_algorithm_hmac_sha256(void)
{
	(void)pthread_once(&once, fetch);
	return hmac_sha256 != NULL ? EVP_MAC_CTX_dup(hmac_sha256) : NULL;
}

void
vs_algorithm_forget_errors(void)
{
	ERR_clear_error();
}
