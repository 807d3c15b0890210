/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/jwe.h"

#include "base/limits.h"
#include "test.h"
#include "wire/base64.h"

static const uint8_t secret[64] = {1, 2, 3, 4}, other_secret[64] = {4, 3, 2, 1};
static const struct vs_bytes text = {(const uint8_t *)"what only one may read", 22};
static struct vs_pkey *pair, *other_pair;

static struct vs_jwe_key *
key_of(enum vs_jwe_alg alg, enum vs_jwe_enc enc, const uint8_t *bytes, const struct vs_pkey *pkey)
{
	size_t size = alg == VS_JWE_DIR && enc == VS_JWE_A256CBC_HS512 ? 64 : 32;
	struct vs_jwe_key *key = NULL;

	if (alg >= VS_JWE_ECDH_ES)
		CHECK_OK(vs_jwe_key_new_pair(alg, enc, pkey, &key));
	else
		CHECK_OK(vs_jwe_key_new_secret(alg, enc, vs_bytes_from(bytes, size), &key));
	return key;
}

static void
refused(const struct vs_jwe_key *key, struct vs_bytes jwe)
{
	struct vs_buf plain;

	vs_buf_init(&plain, 1024);
	CHECK_ERR(vs_jwe_open(key, jwe, &plain), NOT_AUTHENTIC);
	CHECK(plain.size == 0);
	vs_buf_done(&plain);
}

static void
each_byte_counts(const struct vs_jwe_key *key, struct vs_buf *jwe)
{
	for (size_t i = 0; i < jwe->size; i++) {
		uint8_t kept = jwe->data[i];

		jwe->data[i] = kept == 'A' ? 'B' : 'A';
		refused(key, vs_buf_view(jwe));
		jwe->data[i] = kept;
	}
}

static void
every_algorithm(void)
{
	for (unsigned i = 0; i < VS_JWE_ALGS * VS_JWE_ENCS; i++) {
		enum vs_jwe_alg alg = (enum vs_jwe_alg)(i / VS_JWE_ENCS);
		enum vs_jwe_enc enc = (enum vs_jwe_enc)(i % VS_JWE_ENCS);
		struct vs_jwe_key *key = key_of(alg, enc, secret, pair);
		struct vs_jwe_key *other = key_of(alg, enc, other_secret, other_pair);
		struct vs_jwe_key *other_enc =
		    key_of(alg, (enum vs_jwe_enc)((enc + 1) % VS_JWE_ENCS), secret, pair);
		struct vs_buf jwe, plain;

		vs_buf_init(&jwe, 4096);
		vs_buf_init(&plain, 256);
		CHECK_OK(vs_jwe_seal(key, text, &jwe));
		CHECK_OK(vs_jwe_open(key, vs_buf_view(&jwe), &plain));
		CHECK(vs_bytes_equal(vs_buf_view(&plain), text));
		refused(other, vs_buf_view(&jwe));
		refused(other_enc, vs_buf_view(&jwe));
		each_byte_counts(key, &jwe);
		vs_buf_reset(&jwe);
		vs_buf_reset(&plain);
		CHECK_OK(vs_jwe_seal(key, vs_bytes_from(NULL, 0), &jwe));
		CHECK_OK(vs_jwe_open(key, vs_buf_view(&jwe), &plain));
		CHECK(plain.size == 0);
		vs_buf_done(&plain);
		vs_buf_done(&jwe);
		vs_jwe_key_free(&other_enc);
		vs_jwe_key_free(&other);
		vs_jwe_key_free(&key);
	}
}

/* The rest of a good token under another header. */
static void
refused_with_header(const struct vs_jwe_key *key, const struct vs_buf *jwe, const char *header)
{
	const uint8_t *dot = memchr(jwe->data, '.', jwe->size);
	char encoded[1024];
	struct vs_buf other;

	vs_buf_init(&other, 4096);
	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from_text(header), encoded, sizeof(encoded));
	CHECK_OK(vs_buf_append_text(&other, encoded));
	CHECK_OK(vs_buf_append(&other, dot, (size_t)(jwe->data + jwe->size - dot)));
	refused(key, vs_buf_view(&other));
	vs_buf_done(&other);
}

#define ONE            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"
#define EPK(crv, x, y) "{\"kty\":\"EC\",\"crv\":\"" crv "\",\"x\":\"" x "\",\"y\":\"" y "\"}"

