/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/jws.h"

#include "base/limits.h"
#include "test.h"
#include "wire/base64.h"

#define NONE vs_bytes_from(NULL, 0)

static struct vs_pkey *p256, *ed25519, *rsa;
static struct vs_jose_key *es, *ed, *rs;

static void
make_keys(void)
{
	CHECK_OK(vs_pkey_new(VS_PKEY_P256, &p256));
	CHECK_OK(vs_pkey_new(VS_PKEY_ED25519, &ed25519));
	CHECK_OK(vs_pkey_new(VS_PKEY_RSA, &rsa));
	CHECK_OK(vs_jose_key_new(p256, VS_JOSE_ALLOW(VS_SIGN_ES256), "k1", &es));
	CHECK_OK(vs_jose_key_new(ed25519, VS_JOSE_ALLOW(VS_SIGN_EDDSA), "", &ed));
	CHECK_OK(vs_jose_key_new(rsa, VS_JOSE_ALLOW(VS_SIGN_RS256) | VS_JOSE_ALLOW(VS_SIGN_RS384),
	                         "", &rs));
}

static void
free_keys(void)
{
	vs_jose_key_free(&es);
	vs_jose_key_free(&ed);
	vs_jose_key_free(&rs);
	vs_pkey_free(&p256);
	vs_pkey_free(&ed25519);
	vs_pkey_free(&rsa);
}

static void
reads_as(struct vs_bytes text, const struct vs_jose_key *key, enum vs_err expected)
{
	struct vs_bytes payload = NONE;
	struct vs_jws *jws = NULL;
	vs_result r = vs_jws_read(text, &jws);

	if (r.code == VS_E_OK)
		r = vs_jws_check(jws, key, &payload);
	CHECK(r.code == expected);
	CHECK((payload.data != NULL) == (expected == VS_E_OK));
	vs_jws_free(&jws);
}

static void
every_algorithm_and_form(void)
{
	const struct {
		enum vs_sign_alg alg;
		struct vs_jose_key *key;
	} cases[] = {
	    {VS_SIGN_ES256, es}, {VS_SIGN_EDDSA, ed}, {VS_SIGN_RS256, rs}, {VS_SIGN_RS384, rs}};

	for (unsigned i = 0; i < 8; i++) {
		struct vs_jose_key *key = cases[i / 2].key;
		struct vs_bytes payload;
		struct vs_jws *jws = NULL;
		struct vs_buf text;

		vs_buf_init(&text, 4096);
		CHECK_OK(vs_jws_make(key, cases[i / 2].alg, (enum vs_jws_form)(i % 2),
		                     VS_BYTES_LITERAL("{\"OCPPAction\":\"Reset\",\"n\":[1]}"),
		                     VS_BYTES_LITERAL("{\"type\":\"OnIdle\"}"), &text));
		CHECK((text.data[0] == '{') == (i % 2 == 1));
		CHECK_OK(vs_jws_read(vs_buf_view(&text), &jws));
		CHECK(vs_jws_alg(jws) == cases[i / 2].alg);
		CHECK(vs_bytes_equal_text(vs_jws_kid(jws), vs_jose_key_kid(key)));
		CHECK(vs_json_is(vs_jws_header(jws),
		                 vs_json_member(vs_jws_header(jws),
		                                vs_json_root(vs_jws_header(jws)), "OCPPAction"),
		                 "Reset"));
		CHECK_OK(vs_jws_check(jws, key, &payload));
		CHECK(vs_bytes_equal_text(payload, "{\"type\":\"OnIdle\"}"));
		CHECK_ERR(vs_jws_check(jws, key == es ? ed : es, &payload), NOT_AUTHENTIC);
		vs_jws_free(&jws);
		vs_buf_done(&text);
	}
}

/* A signature of the right key under an algorithm that the key does not allow. */
static void
allowed_by_the_key(void)
{
	struct vs_jose_key *only_384 = NULL, *other_name = NULL;
	struct vs_buf text;

	vs_buf_init(&text, 4096);
	CHECK_OK(vs_jose_key_new(rsa, VS_JOSE_ALLOW(VS_SIGN_RS384), "", &only_384));
	CHECK_OK(vs_jws_make(rs, VS_SIGN_RS256, VS_JWS_COMPACT, NONE, NONE, &text));
	reads_as(vs_buf_view(&text), rs, VS_E_OK);
	reads_as(vs_buf_view(&text), only_384, VS_E_NOT_AUTHENTIC);
	CHECK_ERR(vs_jws_make(only_384, VS_SIGN_RS256, VS_JWS_COMPACT, NONE, NONE, &text),
	          WRONG_TYPE);
	vs_buf_reset(&text);
	CHECK_OK(vs_jose_key_new(p256, VS_JOSE_ALLOW(VS_SIGN_ES256), "k2", &other_name));
	CHECK_OK(vs_jws_make(es, VS_SIGN_ES256, VS_JWS_COMPACT, NONE, NONE, &text));
	reads_as(vs_buf_view(&text), es, VS_E_OK);
	reads_as(vs_buf_view(&text), other_name, VS_E_NOT_AUTHENTIC);
	vs_jose_key_free(&other_name);
	vs_jose_key_free(&only_384);
	vs_buf_done(&text);
}

