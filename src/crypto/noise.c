/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/noise.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/algorithm.h"
#include "crypto/kdf.h"
#include "crypto/noise_cipher.h"

#define MESSAGES   2
#define TOKENS_MAX 4

/* Noise 7.1, and 9.2 for psk; the first letter of a pair is the initiator's key. */
enum token { END, PSK, E, EE, ES, SE, SS };

static const struct {
	char name[VS_NOISE_HASH_SIZE + 1]; /* 32 characters: the first h is the name itself (5.2) */
	bool has_static;
	enum token tokens[MESSAGES][TOKENS_MAX + 1];
} patterns[] = {
    [VS_NOISE_NNPSK0] = {"Noise_NNpsk0_25519_AESGCM_SHA256", false, {{PSK, E}, {E, EE}}},
    [VS_NOISE_KKPSK0] = {"Noise_KKpsk0_25519_AESGCM_SHA256", true, {{PSK, E, ES, SS}, {E, EE, SE}}},
};

struct vs_noise {
	struct vs_noise_cipher cipher; /* of the payloads; has no key before the first MixKey */
	enum vs_noise_pattern pattern;
	enum vs_noise_role role;
	unsigned step; /* the message that comes next; MESSAGES when done */
	unsigned agreements;
	bool is_broken, is_split;
	uint8_t chaining_key[VS_NOISE_HASH_SIZE], hash[VS_NOISE_HASH_SIZE];
	uint8_t psk[VS_NOISE_PSK_SIZE];
	const struct vs_pkey *own;
	struct vs_pkey *own_ephemeral;
	uint8_t peer[VS_NOISE_PUBLIC_SIZE], peer_ephemeral[VS_NOISE_PUBLIC_SIZE];
	vs_noise_key_source *key_source;
	void *key_source_user;
};

static vs_result
random_key(void *user, struct vs_pkey **key_out)
{
	(void)user;
	return vs_pkey_new(VS_PKEY_X25519, key_out);
}

/* --- SymmetricState (Noise 5.2) ---------------------------------------------------------------
 */

static vs_result
mix_hash(struct vs_noise *noise, struct vs_bytes data)
{
	const EVP_MD *sha256 = vs_algorithm_md(VS_MD_SHA256);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_ok = context != NULL && sha256 != NULL &&
	             EVP_DigestInit_ex2(context, sha256, NULL) == 1 &&
	             EVP_DigestUpdate(context, noise->hash, sizeof(noise->hash)) == 1 &&
	             EVP_DigestUpdate(context, data.data, data.size) == 1 &&
	             EVP_DigestFinal_ex(context, noise->hash, NULL) == 1;

	EVP_MD_CTX_free(context);
	return is_ok ? VS_OK : VS_FAIL(INTERNAL);
}

/* HKDF(chaining_key, ikm, count): the first output is the next chaining key. */
static vs_result
derive(struct vs_noise *noise, struct vs_bytes ikm, uint8_t *keys_out, size_t count)
{
	uint8_t prk[VS_NOISE_HASH_SIZE], keys[3 * VS_NOISE_HASH_SIZE];
	vs_result r = vs_kdf_hkdf_extract(
	    vs_bytes_from(noise->chaining_key, sizeof(noise->chaining_key)), ikm, prk);

	assert(count <= 3);
	if (r.code == VS_E_OK)
		r = vs_kdf_hkdf_expand(prk, vs_bytes_from(NULL, 0), keys,
		                       count * VS_NOISE_HASH_SIZE);
	if (r.code == VS_E_OK) {
		memcpy(noise->chaining_key, keys, VS_NOISE_HASH_SIZE);
		memcpy(keys_out, keys + VS_NOISE_HASH_SIZE, (count - 1) * VS_NOISE_HASH_SIZE);
	}
	OPENSSL_cleanse(prk, sizeof(prk));
	OPENSSL_cleanse(keys, sizeof(keys));
	return r;
}

static vs_result
mix_key(struct vs_noise *noise, struct vs_bytes ikm)
{
	uint8_t key[VS_NOISE_HASH_SIZE];
	vs_result r = derive(noise, ikm, key, 2);

	if (r.code == VS_E_OK)
		r = vs_noise_cipher_key(&noise->cipher, key);
	OPENSSL_cleanse(key, sizeof(key));
	return r;
}

