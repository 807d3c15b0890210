/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/block.h"

#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

#define SIZE_MAX_HERE (1u << 30)

static EVP_CIPHER_CTX *
context_of(enum vs_cipher cipher, const uint8_t *key, int direction)
{
	const EVP_CIPHER *kind = vs_algorithm_cipher(cipher);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (kind != NULL && ctx != NULL &&
	    EVP_CipherInit_ex2(ctx, kind, key, NULL, direction, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	vs_algorithm_forget_errors();
	return NULL;
}

vs_result
vs_block_init(struct vs_block *block, enum vs_cipher cipher, const uint8_t *key)
{
	assert(block != NULL && key != NULL);
	block->seal = context_of(cipher, key, 1);
	block->open = context_of(cipher, key, 0);
	if (block->seal != NULL && block->open != NULL)
		return VS_OK;
	vs_block_done(block);
	return VS_FAIL(NO_MEMORY);
}

void
vs_block_done(struct vs_block *block)
{
	assert(block != NULL);
	EVP_CIPHER_CTX_free(block->seal);
	EVP_CIPHER_CTX_free(block->open);
	*block = (struct vs_block){0};
}

vs_result
vs_block_seal(struct vs_block *block, const uint8_t iv[static VS_BLOCK_SIZE], struct vs_bytes plain,
              uint8_t *out)
{
	size_t whole = plain.size / VS_BLOCK_SIZE * VS_BLOCK_SIZE, rest = plain.size - whole;
	uint8_t last[VS_BLOCK_SIZE];
	bool is_done;
	int size = 0;

	assert(block != NULL && out != NULL);
	if (plain.size > SIZE_MAX_HERE)
		return VS_FAIL(TOO_LONG);
	memset(last, (int)(VS_BLOCK_SIZE - rest), sizeof(last));
	if (rest > 0)
		memcpy(last, plain.data + whole, rest);
	is_done = EVP_CipherInit_ex2(block->seal, NULL, NULL, iv, 1, NULL) == 1 &&
	          (whole == 0 ||
	           EVP_CipherUpdate(block->seal, out, &size, plain.data, (int)whole) == 1) &&
	          EVP_CipherUpdate(block->seal, out + whole, &size, last, VS_BLOCK_SIZE) == 1;
	explicit_bzero(last, sizeof(last));
	if (is_done)
		return VS_OK;
	vs_algorithm_forget_errors();
	return VS_FAIL(INTERNAL);
}

/* All ones when a < b, else zero; both below 2^31. */
static uint32_t
mask_less(uint32_t a, uint32_t b)
{
	uint32_t is_less = (a - b) >> 31;

	__asm__("" : "+r"(is_less)); /* keeps the compiler from making a branch of it */
	return 0u - is_less;
}

/* How many bytes of the last block are padding: 1 to 16, or 0 when it is not right. Neither branch
 * nor address depends on the block. */
static uint32_t
padding_of(const uint8_t *last)
{
	uint32_t count = last[VS_BLOCK_SIZE - 1];
	uint32_t bad = ~mask_less(0, count) | ~mask_less(count, VS_BLOCK_SIZE + 1);

	for (uint32_t i = 0; i < VS_BLOCK_SIZE; i++) {
		uint32_t is_padding = mask_less(i, count); /* i from the end */
		uint32_t difference = last[VS_BLOCK_SIZE - 1 - i] ^ count;

		bad |= is_padding & difference;
	}
	return count & ~(0u - ((bad | (0u - bad)) >> 31));
}

vs_result
vs_block_open(struct vs_block *block, const uint8_t iv[static VS_BLOCK_SIZE],
              struct vs_bytes sealed, struct vs_buf *plain)
{
	uint8_t *room = NULL;
	uint32_t padding = 0;
	int size = 0;

	assert(block != NULL && plain != NULL);
	if (sealed.size < VS_BLOCK_SIZE || sealed.size % VS_BLOCK_SIZE != 0 ||
	    sealed.size > SIZE_MAX_HERE)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(vs_buf_reserve(plain, sealed.size, &room));
	if (EVP_CipherInit_ex2(block->open, NULL, NULL, iv, 0, NULL) == 1 &&
	    EVP_CipherUpdate(block->open, room, &size, sealed.data, (int)sealed.size) == 1 &&
	    (size_t)size == sealed.size)
		padding = padding_of(room + sealed.size - VS_BLOCK_SIZE);
	else
		vs_algorithm_forget_errors();
	if (padding == 0) {
		explicit_bzero(room, sealed.size);
		return VS_FAIL(NOT_AUTHENTIC);
	}
	plain->size += sealed.size - padding;
	return VS_OK;
}
