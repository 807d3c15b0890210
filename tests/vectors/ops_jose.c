/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "crypto/jwe.h"
#include "crypto/jws.h"
#include "ops.h"

#define OUT_SIZE_MAX (1u << 20)
#define ARG(i)       (call->args[i])

static unsigned
number(const struct op_call *call, unsigned index)
{
	uint64_t value = 0;

	return op_u64(call->args[index], &value).code == VS_E_OK ? (unsigned)value : 0xffff0000;
}

static void
answer(struct op_call *call, struct vs_bytes value)
{
	if (op_result_bytes(call, value.data, value.size).code != VS_E_OK)
		abort();
}

/* public key, the one algorithm that is allowed, text: the payload */
static vs_result
op_jws_check(struct op_call *call)
{
	enum vs_sign_alg alg = VS_SIGN_EDDSA;
	struct vs_jose_key *key = NULL;
	struct vs_pkey *pkey = NULL;
	struct vs_jws *jws = NULL;
	struct vs_bytes payload;
	vs_result r;

	VS_TRY(vs_sign_find(ARG(1), &alg));
	VS_TRY(vs_pkey_read_public(ARG(0), &pkey));
	r = vs_jose_key_new(pkey, VS_JOSE_ALLOW(alg), "", &key);
	if (r.code == VS_E_OK)
		r = vs_jws_read(ARG(2), &jws);
	if (r.code == VS_E_OK)
		r = vs_jws_check(jws, key, &payload);
	if (r.code == VS_E_OK)
		answer(call, payload);
	vs_jws_free(&jws);
	vs_jose_key_free(&key);
	vs_pkey_free(&pkey);
	return r;
}

/* private key, algorithm, form, header, payload: the text */
static vs_result
op_jws_make(struct op_call *call)
{
	enum vs_sign_alg alg = VS_SIGN_EDDSA;
	struct vs_jose_key *key = NULL;
	struct vs_pkey *pkey = NULL;
	struct vs_buf out;
	vs_result r;

	VS_TRY(vs_sign_find(ARG(1), &alg));
	VS_TRY(vs_pkey_read_private(ARG(0), &pkey));
	vs_buf_init(&out, OUT_SIZE_MAX);
	r = vs_jose_key_new(pkey, VS_JOSE_ALLOW(alg), "", &key);
	if (r.code == VS_E_OK)
		r = vs_jws_make(key, alg, (enum vs_jws_form)number(call, 2), ARG(3), ARG(4), &out);
	if (r.code == VS_E_OK)
		answer(call, vs_buf_view(&out));
	vs_buf_done(&out);
	vs_jose_key_free(&key);
	vs_pkey_free(&pkey);
	return r;
}

/* algorithm, encryption, key (a secret, or PKCS#8 or SubjectPublicKeyInfo), is it private */
static vs_result
jwe_key(struct op_call *call, struct vs_jwe_key **key_out)
{
	enum vs_jwe_alg alg = (enum vs_jwe_alg)number(call, 0);
	enum vs_jwe_enc enc = (enum vs_jwe_enc)number(call, 1);
	struct vs_pkey *pkey = NULL;
	vs_result r;

	if (alg < VS_JWE_ECDH_ES)
		return vs_jwe_key_new_secret(alg, enc, ARG(2), key_out);
	if (number(call, 3) == 1)
		VS_TRY(vs_pkey_read_private(ARG(2), &pkey));
	else
		VS_TRY(vs_pkey_read_public(ARG(2), &pkey));
	r = vs_jwe_key_new_pair(alg, enc, pkey, key_out);
	vs_pkey_free(&pkey);
	return r;
}

typedef vs_result jwe_step(const struct vs_jwe_key *key, struct vs_bytes in, struct vs_buf *out);

static vs_result
jwe_run(struct op_call *call, jwe_step *step)
{
	struct vs_jwe_key *key = NULL;
	struct vs_buf out;
	vs_result r;

	VS_TRY(jwe_key(call, &key));
	vs_buf_init(&out, OUT_SIZE_MAX);
	r = step(key, ARG(4), &out);
	if (r.code == VS_E_OK)
		answer(call, vs_buf_view(&out));
	vs_buf_done(&out);
	vs_jwe_key_free(&key);
	return r;
}

static vs_result
op_jwe_seal(struct op_call *call)
{
	return jwe_run(call, vs_jwe_seal);
}

static vs_result
op_jwe_open(struct op_call *call)
{
	return jwe_run(call, vs_jwe_open);
}

const struct op ops_jose[] = {
    {"jws_check", 3, 3, op_jws_check},
    {"jws_make", 5, 5, op_jws_make},
    {"jwe_seal", 5, 5, op_jwe_seal},
    {"jwe_open", 5, 5, op_jwe_open},
    {NULL, 0, 0, NULL},
};
