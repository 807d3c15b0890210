/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/jose_key.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "wire/base64.h"

struct vs_jose_key {
	const struct vs_pkey *key;
	uint32_t algs;
	char kid[VS_JOSE_KID_SIZE];
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
	struct vs_jose_key *key;

	assert(pkey != NULL && kid != NULL && key_out != NULL);
	if (!algs_fit(algs, pkey))
		return VS_FAIL(WRONG_TYPE);
	if (strlen(kid) >= VS_JOSE_KID_SIZE)
		return VS_FAIL(TOO_LONG);
	key = calloc(1, sizeof(*key));
	if (key == NULL)
		return VS_FAIL(NO_MEMORY);
	key->key = pkey;
	key->algs = algs;
	vs_text_copy(kid, key->kid, sizeof(key->kid));
	*key_out = key;
	return VS_OK;
}

void
vs_jose_key_free(struct vs_jose_key **key)
{
	assert(key != NULL);
	if (*key == NULL)
		return;
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
	r = signing_input(protected, payload, &input);
	if (r.code == VS_E_OK)
		r = vs_sign_check(key->key, alg, VS_SIGN_RAW, vs_buf_view(&input),
		                  vs_bytes_from(raw, size));
	vs_buf_done(&input);
	return r;
}
