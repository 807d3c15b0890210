/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/jwe.h"

#include <assert.h>
#include <jose/b64.h>
#include <jose/jwe.h>
#include <jose/openssl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/algorithm.h"
#include "crypto/jose_json.h"
#include "wire/base64.h"
#include "wire/json.h"

#define PARTS           5
#define SECRET_SIZE_MAX 64
#define COORDINATE_SIZE 32 /* of P-256 */
#define KW_IV_SIZE      12 /* of A256GCMKW (RFC 7518 4.7.1.1) */
#define KW_TAG_SIZE     16

enum part { PROTECTED, ENCRYPTED_KEY, IV, CIPHERTEXT, TAG };
enum key_kind { SECRET, PAIR };
enum header_kind { NOTHING, IV_AND_TAG, EPK };

static const char *const part_names[PARTS] = {"protected", "encrypted_key", "iv", "ciphertext",
                                              "tag"};

static const struct {
	const char *name;
	enum key_kind key;
	uint8_t wrap_size; /* what wrapping adds to the key */
	enum header_kind header;
} algs[] = {
#define VS_JWE(name, jose, key, wrap, header) [VS_JWE_##name] = {jose, key, wrap, header},
#include "crypto/jwe.def"
#undef VS_JWE
};
static_assert(sizeof(algs) / sizeof(algs[0]) == VS_JWE_ALGS, "a row for each");

static const struct {
	const char *name;
	uint8_t key_size, iv_size, tag_size;
} encs[] = {
    [VS_JWE_A256GCM] = {"A256GCM", 32, 12, 16},
    [VS_JWE_A128CBC_HS256] = {"A128CBC-HS256", 32, 16, 16},
    [VS_JWE_A256CBC_HS512] = {"A256CBC-HS512", 64, 16, 32},
};
static_assert(sizeof(encs) / sizeof(encs[0]) == VS_JWE_ENCS, "a row for each");

struct vs_jwe_key {
	enum vs_jwe_alg alg;
	enum vs_jwe_enc enc;
	json_t *jwk;
	jose_cfg_t *config;
};

static vs_result
key_new(enum vs_jwe_alg alg, enum vs_jwe_enc enc, json_t *jwk, jose_cfg_t *config,
        struct vs_jwe_key **key_out)
{
	struct vs_jwe_key *key = jwk != NULL ? calloc(1, sizeof(*key)) : NULL;

	if (key == NULL) {
		json_decref(jwk);
		jose_cfg_decref(config);
		return VS_FAIL(NO_MEMORY);
	}
	*key = (struct vs_jwe_key){alg, enc, jwk, config};
	*key_out = key;
	return VS_OK;
}

vs_result
vs_jwe_key_new_secret(enum vs_jwe_alg alg, enum vs_jwe_enc enc, struct vs_bytes secret,
                      struct vs_jwe_key **key_out)
{
	char text[VS_BASE64_TEXT_SIZE(SECRET_SIZE_MAX)];
	jose_cfg_t *config = NULL;
	json_t *jwk = NULL;

	assert(alg < VS_JWE_ALGS && enc < VS_JWE_ENCS && key_out != NULL);
	if (algs[alg].key != SECRET)
		return VS_FAIL(WRONG_TYPE);
	if (secret.size != (alg == VS_JWE_DIR ? encs[enc].key_size : 32))
		return VS_FAIL(BAD_VALUE);
	config = vs_jose_config_new();
	if (config == NULL)
		return VS_FAIL(NO_MEMORY);
	(void)vs_base64_encode(VS_BASE64_URL, secret, text, sizeof(text));
	jwk = json_pack("{s:s, s:s}", "kty", "oct", "k", text);
	OPENSSL_cleanse(text, sizeof(text));
	return key_new(alg, enc, jwk, config, key_out);
}

vs_result
vs_jwe_key_new_pair(enum vs_jwe_alg alg, enum vs_jwe_enc enc, const struct vs_pkey *pkey,
                    struct vs_jwe_key **key_out)
{
	jose_cfg_t *config = NULL;

	assert(alg < VS_JWE_ALGS && enc < VS_JWE_ENCS && pkey != NULL && key_out != NULL);
	if (algs[alg].key != PAIR || vs_pkey_kind_of(pkey) != VS_PKEY_P256)
		return VS_FAIL(WRONG_TYPE);
	config = vs_jose_config_new();
	if (config == NULL)
		return VS_FAIL(NO_MEMORY);
	return key_new(alg, enc, jose_openssl_jwk_from_EVP_PKEY(config, vs_pkey_evp(pkey)), config,
	               key_out);
}