/* A compact JWS of this header, rightly signed: only the header is what is wrong with it. */
static void
header_reads_as(const char *header, enum vs_err expected)
{
	char protected[8192];
	struct vs_buf signature, text;
	char encoded[128];

	vs_buf_init(&signature, 64);
	vs_buf_init(&text, 16384);
	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from_text(header), protected,
	                       sizeof(protected));
	CHECK_OK(vs_jose_key_sign(ed, VS_SIGN_EDDSA, vs_bytes_from_text(protected),
	                          VS_BYTES_LITERAL("e30"), &signature));
	(void)vs_base64_encode(VS_BASE64_URL, vs_buf_view(&signature), encoded, sizeof(encoded));
	CHECK_OK(vs_buf_printf(&text, "%s.e30.%s", protected, encoded));
	reads_as(vs_buf_view(&text), ed, expected);
	vs_buf_done(&text);
	vs_buf_done(&signature);
}

static void
headers(void)
{
	char large[VS_LIMIT_JOSE_HEADER_SIZE + 64];

	header_reads_as("{\"alg\":\"EdDSA\"}", VS_E_OK);
	header_reads_as("{\"alg\":\"none\"}", VS_E_NOT_AUTHENTIC);
	header_reads_as("{\"alg\":\"None\"}", VS_E_NOT_AUTHENTIC);
	header_reads_as("{\"alg\":\"HS256\"}", VS_E_NOT_AUTHENTIC);
	header_reads_as("{\"alg\":\"ES256\"}", VS_E_NOT_AUTHENTIC);
	header_reads_as("{\"alg\":\"\"}", VS_E_NOT_AUTHENTIC);
	header_reads_as("{}", VS_E_MISSING);
	header_reads_as("[]", VS_E_BAD_MESSAGE);
	header_reads_as("\"EdDSA\"", VS_E_BAD_MESSAGE);
	header_reads_as("{\"alg\":[\"EdDSA\"]}", VS_E_WRONG_TYPE);
	header_reads_as("{\"alg\":\"EdDSA\",\"alg\":\"EdDSA\"}", VS_E_DUPLICATE_KEY);
	header_reads_as("{\"alg\":\"EdDSA\",\"crit\":[\"exp\"],\"exp\":1}", VS_E_BAD_MESSAGE);
	header_reads_as("{\"alg\":\"EdDSA\",\"b64\":true}", VS_E_BAD_MESSAGE);
	header_reads_as("{\"alg\":\"EdDSA\",\"kid\":7}", VS_E_WRONG_TYPE);
	header_reads_as("{\"alg\":\"EdDSA\"} x", VS_E_TRAILING);
	/* What a token says about keys is not even looked at. */
	header_reads_as("{\"alg\":\"EdDSA\",\"jwk\":{\"kty\":\"oct\"},\"jku\":1,\"x5u\":2}",
	                VS_E_OK);
	(void)snprintf(large, sizeof(large), "{\"alg\":\"EdDSA\",\"pad\":\"%*s\"}",
	               VS_LIMIT_JOSE_HEADER_SIZE, "");
	header_reads_as(large, VS_E_TOO_LONG);
}

/* The key is offered by whoever made the token: the oldest attack on JWS. */
static void
key_within_the_token(void)
{
	struct vs_jose_key *attacker = NULL;
	struct vs_pkey *pkey = NULL;
	struct vs_buf text;

	vs_buf_init(&text, 4096);
	CHECK_OK(vs_pkey_new(VS_PKEY_P256, &pkey));
	CHECK_OK(vs_jose_key_new(pkey, VS_JOSE_ALLOW(VS_SIGN_ES256), "k1", &attacker));
	CHECK_OK(vs_jws_make(attacker, VS_SIGN_ES256, VS_JWS_COMPACT,
	                     VS_BYTES_LITERAL("{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\"}}"), NONE,
	                     &text));
	reads_as(vs_buf_view(&text), es, VS_E_NOT_AUTHENTIC);
	vs_jose_key_free(&attacker);
	vs_pkey_free(&pkey);
	vs_buf_done(&text);
}

