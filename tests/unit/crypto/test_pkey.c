/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pkey.h"

#include "hex.h"
#include "test.h"

static const enum vs_pkey_kind raw_kinds[] = {VS_PKEY_ED25519, VS_PKEY_X25519, VS_PKEY_P256};

static struct vs_pkey *
made(enum vs_pkey_kind kind)
{
	struct vs_pkey *key = NULL;

	CHECK_OK(vs_pkey_new(kind, &key));
	CHECK(vs_pkey_kind_of(key) == kind && vs_pkey_is_private(key));
	return key;
}

static void
raw_and_back(void)
{
	for (unsigned i = 0; i < 3; i++) {
		struct vs_pkey *key = made(raw_kinds[i]), *again = NULL, *public = NULL;
		uint8_t secret[VS_PKEY_PRIVATE_SIZE];
		uint8_t a[VS_PKEY_PUBLIC_SIZE_MAX], b[VS_PKEY_PUBLIC_SIZE_MAX];
		size_t a_size = 0, b_size = 0;

		CHECK_OK(vs_pkey_raw_private(key, secret));
		CHECK_OK(vs_pkey_raw_public(key, a, &a_size));
		CHECK_OK(vs_pkey_read_raw_private(raw_kinds[i],
		                                  vs_bytes_from(secret, sizeof(secret)), &again));
		CHECK_OK(vs_pkey_raw_public(again, b, &b_size));
		CHECK(a_size == b_size && memcmp(a, b, a_size) == 0);
		CHECK_OK(vs_pkey_read_raw_public(raw_kinds[i], vs_bytes_from(a, a_size), &public));
		CHECK(!vs_pkey_is_private(public));
		CHECK_ERR(vs_pkey_raw_private(public, secret), NOT_FOUND);
		vs_pkey_free(&public);
		CHECK_ERR(
		    vs_pkey_read_raw_public(raw_kinds[i], vs_bytes_from(a, a_size - 1), &public),
		    BAD_VALUE);
		CHECK_ERR(vs_pkey_read_raw_private(
			      raw_kinds[i], vs_bytes_from(secret, sizeof(secret) - 1), &public),
		          BAD_VALUE);
		CHECK(public == NULL);
		vs_pkey_free(&again);
		vs_pkey_free(&key);
	}
}

static void
what_has_no_raw_form(void)
{
	uint8_t raw[VS_PKEY_PUBLIC_SIZE_MAX] = {1};
	struct vs_pkey *rsa = made(VS_PKEY_RSA), *p384 = made(VS_PKEY_P384), *none = NULL;
	size_t size = 0;

	CHECK_ERR(vs_pkey_raw_public(rsa, raw, &size), WRONG_TYPE);
	CHECK_ERR(vs_pkey_raw_private(rsa, raw), WRONG_TYPE);
	CHECK_ERR(vs_pkey_raw_private(p384, raw), WRONG_TYPE);
	CHECK_ERR(vs_pkey_read_raw_private(VS_PKEY_RSA, vs_bytes_from(raw, 32), &none), WRONG_TYPE);
	CHECK_ERR(vs_pkey_read_raw_public(VS_PKEY_RSA, vs_bytes_from(raw, 32), &none), WRONG_TYPE);
	CHECK_OK(vs_pkey_raw_public(p384, raw, &size));
	CHECK(size == 97);
	CHECK_ERR(vs_pkey_agree(rsa, vs_bytes_from(raw, 32), raw), WRONG_TYPE);
	vs_pkey_free(&p384);
	vs_pkey_free(&rsa);
}

/* RFC 9180 A.2.2 and A.5.1. */
static void
public_of_private(void)
{
	static const struct {
		enum vs_pkey_kind kind;
		const char *secret, *public;
	} knowns[] = {
	    {VS_PKEY_X25519, "77d114e0212be51cb1d76fa99dd41cfd4d0166b08caa09074430a6c59ef17879",
	     "13640af826b722fc04feaa4de2f28fbd5ecc03623b317834e7ff4120dbe73062"},
	    {VS_PKEY_P256, "a4d1c55836aa30f9b3fbb6ac98d338c877c2867dd3a77396d13f68d3ab150d3b",
	     "04a697bffde9405c992883c5c439d6cc358170b51af72812333b015621dc0f40bad9bb726f68a5c013806"
	     "a"
	     "790ec716ab8669f84f6b694596c2987cf35baba2a006"},
	};

	for (unsigned i = 0; i < 2; i++) {
		struct hex secret = hex(knowns[i].secret);
		uint8_t public[VS_PKEY_PUBLIC_SIZE_MAX];
		struct vs_pkey *key = NULL;
		size_t size = 0;

		CHECK_OK(vs_pkey_read_raw_private(knowns[i].kind, hex_view(&secret), &key));
		CHECK_OK(vs_pkey_raw_public(key, public, &size));
		CHECK(hex_equal(public, size, knowns[i].public));
		vs_pkey_free(&key);
	}
}

