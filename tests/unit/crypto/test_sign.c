/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign.h"

#include "hex.h"
#include "test.h"

static const struct vs_bytes message = {(const uint8_t *)"what was said", 13};

static struct vs_pkey *
key_for(enum vs_sign_alg alg)
{
	static const enum vs_pkey_kind kinds[] = {VS_PKEY_ED25519, VS_PKEY_P256, VS_PKEY_P384,
	                                          VS_PKEY_RSA};
	struct vs_pkey *key = NULL;

	for (unsigned i = 0; i < 4; i++) {
		CHECK_OK(vs_pkey_new(kinds[i], &key));
		if (vs_sign_fits(alg, key))
			return key;
		vs_pkey_free(&key);
	}
	CHECK(key != NULL);
	return NULL;
}

static struct vs_pkey *
public_of(const struct vs_pkey *key)
{
	struct vs_pkey *public = NULL;
	struct vs_buf der;

	vs_buf_init(&der, 2048);
	CHECK_OK(vs_pkey_write_public(key, &der));
	CHECK_OK(vs_pkey_read_public(vs_buf_view(&der), &public));
	vs_buf_done(&der);
	return public;
}

static void
refuses_changes(const struct vs_pkey *key, enum vs_sign_alg alg, enum vs_sign_form form,
                struct vs_buf *signature)
{
	CHECK_ERR(vs_sign_check(key, alg, form, VS_BYTES_LITERAL("what was saiD"),
	                        vs_buf_view(signature)),
	          NOT_AUTHENTIC);
	for (size_t i = 0; i < signature->size; i += 7) {
		signature->data[i] ^= 4;
		CHECK_ERR(vs_sign_check(key, alg, form, message, vs_buf_view(signature)),
		          NOT_AUTHENTIC);
		signature->data[i] ^= 4;
	}
	for (size_t size = 0; size < signature->size; size += signature->size - 1)
		CHECK_ERR(
		    vs_sign_check(key, alg, form, message, vs_bytes_from(signature->data, size)),
		    NOT_AUTHENTIC);
	CHECK_OK(vs_buf_append_byte(signature, 0));
	CHECK_ERR(vs_sign_check(key, alg, form, message, vs_buf_view(signature)), NOT_AUTHENTIC);
}

static void
every_algorithm(void)
{
	for (unsigned i = 0; i < 2 * VS_SIGN_ALGS; i++) {
		enum vs_sign_alg alg = (enum vs_sign_alg)(i / 2);
		enum vs_sign_form form = i % 2 == 0 ? VS_SIGN_RAW : VS_SIGN_DER;
		struct vs_pkey *key = key_for(alg), *public = public_of(key);
		struct vs_buf signature;

		vs_buf_init(&signature, VS_SIGN_SIZE_MAX + 1);
		CHECK_ERR(vs_sign_make(public, alg, form, message, &signature), NOT_FOUND);
		CHECK_OK(vs_sign_make(key, alg, form, message, &signature));
		CHECK_OK(vs_sign_check(public, alg, form, message, vs_buf_view(&signature)));
		refuses_changes(public, alg, form, &signature);
		vs_buf_done(&signature);
		vs_pkey_free(&public);
		vs_pkey_free(&key);
	}
}

static void
names(void)
{
	enum vs_sign_alg alg = VS_SIGN_ALGS;

	for (unsigned i = 0; i < VS_SIGN_ALGS; i++) {
		const char *name = vs_sign_name((enum vs_sign_alg)i);

		CHECK_OK(vs_sign_find(vs_bytes_from_text(name), &alg));
		CHECK(alg == i);
	}
	CHECK_ERR(vs_sign_find(VS_BYTES_LITERAL("none"), &alg), NOT_FOUND);
	CHECK_ERR(vs_sign_find(VS_BYTES_LITERAL("es256"), &alg), NOT_FOUND);
	CHECK_ERR(vs_sign_find(VS_BYTES_LITERAL(""), &alg), NOT_FOUND);
}