void
vs_jwe_key_free(struct vs_jwe_key **key)
{
	assert(key != NULL);
	if (*key == NULL)
		return;
	json_decref((*key)->jwk);
	jose_cfg_decref((*key)->config);
	free(*key);
	*key = NULL;
}

/* --- seal ---------------------------------------------------------------------------------------
 */

/* libjose leaves what the algorithm adds (epk, iv, tag) in the header of the recipient; the compact
 * form has only the protected one. */
static bool
encrypt(const struct vs_jwe_key *key, struct vs_bytes plain, json_t *jwe)
{
	json_t *cek = json_object(), *header = NULL, *protected = NULL;
	bool is_done = false;

	if (cek == NULL || !jose_jwe_enc_jwk(key->config, jwe, NULL, key->jwk, cek))
		goto out;
	protected = json_object_get(jwe, "protected");
	header = json_object_get(jwe, "header");
	if (header != NULL && json_object_update(protected, header) != 0)
		goto out;
	(void)json_object_del(jwe, "header");
	is_done = jose_jwe_enc_cek(key->config, jwe, cek, plain.data, plain.size);
out:
	json_decref(cek);
	return is_done;
}

static vs_result
append_compact(const json_t *jwe, struct vs_buf *text)
{
	size_t start = text->size;
	vs_result r = VS_OK;

	for (unsigned i = 0; i < PARTS && r.code == VS_E_OK; i++) {
		const char *part = json_string_value(json_object_get(jwe, part_names[i]));

		if (part == NULL && i != ENCRYPTED_KEY)
			r = VS_FAIL(INTERNAL);
		if (r.code == VS_E_OK && i > 0)
			r = vs_buf_append_byte(text, '.');
		if (r.code == VS_E_OK)
			r = vs_buf_append_bytes(text, vs_bytes_from_text(part));
	}
	if (r.code == VS_E_OK && text->size - start > VS_LIMIT_JWE_SIZE)
		r = VS_FAIL(TOO_LONG);
	if (r.code != VS_E_OK)
		text->size = start;
	return r;
}

vs_result
vs_jwe_seal(const struct vs_jwe_key *key, struct vs_bytes plain, struct vs_buf *text)
{
	static const uint8_t nothing[1];
	vs_result r = VS_FAIL(INTERNAL);
	json_t *jwe = NULL;

	assert(key != NULL && text != NULL);
	if (plain.size > VS_LIMIT_JWE_SIZE)
		return VS_FAIL(TOO_LONG);
	jwe = json_pack("{s:{s:s, s:s}}", "protected", "alg", algs[key->alg].name, "enc",
	                encs[key->enc].name);
	if (plain.size == 0)
		plain = vs_bytes_from(nothing, 0);
	if (jwe != NULL && encrypt(key, plain, jwe))
		r = append_compact(jwe, text);
	json_decref(jwe);
	vs_algorithm_forget_errors();
	return r;
}

/* --- open ---------------------------------------------------------------------------------------
 */

/* Canonical base64url of exactly so many bytes. */
static bool
is_of_size(struct vs_bytes text, size_t size)
{
	uint8_t data[SECRET_SIZE_MAX + 8];
	size_t got = 0;

	return vs_base64_decode(VS_BASE64_URL, text, data, sizeof(data), &got).code == VS_E_OK &&
	       got == size;
}

static bool
member_is_of_size(const struct vs_json_tape *tape, const struct vs_json_node *object,
                  const char *name, size_t size)
{
	struct vs_bytes text;

	return vs_json_text(tape, vs_json_member(tape, object, name), NULL, 0, &text).code ==
	           VS_E_OK &&
	       is_of_size(text, size);
}

static bool
epk_is_valid(const struct vs_json_tape *tape)
{
	const struct vs_json_node *epk = vs_json_member(tape, vs_json_root(tape), "epk");

	return vs_json_count(epk) == 4 &&
	       vs_json_is(tape, vs_json_member(tape, epk, "kty"), "EC") &&
	       vs_json_is(tape, vs_json_member(tape, epk, "crv"), "P-256") &&
	       member_is_of_size(tape, epk, "x", COORDINATE_SIZE) &&
	       member_is_of_size(tape, epk, "y", COORDINATE_SIZE);
}

static bool
header_fits(const struct vs_jwe_key *key, const struct vs_json_tape *tape)
{
	const struct vs_json_node *root = vs_json_root(tape);

	if (!vs_json_is(tape, vs_json_member(tape, root, "alg"), algs[key->alg].name) ||
	    !vs_json_is(tape, vs_json_member(tape, root, "enc"), encs[key->enc].name))
		return false;
	if (vs_json_member(tape, root, "zip") != NULL || vs_json_member(tape, root, "crit") != NULL)
		return false;
	switch (algs[key->alg].header) {
	case NOTHING:
		return true;
	case IV_AND_TAG:
		return member_is_of_size(tape, root, "iv", KW_IV_SIZE) &&
		       member_is_of_size(tape, root, "tag", KW_TAG_SIZE);
	case EPK:
		return epk_is_valid(tape);
	}
	return false;
}

