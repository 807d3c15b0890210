/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/jose_key.h"

#include "test.h"
#include "wire/base64.h"

static const struct vs_bytes header = {(const uint8_t *)"eyJhbGciOiJFUzI1NiJ9", 20};
static const struct vs_bytes payload = {(const uint8_t *)"aGVsbG8", 7};

static void
what_a_key_may_do(void)
{
	struct vs_jose_key *key = NULL;
	struct vs_pkey *p256 = NULL;
	char kid[VS_JOSE_KID_SIZE + 1];

	memset(kid, 'k', sizeof(kid) - 1);
	kid[sizeof(kid) - 1] = '\0';
	CHECK_OK(vs_pkey_new(VS_PKEY_P256, &p256));
	CHECK_ERR(vs_jose_key_new(p256, 0, "", &key), WRONG_TYPE);
	CHECK_ERR(vs_jose_key_new(p256, VS_JOSE_ALLOW(VS_SIGN_RS256), "", &key), WRONG_TYPE);
	CHECK_ERR(vs_jose_key_new(p256, VS_JOSE_ALLOW(VS_SIGN_ES256) | VS_JOSE_ALLOW(VS_SIGN_EDDSA),
	                          "", &key),
	          WRONG_TYPE);
	CHECK_ERR(vs_jose_key_new(p256, VS_JOSE_ALLOW(31), "", &key), WRONG_TYPE);
	CHECK_ERR(vs_jose_key_new(p256, VS_JOSE_ALLOW(VS_SIGN_ES256), kid, &key), TOO_LONG);
	kid[VS_JOSE_KID_SIZE - 1] = '\0';
	CHECK_OK(vs_jose_key_new(p256, VS_JOSE_ALLOW(VS_SIGN_ES256), kid, &key));
	CHECK(strcmp(vs_jose_key_kid(key), kid) == 0);
	CHECK(vs_jose_key_allows(key, VS_SIGN_ES256) && !vs_jose_key_allows(key, VS_SIGN_EDDSA));
	vs_jose_key_free(&key);
	vs_pkey_free(&p256);
}

/* Of the bytes that RFC 7515 5.1 names, and nothing else. */
static void
signs_what_the_standard_says(void)
{
	static const enum vs_pkey_kind kinds[] = {
	    [VS_SIGN_EDDSA] = VS_PKEY_ED25519, [VS_SIGN_ES256] = VS_PKEY_P256,
	    [VS_SIGN_ES384] = VS_PKEY_P384,    [VS_SIGN_RS256] = VS_PKEY_RSA,
	    [VS_SIGN_RS384] = VS_PKEY_RSA,     [VS_SIGN_PS256] = VS_PKEY_RSA};

	for (unsigned i = 0; i < VS_SIGN_ALGS; i++) {
		enum vs_sign_alg alg = (enum vs_sign_alg)i;
		char text[VS_BASE64_TEXT_SIZE(VS_SIGN_SIZE_MAX)], named[64], protected[128],
		    input[256];
		struct vs_jose_key *key = NULL;
		struct vs_pkey *pkey = NULL;
		struct vs_buf signature;

		(void)snprintf(named, sizeof(named), "{\"alg\":\"%s\"}", vs_sign_name(alg));
		(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from_text(named), protected,
		                       sizeof(protected));
		(void)snprintf(input, sizeof(input), "%s.aGVsbG8", protected);
		vs_buf_init(&signature, VS_SIGN_SIZE_MAX);
		CHECK_OK(vs_pkey_new(kinds[i], &pkey));
		CHECK_OK(vs_jose_key_new(pkey, VS_JOSE_ALLOW(i), "", &key));
		CHECK_OK(
		    vs_jose_key_sign(key, alg, vs_bytes_from_text(protected), payload, &signature));
		CHECK_OK(vs_sign_check(pkey, alg, VS_SIGN_RAW, vs_bytes_from_text(input),
		                       vs_buf_view(&signature)));
		vs_buf_reset(&signature);
		CHECK_OK(
		    vs_sign_make(pkey, alg, VS_SIGN_RAW, vs_bytes_from_text(input), &signature));
		(void)vs_base64_encode(VS_BASE64_URL, vs_buf_view(&signature), text, sizeof(text));
		CHECK_OK(vs_jose_key_check(key, alg, vs_bytes_from_text(protected), payload,
		                           vs_bytes_from_text(text)));
		CHECK_ERR(vs_jose_key_check(key, alg, vs_bytes_from_text(protected),
		                            VS_BYTES_LITERAL("aGVsbGk"), vs_bytes_from_text(text)),
		          NOT_AUTHENTIC);
		CHECK_ERR(vs_jose_key_check(key, alg, vs_bytes_from_text(protected), payload,
		                            VS_BYTES_LITERAL("not base64!")),
		          NOT_AUTHENTIC);
		CHECK_ERR(vs_jose_key_check(key, alg, vs_bytes_from_text(protected), payload,
		                            VS_BYTES_LITERAL("")),
		          NOT_AUTHENTIC);
		vs_jose_key_free(&key);
		vs_pkey_free(&pkey);
		vs_buf_done(&signature);
	}
}

static void
public_keys_do_not_sign(void)
{
	struct vs_pkey *secret = NULL, *public = NULL;
	struct vs_jose_key *key = NULL;
	struct vs_buf der, signature;

	vs_buf_init(&der, 256);
	vs_buf_init(&signature, 64);
	CHECK_OK(vs_pkey_new(VS_PKEY_P256, &secret));
	CHECK_OK(vs_pkey_write_public(secret, &der));
	CHECK_OK(vs_pkey_read_public(vs_buf_view(&der), &public));
	CHECK_OK(vs_jose_key_new(public, VS_JOSE_ALLOW(VS_SIGN_ES256), "", &key));
	CHECK_ERR(vs_jose_key_sign(key, VS_SIGN_ES256, header, payload, &signature), NOT_FOUND);
	CHECK_ERR(vs_jose_key_sign(key, VS_SIGN_EDDSA, header, payload, &signature), WRONG_TYPE);
	vs_jose_key_free(&key);
	vs_pkey_free(&public);
	vs_pkey_free(&secret);
	vs_buf_done(&signature);
	vs_buf_done(&der);
}

int
main(void)
{
	CASE(what_a_key_may_do);
	CASE(signs_what_the_standard_says);
	CASE(public_keys_do_not_sign);
	return 0;
}
