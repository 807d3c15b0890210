/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/jose_key.h"

#include <assert.h>
#include <jose/jws.h>
#include <jose/openssl.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/algorithm.h"
#include "crypto/jose_json.h"
#include "wire/base64.h"

struct vs_jose_key {
	const struct vs_pkey *key;
	uint32_t algs;
	char kid[VS_JOSE_KID_SIZE];
	json_t *jwk; /* NULL for Ed25519 */
	jose_cfg_t *config;
};

static_assert(VS_SIGN_ALGS <= 32, "a bit for each");

static bool
algs_fit(uint32_t algs, const struct vs_pkey *key)
{
	for (unsigned alg = 0; alg < 32; alg++) {
		if ((algs & VS_JOSE_ALLOW(alg)) == 0)
			continue;
		if (alg >= VS_SIGN_ALGS || !vs_sign_fits((enum vs_sign_alg)alg, key))
			return false;
	}
	return algs != 0;
}

vs_result
vs_jose_key_new(const struct vs_pkey *pkey, uint32_t algs, const char *kid,
                struct vs_jose_key **key_out)
{
	struct vs_jose_key *key = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(pkey != NULL && kid != NULL && key_out != NULL);
	if (!algs_fit(algs, pkey))
		return VS_FAIL(WRONG_TYPE);
	if (strlen(kid) >= VS_JOSE_KID_SIZE)
		return VS_FAIL(TOO_LONG);
	key = calloc(1, sizeof(*key));
	if (key == NULL)
		goto out;
	key->key = pkey;
	key->algs = algs;
	(void)vs_bytes_copy_text(vs_bytes_from_text(kid), key->kid, sizeof(key->kid));
	key->config = vs_jose_config_new();
	if (key->config == NULL)
		goto out;
	if (vs_pkey_kind_of(pkey) != VS_PKEY_ED25519) {
		key->jwk = jose_openssl_jwk_from_EVP_PKEY(key->config, vs_pkey_evp(pkey));
		if (key->jwk == NULL)
			goto out;
	}
	*key_out = key;
	key = NULL;
	r = VS_OK;
out:
	vs_algorithm_forget_errors();
	vs_jose_key_free(&key);
	return r;
}

void
vs_jose_key_free(struct vs_jose_key **key)
{
	assert(key != NULL);
	if (*key == NULL)
		return;
	json_decref((*key)->jwk);
	if ((*key)->config != NULL)
		jose_cfg_decref((*key)->config);
	free(*key);
	*key = NULL;
}

bool
vs_jose_key_allows(const struct vs_jose_key *key, enum vs_sign_alg alg)
{
	assert(key != NULL && alg < VS_SIGN_ALGS);
	return (key->algs & VS_JOSE_ALLOW(alg)) != 0;
}

const char *
vs_jose_key_kid(const struct vs_jose_key *key)
{
	assert(key != NULL);
	return key->kid;
}

/* What is signed (RFC 7515 5.1). */
static vs_result
signing_input(struct vs_bytes protected, struct vs_bytes payload, struct vs_buf *input)
{
	vs_buf_init(input, protected.size + 1 + payload.size);
	VS_TRY(vs_buf_append_bytes(input, protected));
	VS_TRY(vs_buf_append_byte(input, '.'));
	return vs_buf_append_bytes(input, payload);
}

static vs_result
decode(struct vs_bytes text, uint8_t data[static VS_SIGN_SIZE_MAX], size_t *size_out)
{
	return vs_base64_decode(VS_BASE64_URL, text, data, VS_SIGN_SIZE_MAX, size_out);
}

/* libjose signs and puts the signature, as text, into the object. */
static vs_result
sign_with_libjose(const struct vs_jose_key *key, struct vs_bytes protected, struct vs_bytes payload,
                  struct vs_buf *signature)
{
	json_t *jws = json_object(), *template = json_object();
	uint8_t made[VS_SIGN_SIZE_MAX];
	const char *text = NULL;
	vs_result r = VS_FAIL(INTERNAL);
	size_t size = 0;

	if (jws == NULL || template == NULL || !vs_jose_set(jws, "payload", payload) ||
	    !vs_jose_set(template, "protected", protected))
		goto out;
	if (!jose_jws_sig(key->config, jws, template, key->jwk))
		goto out;
	text = json_string_value(json_object_get(jws, "signature"));
	if (text == NULL)
		goto out;
	r = decode(vs_bytes_from_text(text), made, &size);
	if (r.code == VS_E_OK)
		r = vs_buf_append(signature, made, size);
out:
	json_decref(template);
	json_decref(jws);
	vs_algorithm_forget_errors();
	return r;
}

static vs_result
check_with_libjose(const struct vs_jose_key *key, struct vs_bytes protected,
                   struct vs_bytes payload, struct vs_bytes signature)
{
	json_t *jws = json_object();
	bool is_good = jws != NULL && vs_jose_set(jws, "payload", payload) &&
	               vs_jose_set(jws, "protected", protected) &&
	               vs_jose_set(jws, "signature", signature) &&
	               jose_jws_ver(key->config, jws, NULL, key->jwk, true);

	json_decref(jws);
	vs_algorithm_forget_errors();
	return is_good ? VS_OK : VS_FAIL(NOT_AUTHENTIC);
}

vs_result
vs_jose_key_sign(const struct vs_jose_key *key, enum vs_sign_alg alg, struct vs_bytes protected,
                 struct vs_bytes payload, struct vs_buf *signature)
{
	struct vs_buf input;
	vs_result r;

	assert(key != NULL && signature != NULL);
	if (!vs_jose_key_allows(key, alg))
		return VS_FAIL(WRONG_TYPE);
	if (!vs_pkey_is_private(key->key))
		return VS_FAIL(NOT_FOUND);
	if (alg != VS_SIGN_EDDSA)
		return sign_with_libjose(key, protected, payload, signature);
	r = signing_input(protected, payload, &input);
	if (r.code == VS_E_OK)
		r = vs_sign_make(key->key, alg, VS_SIGN_RAW, vs_buf_view(&input), signature);
	vs_buf_done(&input);
	return r;
}

vs_result
vs_jose_key_check(const struct vs_jose_key *key, enum vs_sign_alg alg, struct vs_bytes protected,
                  struct vs_bytes payload, struct vs_bytes signature)
{
	uint8_t raw[VS_SIGN_SIZE_MAX];
	struct vs_buf input;
	size_t size = 0;
	vs_result r;

	assert(key != NULL);
	if (!vs_jose_key_allows(key, alg))
		return VS_FAIL(NOT_AUTHENTIC);
	if (decode(signature, raw, &size).code != VS_E_OK)
		return VS_FAIL(NOT_AUTHENTIC);
	if (alg != VS_SIGN_EDDSA)
		return check_with_libjose(key, protected, payload, signature);
	r = signing_input(protected, payload, &input);
	if (r.code == VS_E_OK)
		r = vs_sign_check(key->key, alg, VS_SIGN_RAW, vs_buf_view(&input),
		                  vs_bytes_from(raw, size));
	vs_buf_done(&input);
	return r;
}
