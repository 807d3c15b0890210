/* SPDX-License-Identifier: Apache-2.0 */
/* Agreement, signatures, envelopes, HPKE and Noise. Contexts live until their next beginning. */
#include <stdlib.h>

#include "crypto/envelope.h"
#include "crypto/hpke.h"
#include "crypto/noise.h"
#include "crypto/sign.h"
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

static struct vs_hpke *hpke;
static struct vs_noise *noise[2];
static struct vs_noise_cipher *sending[2], *receiving[2];
static struct vs_pkey *noise_own[2];
static struct vs_bytes noise_ephemeral;

/* --- agreement ---------------------------------------------------------------------------------
 */

static vs_result
agree(struct op_call *call, enum vs_pkey_kind kind, struct vs_bytes peer)
{
	struct vs_pkey *key = NULL;
	uint8_t shared[32];
	vs_result r;

	VS_TRY(vs_pkey_read_raw_private(kind, ARG(0), &key));
	r = vs_pkey_agree(key, peer, shared);
	vs_pkey_free(&key);
	if (r.code == VS_E_OK)
		answer(call, vs_bytes_from(shared, sizeof(shared)));
	return r;
}

static vs_result
op_x25519(struct op_call *call)
{
	return agree(call, VS_PKEY_X25519, ARG(1));
}

static vs_result
op_ecdh_raw(struct op_call *call)
{
	return agree(call, VS_PKEY_P256, ARG(1));
}

