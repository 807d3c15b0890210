/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/wrap.h"

#include <openssl/err.h>

#include "hex.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* Computed with python3-cryptography, which builds RFC 5649 out of single AES blocks in Python. */
static const struct known {
	const char *key, *wrapped;
} knowns[] = {
    {"466f7250617369", "443b17837bb39348610d19202df8a1f9"},
    {"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     "0b0607b05fd577de7c1cefae2313277d0d36fcb4b3f04f1332c5023c0388e342164f8531741a21ae"},
    {"808182838485868788898a8b8c8d8e8f90919293",
     "20966d139876afd74f1ddc9d3bda9a62fbea1781d7555f278c3342198d658f8d"},
};

static void
known_answers(void)
{
	struct hex kek = hex(KEY);

	for (size_t i = 0; i < sizeof(knowns) / sizeof(knowns[0]); i++) {
		struct hex key = hex(knowns[i].key), wrapped = hex(knowns[i].wrapped);
		uint8_t out[HEX_SIZE_MAX];
		size_t size = 0;

		CHECK_OK(vs_wrap_seal(kek.data, hex_view(&key), out));
		CHECK(hex_equal(out, VS_WRAP_WRAPPED_SIZE(key.size), knowns[i].wrapped));
		CHECK_OK(vs_wrap_open(kek.data, hex_view(&wrapped), out, key.size, &size));
		CHECK(hex_equal(out, size, knowns[i].key));
		CHECK_ERR(vs_wrap_open(kek.data, hex_view(&wrapped), out, key.size - 1, &size),
		          NOT_AUTHENTIC);
	}
}

static void
every_changed_bit_is_refused(void)
{
	struct hex kek = hex(KEY), wrapped = hex(knowns[2].wrapped);
	uint8_t out[64];
	size_t size = 99;

	memset(out, 0xaa, sizeof(out));
	for (size_t bit = 0; bit < 8 * wrapped.size; bit++) {
		wrapped.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CHECK_ERR(vs_wrap_open(kek.data, hex_view(&wrapped), out, sizeof(out), &size),
		          NOT_AUTHENTIC);
		wrapped.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t cut = 0; cut < wrapped.size; cut++)
		CHECK_ERR(vs_wrap_open(kek.data, vs_bytes_from(wrapped.data, cut), out, sizeof(out),
		                       &size),
		          NOT_AUTHENTIC);
	CHECK(size == 99 && out[0] == 0xaa && out[sizeof(out) - 1] == 0xaa);
	CHECK(ERR_peek_error() == 0);
}

static void
sizes(void)
{
	static uint8_t key[VS_WRAP_SIZE_MAX + 1], wrapped[VS_WRAP_SIZE_MAX + 24],
	    back[VS_WRAP_SIZE_MAX];
	struct hex kek = hex(KEY);
	size_t size = 0;

	for (size_t i = 1; i <= VS_WRAP_SIZE_MAX; i = i < 40 ? i + 1 : i * 2 + 1) {
		memset(key, (int)i, i);
		CHECK_OK(vs_wrap_seal(kek.data, vs_bytes_from(key, i), wrapped));
		CHECK_OK(vs_wrap_open(kek.data, vs_bytes_from(wrapped, VS_WRAP_WRAPPED_SIZE(i)),
		                      back, sizeof(back), &size));
		CHECK(size == i && memcmp(back, key, i) == 0);
	}
	CHECK_OK(vs_wrap_seal(kek.data, vs_bytes_from(key, VS_WRAP_SIZE_MAX), wrapped));
	CHECK_OK(vs_wrap_open(kek.data,
	                      vs_bytes_from(wrapped, VS_WRAP_WRAPPED_SIZE(VS_WRAP_SIZE_MAX)), back,
	                      sizeof(back), &size));
	CHECK_ERR(vs_wrap_seal(kek.data, vs_bytes_from(key, 0), wrapped), BAD_VALUE);
	CHECK_ERR(vs_wrap_seal(kek.data, vs_bytes_from(key, sizeof(key)), wrapped), TOO_LONG);
	CHECK_ERR(vs_wrap_open(kek.data, vs_bytes_from(wrapped, sizeof(wrapped)), back,
	                       sizeof(back), &size),
	          NOT_AUTHENTIC);
}

int
main(void)
{
	CASE(known_answers);
	CASE(every_changed_bit_is_refused);
	CASE(sizes);
	return 0;
}
