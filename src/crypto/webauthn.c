/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/webauthn.h"

#include <string.h>

#include "crypto/sign.h"
#include "wire/base64.h"
#include "wire/cbor.h"
#include "wire/json.h"

#define CLIENT_NODES 64u
#define HEAD_SIZE    37u /* rpIdHash 32, flags 1, signCount 4 */
#define AAGUID_SIZE  16u
#define SIGNED_MAX   4096u

enum { FLAG_UP = 0x01, FLAG_UV = 0x04, FLAG_AT = 0x40, FLAG_ED = 0x80 };

/* --- clientDataJSON (5.8.1) ------------------------------------------------------------------- */

static vs_result
challenge_read(const struct vs_json_tape *tape,
               uint8_t challenge_out[static VS_WEBAUTHN_CHALLENGE_SIZE])
{
	struct vs_bytes text;
	size_t size = 0;

	VS_TRY(vs_json_text(tape, vs_json_member(tape, vs_json_root(tape), "challenge"), NULL, 0,
	                    &text));
	VS_TRY(vs_base64_decode(VS_BASE64_URL, text, challenge_out, VS_WEBAUTHN_CHALLENGE_SIZE,
	                        &size));
	return size == VS_WEBAUTHN_CHALLENGE_SIZE ? VS_OK : VS_FAIL(BAD_MESSAGE);
}

vs_result
vs_webauthn_challenge(struct vs_bytes client_data,
                      uint8_t challenge_out[static VS_WEBAUTHN_CHALLENGE_SIZE])
{
	struct vs_json_node nodes[CLIENT_NODES];
	struct vs_json_tape tape;

	vs_json_tape_init_fixed(&tape, nodes, CLIENT_NODES);
	if (vs_json_parse(client_data, &tape).code != VS_E_OK ||
	    challenge_read(&tape, challenge_out).code != VS_E_OK)
		return VS_FAIL(BAD_MESSAGE);
	return VS_OK;
}

static vs_result
client_data_check(const struct vs_webauthn_expect *expect, const char *type, struct vs_bytes text)
{
	uint8_t challenge[VS_WEBAUTHN_CHALLENGE_SIZE];
	struct vs_json_node nodes[CLIENT_NODES];
	const struct vs_json_node *root, *cross;
	struct vs_json_tape tape;
	bool is_cross = false;

	vs_json_tape_init_fixed(&tape, nodes, CLIENT_NODES);
	if (vs_json_parse(text, &tape).code != VS_E_OK ||
	    challenge_read(&tape, challenge).code != VS_E_OK)
		return VS_FAIL(BAD_MESSAGE);
	root = vs_json_root(&tape);
	cross = vs_json_member(&tape, root, "crossOrigin");
	if (cross != NULL && vs_json_bool(cross, &is_cross).code != VS_E_OK)
		return VS_FAIL(BAD_MESSAGE);
	if (is_cross || !vs_json_is(&tape, vs_json_member(&tape, root, "type"), type) ||
	    !vs_json_is(&tape, vs_json_member(&tape, root, "origin"), expect->origin) ||
	    !vs_crypto_equal(challenge, expect->challenge, sizeof(challenge)))
		return VS_FAIL(NOT_AUTHENTIC);
	return VS_OK;
}

/* --- authenticator data (6.1) ----------------------------------------------------------------- */

static vs_result
head_check(const struct vs_webauthn_expect *expect, struct vs_bytes data, uint32_t *count_out)
{
	uint8_t hash[VS_SHA256_SIZE];
	unsigned needs = FLAG_UP | FLAG_UV;

	if (data.size < HEAD_SIZE)
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(vs_crypto_sha256(vs_bytes_from_text(expect->rp_id), hash));
	if (!vs_crypto_equal(hash, data.data, sizeof(hash)) || (data.data[32] & needs) != needs)
		return VS_FAIL(NOT_AUTHENTIC);
	*count_out = (uint32_t)data.data[33] << 24 | (uint32_t)data.data[34] << 16 |
	             (uint32_t)data.data[35] << 8 | data.data[36];
	return VS_OK;
}

struct cose {
	int64_t kty, alg, crv;
	struct vs_bytes x, y;
};

