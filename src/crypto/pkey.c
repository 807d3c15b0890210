/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pkey.h"

#include <assert.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/algorithm.h"
#include "crypto/pkey_wrap.h"

#define RSA_BITS_NEW          3072
#define RSA_EXPONENT_BITS_MAX 32

struct vs_pkey {
	EVP_PKEY *evp;
	enum vs_pkey_kind kind;
	bool is_private;
};

/* The raw sizes are 0 where a kind has no raw form. */
static const struct {
	const char *name, *group;
	int id, nid;
	uint8_t private_size, public_size;
} kinds[] = {
    [VS_PKEY_ED25519] = {"ED25519", NULL, EVP_PKEY_ED25519, 0, 32, 32},
    [VS_PKEY_X25519] = {"X25519", NULL, EVP_PKEY_X25519, 0, 32, 32},
    [VS_PKEY_P256] = {"EC", "P-256", EVP_PKEY_EC, NID_X9_62_prime256v1, 32, 65},
    [VS_PKEY_P384] = {"EC", "P-384", EVP_PKEY_EC, NID_secp384r1, 0, 97},
    [VS_PKEY_RSA] = {"RSA", NULL, EVP_PKEY_RSA, 0, 0, 0},
};
static_assert(sizeof(kinds) / sizeof(kinds[0]) == VS_PKEY_KINDS, "a row for each kind");

/* A curve that a key describes by its parameters is never one of ours, even when the parameters are
 * those of P-256 (RFC 5480 2.1.1; CVE-2020-0601 began there). */
static bool
is_group(const EVP_PKEY *evp, enum vs_pkey_kind kind)
{
	char group[32];
	int is_explicit = 0;
	size_t size = 0;

	if (EVP_PKEY_get_int_param(evp, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
	                           &is_explicit) == 1 &&
	    is_explicit != 0)
		return false;
	return EVP_PKEY_get_group_name(evp, group, sizeof(group), &size) == 1 &&
	       OBJ_txt2nid(group) == kinds[kind].nid;
}

static bool
find_kind(const EVP_PKEY *evp, enum vs_pkey_kind *kind_out)
{
	for (unsigned kind = 0; kind < VS_PKEY_KINDS; kind++) {
		if (EVP_PKEY_get_base_id(evp) != kinds[kind].id)
			continue;
		if (kinds[kind].group != NULL && !is_group(evp, (enum vs_pkey_kind)kind))
			continue;
		*kind_out = (enum vs_pkey_kind)kind;
		return true;
	}
	return false;
}

/* Primes that one library made as k * M + (65537^a mod M) can be factored (ROCA, CVE-2017-15361):
 * then n is a power of 65537 modulo each small prime. Stations hold such keys in their chips. */
static bool
is_roca(const BIGNUM *n)
{
	static const uint8_t primes[] = {11, 13, 17,  19,  37,  53,  61,  71, 73,
	                                 79, 97, 103, 107, 109, 127, 151, 157};

	for (unsigned i = 0; i < sizeof(primes); i++) {
		unsigned p = primes[i], rest = (unsigned)BN_mod_word(n, p), power = 1;

		do {
			power = power * (65537 % p) % p;
		} while (power != rest && power != 1);
		if (power != rest)
			return false;
	}
	return true;
}

static bool
rsa_is_valid(const EVP_PKEY *evp)
{
	BIGNUM *e = NULL, *n = NULL;
	int bits = EVP_PKEY_get_bits(evp);
	bool is_valid = bits >= VS_PKEY_RSA_BITS_MIN && bits <= VS_PKEY_RSA_BITS_MAX &&
	                EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
	                EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
	                BN_is_odd(e) && BN_num_bits(e) <= RSA_EXPONENT_BITS_MAX &&
	                BN_get_word(e) >= RSA_F4 && !is_roca(n);

	BN_free(n);
	BN_free(e);
	return is_valid;
}

static bool
is_valid_key(EVP_PKEY *evp, enum vs_pkey_kind kind, bool is_private)
{
	EVP_PKEY_CTX *context = NULL;
	bool is_valid;

	if (kind == VS_PKEY_RSA && !rsa_is_valid(evp))
		return false;
	context = EVP_PKEY_CTX_new(evp, NULL);
	is_valid = context != NULL && EVP_PKEY_public_check(context) == 1;
	if (is_valid && kinds[kind].group != NULL)
		is_valid =
		    EVP_PKEY_set_utf8_string_param(evp, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
		                                   "uncompressed") == 1;
	/* With RSA it tests both primes, for tens of milliseconds; a wrong private key harms only
	 * its owner, who signs or opens what nobody understands. */
	if (is_valid && is_private && kind != VS_PKEY_RSA)
		is_valid = EVP_PKEY_pairwise_check(context) == 1;
	EVP_PKEY_CTX_free(context);
	return is_valid;
}

