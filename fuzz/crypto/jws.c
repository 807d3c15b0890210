/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a JWS: what is read has an algorithm that we know, checks or is NOT_AUTHENTIC, and
 * is a token or has a fault.
 */
#include "crypto/jwt.h"
#include "keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vs_jwt_demand demand = {.issuer = "csms",
                                            .audience = "stations",
                                            .now_s = 1795000000,
                                            .skew_max_s = 60,
                                            .life_max_s = 86400};
static const struct {
	enum vs_pkey_kind kind;
	uint32_t algs;
} rows[] = {
    {VS_PKEY_ED25519, VS_JOSE_ALLOW(VS_SIGN_EDDSA)},
    {VS_PKEY_P256, VS_JOSE_ALLOW(VS_SIGN_ES256)},
    {VS_PKEY_RSA,
     VS_JOSE_ALLOW(VS_SIGN_RS256) | VS_JOSE_ALLOW(VS_SIGN_RS384) | VS_JOSE_ALLOW(VS_SIGN_PS256)},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct vs_jose_key *
key_of(unsigned row)
{
	static struct vs_jose_key *keys[ROWS];

	if (keys[row] == NULL)
		fuzz_must(vs_jose_key_new(fuzz_key(rows[row].kind), rows[row].algs, "", &keys[row])
		              .code == VS_E_OK);
	return keys[row];
}

static void
check(const struct vs_jws *jws, const struct vs_jose_key *key)
{
	enum vs_jwt_fault fault = VS_JWT_FAULTS;
	struct vs_jwt_claims claims;
	struct vs_bytes payload;
	vs_result r = vs_jws_check(jws, key, &payload), token;

	fuzz_must(r.code == VS_E_OK || r.code == VS_E_NOT_AUTHENTIC);
	fuzz_must(r.code != VS_E_OK || vs_jose_key_allows(key, vs_jws_alg(jws)));
	token = vs_jwt_check(jws, key, &demand, &claims, &fault);
	fuzz_must((token.code == VS_E_OK) == (fault == VS_JWT_NONE));
	fuzz_must((r.code == VS_E_OK) == (fault != VS_JWT_SIGNATURE));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_jws *jws = NULL;

	if (vs_jws_read(vs_bytes_from(data, size), &jws).code != VS_E_OK)
		return 0;
	for (unsigned row = 0; row < ROWS; row++)
		check(jws, key_of(row));
	vs_jws_free(&jws);
	return 0;
}