/* MixKeyAndHash. */
static vs_result
mix_psk(struct vs_noise *noise)
{
	uint8_t keys[2 * VS_NOISE_HASH_SIZE];
	vs_result r = derive(noise, vs_bytes_from(noise->psk, sizeof(noise->psk)), keys, 3);

	OPENSSL_cleanse(noise->psk, sizeof(noise->psk));
	if (r.code == VS_E_OK)
		r = mix_hash(noise, vs_bytes_from(keys, VS_NOISE_HASH_SIZE));
	if (r.code == VS_E_OK)
		r = vs_noise_cipher_key(&noise->cipher, keys + VS_NOISE_HASH_SIZE);
	OPENSSL_cleanse(keys, sizeof(keys));
	return r;
}

/* --- HandshakeState (Noise 5.3) ---------------------------------------------------------------
 */

static vs_result
mix_agreement(struct vs_noise *noise, const struct vs_pkey *own, const uint8_t *peer)
{
	uint8_t shared[VS_NOISE_PUBLIC_SIZE];
	vs_result r;

	noise->agreements++;
	r = vs_pkey_agree(own, vs_bytes_from(peer, VS_NOISE_PUBLIC_SIZE), shared);
	if (r.code == VS_E_OK)
		r = mix_key(noise, vs_bytes_from(shared, sizeof(shared)));
	else if (r.code == VS_E_BAD_VALUE)
		r = VS_FAIL(NOT_AUTHENTIC); /* the peer sent a point of small order */
	OPENSSL_cleanse(shared, sizeof(shared));
	return r;
}

/* A public key of this message: hashed, and mixed into the key because there is a psk (9.2). */
static vs_result
mix_ephemeral(struct vs_noise *noise, const uint8_t *public)
{
	struct vs_bytes view = vs_bytes_from(public, VS_NOISE_PUBLIC_SIZE);

	VS_TRY(mix_hash(noise, view));
	return mix_key(noise, view);
}

static vs_result
write_ephemeral(struct vs_noise *noise, uint8_t public[static VS_PKEY_PUBLIC_SIZE_MAX])
{
	size_t size = 0;

	assert(noise->own_ephemeral == NULL);
	VS_TRY(noise->key_source(noise->key_source_user, &noise->own_ephemeral));
	if (vs_pkey_kind_of(noise->own_ephemeral) != VS_PKEY_X25519)
		return VS_FAIL(WRONG_TYPE);
	VS_TRY(vs_pkey_raw_public(noise->own_ephemeral, public, &size));
	return mix_ephemeral(noise, public);
}

static vs_result
mix_token(struct vs_noise *noise, enum token token)
{
	bool is_initiator = noise->role == VS_NOISE_INITIATOR;

	switch (token) {
	case PSK:
		return mix_psk(noise);
	case EE:
		return mix_agreement(noise, noise->own_ephemeral, noise->peer_ephemeral);
	case SS:
		return mix_agreement(noise, noise->own, noise->peer);
	case ES:
		return is_initiator ? mix_agreement(noise, noise->own_ephemeral, noise->peer)
		                    : mix_agreement(noise, noise->own, noise->peer_ephemeral);
	case SE:
		return is_initiator ? mix_agreement(noise, noise->own, noise->peer_ephemeral)
		                    : mix_agreement(noise, noise->own_ephemeral, noise->peer);
	case E:
	case END:
		break;
	}
	return VS_FAIL(INTERNAL);
}