vs_result
vs_pkey_wrap(EVP_PKEY *evp, bool is_private, struct vs_pkey **key_out)
{
	struct vs_pkey *key = NULL;
	vs_result r = VS_FAIL(BAD_VALUE);
	enum vs_pkey_kind kind = VS_PKEY_KINDS;

	if (!find_kind(evp, &kind) || !is_valid_key(evp, kind, is_private))
		goto out;
	r = VS_FAIL(NO_MEMORY);
	key = calloc(1, sizeof(*key));
	if (key == NULL)
		goto out;
	key->evp = evp;
	key->kind = kind;
	key->is_private = is_private;
	evp = NULL;
	*key_out = key;
	r = VS_OK;
out:
	if (r.code != VS_E_OK)
		vs_algorithm_forget_errors();
	EVP_PKEY_free(evp);
	return r;
}

static vs_result
wrap_new(EVP_PKEY *evp, enum vs_pkey_kind kind, struct vs_pkey **key_out)
{
	struct vs_pkey *key = NULL;

	if (evp == NULL)
		return VS_FAIL(INTERNAL);
	key = calloc(1, sizeof(*key));
	if (key == NULL) {
		EVP_PKEY_free(evp);
		return VS_FAIL(NO_MEMORY);
	}
	/* Made here a moment ago: checking it would double the cost of each handshake. */
	*key = (struct vs_pkey){evp, kind, true};
	*key_out = key;
	return VS_OK;
}

vs_result
vs_pkey_new(enum vs_pkey_kind kind, struct vs_pkey **key_out)
{
	EVP_PKEY *evp;

	assert(kind < VS_PKEY_KINDS && key_out != NULL);
	if (kind == VS_PKEY_RSA)
		evp = EVP_RSA_gen(RSA_BITS_NEW);
	else if (kinds[kind].group != NULL)
		evp = EVP_EC_gen(kinds[kind].group);
	else
		evp = EVP_PKEY_Q_keygen(NULL, NULL, kinds[kind].name);
	return wrap_new(evp, kind, key_out);
}

vs_result
vs_pkey_new_rsa_short(struct vs_pkey **key_out)
{
	assert(key_out != NULL);
	return wrap_new(EVP_RSA_gen(VS_PKEY_RSA_BITS_MIN), VS_PKEY_RSA, key_out);
}

void
vs_pkey_free(struct vs_pkey **key)
{
	assert(key != NULL);
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->evp);
	free(*key);
	*key = NULL;
}

enum vs_pkey_kind
vs_pkey_kind_of(const struct vs_pkey *key)
{
	assert(key != NULL);
	return key->kind;
}

bool
vs_pkey_is_private(const struct vs_pkey *key)
{
	assert(key != NULL);
	return key->is_private;
}

EVP_PKEY *
vs_pkey_evp(const struct vs_pkey *key)
{
	assert(key != NULL);
	return key->evp;
}

/* An EC key of its point and, when it has one, its scalar. */
static EVP_PKEY *
ec_from_data(enum vs_pkey_kind kind, struct vs_bytes point, const BIGNUM *scalar)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *evp = NULL;
	int selection = scalar != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;

	if (build == NULL || context == NULL)
		goto out;
	if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, kinds[kind].group,
	                                    0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.data,
	                                     point.size) != 1 ||
	    (scalar != NULL &&
	     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) != 1))
		goto out;
	params = OSSL_PARAM_BLD_to_param(build);
	if (params == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &evp, selection, params) != 1)
		evp = NULL;
out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	return evp;
}

/* The point of a scalar, which must be from 1 to the order minus 1. */
static EVP_PKEY *
ec_from_scalar(enum vs_pkey_kind kind, struct vs_bytes raw)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(kinds[kind].nid);
	EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
	BIGNUM *scalar = BN_secure_new();
	uint8_t encoded[VS_PKEY_PUBLIC_SIZE_MAX];
	EVP_PKEY *evp = NULL;
	size_t size;

	if (point == NULL || scalar == NULL || BN_bin2bn(raw.data, (int)raw.size, scalar) == NULL)
		goto out;
	if (BN_is_zero(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(group)) >= 0)
		goto out;
	BN_set_flags(scalar, BN_FLG_CONSTTIME);
	if (EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) != 1)
		goto out;
	size = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded,
	                          sizeof(encoded), NULL);
	if (size == kinds[kind].public_size)
		evp = ec_from_data(kind, vs_bytes_from(encoded, size), scalar);
out:
	BN_clear_free(scalar);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return evp;
}

vs_result
vs_pkey_read_raw_private(enum vs_pkey_kind kind, struct vs_bytes raw, struct vs_pkey **key_out)
{
	EVP_PKEY *evp = NULL;

	assert(kind < VS_PKEY_KINDS && key_out != NULL);
	if (kinds[kind].private_size == 0)
		return VS_FAIL(WRONG_TYPE);
	if (raw.size != kinds[kind].private_size)
		return VS_FAIL(BAD_VALUE);
	if (kinds[kind].group != NULL)
		evp = ec_from_scalar(kind, raw);
	else
		evp = EVP_PKEY_new_raw_private_key(kinds[kind].id, NULL, raw.data, raw.size);
	if (evp == NULL) {
		vs_algorithm_forget_errors();
		return VS_FAIL(BAD_VALUE);
	}
	return vs_pkey_wrap(evp, true, key_out);
}

