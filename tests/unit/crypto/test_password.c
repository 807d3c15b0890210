/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/password.h"

#include "crypto/digest.h"
#include "test.h"

static struct vs_secret *pepper;

static void
verifier(struct vs_bytes tenant, struct vs_bytes identity, struct vs_bytes password,
         uint8_t out[static 32])
{
	CHECK_OK(vs_crypto_password_verifier(pepper, tenant, identity, password, out));
}

/* The layout, written out by hand: label, NUL, then each part behind its 16-bit length. */
static void
layout(void)
{
	static const uint8_t message[] = "voltseal/pw/v1\0\0\1t\0\4CS-1\0\3a:\0";
	uint8_t expected[32], got[32];

	CHECK_OK(vs_crypto_hmac_sha256(vs_bytes_from(vs_secret_bytes(pepper), 32),
	                               vs_bytes_from(message, sizeof(message) - 1), expected));
	verifier(VS_BYTES_LITERAL("t"), VS_BYTES_LITERAL("CS-1"), vs_bytes_from("a:\0", 3), got);
	CHECK(memcmp(expected, got, 32) == 0);
}

/* Moving a byte over a border between the parts makes another verifier. */
static void
parts_do_not_run_together(void)
{
	uint8_t a[32], b[32], c[32];

	verifier(VS_BYTES_LITERAL("t"), VS_BYTES_LITERAL("CS-1"), VS_BYTES_LITERAL("2x"), a);
	verifier(VS_BYTES_LITERAL("t"), VS_BYTES_LITERAL("CS-12"), VS_BYTES_LITERAL("x"), b);
	verifier(VS_BYTES_LITERAL("tC"), VS_BYTES_LITERAL("S-1"), VS_BYTES_LITERAL("2x"), c);
	CHECK(memcmp(a, b, 32) != 0 && memcmp(a, c, 32) != 0);
}

static void
limits(void)
{
	uint8_t long_one[257] = {0}, out[32];

	verifier(VS_BYTES_LITERAL("t"), VS_BYTES_LITERAL("i"), (struct vs_bytes){NULL, 0}, out);
	verifier(VS_BYTES_LITERAL("t"), VS_BYTES_LITERAL("i"), vs_bytes_from(long_one, 256), out);
	CHECK_ERR(vs_crypto_password_verifier(pepper, VS_BYTES_LITERAL("t"), VS_BYTES_LITERAL("i"),
	                                      vs_bytes_from(long_one, 257), out),
	          TOO_LONG);
}

int
main(void)
{
	CHECK_OK(vs_secret_new(VS_CRYPTO_PEPPER_SIZE, &pepper));
	CASE(layout);
	CASE(parts_do_not_run_together);
	CASE(limits);
	vs_secret_free(&pepper);
	return 0;
}
