/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aead.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/algorithm.h"

enum { OPEN = 0, SEAL = 1 };

struct vs_aead {
	EVP_CIPHER_CTX *ctx; /* of both directions: the key schedule is the same */
	uint8_t tag[VS_AEAD_TAG_SIZE];
	OSSL_PARAM tag_param[2]; /* of `tag`: made once */
};

static const EVP_CIPHER *
cipher_of(enum vs_aead_suite suite)
{
	switch (suite) {
	case VS_AEAD_AES256GCM:
		return vs_algorithm_cipher(VS_CIPHER_AES256_GCM);
	case VS_AEAD_CHACHA20POLY1305:
		return vs_algorithm_cipher(VS_CIPHER_CHACHA20_POLY1305);
	}
	return NULL;
}

static vs_result
told(bool is_done)
{
	if (is_done)
		return VS_OK;
	vs_algorithm_forget_errors();
	return VS_FAIL(INTERNAL);
}

vs_result
vs_aead_new(enum vs_aead_suite suite, const uint8_t key[static VS_AEAD_KEY_SIZE],
            struct vs_aead **aead_out)
{
	const EVP_CIPHER *cipher = cipher_of(suite);
	struct vs_aead *aead = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(aead_out != NULL);
	if (cipher == NULL)
		return VS_FAIL(UNSUPPORTED);
	aead = calloc(1, sizeof(*aead));
	if (aead == NULL)
		goto out;
	aead->ctx = EVP_CIPHER_CTX_new();
	if (aead->ctx == NULL)
		goto out;
	aead->tag_param[0] = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
	                                                       aead->tag, sizeof(aead->tag));
	aead->tag_param[1] = OSSL_PARAM_construct_end();
	r = told(EVP_CipherInit_ex2(aead->ctx, cipher, key, NULL, SEAL, NULL) == 1);
	if (r.code != VS_E_OK)
		goto out;
	*aead_out = aead;
	aead = NULL;
out:
	vs_aead_free(&aead);
	return r;
}

void
vs_aead_free(struct vs_aead **aead)
{
	assert(aead != NULL);
	if (*aead == NULL)
		return;
	EVP_CIPHER_CTX_free((*aead)->ctx); /* clears the key schedule */
	free(*aead);
	*aead = NULL;
}

vs_result
vs_aead_rekey(struct vs_aead *aead, const uint8_t key[static VS_AEAD_KEY_SIZE])
{
	assert(aead != NULL);
	return told(EVP_CipherInit_ex2(aead->ctx, NULL, key, NULL, SEAL, NULL) == 1);
}

/* The message itself, without its tag. */
static bool
run(struct vs_aead *aead, int direction, const uint8_t *nonce, struct vs_bytes aad,
    struct vs_bytes in, uint8_t *out)
{
	int size = 0;

	return EVP_CipherInit_ex2(aead->ctx, NULL, NULL, nonce, direction, NULL) == 1 &&
	       (aad.size == 0 ||
	        EVP_CipherUpdate(aead->ctx, NULL, &size, aad.data, (int)aad.size) == 1) &&
	       (in.size == 0 ||
	        (EVP_CipherUpdate(aead->ctx, out, &size, in.data, (int)in.size) == 1 &&
	         (size_t)size == in.size));
}

vs_result
vs_aead_seal(struct vs_aead *aead, const uint8_t nonce[static VS_AEAD_NONCE_SIZE],
             struct vs_bytes aad, struct vs_bytes plain, uint8_t *sealed_out)
{
	uint8_t none[VS_AEAD_TAG_SIZE];
	int size = 0;

	assert(aead != NULL && sealed_out != NULL);
	if (aad.size > INT32_MAX || plain.size > INT32_MAX)
		return VS_FAIL(TOO_LONG);
	if (!run(aead, SEAL, nonce, aad, plain, sealed_out) ||
	    EVP_CipherFinal_ex(aead->ctx, none, &size) != 1 ||
	    EVP_CIPHER_CTX_get_params(aead->ctx, aead->tag_param) != 1)
		return told(false);
	memcpy(sealed_out + plain.size, aead->tag, VS_AEAD_TAG_SIZE);
	return VS_OK;
}

vs_result
vs_aead_open(struct vs_aead *aead, const uint8_t nonce[static VS_AEAD_NONCE_SIZE],
             struct vs_bytes aad, struct vs_bytes sealed, uint8_t *plain_out)
{
	uint8_t none[VS_AEAD_TAG_SIZE];
	struct vs_bytes body;
	int size = 0;

	assert(aead != NULL && (plain_out != NULL || sealed.size <= VS_AEAD_TAG_SIZE));
	if (sealed.size < VS_AEAD_TAG_SIZE || sealed.size > INT32_MAX || aad.size > INT32_MAX)
		return VS_FAIL(NOT_AUTHENTIC);
	body = vs_bytes_from(sealed.data, sealed.size - VS_AEAD_TAG_SIZE);
	/* Before plain_out is written: it may be sealed.data. */
	memcpy(aead->tag, sealed.data + body.size, VS_AEAD_TAG_SIZE);
	if (run(aead, OPEN, nonce, aad, body, plain_out) &&
	    EVP_CIPHER_CTX_set_params(aead->ctx, aead->tag_param) == 1 &&
	    EVP_CipherFinal_ex(aead->ctx, none, &size) == 1)
		return VS_OK;
	vs_algorithm_forget_errors();
	if (body.size > 0)
		explicit_bzero(plain_out, body.size);
	return VS_FAIL(NOT_AUTHENTIC);
}