/* Without the checks of vs_pkey_wrap: fromdata refuses a point that is not on its curve. */
static EVP_PKEY *
evp_from_raw_public(enum vs_pkey_kind kind, struct vs_bytes raw)
{
	if (raw.size != kinds[kind].public_size)
		return NULL;
	if (kinds[kind].group == NULL)
		return EVP_PKEY_new_raw_public_key(kinds[kind].id, NULL, raw.data, raw.size);
	if (raw.data[0] != POINT_CONVERSION_UNCOMPRESSED)
		return NULL;
	return ec_from_data(kind, raw, NULL);
}

vs_result
vs_pkey_read_raw_public(enum vs_pkey_kind kind, struct vs_bytes raw, struct vs_pkey **key_out)
{
	EVP_PKEY *evp = NULL;

	assert(kind < VS_PKEY_KINDS && key_out != NULL);
	if (kinds[kind].public_size == 0)
		return VS_FAIL(WRONG_TYPE);
	evp = evp_from_raw_public(kind, raw);
	if (evp == NULL) {
		vs_algorithm_forget_errors();
		return VS_FAIL(BAD_VALUE);
	}
	return vs_pkey_wrap(evp, false, key_out);
}

vs_result
vs_pkey_raw_private(const struct vs_pkey *key, uint8_t raw_out[static VS_PKEY_PRIVATE_SIZE])
{
	BIGNUM *scalar = NULL;
	size_t size = VS_PKEY_PRIVATE_SIZE;
	bool is_ok;

	assert(key != NULL);
	if (kinds[key->kind].private_size == 0)
		return VS_FAIL(WRONG_TYPE);
	if (!key->is_private)
		return VS_FAIL(NOT_FOUND);
	if (kinds[key->kind].group == NULL)
		return EVP_PKEY_get_raw_private_key(key->evp, raw_out, &size) == 1
		           ? VS_OK
		           : VS_FAIL(INTERNAL);
	is_ok = EVP_PKEY_get_bn_param(key->evp, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1 &&
	        BN_bn2binpad(scalar, raw_out, VS_PKEY_PRIVATE_SIZE) == VS_PKEY_PRIVATE_SIZE;
	BN_clear_free(scalar);
	return is_ok ? VS_OK : VS_FAIL(INTERNAL);
}

vs_result
vs_pkey_raw_public(const struct vs_pkey *key, uint8_t raw_out[static VS_PKEY_PUBLIC_SIZE_MAX],
                   size_t *size_out)
{
	uint8_t raw[VS_PKEY_PUBLIC_SIZE_MAX];
	size_t size = 0;

	assert(key != NULL && size_out != NULL);
	if (kinds[key->kind].public_size == 0)
		return VS_FAIL(WRONG_TYPE);
	if (EVP_PKEY_get_octet_string_param(key->evp,
	                                    kinds[key->kind].group != NULL
	                                        ? OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY
	                                        : OSSL_PKEY_PARAM_PUB_KEY,
	                                    raw, sizeof(raw), &size) != 1 ||
	    size != kinds[key->kind].public_size)
		return VS_FAIL(INTERNAL);
	memcpy(raw_out, raw, size);
	*size_out = size;
	return VS_OK;
}

vs_result
vs_pkey_agree(const struct vs_pkey *key, struct vs_bytes peer_public, uint8_t shared_out[static 32])
{
	vs_result r = VS_FAIL(BAD_VALUE);
	EVP_PKEY_CTX *context = NULL;
	EVP_PKEY *peer = NULL;
	uint8_t shared[32];
	size_t size = sizeof(shared);

	assert(key != NULL && key->is_private);
	if (key->kind != VS_PKEY_X25519 && key->kind != VS_PKEY_P256)
		return VS_FAIL(WRONG_TYPE);
	peer = evp_from_raw_public(key->kind, peer_public);
	if (peer == NULL) {
		vs_algorithm_forget_errors();
		return VS_FAIL(BAD_VALUE);
	}
	context = EVP_PKEY_CTX_new(key->evp, NULL);
	/* set_peer checks a point of a curve; X25519 refuses a result of zero by itself. */
	if (context != NULL && EVP_PKEY_derive_init(context) == 1 &&
	    EVP_PKEY_derive_set_peer(context, peer) == 1 &&
	    EVP_PKEY_derive(context, shared, &size) == 1 && size == sizeof(shared)) {
		memcpy(shared_out, shared, sizeof(shared));
		r = VS_OK;
	} else {
		vs_algorithm_forget_errors();
	}
	OPENSSL_cleanse(shared, sizeof(shared));
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(peer);
	return r;
}