static void
texts_that_are_none(void)
{
	static const struct {
		const char *text;
		enum vs_err err;
	} cases[] = {
	    {"", VS_E_BAD_MESSAGE},
	    {"a", VS_E_BAD_MESSAGE},
	    {"..", VS_E_TRUNCATED},
	    {"e30.e30", VS_E_BAD_MESSAGE},
	    {"e30.e30.e30", VS_E_MISSING},
	    {"e30.e30.e30.e30", VS_E_BAD_ENCODING},
	    {"e30=.e30.e30", VS_E_BAD_ENCODING},
	    {"e30.e31.", VS_E_BAD_ENCODING}, /* bits beyond the last byte */
	    {"e30.e3 0.", VS_E_BAD_ENCODING},
	    {"{", VS_E_TRUNCATED},
	    {"{}", VS_E_BAD_MESSAGE},
	    {"{\"payload\":\"\",\"protected\":\"e30\",\"signatures\":[]}", VS_E_MISSING},
	    {"{\"payload\":\"\",\"protected\":\"e30\",\"signature\":1}", VS_E_WRONG_TYPE},
	    {"{\"payload\":\"\",\"protected\":\"e30\",\"signature\":\"\",\"header\":{}}",
	     VS_E_BAD_MESSAGE},
	    {"{\"payload\":\"\",\"payload\":\"\",\"protected\":\"e30\"}", VS_E_DUPLICATE_KEY},
	};
	static uint8_t large[VS_LIMIT_JWS_SIZE + 1];

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		reads_as(vs_bytes_from_text(cases[i].text), es, cases[i].err);
	reads_as(vs_bytes_from(large, sizeof(large)), es, VS_E_TOO_LONG);
}

static void
one_byte_changed(void)
{
	struct vs_buf text;

	vs_buf_init(&text, 4096);
	CHECK_OK(vs_jws_make(es, VS_SIGN_ES256, VS_JWS_COMPACT, NONE, VS_BYTES_LITERAL("a payload"),
	                     &text));
	for (size_t i = 0; i < text.size; i++) {
		uint8_t kept = text.data[i];
		struct vs_bytes payload;
		struct vs_jws *jws = NULL;

		text.data[i] = kept == 'A' ? 'B' : 'A';
		if (vs_jws_read(vs_buf_view(&text), &jws).code == VS_E_OK)
			CHECK_ERR(vs_jws_check(jws, es, &payload), NOT_AUTHENTIC);
		vs_jws_free(&jws);
		text.data[i] = kept;
	}
	reads_as(vs_buf_view(&text), es, VS_E_OK);
	vs_buf_done(&text);
}

static void
headers_that_are_not_ours_to_make(void)
{
	static const char *const bad[] = {"[]",
	                                  "{\"alg\":\"none\"}",
	                                  "{\"kid\":\"x\"}",
	                                  "{\"crit\":[]}",
	                                  "{\"b64\":false}",
	                                  "{\"a\\u0062\":1}"};
	struct vs_buf text;

	vs_buf_init(&text, 4096);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(vs_jws_make(es, VS_SIGN_ES256, VS_JWS_COMPACT, vs_bytes_from_text(bad[i]),
		                      NONE, &text),
		          BAD_VALUE);
	CHECK_ERR(
	    vs_jws_make(es, VS_SIGN_ES256, VS_JWS_COMPACT, VS_BYTES_LITERAL("{"), NONE, &text),
	    TRUNCATED);
	CHECK(text.size == 0);
	vs_buf_done(&text);
	vs_buf_init(&text, 100); /* it does not fit: nothing of it is there */
	CHECK_ERR(vs_jws_make(es, VS_SIGN_ES256, VS_JWS_FLATTENED, NONE, NONE, &text), TOO_LONG);
	CHECK(text.size == 0);
	vs_buf_done(&text);
}

int
main(void)
{
	make_keys();
	CASE(every_algorithm_and_form);
	CASE(allowed_by_the_key);
	CASE(headers);
	CASE(key_within_the_token);
	CASE(texts_that_are_none);
	CASE(one_byte_changed);
	CASE(headers_that_are_not_ours_to_make);
	free_keys();
	return 0;
}
