/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/jwt.h"

#include "test.h"

#define NOW INT64_C(1795000000)

static const struct vs_jwt_demand demand = {
    .issuer = "csms", .audience = "stations", .now_s = NOW, .skew_max_s = 60, .life_max_s = 86400};
static struct vs_pkey *pkey;
static struct vs_jose_key *key;

static enum vs_jwt_fault
fault_of(struct vs_bytes token, struct vs_jwt_claims *claims)
{
	enum vs_jwt_fault fault = VS_JWT_FAULTS;
	struct vs_jws *jws = NULL;
	vs_result r;

	CHECK_OK(vs_jws_read(token, &jws));
	r = vs_jwt_check(jws, key, &demand, claims, &fault);
	CHECK(r.code == (fault == VS_JWT_NONE ? VS_E_OK : VS_E_NOT_AUTHENTIC));
	vs_jws_free(&jws);
	return fault;
}

static enum vs_jwt_fault
fault_of_claims(const char *payload, struct vs_jwt_claims *claims)
{
	enum vs_jwt_fault fault;
	struct vs_buf token;

	vs_buf_init(&token, 4096);
	CHECK_OK(vs_jws_make(key, VS_SIGN_EDDSA, VS_JWS_COMPACT, vs_bytes_from(NULL, 0),
	                     vs_bytes_from_text(payload), &token));
	fault = fault_of(vs_buf_view(&token), claims);
	vs_buf_done(&token);
	return fault;
}

static void
made_and_read(void)
{
	struct vs_jwt_claims claims = {.subject = "CS-1",
	                               .id = "0001",
	                               .tenant = "t1",
	                               .expires_s = NOW + 3600,
	                               .issued_s = NOW,
	                               .thumbprint = {1, 2, 3},
	                               .has_thumbprint = true},
			     read = {.expires_s = 0};
	struct vs_buf token;

	vs_buf_init(&token, 4096);
	CHECK_OK(vs_jwt_make(key, VS_SIGN_EDDSA, "csms", "stations", &claims, &token));
	CHECK(fault_of(vs_buf_view(&token), &read) == VS_JWT_NONE);
	CHECK(strcmp(read.subject, "CS-1") == 0 && strcmp(read.id, "0001") == 0);
	CHECK(strcmp(read.tenant, "t1") == 0 && read.expires_s == NOW + 3600);
	CHECK(read.issued_s == NOW && read.has_thumbprint);
	CHECK(memcmp(read.thumbprint, claims.thumbprint, sizeof(read.thumbprint)) == 0);
	/* Its last character but some: another signature. */
	token.data[token.size - 10] = token.data[token.size - 10] == 'A' ? 'B' : 'A';
	CHECK(fault_of(vs_buf_view(&token), &read) == VS_JWT_SIGNATURE);
	vs_buf_done(&token);
}

