/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "crypto/aead.h"
#include "crypto/cbc.h"
#include "crypto/digest.h"
#include "crypto/fernet.h"
#include "crypto/hmac.h"
#include "crypto/kdf.h"
#include "crypto/password.h"
#include "crypto/pwhash.h"
#include "crypto/v1m.h"
#include "crypto/wrap.h"
#include "ops.h"

#define NEEDS_SIZE(arg, wanted)                                                                    \
	do {                                                                                       \
		if ((arg).size != (wanted))                                                        \
			return VS_FAIL(UNSUPPORTED);                                               \
	} while (0)

/* --- AEAD: suite key nonce aad text ------------------------------------------------------------
 */

static vs_result
aead(struct op_call *call, bool is_seal)
{
	const struct vs_bytes *args = call->args, text = args[4];
	struct vs_buf *out = op_result(call);
	struct vs_aead *object = NULL;
	uint8_t *room = NULL;
	size_t size;
	vs_result r;

	NEEDS_SIZE(args[0], 1);
	NEEDS_SIZE(args[1], VS_AEAD_KEY_SIZE);
	NEEDS_SIZE(args[2], VS_AEAD_NONCE_SIZE);
	size = is_seal                        ? text.size + VS_AEAD_TAG_SIZE
	       : text.size > VS_AEAD_TAG_SIZE ? text.size - VS_AEAD_TAG_SIZE
	                                      : 0;
	VS_TRY(vs_buf_reserve(out, size + 1, &room));
	VS_TRY(vs_aead_new(args[0].data[0], args[1].data, &object));
	r = is_seal ? vs_aead_seal(object, args[2].data, args[3], text, room)
	            : vs_aead_open(object, args[2].data, args[3], text, room);
	vs_aead_free(&object);
	if (r.code == VS_E_OK)
		out->size = size;
	return r;
}

static vs_result
aead_seal(struct op_call *call)
{
	return aead(call, true);
}

static vs_result
aead_open(struct op_call *call)
{
	return aead(call, false);
}

/* --- CBC ---------------------------------------------------------------------------------------
 */

static vs_result
cbc_seal(struct op_call *call) /* key plain [iv] */
{
	struct vs_cbc *cbc = NULL;
	vs_result r;

	NEEDS_SIZE(call->args[0], VS_CBC_KEY_SIZE);
	if (call->count == 3)
		NEEDS_SIZE(call->args[2], VS_CBC_IV_SIZE);
	VS_TRY(vs_cbc_new(call->args[0].data, &cbc));
	r = call->count == 3
	        ? vs_cbc_seal_with(cbc, call->args[2].data, call->args[1], op_result(call))
	        : vs_cbc_seal(cbc, call->args[1], op_result(call));
	vs_cbc_free(&cbc);
	return r;
}

static vs_result
cbc_open(struct op_call *call) /* key sealed */
{
	struct vs_cbc *cbc = NULL;
	vs_result r;

	NEEDS_SIZE(call->args[0], VS_CBC_KEY_SIZE);
	VS_TRY(vs_cbc_new(call->args[0].data, &cbc));
	r = vs_cbc_open(cbc, call->args[1], op_result(call));
	vs_cbc_free(&cbc);
	return r;
}

/* --- v1m: key tenant device n, of each reading sensor_type unit value; open: the MAC after n -----
 */

#define READINGS_MAX 16

static vs_result
v1m_message(struct op_call *call, size_t first, struct vs_v1m_reading *readings,
            struct vs_v1m_message *message)
{
	NEEDS_SIZE(call->args[0], VS_V1M_KEY_SIZE);
	if ((call->count - first) % 3 != 0 || (call->count - first) / 3 > READINGS_MAX)
		return VS_FAIL(UNSUPPORTED);
	*message = (struct vs_v1m_message){.tenant = call->args[1], .device = call->args[2]};
	VS_TRY(op_u64(call->args[3], &message->n));
	message->readings = readings;
	message->count = (call->count - first) / 3;
	for (size_t i = 0; i < message->count; i++) {
		const struct vs_bytes *of = &call->args[first + 3 * i];

		readings[i] = (struct vs_v1m_reading){of[0], of[1], of[2]};
	}
	return VS_OK;
}

