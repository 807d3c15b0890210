/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/block.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "hex.h"

static const uint8_t key[32] = {7}, iv[VS_BLOCK_SIZE] = {9};

static void
sizes_go_there_and_back(void)
{
	uint8_t plain_bytes[67], sealed[VS_BLOCK_SEALED_SIZE(67)];
	struct vs_block block = {0};
	struct vs_buf plain;

	memset(plain_bytes, 'x', sizeof(plain_bytes));
	CHECK_OK(vs_block_init(&block, VS_CIPHER_AES128_CBC, key));
	vs_buf_init(&plain, 128);
	for (size_t size = 0; size <= sizeof(plain_bytes); size++) {
		struct vs_bytes in = vs_bytes_from(plain_bytes, size);

		CHECK_OK(vs_block_seal(&block, iv, in, sealed));
		vs_buf_reset(&plain);
		CHECK_OK(vs_buf_append_text(&plain, "before"));
		CHECK_OK(vs_block_open(&block, iv,
		                       vs_bytes_from(sealed, VS_BLOCK_SEALED_SIZE(size)), &plain));
		CHECK(plain.size == 6 + size && memcmp(plain.data, "before", 6) == 0);
		CHECK(memcmp(plain.data + 6, plain_bytes, size) == 0);
	}
	vs_buf_done(&plain);
	vs_block_done(&block);
	vs_block_done(&block);
}

/* Every last block that differs from right padding in one byte, and every count of padding. */
static void
only_right_padding_is_taken(void)
{
	EVP_CIPHER_CTX *raw = EVP_CIPHER_CTX_new();
	struct vs_block block = {0};
	struct vs_buf plain;
	int size = 0;

	CHECK_OK(vs_block_init(&block, VS_CIPHER_AES256_CBC, key));
	vs_buf_init(&plain, 64);
	for (unsigned count = 0; count < 256; count++) {
		for (unsigned wrong = 0; wrong <= VS_BLOCK_SIZE; wrong++) {
			uint8_t text[VS_BLOCK_SIZE], sealed[VS_BLOCK_SIZE];
			bool is_right;

			memset(text, (int)count, sizeof(text));
			if (wrong < VS_BLOCK_SIZE)
				text[wrong] ^= 0x55;
			is_right = count >= 1 && count <= VS_BLOCK_SIZE &&
			           (wrong == VS_BLOCK_SIZE || wrong < VS_BLOCK_SIZE - count);
			/* ^ 0x55 on the last byte may be another count, whose bytes are not there
			 */
			if (wrong == VS_BLOCK_SIZE - 1)
				is_right = (count ^ 0x55) == 1;
			CHECK(EVP_CipherInit_ex2(raw, vs_algorithm_cipher(VS_CIPHER_AES256_CBC),
			                         key, iv, 1, NULL) == 1);
			CHECK(EVP_CIPHER_CTX_set_padding(raw, 0) == 1);
			CHECK(EVP_CipherUpdate(raw, sealed, &size, text, sizeof(text)) == 1);
			vs_buf_reset(&plain);
			if (is_right) {
				CHECK_OK(vs_block_open(
				    &block, iv, vs_bytes_from(sealed, sizeof(sealed)), &plain));
				CHECK(plain.size ==
				      VS_BLOCK_SIZE - (wrong == VS_BLOCK_SIZE - 1 ? 1 : count));
			} else {
				static const uint8_t zeros[VS_BLOCK_SIZE];

				CHECK_ERR(vs_block_open(&block, iv,
				                        vs_bytes_from(sealed, sizeof(sealed)),
				                        &plain),
				          NOT_AUTHENTIC);
				CHECK(plain.size == 0);
				CHECK(memcmp(plain.data, zeros, sizeof(zeros)) == 0);
			}
		}
	}
	EVP_CIPHER_CTX_free(raw);
	vs_buf_done(&plain);
	vs_block_done(&block);
	CHECK(ERR_peek_error() == 0);
}

static void
lengths_that_cannot_be(void)
{
	static const uint8_t zeros[40];
	struct vs_block block = {0};
	struct vs_buf plain;

	CHECK_OK(vs_block_init(&block, VS_CIPHER_AES256_CBC, key));
	vs_buf_init(&plain, 64);
	for (size_t size = 0; size < sizeof(zeros); size++) {
		if (size == 0 || size % VS_BLOCK_SIZE != 0)
			CHECK_ERR(vs_block_open(&block, iv, vs_bytes_from(zeros, size), &plain),
			          NOT_AUTHENTIC);
	}
	vs_buf_done(&plain);
	vs_block_done(&block);
}

int
main(void)
{
	CASE(sizes_go_there_and_back);
	CASE(only_right_padding_is_taken);
	CASE(lengths_that_cannot_be);
	return 0;
}