/* The peer's key as a SubjectPublicKeyInfo. */
static vs_result
op_ecdh_der(struct op_call *call)
{
	uint8_t raw[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_pkey *peer = NULL;
	size_t size = 0;
	vs_result r;

	VS_TRY(vs_pkey_read_public(ARG(1), &peer));
	r = vs_pkey_raw_public(peer, raw, &size);
	vs_pkey_free(&peer);
	if (r.code == VS_E_OK)
		r = agree(call, VS_PKEY_P256, vs_bytes_from(raw, size));
	return r;
}

/* kind, private: its raw public key. */
static vs_result
op_public(struct op_call *call)
{
	uint8_t raw[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_pkey *key = NULL;
	size_t size = 0;
	vs_result r;

	VS_TRY(vs_pkey_read_raw_private((enum vs_pkey_kind)number(call, 0), ARG(1), &key));
	r = vs_pkey_raw_public(key, raw, &size);
	vs_pkey_free(&key);
	if (r.code == VS_E_OK)
		answer(call, vs_bytes_from(raw, size));
	return r;
}

/* --- signatures: algorithm, form, key, message, signature ----------------------------------------
 */

static vs_result
op_sign_check(struct op_call *call)
{
	enum vs_sign_alg alg = VS_SIGN_EDDSA;
	struct vs_pkey *key = NULL;
	vs_result r;

	VS_TRY(vs_sign_find(ARG(0), &alg));
	VS_TRY(vs_pkey_read_public(ARG(2), &key));
	r = vs_sign_check(key, alg, (enum vs_sign_form)number(call, 1), ARG(3), ARG(4));
	vs_pkey_free(&key);
	return r;
}

static vs_result
op_sign_make(struct op_call *call)
{
	enum vs_sign_alg alg = VS_SIGN_EDDSA;
	struct vs_pkey *key = NULL;
	struct vs_buf out;
	vs_result r;

	VS_TRY(vs_sign_find(ARG(0), &alg));
	VS_TRY(vs_pkey_read_private(ARG(2), &key));
	vs_buf_init(&out, VS_SIGN_SIZE_MAX);
	r = vs_sign_make(key, alg, (enum vs_sign_form)number(call, 1), ARG(3), &out);
	if (r.code == VS_E_OK)
		answer(call, vs_buf_view(&out));
	vs_buf_done(&out);
	vs_pkey_free(&key);
	return r;
}

/* --- envelopes: hash, key size, nonce size, key, aad, ..
 * ------------------------------------------
 */

static struct vs_envelope_form
form_of(struct op_call *call)
{
	return (struct vs_envelope_form){(enum vs_envelope_hash)number(call, 0),
	                                 (uint8_t)number(call, 1), (uint8_t)number(call, 2)};
}

/* .., wrapped, nonce, tag, sealed */
static vs_result
op_envelope_open(struct op_call *call)
{
	const struct vs_envelope_form form = form_of(call);
	const struct vs_envelope_view view = {ARG(5), ARG(6), ARG(7), ARG(8)};
	struct vs_pkey *key = NULL;
	struct vs_buf out;
	vs_result r;

	VS_TRY(vs_pkey_read_private(ARG(3), &key));
	vs_buf_init(&out, OUT_SIZE_MAX);
	r = vs_envelope_open(key, &form, ARG(4), &view, &out);
	if (r.code == VS_E_OK)
		answer(call, vs_buf_view(&out));
	vs_buf_done(&out);
	vs_pkey_free(&key);
	return r;
}

/* .., plain: wrapped, nonce, tag, sealed */
static vs_result
op_envelope_seal(struct op_call *call)
{
	const struct vs_envelope_form form = form_of(call);
	struct vs_envelope envelope = {.wrapped_size = 0};
	struct vs_pkey *key = NULL;
	struct vs_buf out;
	vs_result r;

	VS_TRY(vs_pkey_read_public(ARG(3), &key));
	vs_buf_init(&out, OUT_SIZE_MAX);
	r = vs_envelope_seal(key, &form, ARG(4), ARG(5), &envelope, &out);
	if (r.code == VS_E_OK) {
		answer(call, vs_bytes_from(envelope.wrapped, envelope.wrapped_size));
		answer(call, vs_bytes_from(envelope.nonce, form.nonce_size));
		answer(call, vs_bytes_from(envelope.tag, sizeof(envelope.tag)));
		answer(call, vs_buf_view(&out));
	}
	vs_buf_done(&out);
	vs_pkey_free(&key);
	return r;
}

/* --- HPKE: kem, aead, mode, info, psk, psk id, sender, ephemeral, receiver
 * ------------------------
 */

static enum vs_pkey_kind
kind_of_kem(struct op_call *call)
{
	return number(call, 0) == VS_HPKE_P256 ? VS_PKEY_P256 : VS_PKEY_X25519;
}

static struct vs_hpke_setup
setup_of(struct op_call *call)
{
	return (struct vs_hpke_setup){.kem = (enum vs_hpke_kem)number(call, 0),
	                              .aead = (enum vs_hpke_aead)number(call, 1),
	                              .mode = (enum vs_hpke_mode)number(call, 2),
	                              .info = ARG(3),
	                              .psk = ARG(4),
	                              .psk_id = ARG(5)};
}

/* The keys raw and private, the receiver's public. The ephemeral key is made when it is empty.
 * Answers the encapsulated key. */
static vs_result
op_hpke_sender(struct op_call *call)
{
	struct vs_hpke_setup setup = setup_of(call);
	uint8_t enc[VS_HPKE_ENCAPSULATED_SIZE_MAX];
	struct vs_pkey *sender = NULL, *ephemeral = NULL;
	size_t size = 0;
	vs_result r = VS_OK;

	vs_hpke_free(&hpke);
	if (ARG(6).size > 0)
		r = vs_pkey_read_raw_private(kind_of_kem(call), ARG(6), &sender);
	if (r.code == VS_E_OK && ARG(7).size > 0)
		r = vs_pkey_read_raw_private(kind_of_kem(call), ARG(7), &ephemeral);
	setup.sender = sender;
	setup.ephemeral_key = ephemeral;
	if (r.code == VS_E_OK)
		r = vs_hpke_sender_new(&setup, ARG(8), enc, &size, &hpke);
	if (r.code == VS_E_OK)
		answer(call, vs_bytes_from(enc, size));
	vs_pkey_free(&sender);
	vs_pkey_free(&ephemeral);
	return r;
}

/* The sender's key public, the encapsulated key, the receiver's private. */
static vs_result
op_hpke_receiver(struct op_call *call)
{
	struct vs_hpke_setup setup = setup_of(call);
	struct vs_pkey *receiver = NULL;
	vs_result r;

	vs_hpke_free(&hpke);
	setup.sender_public = ARG(6);
	VS_TRY(vs_pkey_read_raw_private(kind_of_kem(call), ARG(8), &receiver));
	r = vs_hpke_receiver_new(&setup, receiver, ARG(7), &hpke);
	vs_pkey_free(&receiver);
	return r;
}

typedef vs_result hpke_step(struct vs_hpke *context, struct vs_bytes aad, struct vs_bytes in,
                            struct vs_buf *out);

static vs_result
hpke_run(struct op_call *call, hpke_step *step)
{
	struct vs_buf out;
	vs_result r;

	if (hpke == NULL)
		return VS_FAIL(NOT_NOW);
	vs_buf_init(&out, OUT_SIZE_MAX);
	r = step(hpke, ARG(0), ARG(1), &out);
	if (r.code == VS_E_OK)
		answer(call, vs_buf_view(&out));
	vs_buf_done(&out);
	return r;
}

static vs_result
op_hpke_seal(struct op_call *call)
{
	return hpke_run(call, vs_hpke_seal);
}

static vs_result
op_hpke_open(struct op_call *call)
{
	return hpke_run(call, vs_hpke_open);
}

static vs_result
op_hpke_export(struct op_call *call)
{
	uint8_t secret[256];
	size_t size = number(call, 1);

	if (hpke == NULL || size > sizeof(secret))
		return VS_FAIL(NOT_NOW);
	VS_TRY(vs_hpke_export(hpke, ARG(0), secret, size));
	answer(call, vs_bytes_from(secret, size));
	return VS_OK;
}

static vs_result
op_hpke_derive(struct op_call *call)
{
	uint8_t raw[VS_PKEY_PRIVATE_SIZE];
	struct vs_pkey *key = NULL;
	vs_result r;

	VS_TRY(vs_hpke_key_derive((enum vs_hpke_kem)number(call, 0), ARG(1), &key));
	r = vs_pkey_raw_private(key, raw);
	vs_pkey_free(&key);
	if (r.code == VS_E_OK)
		answer(call, vs_bytes_from(raw, sizeof(raw)));
	return r;
}

/* --- Noise: role, .. -----------------------------------------------------------------------------
 */

static vs_result
ephemeral_key(void *user, struct vs_pkey **key_out)
{
	(void)user;
	return vs_pkey_read_raw_private(VS_PKEY_X25519, noise_ephemeral, key_out);
}

static unsigned
role_of(struct op_call *call)
{
	return number(call, 0) & 1;
}

/* .., pattern, prologue, psk, own, peer, ephemeral. The ephemeral key is used by the next write. */
static vs_result
op_noise_new(struct op_call *call)
{
	unsigned role = role_of(call);
	struct vs_noise_options options = {.pattern = (enum vs_noise_pattern)number(call, 1),
	                                   .role = (enum vs_noise_role)role,
	                                   .prologue = ARG(2),
	                                   .psk = ARG(3).data,
	                                   .peer_public = ARG(5)};

	vs_noise_free(&noise[role]);
	vs_noise_cipher_free(&sending[role]);
	vs_noise_cipher_free(&receiving[role]);
	vs_pkey_free(&noise_own[role]);
	if (ARG(3).size != VS_NOISE_PSK_SIZE)
		return VS_FAIL(BAD_VALUE);
	if (ARG(4).size > 0)
		VS_TRY(vs_pkey_read_raw_private(VS_PKEY_X25519, ARG(4), &noise_own[role]));
	options.own = noise_own[role];
	if (number(call, 6) == 1) /* the ephemeral keys come with each write */
		options.key_source = ephemeral_key;
	return vs_noise_new(&options, &noise[role]);
}

/* .., payload, ephemeral */
static vs_result
op_noise_write(struct op_call *call)
{
	struct vs_buf out;
	vs_result r;

	noise_ephemeral = ARG(2);
	vs_buf_init(&out, OUT_SIZE_MAX);
	r = vs_noise_write(noise[role_of(call)], ARG(1), &out);
	if (r.code == VS_E_OK)
		answer(call, vs_buf_view(&out));
	vs_buf_done(&out);
	return r;
}

static vs_result
op_noise_read(struct op_call *call)
{
	struct vs_buf out;
	vs_result r;

	vs_buf_init(&out, OUT_SIZE_MAX);
	r = vs_noise_read(noise[role_of(call)], ARG(1), &out);
	if (r.code == VS_E_OK)
		answer(call, vs_buf_view(&out));
	vs_buf_done(&out);
	return r;
}

static vs_result
op_noise_split(struct op_call *call)
{
	uint8_t hash[VS_NOISE_HASH_SIZE];
	unsigned role = role_of(call);

	VS_TRY(vs_noise_split(noise[role], &sending[role], &receiving[role], hash));
	answer(call, vs_bytes_from(hash, sizeof(hash)));
	return VS_OK;
}

/* .., aad, plain */
static vs_result
op_noise_seal(struct op_call *call)
{
	struct vs_buf out;
	vs_result r;

	vs_buf_init(&out, OUT_SIZE_MAX);
	r = vs_noise_cipher_seal(sending[role_of(call)], ARG(1), ARG(2), &out);
	if (r.code == VS_E_OK)
		answer(call, vs_buf_view(&out));
	vs_buf_done(&out);
	return r;
}

static vs_result
op_noise_open(struct op_call *call)
{
	struct vs_buf out;
	vs_result r;

	vs_buf_init(&out, OUT_SIZE_MAX);
	r = vs_noise_cipher_open(receiving[role_of(call)], ARG(1), ARG(2), &out);
	if (r.code == VS_E_OK)
		answer(call, vs_buf_view(&out));
	vs_buf_done(&out);
	return r;
}

/* Nothing of a context may be left when the sanitizer looks for leaks. */
static vs_result
op_forget(struct op_call *call)
{
	(void)call;
	vs_hpke_free(&hpke);
	for (unsigned role = 0; role < 2; role++) {
		vs_noise_free(&noise[role]);
		vs_noise_cipher_free(&sending[role]);
		vs_noise_cipher_free(&receiving[role]);
		vs_pkey_free(&noise_own[role]);
	}
	return VS_OK;
}

const struct op ops_asymmetric[] = {
    {"x25519", 2, 2, op_x25519},
    {"ecdh_raw", 2, 2, op_ecdh_raw},
    {"ecdh_der", 2, 2, op_ecdh_der},
    {"public", 2, 2, op_public},
    {"sign_check", 5, 5, op_sign_check},
    {"sign_make", 4, 4, op_sign_make},
    {"envelope_open", 9, 9, op_envelope_open},
    {"envelope_seal", 6, 6, op_envelope_seal},
    {"hpke_sender", 9, 9, op_hpke_sender},
    {"hpke_receiver", 9, 9, op_hpke_receiver},
    {"hpke_seal", 2, 2, op_hpke_seal},
    {"hpke_open", 2, 2, op_hpke_open},
    {"hpke_export", 2, 2, op_hpke_export},
    {"hpke_derive", 2, 2, op_hpke_derive},
    {"noise_new", 7, 7, op_noise_new},
    {"noise_write", 3, 3, op_noise_write},
    {"noise_read", 2, 2, op_noise_read},
    {"noise_split", 1, 1, op_noise_split},
    {"noise_seal", 3, 3, op_noise_seal},
    {"noise_open", 3, 3, op_noise_open},
    {"forget", 0, 0, op_forget},
    {NULL, 0, 0, NULL},
};