/* %s: exp and what else the case is about. */
static void
each_fault(void)
{
#define BASE "\"iss\":\"csms\",\"aud\":\"stations\",\"sub\":\"a\",\"jti\":\"b\""
	static const struct {
		const char *claims;
		enum vs_jwt_fault fault;
	} cases[] = {
	    {"{" BASE ",\"exp\":1795000100}", VS_JWT_NONE},
	    {"{" BASE ",\"exp\":1795000100,\"nbf\":1794999000,\"iat\":1794999000}", VS_JWT_NONE},
	    {"{\"iss\":\"csms\",\"aud\":[\"x\",\"stations\"],\"sub\":\"a\",\"jti\":\"b\","
	     "\"exp\":1795000100}",
	     VS_JWT_NONE},
	    /* The skew, to the second. */
	    {"{" BASE ",\"exp\":1794999941}", VS_JWT_NONE},
	    {"{" BASE ",\"exp\":1794999940}", VS_JWT_EXPIRED},
	    {"{" BASE ",\"exp\":0}", VS_JWT_EXPIRED},
	    {"{" BASE ",\"exp\":1795000100,\"nbf\":1795000060}", VS_JWT_NONE},
	    {"{" BASE ",\"exp\":1795000100,\"nbf\":1795000061}", VS_JWT_NOT_YET},
	    {"{" BASE ",\"exp\":1795000100,\"iat\":1795000061}", VS_JWT_NOT_YET},
	    {"{" BASE ",\"exp\":1795086400}", VS_JWT_NONE},
	    {"{" BASE ",\"exp\":1795086401}", VS_JWT_LIFE},
	    {"{" BASE ",\"exp\":9223372036854775807}", VS_JWT_LIFE},
	    {"{" BASE "}", VS_JWT_LIFE},
	    {"{" BASE ",\"exp\":9223372036854775808}", VS_JWT_CLAIMS},
	    {"{" BASE ",\"exp\":-1}", VS_JWT_CLAIMS},
	    {"{" BASE ",\"exp\":1795000100.5}", VS_JWT_CLAIMS},
	    {"{" BASE ",\"exp\":\"1795000100\"}", VS_JWT_CLAIMS},
	    {"{" BASE ",\"exp\":null}", VS_JWT_CLAIMS},
	    {"{" BASE ",\"exp\":1795000100,\"exp\":1795000100}", VS_JWT_CLAIMS},
	    {"{" BASE ",\"exp\":1795000100,\"tid\":1}", VS_JWT_CLAIMS},
	    {"{" BASE ",\"exp\":1795000100,\"cnf\":{\"jwk\":{}}}", VS_JWT_CLAIMS},
	    {"{" BASE ",\"exp\":1795000100,\"cnf\":{\"x5t#S256\":\"AAAA\"}}", VS_JWT_CLAIMS},
	    {"[]", VS_JWT_CLAIMS},
	    {"", VS_JWT_CLAIMS},
	    {"{\"iss\":\"csmS\"}", VS_JWT_ISSUER},
	    {"{}", VS_JWT_ISSUER},
	    {"{\"iss\":\"csms\"}", VS_JWT_AUDIENCE},
	    {"{\"iss\":\"csms\",\"aud\":[\"station\",1]}", VS_JWT_AUDIENCE},
	    {"{\"iss\":\"csms\",\"aud\":{\"a\":\"stations\"}}", VS_JWT_AUDIENCE},
	    {"{\"iss\":\"csms\",\"aud\":\"stations\"}", VS_JWT_SUBJECT},
	    {"{\"iss\":\"csms\",\"aud\":\"stations\",\"sub\":\"\"}", VS_JWT_SUBJECT},
	    {"{\"iss\":\"csms\",\"aud\":\"stations\",\"sub\":\"a\\u0000b\"}", VS_JWT_SUBJECT},
	    {"{\"iss\":\"csms\",\"aud\":\"stations\",\"sub\":\"a\"}", VS_JWT_ID},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vs_jwt_claims claims = {.expires_s = 77};

		if (fault_of_claims(cases[i].claims, &claims) != cases[i].fault)
			(void)fprintf(stderr, "%s\n", cases[i].claims);
		CHECK(fault_of_claims(cases[i].claims, &claims) == cases[i].fault);
		CHECK((claims.expires_s == 77) == (cases[i].fault != VS_JWT_NONE));
	}
}

static void
texts(void)
{
	for (unsigned i = 0; i < VS_JWT_FAULTS; i++)
		CHECK(strlen(vs_jwt_fault_text((enum vs_jwt_fault)i)) > 10);
}

int
main(void)
{
	CHECK_OK(vs_pkey_new(VS_PKEY_ED25519, &pkey));
	CHECK_OK(vs_jose_key_new(pkey, VS_JOSE_ALLOW(VS_SIGN_EDDSA), "", &key));
	CASE(made_and_read);
	CASE(each_fault);
	CASE(texts);
	vs_jose_key_free(&key);
	vs_pkey_free(&pkey);
	return 0;
}
