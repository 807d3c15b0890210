/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/kdf.h"

#include <argon2.h>
#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/hmac.h"

#define KEY_SIZE_MIN 16u

vs_result
vs_kdf_hkdf_extract(struct vs_bytes salt, struct vs_bytes key,
                    uint8_t prk_out[static VS_SHA256_SIZE])
{
	return vs_crypto_hmac_sha256(salt, key, prk_out);
}

/* RFC 5869 2.3: T(i) = HMAC(PRK, T(i - 1) info i). */
static vs_result
expand(struct vs_hmac *hmac, struct vs_bytes info, uint8_t *key_out, size_t size)
{
	uint8_t block[VS_SHA256_SIZE];
	size_t block_size = 0; /* T(0) is empty */
	uint8_t number = 0;
	vs_result r = VS_OK;

	for (size_t done = 0; done < size && r.code == VS_E_OK; done += block_size) {
		number++;
		r = vs_hmac_begin(hmac);
		if (r.code == VS_E_OK)
			r = vs_hmac_add(hmac, vs_bytes_from(block, block_size));
		if (r.code == VS_E_OK)
			r = vs_hmac_add(hmac, info);
		if (r.code == VS_E_OK)
			r = vs_hmac_add(hmac, vs_bytes_from(&number, 1));
		if (r.code == VS_E_OK)
			r = vs_hmac_end(hmac, block);
		if (r.code != VS_E_OK)
			break;
		block_size = size - done < sizeof(block) ? size - done : sizeof(block);
		memcpy(key_out + done, block, block_size);
	}
	explicit_bzero(block, sizeof(block));
	return r;
}

vs_result
vs_kdf_hkdf_expand(const uint8_t prk[static VS_SHA256_SIZE], struct vs_bytes info, uint8_t *key_out,
                   size_t size)
{
	struct vs_hmac *hmac = NULL;
	vs_result r;

	assert(key_out != NULL || size == 0);
	if (size > VS_KDF_HKDF_SIZE_MAX)
		return VS_FAIL(TOO_LONG);
	r = vs_hmac_new(vs_bytes_from(prk, VS_SHA256_SIZE), &hmac);
	if (r.code == VS_E_OK)
		r = expand(hmac, info, key_out, size);
	vs_hmac_free(&hmac);
	if (r.code != VS_E_OK && size > 0)
		explicit_bzero(key_out, size);
	return r;
}

vs_result
vs_kdf_hkdf(struct vs_bytes salt, struct vs_bytes key, struct vs_bytes info, uint8_t *key_out,
            size_t size)
{
	uint8_t prk[VS_SHA256_SIZE] = {0};
	vs_result r = vs_kdf_hkdf_extract(salt, key, prk);

	if (r.code == VS_E_OK)
		r = vs_kdf_hkdf_expand(prk, info, key_out, size);
	explicit_bzero(prk, sizeof(prk));
	return r;
}

vs_result
vs_kdf_argon2id(struct vs_bytes passphrase, struct vs_bytes salt, uint32_t memory_kib,
                uint32_t passes, uint8_t *key_out, size_t size)
{
	int status;

	assert(key_out != NULL);
	if (memory_kib < VS_KDF_ARGON2_MEMORY_MIN_KIB || memory_kib > VS_LIMIT_ARGON2_MEMORY_KIB ||
	    passes < 1 || passes > VS_LIMIT_ARGON2_PASSES ||
	    salt.size < VS_KDF_ARGON2_SALT_SIZE_MIN || size < KEY_SIZE_MIN)
		return VS_FAIL(BAD_VALUE);
	status = argon2id_hash_raw(passes, memory_kib, 1, passphrase.data, passphrase.size,
	                           salt.data, salt.size, key_out, size);
	if (status == ARGON2_OK)
		return VS_OK;
	explicit_bzero(key_out, size);
	switch (status) {
	case ARGON2_MEMORY_ALLOCATION_ERROR:
		return VS_FAIL(NO_MEMORY);
	case ARGON2_PWD_TOO_LONG:
	case ARGON2_SALT_TOO_LONG:
	case ARGON2_OUTPUT_TOO_LONG:
		return VS_FAIL(TOO_LONG);
	default:
		return VS_FAIL(INTERNAL);
	}
}
