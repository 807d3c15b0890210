/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aead.h"

#include <openssl/err.h>

#include "hex.h"

static const struct known {
	enum vs_aead_suite suite;
	const char *key, *nonce, *aad, *plain, *sealed;
} knowns[] = {
    /* The Galois/Counter Mode of Operation (McGrew, Viega), test cases 13, 14 and 16. */
    {VS_AEAD_AES256GCM, "0000000000000000000000000000000000000000000000000000000000000000",
     "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {VS_AEAD_AES256GCM, "0000000000000000000000000000000000000000000000000000000000000000",
     "000000000000000000000000", "", "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {VS_AEAD_AES256GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
     "b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056"
     "828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
    /* RFC 8439 2.8.2. */
    {VS_AEAD_CHACHA20POLY1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620492"
     "0"
     "636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c20737"
     "5"
     "6e73637265656e20776f756c642062652069742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da927"
     "2"
     "8b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b483"
     "1"
     "d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"},
};

static struct vs_aead *
aead_of(enum vs_aead_suite suite, const uint8_t *key)
{
	struct vs_aead *aead = NULL;

	CHECK_OK(vs_aead_new(suite, key, &aead));
	return aead;
}

static void
known_answers(void)
{
	for (size_t i = 0; i < sizeof(knowns) / sizeof(knowns[0]); i++) {
		struct hex key = hex(knowns[i].key), nonce = hex(knowns[i].nonce);
		struct hex aad = hex(knowns[i].aad), plain = hex(knowns[i].plain);
		struct vs_aead *aead = aead_of(knowns[i].suite, key.data);
		uint8_t out[HEX_SIZE_MAX];

		/* Twice: the object is kept and used again. */
		for (int round = 0; round < 2; round++) {
			CHECK_OK(
			    vs_aead_seal(aead, nonce.data, hex_view(&aad), hex_view(&plain), out));
			CHECK(hex_equal(out, plain.size + VS_AEAD_TAG_SIZE, knowns[i].sealed));
			CHECK_OK(vs_aead_open(aead, nonce.data, hex_view(&aad),
			                      vs_bytes_from(out, plain.size + VS_AEAD_TAG_SIZE),
			                      out)); /* in its own place */
			CHECK(hex_equal(out, plain.size, knowns[i].plain));
		}
		vs_aead_free(&aead);
		CHECK(aead == NULL);
	}
}

/* Each bit of what is sealed, of the AAD and of the nonce counts, and nothing is let out. */
static void
every_changed_bit_is_refused(enum vs_aead_suite suite)
{
	uint8_t key[VS_AEAD_KEY_SIZE] = {1}, nonce[VS_AEAD_NONCE_SIZE] = {2}, aad[5] = {3};
	uint8_t plain[20] = "a value to be hidden", sealed[sizeof(plain) + VS_AEAD_TAG_SIZE];
	struct part {
		uint8_t *data;
		size_t size;
	} parts[] = {{sealed, sizeof(sealed)}, {aad, sizeof(aad)}, {nonce, sizeof(nonce)}};
	static const uint8_t zeros[sizeof(plain)];
	struct vs_aead *aead = aead_of(suite, key);
	struct vs_bytes aad_view = vs_bytes_from(aad, sizeof(aad));

	CHECK_OK(vs_aead_seal(aead, nonce, aad_view, vs_bytes_from(plain, sizeof(plain)), sealed));
	for (size_t p = 0; p < 3; p++) {
		for (size_t bit = 0; bit < 8 * parts[p].size; bit++) {
			uint8_t out[sizeof(plain)];

			memset(out, 0xaa, sizeof(out));
			parts[p].data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			CHECK_ERR(vs_aead_open(aead, nonce, aad_view,
			                       vs_bytes_from(sealed, sizeof(sealed)), out),
			          NOT_AUTHENTIC);
			CHECK(memcmp(out, zeros, sizeof(out)) == 0);
			parts[p].data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
	for (size_t size = 0; size < sizeof(sealed); size++) {
		uint8_t out[sizeof(plain)];

		CHECK_ERR(vs_aead_open(aead, nonce, aad_view, vs_bytes_from(sealed, size), out),
		          NOT_AUTHENTIC);
	}
	/* It can still be used, and the library's queue of errors is empty. */
	CHECK_OK(
	    vs_aead_open(aead, nonce, aad_view, vs_bytes_from(sealed, sizeof(sealed)), sealed));
	CHECK(memcmp(sealed, plain, sizeof(plain)) == 0);
	CHECK(ERR_peek_error() == 0);
	vs_aead_free(&aead);
}

static void
changed_bits_are_refused(void)
{
	every_changed_bit_is_refused(VS_AEAD_AES256GCM);
	every_changed_bit_is_refused(VS_AEAD_CHACHA20POLY1305);
}

static void
another_key_in_the_same_object(void)
{
	static const enum vs_aead_suite suites[] = {VS_AEAD_AES256GCM, VS_AEAD_CHACHA20POLY1305};
	uint8_t first[VS_AEAD_KEY_SIZE] = {1}, second[VS_AEAD_KEY_SIZE] = {2};
	uint8_t nonce[VS_AEAD_NONCE_SIZE] = {0};
	struct vs_bytes none = vs_bytes_from(NULL, 0), plain = VS_BYTES_LITERAL("reading");

	for (size_t i = 0; i < 2; i++) {
		uint8_t a[7 + VS_AEAD_TAG_SIZE], b[7 + VS_AEAD_TAG_SIZE], out[7];
		struct vs_aead *aead = aead_of(suites[i], first),
			       *other = aead_of(suites[i], second);

		CHECK_OK(vs_aead_seal(aead, nonce, none, plain, a));
		CHECK_OK(vs_aead_rekey(aead, second));
		CHECK_ERR(vs_aead_open(aead, nonce, none, vs_bytes_from(a, sizeof(a)), out),
		          NOT_AUTHENTIC);
		CHECK_OK(vs_aead_seal(aead, nonce, none, plain, a));
		CHECK_OK(vs_aead_seal(other, nonce, none, plain, b));
		CHECK(memcmp(a, b, sizeof(a)) == 0);
		vs_aead_free(&aead);
		vs_aead_free(&other);
	}
}

static void
an_unknown_suite_is_refused(void)
{
	uint8_t key[VS_AEAD_KEY_SIZE] = {0};
	struct vs_aead *aead = NULL;

	CHECK_ERR(vs_aead_new((enum vs_aead_suite)0x7f, key, &aead), UNSUPPORTED);
	CHECK(aead == NULL);
	vs_aead_free(&aead);
}

int
main(void)
{
	CASE(known_answers);
	CASE(changed_bits_are_refused);
	CASE(another_key_in_the_same_object);
	CASE(an_unknown_suite_is_refused);
	return 0;
}