static void
key_of_another_kind(void)
{
	struct vs_pkey *key = NULL;
	struct vs_buf signature;

	vs_buf_init(&signature, VS_SIGN_SIZE_MAX);
	CHECK_OK(vs_pkey_new(VS_PKEY_P256, &key));
	CHECK_ERR(vs_sign_make(key, VS_SIGN_ES384, VS_SIGN_RAW, message, &signature), WRONG_TYPE);
	CHECK_ERR(vs_sign_check(key, VS_SIGN_EDDSA, VS_SIGN_RAW, message, message), WRONG_TYPE);
	CHECK_ERR(vs_sign_check(key, VS_SIGN_RS256, VS_SIGN_RAW, message, message), WRONG_TYPE);
	vs_pkey_free(&key);
	vs_buf_done(&signature);
}

/* RFC 8032 7.1, test 2. */
static void
ed25519_known_answer(void)
{
	struct hex seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
	struct vs_pkey *key = NULL;
	uint8_t public[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_buf signature;
	size_t size = 0;

	vs_buf_init(&signature, 64);
	CHECK_OK(vs_pkey_read_raw_private(VS_PKEY_ED25519, hex_view(&seed), &key));
	CHECK_OK(vs_pkey_raw_public(key, public, &size));
	CHECK(hex_equal(public, size,
	                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
	CHECK_OK(
	    vs_sign_make(key, VS_SIGN_EDDSA, VS_SIGN_RAW, VS_BYTES_LITERAL("\x72"), &signature));
	CHECK(hex_equal(signature.data, signature.size,
	                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	                "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"));
	vs_buf_done(&signature);
	vs_pkey_free(&key);
}

/* The same pair of numbers in BER that is not DER. */
static void
encodings_that_are_not_der(void)
{
	struct vs_pkey *key = key_for(VS_SIGN_ES256);
	struct vs_buf der, raw;
	uint8_t longer[160];

	vs_buf_init(&der, 80);
	vs_buf_init(&raw, 64);
	CHECK_OK(vs_sign_make(key, VS_SIGN_ES256, VS_SIGN_DER, message, &der));
	/* The length in two bytes. */
	longer[0] = 0x30;
	longer[1] = 0x81;
	memcpy(longer + 2, der.data + 1, der.size - 1);
	CHECK_ERR(vs_sign_check(key, VS_SIGN_ES256, VS_SIGN_DER, message,
	                        vs_bytes_from(longer, der.size + 1)),
	          NOT_AUTHENTIC);
	/* A zero more in front of r. */
	memcpy(longer, der.data, 4);
	longer[1]++;
	longer[3]++;
	longer[4] = 0;
	memcpy(longer + 5, der.data + 4, der.size - 4);
	CHECK_ERR(vs_sign_check(key, VS_SIGN_ES256, VS_SIGN_DER, message,
	                        vs_bytes_from(longer, der.size + 1)),
	          NOT_AUTHENTIC);
	/* One form is not the other. */
	CHECK_OK(vs_sign_make(key, VS_SIGN_ES256, VS_SIGN_RAW, message, &raw));
	CHECK(raw.size == 64);
	CHECK_ERR(vs_sign_check(key, VS_SIGN_ES256, VS_SIGN_DER, message, vs_buf_view(&raw)),
	          NOT_AUTHENTIC);
	memset(raw.data, 0, raw.size);
	CHECK_ERR(vs_sign_check(key, VS_SIGN_ES256, VS_SIGN_RAW, message, vs_buf_view(&raw)),
	          NOT_AUTHENTIC);
	vs_buf_done(&raw);
	vs_buf_done(&der);
	vs_pkey_free(&key);
}

int
main(void)
{
	CASE(ed25519_known_answer);
	CASE(every_algorithm);
	CASE(names);
	CASE(key_of_another_kind);
	CASE(encodings_that_are_not_der);
	return 0;
}
