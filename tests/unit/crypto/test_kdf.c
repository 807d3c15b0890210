/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/kdf.h"

#include "base/limits.h"
#include "hex.h"

/* RFC 5869 A.1 to A.3. */
static const struct known {
	const char *key, *salt, *info, *prk, *okm;
} knowns[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
     "f0f1f2f3f4f5f6f7f8f9", "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2"
     "e"
     "2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
     "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8"
     "e"
     "8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcddd"
     "e"
     "dfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
     "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590"
     "e"
     "09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
     "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
};

static void
hkdf_known_answers(void)
{
	for (size_t i = 0; i < sizeof(knowns) / sizeof(knowns[0]); i++) {
		struct hex key = hex(knowns[i].key), salt = hex(knowns[i].salt);
		struct hex info = hex(knowns[i].info);
		size_t size = strlen(knowns[i].okm) / 2;
		uint8_t prk[VS_SHA256_SIZE], okm[128];

		CHECK_OK(vs_kdf_hkdf_extract(hex_view(&salt), hex_view(&key), prk));
		CHECK(hex_equal(prk, sizeof(prk), knowns[i].prk));
		CHECK_OK(vs_kdf_hkdf_expand(prk, hex_view(&info), okm, size));
		CHECK(hex_equal(okm, size, knowns[i].okm));
		memset(okm, 0, sizeof(okm));
		CHECK_OK(vs_kdf_hkdf(hex_view(&salt), hex_view(&key), hex_view(&info), okm, size));
		CHECK(hex_equal(okm, size, knowns[i].okm));
	}
}

/* Every size is the start of the longest one, which is 255 blocks (RFC 5869 2.3), and not more. */
static void
hkdf_sizes(void)
{
	static uint8_t longest[VS_KDF_HKDF_SIZE_MAX + 1], some[VS_KDF_HKDF_SIZE_MAX];
	static const size_t sizes[] = {0, 1, 31, 32, 33, 44, 64, 65, VS_KDF_HKDF_SIZE_MAX - 1};
	struct vs_bytes none = vs_bytes_from(NULL, 0), key = VS_BYTES_LITERAL("key");

	CHECK_OK(vs_kdf_hkdf(none, key, none, longest, VS_KDF_HKDF_SIZE_MAX));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(some, 0, sizeof(some));
		CHECK_OK(vs_kdf_hkdf(none, key, none, some, sizes[i]));
		CHECK(memcmp(some, longest, sizes[i]) == 0);
		CHECK(some[sizes[i]] == 0);
	}
	CHECK_ERR(vs_kdf_hkdf(none, key, none, longest, VS_KDF_HKDF_SIZE_MAX + 1), TOO_LONG);
}

/* Computed by an implementation of RFC 9106 in Python that shares nothing with libargon2. */
static void
argon2id_known_answers(void)
{
	struct hex first = hex("000102030405060708090a0b0c0d0e0f");
	struct hex second = hex("101112131415161718191a1b1c1d1e1f2021222324252627");
	uint8_t key[44];

	CHECK_OK(
	    vs_kdf_argon2id(VS_BYTES_LITERAL("correct horse"), hex_view(&first), 8192, 1, key, 32));
	CHECK(
	    hex_equal(key, 32, "68aa6b3e6343f355586e5dd84710fb380cc542b0a47fa8a06ad81318fa48e3b3"));
	CHECK_OK(vs_kdf_argon2id(vs_bytes_from(NULL, 0), hex_view(&second), 8192, 2, key, 44));
	CHECK(hex_equal(key, 44,
	                "3be2c2e4b3198ded12433892e2c5e12eff979c60f508c0a510a19ccad0b117143406264386"
	                "23c8044aecf90d"));
}

static void
argon2id_bounds(void)
{
	uint8_t salt[16] = {0}, key[32];
	struct vs_bytes pass = VS_BYTES_LITERAL("p"), good = vs_bytes_from(salt, 16);

	CHECK_ERR(vs_kdf_argon2id(pass, good, 8191, 1, key, 32), BAD_VALUE);
	CHECK_ERR(vs_kdf_argon2id(pass, good, VS_LIMIT_ARGON2_MEMORY_KIB + 1, 1, key, 32),
	          BAD_VALUE);
	CHECK_ERR(vs_kdf_argon2id(pass, good, 8192, 0, key, 32), BAD_VALUE);
	CHECK_ERR(vs_kdf_argon2id(pass, good, 8192, VS_LIMIT_ARGON2_PASSES + 1, key, 32),
	          BAD_VALUE);
	CHECK_ERR(vs_kdf_argon2id(pass, vs_bytes_from(salt, 15), 8192, 1, key, 32), BAD_VALUE);
	CHECK_ERR(vs_kdf_argon2id(pass, good, 8192, 1, key, 15), BAD_VALUE);
}

int
main(void)
{
	CASE(hkdf_known_answers);
	CASE(hkdf_sizes);
	CASE(argon2id_known_answers);
	CASE(argon2id_bounds);
	return 0;
}
