/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>

/* Fetched once: an implicit fetch for each call takes libcrypto's locks and costs more than the
 * digest. */
static EVP_MD *sha256, *sha1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
}

static vs_result
digest(EVP_MD *const *kind, struct vs_bytes data, uint8_t *digest_out)
{
	(void)pthread_once(&once, fetch);
	if (*kind == NULL || EVP_Digest(data.data, data.size, digest_out, NULL, *kind, NULL) != 1)
		return VS_FAIL(INTERNAL);
	return VS_OK;
}

vs_result
vs_crypto_sha256(struct vs_bytes data, uint8_t digest_out[static VS_SHA256_SIZE])
{
	return digest(&sha256, data, digest_out);
}

vs_result
vs_crypto_sha1(struct vs_bytes data, uint8_t digest_out[static VS_SHA1_SIZE])
{
	return digest(&sha1, data, digest_out);
}

vs_result
vs_crypto_hmac_sha256(struct vs_bytes key, struct vs_bytes data,
                      uint8_t mac_out[static VS_SHA256_SIZE])
{
	static const uint8_t no_key[1];
	const uint8_t *key_data = key.size > 0 ? key.data : no_key;

	if (key.size > INT32_MAX)
		return VS_FAIL(TOO_LONG);
	if (HMAC(EVP_sha256(), key_data, (int)key.size, data.data, data.size, mac_out, NULL) ==
	    NULL)
		return VS_FAIL(INTERNAL);
	return VS_OK;
}

bool
vs_crypto_equal(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}
