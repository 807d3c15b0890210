/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/noise_cipher.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static_assert(VS_NOISE_TAG_SIZE == VS_AEAD_TAG_SIZE, "one tag");

vs_result
vs_noise_cipher_key(struct vs_noise_cipher *cipher, const uint8_t key[static VS_AEAD_KEY_SIZE])
{
	assert(cipher != NULL);
	cipher->count = 0;
	if (cipher->aead != NULL)
		return vs_aead_rekey(cipher->aead, key);
	return vs_aead_new(VS_AEAD_AES256GCM, key, &cipher->aead);
}

vs_result
vs_noise_cipher_new(const uint8_t key[static VS_AEAD_KEY_SIZE], struct vs_noise_cipher **cipher_out)
{
	struct vs_noise_cipher *cipher = calloc(1, sizeof(*cipher));
	vs_result r;

	assert(cipher_out != NULL);
	if (cipher == NULL)
		return VS_FAIL(NO_MEMORY);
	r = vs_noise_cipher_key(cipher, key);
	if (r.code == VS_E_OK) {
		*cipher_out = cipher;
		cipher = NULL;
	}
	vs_noise_cipher_free(&cipher);
	return r;
}

void
vs_noise_cipher_free(struct vs_noise_cipher **cipher)
{
	assert(cipher != NULL);
	if (*cipher == NULL)
		return;
	vs_aead_free(&(*cipher)->aead);
	free(*cipher);
	*cipher = NULL;
}

uint64_t
vs_noise_cipher_count(const struct vs_noise_cipher *cipher)
{
	assert(cipher != NULL);
	return cipher->count;
}

/* AESGCM (Noise 12.4): 32 bits of zeros, then the counter, big-endian. */
static void
nonce_of(uint64_t count, uint8_t nonce[static VS_AEAD_NONCE_SIZE])
{
	memset(nonce, 0, VS_AEAD_NONCE_SIZE);
	for (unsigned i = 0; i < sizeof(count); i++)
		nonce[VS_AEAD_NONCE_SIZE - 1 - i] = (uint8_t)(count >> (8 * i));
}

vs_result
vs_noise_cipher_seal(struct vs_noise_cipher *cipher, struct vs_bytes aad, struct vs_bytes plain,
                     struct vs_buf *sealed)
{
	uint8_t nonce[VS_AEAD_NONCE_SIZE], *room = NULL;

	assert(cipher != NULL && cipher->aead != NULL && sealed != NULL);
	if (cipher->count >= VS_NOISE_MESSAGES_MAX)
		return VS_FAIL(NOT_NOW);
	if (plain.size > VS_NOISE_MESSAGE_SIZE_MAX - VS_NOISE_TAG_SIZE)
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_buf_reserve(sealed, plain.size + VS_NOISE_TAG_SIZE, &room));
	nonce_of(cipher->count, nonce);
	cipher->count++; /* before it: a nonce is never used twice, whatever happens */
	VS_TRY(vs_aead_seal(cipher->aead, nonce, aad, plain, room));
	sealed->size += plain.size + VS_NOISE_TAG_SIZE;
	return VS_OK;
}

vs_result
vs_noise_cipher_open(struct vs_noise_cipher *cipher, struct vs_bytes aad, struct vs_bytes sealed,
                     struct vs_buf *plain)
{
	uint8_t nonce[VS_AEAD_NONCE_SIZE], *room = NULL;

	assert(cipher != NULL && cipher->aead != NULL && plain != NULL);
	if (cipher->count >= VS_NOISE_MESSAGES_MAX)
		return VS_FAIL(NOT_NOW);
	if (sealed.size < VS_NOISE_TAG_SIZE || sealed.size > VS_NOISE_MESSAGE_SIZE_MAX)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(vs_buf_reserve(plain, sealed.size - VS_NOISE_TAG_SIZE, &room));
	nonce_of(cipher->count, nonce);
	VS_TRY(vs_aead_open(cipher->aead, nonce, aad, sealed, room));
	cipher->count++;
	plain->size += sealed.size - VS_NOISE_TAG_SIZE;
	return VS_OK;
}