static vs_result
write_message(struct vs_noise *noise, struct vs_bytes payload, struct vs_buf *message)
{
	const enum token *tokens = patterns[noise->pattern].tokens[noise->step];
	uint8_t public[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_bytes hash = vs_bytes_from(noise->hash, sizeof(noise->hash));
	size_t start = message->size;
	vs_result r;

	for (; *tokens != END; tokens++)
		VS_TRY(*tokens == E ? write_ephemeral(noise, public) : mix_token(noise, *tokens));
	VS_TRY(vs_buf_append(message, public, VS_NOISE_PUBLIC_SIZE));
	r = vs_noise_cipher_seal(&noise->cipher, hash, payload, message);
	if (r.code == VS_E_OK)
		r = mix_hash(noise, vs_bytes_from(message->data + start + VS_NOISE_PUBLIC_SIZE,
		                                  message->size - start - VS_NOISE_PUBLIC_SIZE));
	if (r.code != VS_E_OK)
		message->size = start;
	return r;
}

static vs_result
read_message(struct vs_noise *noise, struct vs_bytes message, struct vs_buf *payload)
{
	const enum token *tokens = patterns[noise->pattern].tokens[noise->step];
	struct vs_bytes hash = vs_bytes_from(noise->hash, sizeof(noise->hash)), sealed;
	size_t start = payload->size;
	vs_result r;

	if (message.size < VS_NOISE_OVERHEAD || message.size > VS_NOISE_MESSAGE_SIZE_MAX)
		return VS_FAIL(NOT_AUTHENTIC);
	memcpy(noise->peer_ephemeral, message.data, VS_NOISE_PUBLIC_SIZE);
	sealed =
	    vs_bytes_from(message.data + VS_NOISE_PUBLIC_SIZE, message.size - VS_NOISE_PUBLIC_SIZE);
	for (; *tokens != END; tokens++)
		VS_TRY(*tokens == E ? mix_ephemeral(noise, noise->peer_ephemeral)
		                    : mix_token(noise, *tokens));
	VS_TRY(vs_noise_cipher_open(&noise->cipher, hash, sealed, payload));
	r = mix_hash(noise, sealed);
	if (r.code != VS_E_OK)
		payload->size = start;
	return r;
}

static bool
may_move(const struct vs_noise *noise, bool is_writing)
{
	bool is_initiators_turn = noise->step == 0;

	return !noise->is_broken && noise->step < MESSAGES &&
	       ((noise->role == VS_NOISE_INITIATOR) == is_initiators_turn) == is_writing;
}

static void
moved(struct vs_noise *noise, vs_result r)
{
	if (r.code == VS_E_OK)
		noise->step++;
	else
		noise->is_broken = true;
}

vs_result
vs_noise_write(struct vs_noise *noise, struct vs_bytes payload, struct vs_buf *message)
{
	vs_result r;

	assert(noise != NULL && message != NULL);
	if (!may_move(noise, true))
		return VS_FAIL(NOT_NOW);
	if (payload.size > VS_NOISE_MESSAGE_SIZE_MAX - VS_NOISE_OVERHEAD)
		return VS_FAIL(TOO_LONG);
	r = write_message(noise, payload, message);
	moved(noise, r);
	return r;
}

vs_result
vs_noise_read(struct vs_noise *noise, struct vs_bytes message, struct vs_buf *payload)
{
	vs_result r;

	assert(noise != NULL && payload != NULL);
	if (!may_move(noise, false))
		return VS_FAIL(NOT_NOW);
	r = read_message(noise, message, payload);
	moved(noise, r);
	return r;
}

bool
vs_noise_is_done(const struct vs_noise *noise)
{
	assert(noise != NULL);
	return !noise->is_broken && noise->step == MESSAGES;
}

unsigned
vs_noise_agreements(const struct vs_noise *noise)
{
	assert(noise != NULL);
	return noise->agreements;
}

/* --- begin and end ----------------------------------------------------------------------------
 */

static bool
options_are_valid(const struct vs_noise_options *options)
{
	if (!patterns[options->pattern].has_static)
		return options->own == NULL && options->peer_public.size == 0;
	return options->own != NULL && vs_pkey_is_private(options->own) &&
	       vs_pkey_kind_of(options->own) == VS_PKEY_X25519 &&
	       options->peer_public.size == VS_NOISE_PUBLIC_SIZE;
}

/* The pre-messages of KK: both static keys, the initiator's first. */
static vs_result
mix_static_keys(struct vs_noise *noise)
{
	uint8_t own[VS_PKEY_PUBLIC_SIZE_MAX];
	bool is_initiator = noise->role == VS_NOISE_INITIATOR;
	size_t size = 0;

	VS_TRY(vs_pkey_raw_public(noise->own, own, &size));
	VS_TRY(mix_hash(noise, vs_bytes_from(is_initiator ? own : noise->peer, size)));
	return mix_hash(noise, vs_bytes_from(is_initiator ? noise->peer : own, size));
}

vs_result
vs_noise_new(const struct vs_noise_options *options, struct vs_noise **noise_out)
{
	struct vs_noise *noise = NULL;
	vs_result r;

	assert(options != NULL && options->psk != NULL && noise_out != NULL);
	if (!options_are_valid(options))
		return VS_FAIL(BAD_VALUE);
	noise = calloc(1, sizeof(*noise));
	if (noise == NULL)
		return VS_FAIL(NO_MEMORY);
	noise->pattern = options->pattern;
	noise->role = options->role;
	noise->own = options->own;
	noise->key_source = options->key_source != NULL ? options->key_source : random_key;
	noise->key_source_user = options->key_source_user;
	memcpy(noise->psk, options->psk, sizeof(noise->psk));
	memcpy(noise->hash, patterns[options->pattern].name, sizeof(noise->hash));
	memcpy(noise->chaining_key, noise->hash, sizeof(noise->hash));
	r = mix_hash(noise, options->prologue);
	if (r.code == VS_E_OK && options->own != NULL) {
		memcpy(noise->peer, options->peer_public.data, sizeof(noise->peer));
		r = mix_static_keys(noise);
	}
	if (r.code == VS_E_OK) {
		*noise_out = noise;
		noise = NULL;
	}
	vs_noise_free(&noise);
	return r;
}

void
vs_noise_free(struct vs_noise **noise)
{
	assert(noise != NULL);
	if (*noise == NULL)
		return;
	vs_aead_free(&(*noise)->cipher.aead);
	vs_pkey_free(&(*noise)->own_ephemeral);
	OPENSSL_cleanse(*noise, sizeof(**noise));
	free(*noise);
	*noise = NULL;
}

vs_result
vs_noise_split(struct vs_noise *noise, struct vs_noise_cipher **send_out,
               struct vs_noise_cipher **receive_out, uint8_t hash_out[static VS_NOISE_HASH_SIZE])
{
	struct vs_noise_cipher *first = NULL, *second = NULL;
	uint8_t prk[VS_NOISE_HASH_SIZE], keys[2 * VS_NOISE_HASH_SIZE];
	vs_result r;

	assert(noise != NULL && send_out != NULL && receive_out != NULL);
	if (!vs_noise_is_done(noise) || noise->is_split)
		return VS_FAIL(NOT_NOW);
	r = vs_kdf_hkdf_extract(vs_bytes_from(noise->chaining_key, sizeof(noise->chaining_key)),
	                        vs_bytes_from(NULL, 0), prk);
	if (r.code == VS_E_OK)
		r = vs_kdf_hkdf_expand(prk, vs_bytes_from(NULL, 0), keys, sizeof(keys));
	if (r.code == VS_E_OK)
		r = vs_noise_cipher_new(keys, &first);
	if (r.code == VS_E_OK)
		r = vs_noise_cipher_new(keys + VS_NOISE_HASH_SIZE, &second);
	if (r.code == VS_E_OK) {
		bool is_initiator = noise->role == VS_NOISE_INITIATOR;

		*send_out = is_initiator ? first : second;
		*receive_out = is_initiator ? second : first;
		memcpy(hash_out, noise->hash, VS_NOISE_HASH_SIZE);
		noise->is_split = true;
		first = second = NULL;
	}
	vs_noise_cipher_free(&first);
	vs_noise_cipher_free(&second);
	OPENSSL_cleanse(prk, sizeof(prk));
	OPENSSL_cleanse(keys, sizeof(keys));
	return r;
}

vs_result
vs_noise_export(const struct vs_noise *noise, struct vs_bytes info,
                uint8_t key_out[static VS_NOISE_HASH_SIZE])
{
	uint8_t prk[VS_NOISE_HASH_SIZE], keys[3 * VS_NOISE_HASH_SIZE];
	vs_result r;

	assert(noise != NULL && key_out != NULL);
	if (!vs_noise_is_done(noise))
		return VS_FAIL(NOT_NOW);
	r = vs_kdf_hkdf_extract(vs_bytes_from(noise->chaining_key, sizeof(noise->chaining_key)),
	                        vs_bytes_from(NULL, 0), prk);
	if (r.code == VS_E_OK)
		r = vs_kdf_hkdf_expand(prk, vs_bytes_from(NULL, 0), keys, sizeof(keys));
	if (r.code == VS_E_OK)
		r = vs_kdf_hkdf_expand(keys + 2 * (size_t)VS_NOISE_HASH_SIZE, info, key_out,
		                       VS_NOISE_HASH_SIZE);
	OPENSSL_cleanse(prk, sizeof(prk));
	OPENSSL_cleanse(keys, sizeof(keys));
	return r;
}
