/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/wrap.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#include "crypto/algorithm.h"

#define WRAPPED_SIZE_MAX (VS_WRAP_SIZE_MAX + 8)

static bool
run(const uint8_t *wrapping_key, int direction, struct vs_bytes in, uint8_t *out, size_t *size_out)
{
	const EVP_CIPHER *cipher = vs_algorithm_cipher(VS_CIPHER_AES256_KWP);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool is_done = false;
	int size = 0;

	if (ctx != NULL && cipher != NULL) {
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		is_done =
		    EVP_CipherInit_ex2(ctx, cipher, wrapping_key, NULL, direction, NULL) == 1 &&
		    EVP_CipherUpdate(ctx, out, &size, in.data, (int)in.size) == 1 && size > 0;
	}
	EVP_CIPHER_CTX_free(ctx);
	if (is_done)
		*size_out = (size_t)size;
	else
		vs_algorithm_forget_errors();
	return is_done;
}

vs_result
vs_wrap_seal(const uint8_t wrapping_key[static VS_WRAP_KEY_SIZE], struct vs_bytes key,
             uint8_t *wrapped_out)
{
	size_t size = 0;

	assert(wrapped_out != NULL);
	if (key.size == 0)
		return VS_FAIL(BAD_VALUE);
	if (key.size > VS_WRAP_SIZE_MAX)
		return VS_FAIL(TOO_LONG);
	if (!run(wrapping_key, 1, key, wrapped_out, &size))
		return VS_FAIL(INTERNAL);
	assert(size == VS_WRAP_WRAPPED_SIZE(key.size));
	return VS_OK;
}

vs_result
vs_wrap_open(const uint8_t wrapping_key[static VS_WRAP_KEY_SIZE], struct vs_bytes wrapped,
             uint8_t *key_out, size_t size_max, size_t *size_out)
{
	uint8_t plain[WRAPPED_SIZE_MAX]; /* with the padding, which key_out need not hold */
	size_t size = 0;
	bool is_authentic;

	assert(key_out != NULL && size_out != NULL);
	if (wrapped.size < 16 || wrapped.size % 8 != 0 || wrapped.size > sizeof(plain))
		return VS_FAIL(NOT_AUTHENTIC);
	is_authentic = run(wrapping_key, 0, wrapped, plain, &size) && size <= size_max;
	if (is_authentic) {
		memcpy(key_out, plain, size);
		*size_out = size;
	}
	explicit_bzero(plain, wrapped.size);
	return is_authentic ? VS_OK : VS_FAIL(NOT_AUTHENTIC);
}
