/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign.h"

#include <assert.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#include "crypto/algorithm.h"

#define DER_SIZE_MAX 108 /* of two numbers of 48 bytes, each with a zero in front */

static const struct {
	const char *name, *digest;
	enum vs_pkey_kind kind;
	uint8_t number_size;
} rows[] = {
#define VS_SIGN(name, jose, kind, digest, number_size)                                             \
	[VS_SIGN_##name] = {jose, digest, VS_PKEY_##kind, number_size},
#include "crypto/sign.def"
#undef VS_SIGN
};
static_assert(sizeof(rows) / sizeof(rows[0]) == VS_SIGN_ALGS, "a row for each algorithm");

const char *
vs_sign_name(enum vs_sign_alg alg)
{
	assert(alg < VS_SIGN_ALGS);
	return rows[alg].name;
}

vs_result
vs_sign_find(struct vs_bytes name, enum vs_sign_alg *alg_out)
{
	assert(alg_out != NULL);
	for (unsigned alg = 0; alg < VS_SIGN_ALGS; alg++) {
		if (!vs_bytes_equal_text(name, rows[alg].name))
			continue;
		*alg_out = (enum vs_sign_alg)alg;
		return VS_OK;
	}
	return VS_FAIL(NOT_FOUND);
}

bool
vs_sign_fits(enum vs_sign_alg alg, const struct vs_pkey *key)
{
	assert(alg < VS_SIGN_ALGS && key != NULL);
	return vs_pkey_kind_of(key) == rows[alg].kind;
}

static bool
set_padding(EVP_PKEY_CTX *context, enum vs_sign_alg alg)
{
	if (rows[alg].kind != VS_PKEY_RSA)
		return true;
	if (alg != VS_SIGN_PS256)
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* --- ECDSA: numbers and DER ---------------------------------------------------------------------
 */

static vs_result
raw_to_der(struct vs_bytes raw, size_t number_size, uint8_t der[static DER_SIZE_MAX],
           size_t *size_out)
{
	ECDSA_SIG *pair = NULL;
	BIGNUM *r = NULL, *s = NULL;
	int size = -1;

	if (raw.size != 2 * number_size)
		return VS_FAIL(NOT_AUTHENTIC);
	pair = ECDSA_SIG_new();
	r = BN_bin2bn(raw.data, (int)number_size, NULL);
	s = BN_bin2bn(raw.data + number_size, (int)number_size, NULL);
	if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
		r = s = NULL;
		if (i2d_ECDSA_SIG(pair, NULL) <= DER_SIZE_MAX)
			size = i2d_ECDSA_SIG(pair, &der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	if (size <= 0)
		return VS_FAIL(NO_MEMORY);
	*size_out = (size_t)size;
	return VS_OK;
}

/* DER has one text for each pair: what is not what we would write is refused. */
static bool
der_is_strict(struct vs_bytes der)
{
	const unsigned char *at = der.data;
	uint8_t again[DER_SIZE_MAX], *end = again;
	ECDSA_SIG *pair = NULL;
	bool is_strict = false;

	if (der.size > sizeof(again))
		return false;
	pair = d2i_ECDSA_SIG(NULL, &at, (long)der.size);
	if (pair != NULL && i2d_ECDSA_SIG(pair, NULL) == (int)der.size) {
		(void)i2d_ECDSA_SIG(pair, &end);
		is_strict = vs_bytes_equal(der, vs_bytes_from(again, der.size));
	}
	ECDSA_SIG_free(pair);
	return is_strict;
}

static vs_result
append_raw(struct vs_bytes der, size_t number_size, struct vs_buf *signature)
{
	const unsigned char *at = der.data;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)der.size);
	vs_result r = VS_FAIL(INTERNAL);
	uint8_t raw[2 * 48];

	assert(number_size <= sizeof(raw) / 2);
	if (pair != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, (int)number_size) == (int)number_size &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + number_size, (int)number_size) ==
	        (int)number_size)
		r = vs_buf_append(signature, raw, 2 * number_size);
	ECDSA_SIG_free(pair);
	return r;
}

/* --- make and check -----------------------------------------------------------------------------
 */

vs_result
vs_sign_make(const struct vs_pkey *key, enum vs_sign_alg alg, enum vs_sign_form form,
             struct vs_bytes message, struct vs_buf *signature)
{
	uint8_t made[VS_SIGN_SIZE_MAX];
	size_t size = sizeof(made);
	EVP_PKEY_CTX *parameters = NULL;
	EVP_MD_CTX *context = NULL;
	bool is_made;

	assert(key != NULL && alg < VS_SIGN_ALGS && signature != NULL);
	if (!vs_sign_fits(alg, key))
		return VS_FAIL(WRONG_TYPE);
	if (!vs_pkey_is_private(key))
		return VS_FAIL(NOT_FOUND);
	context = EVP_MD_CTX_new();
	is_made = context != NULL &&
	          EVP_DigestSignInit_ex(context, &parameters, rows[alg].digest, NULL, NULL,
	                                vs_pkey_evp(key), NULL) == 1 &&
	          set_padding(parameters, alg) &&
	          EVP_DigestSign(context, made, &size, message.data, message.size) == 1;
	EVP_MD_CTX_free(context);
	if (!is_made)
		return VS_FAIL(INTERNAL);
	if (rows[alg].number_size > 0 && form == VS_SIGN_RAW)
		return append_raw(vs_bytes_from(made, size), rows[alg].number_size, signature);
	return vs_buf_append(signature, made, size);
}

vs_result
vs_sign_check(const struct vs_pkey *key, enum vs_sign_alg alg, enum vs_sign_form form,
              struct vs_bytes message, struct vs_bytes signature)
{
	uint8_t der[DER_SIZE_MAX];
	struct vs_bytes checked = signature;
	EVP_PKEY_CTX *parameters = NULL;
	EVP_MD_CTX *context = NULL;
	bool is_good;

	assert(key != NULL && alg < VS_SIGN_ALGS);
	if (!vs_sign_fits(alg, key))
		return VS_FAIL(WRONG_TYPE);
	if (rows[alg].number_size > 0 && form == VS_SIGN_RAW) {
		size_t size = 0;

		VS_TRY(raw_to_der(signature, rows[alg].number_size, der, &size));
		checked = vs_bytes_from(der, size);
	} else if (rows[alg].number_size > 0 && !der_is_strict(signature)) {
		vs_algorithm_forget_errors();
		return VS_FAIL(NOT_AUTHENTIC);
	} else if (rows[alg].number_size == 0 &&
	           signature.size != (size_t)EVP_PKEY_get_size(vs_pkey_evp(key))) {
		return VS_FAIL(NOT_AUTHENTIC);
	}
	context = EVP_MD_CTX_new();
	is_good =
	    context != NULL &&
	    EVP_DigestVerifyInit_ex(context, &parameters, rows[alg].digest, NULL, NULL,
	                            vs_pkey_evp(key), NULL) == 1 &&
	    set_padding(parameters, alg) &&
	    EVP_DigestVerify(context, checked.data, checked.size, message.data, message.size) == 1;
	EVP_MD_CTX_free(context);
	vs_algorithm_forget_errors();
	return is_good ? VS_OK : VS_FAIL(NOT_AUTHENTIC);
}
