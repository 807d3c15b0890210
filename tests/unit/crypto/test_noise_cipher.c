/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/noise_cipher.h"

#include "test.h"

static const uint8_t key[VS_AEAD_KEY_SIZE] = {1, 2, 3};

static void
counts(void)
{
	struct vs_noise_cipher *a = NULL, *b = NULL;
	struct vs_bytes aad = VS_BYTES_LITERAL("aad");
	struct vs_buf sealed, plain;

	vs_buf_init(&sealed, 64);
	vs_buf_init(&plain, 64);
	CHECK_OK(vs_noise_cipher_new(key, &a));
	CHECK_OK(vs_noise_cipher_new(key, &b));
	for (unsigned i = 0; i < 3; i++) {
		CHECK(vs_noise_cipher_count(a) == i && vs_noise_cipher_count(b) == i);
		vs_buf_reset(&sealed);
		vs_buf_reset(&plain);
		CHECK_OK(vs_noise_cipher_seal(a, aad, VS_BYTES_LITERAL("hello"), &sealed));
		CHECK_ERR(
		    vs_noise_cipher_open(b, VS_BYTES_LITERAL("aaD"), vs_buf_view(&sealed), &plain),
		    NOT_AUTHENTIC);
		CHECK_ERR(vs_noise_cipher_open(b, aad, vs_bytes_from(sealed.data, 15), &plain),
		          NOT_AUTHENTIC);
		CHECK(vs_noise_cipher_count(b) == i && plain.size == 0);
		CHECK_OK(vs_noise_cipher_open(b, aad, vs_buf_view(&sealed), &plain));
		CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "hello"));
	}
	/* The last one again: its number has passed. */
	CHECK_ERR(vs_noise_cipher_open(b, aad, vs_buf_view(&sealed), &plain), NOT_AUTHENTIC);
	vs_noise_cipher_free(&b);
	vs_noise_cipher_free(&a);
	vs_buf_done(&plain);
	vs_buf_done(&sealed);
}

static void
spent_after_its_limit(void)
{
	struct vs_noise_cipher *cipher = NULL;
	struct vs_bytes none = vs_bytes_from(NULL, 0);
	struct vs_buf sealed, plain;

	vs_buf_init(&sealed, 64);
	vs_buf_init(&plain, 64);
	CHECK_OK(vs_noise_cipher_new(key, &cipher));
	cipher->count = VS_NOISE_MESSAGES_MAX - 1;
	CHECK(VS_NOISE_MESSAGES_MAX == UINT64_C(1) << 32);
	CHECK_OK(vs_noise_cipher_seal(cipher, none, none, &sealed));
	CHECK_ERR(vs_noise_cipher_seal(cipher, none, none, &sealed), NOT_NOW);
	CHECK_ERR(vs_noise_cipher_open(cipher, none, vs_buf_view(&sealed), &plain), NOT_NOW);
	cipher->count = VS_NOISE_MESSAGES_MAX - 1;
	CHECK_OK(vs_noise_cipher_open(cipher, none, vs_buf_view(&sealed), &plain));
	/* Another key counts from 0 again. */
	CHECK_OK(vs_noise_cipher_key(cipher, key));
	CHECK(vs_noise_cipher_count(cipher) == 0);
	vs_noise_cipher_free(&cipher);
	vs_buf_done(&plain);
	vs_buf_done(&sealed);
}

static void
full_buffer(void)
{
	static uint8_t large[VS_NOISE_MESSAGE_SIZE_MAX];
	struct vs_noise_cipher *cipher = NULL;
	struct vs_bytes none = vs_bytes_from(NULL, 0);
	struct vs_buf sealed;

	vs_buf_init(&sealed, 20);
	CHECK_OK(vs_noise_cipher_new(key, &cipher));
	CHECK_ERR(vs_noise_cipher_seal(cipher, none, VS_BYTES_LITERAL("hello"), &sealed), TOO_LONG);
	CHECK_ERR(vs_noise_cipher_seal(cipher, none, vs_bytes_from(large, sizeof(large)), &sealed),
	          TOO_LONG);
	CHECK(sealed.size == 0 && vs_noise_cipher_count(cipher) == 0);
	vs_noise_cipher_free(&cipher);
	vs_noise_cipher_free(&cipher); /* NULL now */
	vs_buf_done(&sealed);
}

int
main(void)
{
	CASE(counts);
	CASE(spent_after_its_limit);
	CASE(full_buffer);
	return 0;
}
