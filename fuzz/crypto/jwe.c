/* SPDX-License-Identifier: Apache-2.0 */
/* A way of key management, a content encryption, and the text of a JWE: it opens or is
 * NOT_AUTHENTIC. */
#include "crypto/jwe.h"
#include "keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vs_jwe_key *
key_of(enum vs_jwe_alg alg, enum vs_jwe_enc enc)
{
	static struct vs_jwe_key *keys[VS_JWE_ALGS][VS_JWE_ENCS];
	size_t secret_size = alg == VS_JWE_DIR && enc == VS_JWE_A256CBC_HS512 ? 64 : 32;
	vs_result r = VS_OK;

	if (keys[alg][enc] == NULL && alg >= VS_JWE_ECDH_ES)
		r = vs_jwe_key_new_pair(alg, enc, fuzz_key(VS_PKEY_P256), &keys[alg][enc]);
	else if (keys[alg][enc] == NULL)
		r = vs_jwe_key_new_secret(alg, enc, vs_bytes_from(fuzz_secret, secret_size),
		                          &keys[alg][enc]);
	fuzz_must(r.code == VS_E_OK);
	return keys[alg][enc];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_buf plain;
	vs_result r;

	if (size < 1 || data[0] >= VS_JWE_ALGS * VS_JWE_ENCS)
		return 0;
	vs_buf_init(&plain, 1u << 16);
	r = vs_jwe_open(key_of((enum vs_jwe_alg)(data[0] / VS_JWE_ENCS),
	                       (enum vs_jwe_enc)(data[0] % VS_JWE_ENCS)),
	                vs_bytes_from(data + 1, size - 1), &plain);
	fuzz_must(r.code == VS_E_OK || (r.code == VS_E_NOT_AUTHENTIC && plain.size == 0));
	vs_buf_done(&plain);
	return 0;
}
