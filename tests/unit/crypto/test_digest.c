/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include "test.h"

static void
to_hex(const uint8_t *bytes, size_t size, char *text)
{
	for (size_t i = 0; i < size; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/* FIPS 180-4 examples. */
static void
known_digests(void)
{
	uint8_t digest[32];
	char text[65];

	CHECK_OK(vs_crypto_sha256(VS_BYTES_LITERAL("abc"), digest));
	to_hex(digest, 32, text);
	CHECK(strcmp(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") ==
	      0);
	CHECK_OK(vs_crypto_sha256(vs_bytes_from(NULL, 0), digest));
	to_hex(digest, 32, text);
	CHECK(strcmp(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") ==
	      0);
	/* RFC 1321 A.5 */
	CHECK_OK(vs_crypto_md5(VS_BYTES_LITERAL("abc"), digest));
	to_hex(digest, VS_MD5_SIZE, text);
	CHECK(strcmp(text, "900150983cd24fb0d6963f7d28e17f72") == 0);
	CHECK_OK(vs_crypto_sha1(VS_BYTES_LITERAL("abc"), digest));
	to_hex(digest, 20, text);
	CHECK(strcmp(text, "a9993e364706816aba3e25717850c26c9cd0d89d") == 0);
}

/* RFC 4231 4.2 and 4.3. */
static void
known_macs(void)
{
	uint8_t key[20], mac[32];
	char text[65];

	memset(key, 0x0b, sizeof(key));
	CHECK_OK(vs_crypto_hmac_sha256(vs_bytes_from(key, 20), VS_BYTES_LITERAL("Hi There"), mac));
	to_hex(mac, 32, text);
	CHECK(strcmp(text, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7") ==
	      0);
	CHECK_OK(vs_crypto_hmac_sha256(VS_BYTES_LITERAL("Jefe"),
	                               VS_BYTES_LITERAL("what do ya want for nothing?"), mac));
	to_hex(mac, 32, text);
	CHECK(strcmp(text, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843") ==
	      0);
	CHECK_OK(vs_crypto_hmac_sha256(vs_bytes_from(NULL, 0), vs_bytes_from(NULL, 0), mac));
	to_hex(mac, 32, text);
	CHECK(strcmp(text, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad") ==
	      0);
}

static void
comparison_sees_every_byte(void)
{
	uint8_t a[64] = {0}, b[64] = {0};

	CHECK(vs_crypto_equal(a, b, sizeof(a)) && vs_crypto_equal(a, b, 0));
	for (size_t i = 0; i < sizeof(a); i++) {
		b[i] = 0x80;
		CHECK(!vs_crypto_equal(a, b, sizeof(a)));
		b[i] = 0;
	}
}

int
main(void)
{
	CASE(known_digests);
	CASE(known_macs);
	CASE(comparison_sees_every_byte);
	return 0;
}