/* COSE_Key (RFC 9052 7): labels 1 kty, 3 alg, -1 crv, -2 x, -3 y; each once, no other. */
static vs_result
cose_take(struct vs_bytes *rest, struct cose *cose)
{
	struct vs_cbor_item map, item;
	unsigned seen = 0;

	VS_TRY(vs_cbor_next(rest, &map));
	if (map.type != VS_CBOR_MAP || map.number > 5)
		return VS_FAIL(BAD_MESSAGE);
	for (uint64_t i = 0; i < map.number; i++) {
		int64_t label = 0;
		unsigned bit;

		VS_TRY(vs_cbor_int(rest, &label));
		if (label < -3 || label > 3)
			return VS_FAIL(BAD_MESSAGE);
		bit = 1u << (unsigned)(label + 3);
		if ((seen & bit) != 0)
			return VS_FAIL(BAD_MESSAGE);
		seen |= bit;
		if (label == 1 || label == 3 || label == -1) {
			VS_TRY(vs_cbor_int(rest, label == 1   ? &cose->kty
			                         : label == 3 ? &cose->alg
			                                      : &cose->crv));
			continue;
		}
		VS_TRY(vs_cbor_next(rest, &item));
		if (item.type != VS_CBOR_BYTES || (label != -2 && label != -3))
			return VS_FAIL(BAD_MESSAGE);
		*(label == -2 ? &cose->x : &cose->y) = item.bytes;
	}
	return VS_OK;
}

static enum vs_pkey_kind
kind_of(const struct vs_webauthn_key *key)
{
	return key->alg == VS_WEBAUTHN_ES256 ? VS_PKEY_P256 : VS_PKEY_ED25519;
}

static vs_result
key_of(const struct cose *cose, struct vs_webauthn_key *key)
{
	struct vs_pkey *pkey = NULL;
	uint8_t *out = key->public;

	if (cose->kty == 2 && cose->alg == VS_WEBAUTHN_ES256 && cose->crv == 1 &&
	    cose->x.size == 32 && cose->y.size == 32) {
		out[0] = 4;
		memcpy(out + 1, cose->x.data, 32);
		memcpy(out + 33, cose->y.data, 32);
		key->public_size = 65;
	} else if (cose->kty == 1 && cose->alg == VS_WEBAUTHN_EDDSA && cose->crv == 6 &&
	           cose->x.size == 32 && cose->y.size == 0) {
		memcpy(out, cose->x.data, 32);
		key->public_size = 32;
	} else {
		return VS_FAIL(UNSUPPORTED);
	}
	key->alg = (int)cose->alg;
	VS_TRY(vs_pkey_read_raw_public(kind_of(key), vs_bytes_from(out, key->public_size), &pkey));
	vs_pkey_free(&pkey);
	return VS_OK;
}

/* Attested credential data (6.5.1), which must be all that follows. */
static vs_result
credential_read(struct vs_bytes data, struct vs_webauthn_key *key)
{
	struct cose cose = {.kty = 0};
	struct vs_bytes rest;
	size_t size;

	if ((data.data[32] & FLAG_AT) == 0 || data.size < HEAD_SIZE + AAGUID_SIZE + 2)
		return VS_FAIL(BAD_MESSAGE);
	rest =
	    vs_bytes_from(data.data + HEAD_SIZE + AAGUID_SIZE, data.size - HEAD_SIZE - AAGUID_SIZE);
	size = (size_t)rest.data[0] << 8 | rest.data[1];
	if (size == 0 || size > sizeof(key->id) || size > rest.size - 2)
		return VS_FAIL(BAD_MESSAGE);
	memcpy(key->id, rest.data + 2, size);
	key->id_size = size;
	rest.data += 2 + size;
	rest.size -= 2 + size;
	VS_TRY(cose_take(&rest, &cose));
	if ((data.data[32] & FLAG_ED) != 0)
		VS_TRY(vs_cbor_skip(&rest));
	if (rest.size != 0)
		return VS_FAIL(BAD_MESSAGE);
	return key_of(&cose, key);
}

/* {"fmt": "none", "attStmt": {}, "authData": bytes} (6.5.4, 8.7), in whichever order. */
static vs_result
attestation_read(struct vs_bytes rest, struct vs_bytes *data_out)
{
	struct vs_cbor_item item, name;
	unsigned seen = 0;

	VS_TRY(vs_cbor_next(&rest, &item));
	if (item.type != VS_CBOR_MAP || item.number != 3)
		return VS_FAIL(BAD_MESSAGE);
	for (unsigned i = 0; i < 3; i++) {
		VS_TRY(vs_cbor_next(&rest, &name));
		VS_TRY(vs_cbor_next(&rest, &item));
		if (name.type != VS_CBOR_TEXT)
			return VS_FAIL(BAD_MESSAGE);
		if (vs_bytes_equal_text(name.bytes, "fmt") && item.type == VS_CBOR_TEXT) {
			if (!vs_bytes_equal_text(item.bytes, "none"))
				return VS_FAIL(UNSUPPORTED);
			seen |= 1;
		} else if (vs_bytes_equal_text(name.bytes, "attStmt") && item.type == VS_CBOR_MAP &&
		           item.number == 0) {
			seen |= 2;
		} else if (vs_bytes_equal_text(name.bytes, "authData") &&
		           item.type == VS_CBOR_BYTES) {
			*data_out = item.bytes;
			seen |= 4;
		} else {
			return VS_FAIL(BAD_MESSAGE);
		}
	}
	return seen == 7 && rest.size == 0 ? VS_OK : VS_FAIL(BAD_MESSAGE);
}

