/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "crypto/algorithm.h"
#include "crypto/hmac.h"

static vs_result
digest(enum vs_md kind, struct vs_bytes data, uint8_t *digest_out)
{
	const EVP_MD *md = vs_algorithm_md(kind);

	if (md == NULL || EVP_Digest(data.data, data.size, digest_out, NULL, md, NULL) != 1) {
		vs_algorithm_forget_errors();
		return VS_FAIL(INTERNAL);
	}
	return VS_OK;
}

vs_result
vs_crypto_sha256(struct vs_bytes data, uint8_t digest_out[static VS_SHA256_SIZE])
{
	return digest(VS_MD_SHA256, data, digest_out);
}

vs_result
vs_crypto_sha1(struct vs_bytes data, uint8_t digest_out[static VS_SHA1_SIZE])
{
	return digest(VS_MD_SHA1, data, digest_out);
}

vs_result
vs_crypto_md5(struct vs_bytes data, uint8_t digest_out[static VS_MD5_SIZE])
{
	return digest(VS_MD_MD5, data, digest_out);
}

vs_result
vs_crypto_hmac_sha256(struct vs_bytes key, struct vs_bytes data,
                      uint8_t mac_out[static VS_SHA256_SIZE])
{
	struct vs_hmac *hmac = NULL;
	vs_result r = vs_hmac_new(key, &hmac);

	if (r.code == VS_E_OK)
		r = vs_hmac_of(hmac, data, mac_out);
	vs_hmac_free(&hmac);
	return r;
}

bool
vs_crypto_equal(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}