static vs_result
v1m_mac(struct op_call *call)
{
	struct vs_v1m_reading readings[READINGS_MAX];
	struct vs_v1m_message message;
	struct vs_v1m *v1m = NULL;
	uint8_t mac[VS_V1M_MAC_SIZE];
	vs_result r;

	VS_TRY(v1m_message(call, 4, readings, &message));
	VS_TRY(vs_v1m_new(call->args[0].data, &v1m));
	r = vs_v1m_mac(v1m, &message, mac);
	vs_v1m_free(&v1m);
	return r.code == VS_E_OK ? op_result_bytes(call, mac, sizeof(mac)) : r;
}

/* The plain texts in one; their sizes are checked by the unit test. */
static vs_result
v1m_open(struct op_call *call)
{
	struct vs_v1m_reading readings[READINGS_MAX];
	size_t sizes[READINGS_MAX];
	struct vs_v1m_message message;
	struct vs_v1m *v1m = NULL;
	vs_result r;

	VS_TRY(v1m_message(call, 5, readings, &message));
	VS_TRY(vs_v1m_new(call->args[0].data, &v1m));
	r = vs_v1m_open(v1m, &message, call->args[4], op_result(call), sizes);
	vs_v1m_free(&v1m);
	return r;
}

static vs_result
v1m_value(struct op_call *call) /* key plain */
{
	struct vs_v1m *v1m = NULL;
	vs_result r;

	NEEDS_SIZE(call->args[0], VS_V1M_KEY_SIZE);
	VS_TRY(vs_v1m_new(call->args[0].data, &v1m));
	r = vs_v1m_seal_value(v1m, call->args[1], op_result(call));
	vs_v1m_free(&v1m);
	return r;
}

/* --- Fernet: the key as text -------------------------------------------------------------------
 */

static vs_result
fernet_seal(struct op_call *call) /* key plain now [iv] */
{
	struct vs_fernet *fernet = NULL;
	uint64_t now_s = 0;
	vs_result r;

	VS_TRY(op_u64(call->args[2], &now_s));
	if (call->count == 4)
		NEEDS_SIZE(call->args[3], VS_FERNET_IV_SIZE);
	VS_TRY(vs_fernet_new_from_text(call->args[0], &fernet));
	r = call->count == 4
	        ? vs_fernet_seal_with(fernet, call->args[3].data, call->args[1], (int64_t)now_s,
	                              op_result(call))
	        : vs_fernet_seal(fernet, call->args[1], (int64_t)now_s, op_result(call));
	vs_fernet_free(&fernet);
	return r;
}

static vs_result
fernet_open(struct op_call *call) /* key token now age_max skew_max; gives plain made mac */
{
	struct vs_fernet *fernet = NULL;
	struct vs_fernet_facts facts;
	uint64_t numbers[3] = {0};
	vs_result r;

	for (size_t i = 0; i < 3; i++)
		VS_TRY(op_u64(call->args[2 + i], &numbers[i]));
	VS_TRY(vs_fernet_new_from_text(call->args[0], &fernet));
	r = vs_fernet_open(fernet, call->args[1],
	                   &(struct vs_fernet_window){(int64_t)numbers[0], (int64_t)numbers[1],
	                                              (int64_t)numbers[2]},
	                   op_result(call), &facts);
	vs_fernet_free(&fernet);
	if (r.code != VS_E_OK)
		return r;
	VS_TRY(op_result_u64(call, (uint64_t)facts.made_s));
	return op_result_bytes(call, facts.mac, sizeof(facts.mac));
}

/* --- digests, MACs, derivation, wrapping ---------------------------------------------------------
 */

static vs_result
sha256(struct op_call *call) /* data */
{
	uint8_t digest[VS_SHA256_SIZE];

	VS_TRY(vs_crypto_sha256(call->args[0], digest));
	return op_result_bytes(call, digest, sizeof(digest));
}

static vs_result
hmac(struct op_call *call) /* key data */
{
	uint8_t mac[VS_SHA256_SIZE];

	VS_TRY(vs_crypto_hmac_sha256(call->args[0], call->args[1], mac));
	return op_result_bytes(call, mac, sizeof(mac));
}

static vs_result
hkdf(struct op_call *call) /* salt key info size */
{
	struct vs_buf *out = op_result(call);
	uint8_t *room = NULL;
	uint64_t size = 0;

	VS_TRY(op_u64(call->args[3], &size));
	VS_TRY(vs_buf_reserve(out, size + 1, &room));
	VS_TRY(vs_kdf_hkdf(call->args[0], call->args[1], call->args[2], room, size));
	out->size = size;
	return VS_OK;
}