static bool
protected_fits(const struct vs_jwe_key *key, struct vs_bytes text)
{
	uint8_t header[VS_LIMIT_JOSE_HEADER_SIZE];
	struct vs_json_tape tape;
	size_t size = 0;
	bool fits;

	vs_json_tape_init(&tape);
	fits =
	    vs_base64_decode(VS_BASE64_URL, text, header, sizeof(header), &size).code == VS_E_OK &&
	    vs_json_parse(vs_bytes_from(header, size), &tape).code == VS_E_OK &&
	    header_fits(key, &tape);
	vs_json_tape_done(&tape);
	return fits;
}

static bool
split(struct vs_bytes text, struct vs_bytes parts[static PARTS])
{
	for (unsigned i = 0; i < PARTS - 1; i++) {
		const uint8_t *dot = text.size > 0 ? memchr(text.data, '.', text.size) : NULL;
		size_t size = dot != NULL ? (size_t)(dot - text.data) : 0;

		if (dot == NULL)
			return false;
		parts[i] = vs_bytes_from(text.data, size);
		text = vs_bytes_from(dot + 1, text.size - size - 1);
	}
	parts[PARTS - 1] = text;
	return true;
}

/* All but the cipher text, whose size is its own; a bad letter in it libjose refuses. */
static bool
parts_fit(const struct vs_jwe_key *key, const struct vs_bytes parts[static PARTS])
{
	size_t wrapped_size = encs[key->enc].key_size + (size_t)algs[key->alg].wrap_size;

	if (key->alg == VS_JWE_DIR || key->alg == VS_JWE_ECDH_ES)
		wrapped_size = 0;
	return is_of_size(parts[ENCRYPTED_KEY], wrapped_size) &&
	       is_of_size(parts[IV], encs[key->enc].iv_size) &&
	       is_of_size(parts[TAG], encs[key->enc].tag_size) &&
	       protected_fits(key, parts[PROTECTED]);
}

/* jose_jwe_dec gives NULL for an empty text as well as for a wrong tag; its parts do not. */
static vs_result
decrypt_content(const struct vs_jwe_key *key, const json_t *jwe, const json_t *cek,
                struct vs_bytes ciphertext, struct vs_buf *plain)
{
	jose_io_t *out = NULL, *opener = NULL, *decoder = NULL;
	vs_result r = VS_FAIL(NOT_AUTHENTIC);
	void *opened = NULL;
	size_t size = 0;

	out = jose_io_malloc(key->config, &opened, &size);
	opener = out != NULL ? jose_jwe_dec_cek_io(key->config, jwe, cek, out) : NULL;
	decoder = opener != NULL ? jose_b64_dec_io(opener) : NULL;
	if (decoder != NULL && decoder->feed(decoder, ciphertext.data, ciphertext.size) &&
	    decoder->done(decoder))
		r = vs_buf_append(plain, opened, size);
	if (opened != NULL)
		OPENSSL_cleanse(opened, size); /* `out` frees it */
	jose_io_decref(decoder);
	jose_io_decref(opener);
	jose_io_decref(out);
	return r;
}

static vs_result
decrypt(const struct vs_jwe_key *key, const struct vs_bytes parts[static PARTS],
        struct vs_buf *plain)
{
	json_t *jwe = json_object(), *cek = NULL;
	vs_result r = VS_FAIL(NOT_AUTHENTIC);
	bool is_set = jwe != NULL;

	for (unsigned i = 0; i < PARTS && is_set; i++)
		if (i != ENCRYPTED_KEY || parts[i].size > 0)
			is_set = vs_jose_set(jwe, part_names[i], parts[i]);
	if (is_set)
		cek = jose_jwe_dec_jwk(key->config, jwe, NULL, key->jwk);
	if (cek != NULL)
		r = decrypt_content(key, jwe, cek, parts[CIPHERTEXT], plain);
	json_decref(cek);
	json_decref(jwe);
	vs_algorithm_forget_errors();
	return r;
}

vs_result
vs_jwe_open(const struct vs_jwe_key *key, struct vs_bytes text, struct vs_buf *plain)
{
	struct vs_bytes parts[PARTS];

	assert(key != NULL && plain != NULL);
	if (text.size > VS_LIMIT_JWE_SIZE || !split(text, parts) || !parts_fit(key, parts))
		return VS_FAIL(NOT_AUTHENTIC);
	return decrypt(key, parts, plain);
}