static void
bad_points_and_scalars(void)
{
	/* The order of P-256, which is as good as zero. */
	static const char order[] =
	    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
	uint8_t zero[65] = {0}, public[VS_PKEY_PUBLIC_SIZE_MAX];
	struct hex scalar = hex(order);
	struct vs_pkey *p256 = made(VS_PKEY_P256), *none = NULL;
	size_t size = 0;

	CHECK_ERR(vs_pkey_read_raw_private(VS_PKEY_P256, hex_view(&scalar), &none), BAD_VALUE);
	CHECK_ERR(vs_pkey_read_raw_private(VS_PKEY_P256, vs_bytes_from(zero, 32), &none),
	          BAD_VALUE);
	scalar.data[31]--;
	CHECK_OK(vs_pkey_read_raw_private(VS_PKEY_P256, hex_view(&scalar), &none));
	vs_pkey_free(&none);

	CHECK_ERR(vs_pkey_read_raw_public(VS_PKEY_P256, vs_bytes_from(zero, 65), &none), BAD_VALUE);
	CHECK_OK(vs_pkey_raw_public(p256, public, &size));
	public[64] ^= 1; /* no longer on the curve */
	CHECK_ERR(vs_pkey_read_raw_public(VS_PKEY_P256, vs_bytes_from(public, size), &none),
	          BAD_VALUE);
	CHECK_ERR(vs_pkey_agree(p256, vs_bytes_from(public, size), zero), BAD_VALUE);
	public[64] ^= 1;
	public[0] =
	    public[64] % 2 == 0 ? 0x06 : 0x07; /* hybrid: the same point, written otherwise */
	CHECK_ERR(vs_pkey_read_raw_public(VS_PKEY_P256, vs_bytes_from(public, size), &none),
	          BAD_VALUE);
	public[0] = public[64] % 2 == 0 ? 0x02 : 0x03;
	CHECK_ERR(vs_pkey_read_raw_public(VS_PKEY_P256, vs_bytes_from(public, 33), &none),
	          BAD_VALUE);
	CHECK(none == NULL);
	vs_pkey_free(&p256);
}

static void
both_sides_agree(void)
{
	static const enum vs_pkey_kind kinds[] = {VS_PKEY_X25519, VS_PKEY_P256};

	for (unsigned i = 0; i < 2; i++) {
		struct vs_pkey *a = made(kinds[i]), *b = made(kinds[i]);
		uint8_t a_public[VS_PKEY_PUBLIC_SIZE_MAX], b_public[VS_PKEY_PUBLIC_SIZE_MAX];
		uint8_t one[32] = {1}, two[32] = {2};
		size_t size = 0;

		CHECK_OK(vs_pkey_raw_public(a, a_public, &size));
		CHECK_OK(vs_pkey_raw_public(b, b_public, &size));
		CHECK_OK(vs_pkey_agree(a, vs_bytes_from(b_public, size), one));
		CHECK_OK(vs_pkey_agree(b, vs_bytes_from(a_public, size), two));
		CHECK(memcmp(one, two, 32) == 0);
		vs_pkey_free(&b);
		vs_pkey_free(&a);
	}
}

/* The points of small order of X25519 give zero: RFC 7748 6.1 lets us refuse, and we do. */
static void
small_order_is_refused(void)
{
	static const char *const points[] = {
	    "0000000000000000000000000000000000000000000000000000000000000000",
	    "0100000000000000000000000000000000000000000000000000000000000000",
	    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	struct vs_pkey *key = made(VS_PKEY_X25519);
	uint8_t shared[32] = {7};

	for (unsigned i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		struct hex point = hex(points[i]);

		CHECK_ERR(vs_pkey_agree(key, hex_view(&point), shared), BAD_VALUE);
		CHECK(shared[0] == 7);
	}
	CHECK_ERR(vs_pkey_agree(key, vs_bytes_from(shared, 31), shared), BAD_VALUE);
	vs_pkey_free(&key);
}

int
main(void)
{
	CASE(raw_and_back);
	CASE(what_has_no_raw_form);
	CASE(public_of_private);
	CASE(bad_points_and_scalars);
	CASE(both_sides_agree);
	CASE(small_order_is_refused);
	return 0;
}