static vs_result
argon2id(struct op_call *call) /* passphrase salt memory_kib passes size */
{
	struct vs_buf *out = op_result(call);
	uint64_t memory_kib = 0, passes = 0, size = 0;
	uint8_t *room = NULL;

	VS_TRY(op_u64(call->args[2], &memory_kib));
	VS_TRY(op_u64(call->args[3], &passes));
	VS_TRY(op_u64(call->args[4], &size));
	VS_TRY(vs_buf_reserve(out, size + 1, &room));
	VS_TRY(vs_kdf_argon2id(call->args[0], call->args[1], (uint32_t)memory_kib, (uint32_t)passes,
	                       room, size));
	out->size = size;
	return VS_OK;
}

static vs_result
verifier(struct op_call *call) /* pepper tenant identity password */
{
	uint8_t made[VS_CRYPTO_VERIFIER_SIZE];
	struct vs_secret *pepper = NULL;
	vs_result r;

	NEEDS_SIZE(call->args[0], VS_CRYPTO_PEPPER_SIZE);
	VS_TRY(vs_secret_new(VS_CRYPTO_PEPPER_SIZE, &pepper));
	memcpy(vs_secret_bytes(pepper), call->args[0].data, VS_CRYPTO_PEPPER_SIZE);
	r = vs_crypto_password_verifier(pepper, call->args[1], call->args[2], call->args[3], made);
	vs_secret_free(&pepper);
	return r.code == VS_E_OK ? op_result_bytes(call, made, sizeof(made)) : r;
}

static vs_result
bcrypt_make(struct op_call *call) /* password cost */
{
	char text[VS_PWHASH_TEXT_SIZE];
	uint64_t cost = 0;

	VS_TRY(op_u64(call->args[1], &cost));
	VS_TRY(vs_pwhash_make(call->args[0], (unsigned)cost, text));
	return op_result_bytes(call, text, strlen(text));
}

static vs_result
bcrypt_check(struct op_call *call) /* password hash */
{
	char text[VS_PWHASH_TEXT_SIZE];

	if (!vs_bytes_copy_text(call->args[1], text, sizeof(text)))
		return VS_FAIL(UNSUPPORTED);
	VS_TRY(vs_pwhash_check(call->args[0], text));
	return op_result_bytes(call, NULL, 0);
}

static vs_result
kwp_seal(struct op_call *call) /* wrapping key, key */
{
	struct vs_buf *out = op_result(call);
	uint8_t *room = NULL;

	NEEDS_SIZE(call->args[0], VS_WRAP_KEY_SIZE);
	VS_TRY(vs_buf_reserve(out, VS_WRAP_WRAPPED_SIZE(call->args[1].size), &room));
	VS_TRY(vs_wrap_seal(call->args[0].data, call->args[1], room));
	out->size = VS_WRAP_WRAPPED_SIZE(call->args[1].size);
	return VS_OK;
}

static vs_result
kwp_open(struct op_call *call) /* wrapping key, wrapped */
{
	struct vs_buf *out = op_result(call);
	uint8_t *room = NULL;
	size_t size = 0;

	NEEDS_SIZE(call->args[0], VS_WRAP_KEY_SIZE);
	VS_TRY(vs_buf_reserve(out, VS_WRAP_SIZE_MAX, &room));
	VS_TRY(vs_wrap_open(call->args[0].data, call->args[1], room, VS_WRAP_SIZE_MAX, &size));
	out->size = size;
	return VS_OK;
}

const struct op ops_symmetric[] = {
    {"aead.seal", 5, 5, aead_seal},
    {"aead.open", 5, 5, aead_open},
    {"cbc.seal", 2, 3, cbc_seal},
    {"cbc.open", 2, 2, cbc_open},
    {"v1m.mac", 4, 4 + 48, v1m_mac},
    {"v1m.open", 5, 5 + 48, v1m_open},
    {"v1m.value", 2, 2, v1m_value},
    {"fernet.seal", 3, 4, fernet_seal},
    {"fernet.open", 5, 5, fernet_open},
    {"sha256", 1, 1, sha256},
    {"hmac", 2, 2, hmac},
    {"hkdf", 4, 4, hkdf},
    {"argon2id", 5, 5, argon2id},
    {"kwp.seal", 2, 2, kwp_seal},
    {"kwp.open", 2, 2, kwp_open},
    {"verifier", 4, 4, verifier},
    {"bcrypt.make", 2, 2, bcrypt_make},
    {"bcrypt.check", 2, 2, bcrypt_check},
    {NULL, 0, 0, NULL},
};