static void
headers(void)
{
	static const char *const bad[] = {
	    "",
	    "[]",
	    "{}",
	    "{\"alg\":\"dir\"}",
	    "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"zip\":\"DEF\"}",
	    "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"crit\":[]}",
	    "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"enc\":\"A256GCM\"}",
	    "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}",
	    "{\"alg\":\"RSA1_5\",\"enc\":\"A256GCM\"}",
	    "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A256GCM\",\"p2c\":99999999}",
	};
	static const char *const bad_epk[] = {"1",
	                                      "{}",
	                                      "{\"kty\":\"EC\",\"crv\":\"P-256\"}",
	                                      EPK("P-256", "", ""),
	                                      EPK("P-384", ONE, ONE),
	                                      EPK("P-256", ONE, ONE)}; /* off the curve */
	struct vs_jwe_key *key = key_of(VS_JWE_DIR, VS_JWE_A256GCM, secret, NULL);
	struct vs_jwe_key *ecdh = key_of(VS_JWE_ECDH_ES, VS_JWE_A256GCM, NULL, pair);
	struct vs_buf jwe;

	vs_buf_init(&jwe, 4096);
	CHECK_OK(vs_jwe_seal(key, text, &jwe));
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused_with_header(key, &jwe, bad[i]);
	for (unsigned i = 0; i < sizeof(bad_epk) / sizeof(bad_epk[0]); i++) {
		char header[512];

		(void)snprintf(header, sizeof(header),
		               "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"epk\":%s}", bad_epk[i]);
		refused_with_header(ecdh, &jwe, header);
	}
	vs_buf_done(&jwe);
	vs_jwe_key_free(&ecdh);
	vs_jwe_key_free(&key);
}

static void
keys_that_do_not_fit(void)
{
	struct vs_jwe_key *key = NULL;
	struct vs_pkey *ed25519 = NULL;

	CHECK_OK(vs_pkey_new(VS_PKEY_ED25519, &ed25519));
	CHECK_ERR(
	    vs_jwe_key_new_secret(VS_JWE_ECDH_ES, VS_JWE_A256GCM, vs_bytes_from(secret, 32), &key),
	    WRONG_TYPE);
	CHECK_ERR(vs_jwe_key_new_pair(VS_JWE_DIR, VS_JWE_A256GCM, pair, &key), WRONG_TYPE);
	CHECK_ERR(vs_jwe_key_new_pair(VS_JWE_ECDH_ES, VS_JWE_A256GCM, ed25519, &key), WRONG_TYPE);
	CHECK_ERR(
	    vs_jwe_key_new_secret(VS_JWE_DIR, VS_JWE_A256GCM, vs_bytes_from(secret, 31), &key),
	    BAD_VALUE);
	CHECK_ERR(vs_jwe_key_new_secret(VS_JWE_DIR, VS_JWE_A256CBC_HS512, vs_bytes_from(secret, 32),
	                                &key),
	          BAD_VALUE);
	CHECK_ERR(
	    vs_jwe_key_new_secret(VS_JWE_A256KW, VS_JWE_A256GCM, vs_bytes_from(secret, 64), &key),
	    BAD_VALUE);
	CHECK(key == NULL);
	vs_pkey_free(&ed25519);
}

static void
sizes(void)
{
	static uint8_t large[VS_LIMIT_JWE_SIZE + 1];
	static const char *const bad[] = {"", "....", "a.b.c.d", "a.b.c.d.e", "a.b.c.d.e.f"};
	struct vs_jwe_key *key = key_of(VS_JWE_DIR, VS_JWE_A256GCM, secret, NULL);
	struct vs_buf jwe;

	vs_buf_init(&jwe, 2 * sizeof(large));
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(key, vs_bytes_from_text(bad[i]));
	refused(key, vs_bytes_from(large, sizeof(large)));
	CHECK_ERR(vs_jwe_seal(key, vs_bytes_from(large, sizeof(large)), &jwe), TOO_LONG);
	CHECK_ERR(vs_jwe_seal(key, vs_bytes_from(large, VS_LIMIT_JWE_SIZE / 4 * 3), &jwe),
	          TOO_LONG);
	CHECK(jwe.size == 0);
	vs_buf_done(&jwe);
	vs_jwe_key_free(&key);
}

int
main(void)
{
	CHECK_OK(vs_pkey_new(VS_PKEY_P256, &pair));
	CHECK_OK(vs_pkey_new(VS_PKEY_P256, &other_pair));
	CASE(every_algorithm);
	CASE(headers);
	CASE(keys_that_do_not_fit);
	CASE(sizes);
	vs_pkey_free(&other_pair);
	vs_pkey_free(&pair);
	return 0;
}