/* --- the two ceremonies ----------------------------------------------------------------------- */

static vs_result
malformed(vs_result r)
{
	return r.code == VS_E_OK || r.code == VS_E_NOT_AUTHENTIC || r.code == VS_E_UNSUPPORTED ||
	               r.code == VS_E_NO_MEMORY || r.code == VS_E_INTERNAL
	           ? r
	           : VS_FAIL(BAD_MESSAGE);
}

static vs_result
register_key(const struct vs_webauthn_expect *expect, struct vs_bytes client_data,
             struct vs_bytes attestation_object, struct vs_webauthn_key *key)
{
	struct vs_bytes data = {NULL, 0};

	VS_TRY(client_data_check(expect, "webauthn.create", client_data));
	VS_TRY(attestation_read(attestation_object, &data));
	VS_TRY(head_check(expect, data, &key->count));
	return credential_read(data, key);
}

vs_result
vs_webauthn_register(const struct vs_webauthn_expect *expect, struct vs_bytes client_data,
                     struct vs_bytes attestation_object, struct vs_webauthn_key *key_out)
{
	struct vs_webauthn_key key = {.alg = 0};
	vs_result r = malformed(register_key(expect, client_data, attestation_object, &key));

	if (r.code == VS_E_OK)
		*key_out = key;
	return r;
}

static vs_result
signature_check(const struct vs_webauthn_key *key, struct vs_bytes data,
                struct vs_bytes client_data, struct vs_bytes signature)
{
	uint8_t signed_data[SIGNED_MAX];
	struct vs_pkey *pkey = NULL;
	vs_result r;

	if (data.size > sizeof(signed_data) - VS_SHA256_SIZE)
		return VS_FAIL(BAD_MESSAGE);
	memcpy(signed_data, data.data, data.size);
	VS_TRY(vs_crypto_sha256(client_data, signed_data + data.size));
	VS_TRY(vs_pkey_read_raw_public(kind_of(key), vs_bytes_from(key->public, key->public_size),
	                               &pkey));
	r = vs_sign_check(pkey, key->alg == VS_WEBAUTHN_ES256 ? VS_SIGN_ES256 : VS_SIGN_EDDSA,
	                  VS_SIGN_DER, vs_bytes_from(signed_data, data.size + VS_SHA256_SIZE),
	                  signature);
	vs_pkey_free(&pkey);
	return r;
}

static vs_result
assertion_read(const struct vs_webauthn_expect *expect, struct vs_bytes client_data,
               struct vs_bytes data, uint32_t *count_out)
{
	struct vs_bytes rest;

	VS_TRY(client_data_check(expect, "webauthn.get", client_data));
	VS_TRY(head_check(expect, data, count_out));
	if ((data.data[32] & FLAG_AT) != 0)
		return VS_FAIL(BAD_MESSAGE);
	rest = vs_bytes_from(data.data + HEAD_SIZE, data.size - HEAD_SIZE);
	if ((data.data[32] & FLAG_ED) != 0)
		VS_TRY(vs_cbor_skip(&rest));
	return rest.size == 0 ? VS_OK : VS_FAIL(BAD_MESSAGE);
}

vs_result
vs_webauthn_assert(const struct vs_webauthn_expect *expect, const struct vs_webauthn_key *key,
                   struct vs_bytes client_data, struct vs_bytes authenticator_data,
                   struct vs_bytes signature, uint32_t *count_out)
{
	uint32_t count = 0;

	VS_TRY(malformed(assertion_read(expect, client_data, authenticator_data, &count)));
	VS_TRY(malformed(signature_check(key, authenticator_data, client_data, signature)));
	/* A device that counts never goes back: it would be a copy of it. */
	if ((count != 0 || key->count != 0) && count <= key->count)
		return VS_FAIL(NOT_AUTHENTIC);
	*count_out = count;
	return VS_OK;
}
