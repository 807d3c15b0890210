/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hpke.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/hpke_kem.h"

#define KDF_HKDF_SHA256 0x0001

enum direction { SENDS, RECEIVES };

struct vs_hpke {
	struct vs_aead *aead; /* NULL: export only */
	struct vs_hpke_suite_id suite;
	uint8_t base_nonce[VS_AEAD_NONCE_SIZE];
	uint8_t exporter_secret[VS_HPKE_SECRET_SIZE];
	uint64_t count; /* messages so far: the next sequence number */
	enum direction direction;
};

static const struct {
	bool has_psk, has_sender;
} modes[] = {
    [VS_HPKE_BASE] = {false, false},
    [VS_HPKE_PSK] = {true, false},
    [VS_HPKE_AUTH] = {false, true},
    [VS_HPKE_AUTH_PSK] = {true, true},
};

static bool
is_key_for(const struct vs_pkey *key, enum vs_hpke_kem kem)
{
	enum vs_pkey_kind kind = kem == VS_HPKE_P256 ? VS_PKEY_P256 : VS_PKEY_X25519;

	return key != NULL && vs_pkey_is_private(key) && vs_pkey_kind_of(key) == kind;
}

/* VerifyPSKInputs (RFC 9180 5.1), and that what a mode needs of the sender is there, no more. */
static bool
setup_is_valid(const struct vs_hpke_setup *setup, enum direction direction)
{
	bool has_psk = modes[setup->mode].has_psk, has_sender = modes[setup->mode].has_sender;
	bool has_private = has_sender && direction == SENDS;
	bool has_public = has_sender && direction == RECEIVES;

	if (setup->kem != VS_HPKE_X25519 && setup->kem != VS_HPKE_P256)
		return false;
	if (setup->aead != VS_HPKE_AES256GCM && setup->aead != VS_HPKE_CHACHA20POLY1305 &&
	    setup->aead != VS_HPKE_EXPORT_ONLY)
		return false;
	if (setup->psk.size < (has_psk ? VS_HPKE_PSK_SIZE_MIN : 0) ||
	    (setup->psk.size > 0) != has_psk || (setup->psk_id.size > 0) != has_psk)
		return false;
	if ((setup->sender != NULL) != has_private || (setup->sender_public.size > 0) != has_public)
		return false;
	if (has_private && !is_key_for(setup->sender, setup->kem))
		return false;
	return setup->ephemeral_key == NULL ||
	       (direction == SENDS && is_key_for(setup->ephemeral_key, setup->kem));
}

static vs_result
check_setup(const struct vs_hpke_setup *setup, enum direction direction)
{
	assert(setup->mode <= VS_HPKE_AUTH_PSK);
	if (!setup_is_valid(setup, direction))
		return VS_FAIL(BAD_VALUE);
	if (setup->info.size > VS_HPKE_INPUT_SIZE_MAX || setup->psk.size > VS_HPKE_INPUT_SIZE_MAX ||
	    setup->psk_id.size > VS_HPKE_INPUT_SIZE_MAX)
		return VS_FAIL(TOO_LONG);
	return VS_OK;
}

static struct vs_hpke_suite_id
suite_of(const struct vs_hpke_setup *setup)
{
	return (struct vs_hpke_suite_id){
	    {'H', 'P', 'K', 'E', (uint8_t)(setup->kem >> 8), (uint8_t)setup->kem,
	     KDF_HKDF_SHA256 >> 8, KDF_HKDF_SHA256, (uint8_t)(setup->aead >> 8),
	     (uint8_t)setup->aead},
	    10,
	};
}

static vs_result
expand_aead(struct vs_hpke *hpke, enum vs_hpke_aead aead,
            const uint8_t secret[static VS_HPKE_SECRET_SIZE], struct vs_bytes context)
{
	enum vs_aead_suite suite =
	    aead == VS_HPKE_AES256GCM ? VS_AEAD_AES256GCM : VS_AEAD_CHACHA20POLY1305;
	uint8_t key[VS_AEAD_KEY_SIZE];
	vs_result r;

	if (aead == VS_HPKE_EXPORT_ONLY)
		return VS_OK;
	r = vs_hpke_expand(&hpke->suite, secret, "key", context, key, sizeof(key));
	if (r.code == VS_E_OK)
		r = vs_hpke_expand(&hpke->suite, secret, "base_nonce", context, hpke->base_nonce,
		                   sizeof(hpke->base_nonce));
	if (r.code == VS_E_OK)
		r = vs_aead_new(suite, key, &hpke->aead);
	OPENSSL_cleanse(key, sizeof(key));
	return r;
}

/* KeySchedule (RFC 9180 5.1). */
static vs_result
schedule(struct vs_hpke *hpke, const struct vs_hpke_setup *setup,
         const uint8_t shared_secret[static VS_HPKE_SECRET_SIZE])
{
	uint8_t context[1 + 2 * VS_HPKE_SECRET_SIZE] = {(uint8_t)setup->mode};
	struct vs_bytes view = vs_bytes_from(context, sizeof(context)), none = {NULL, 0};
	uint8_t secret[VS_HPKE_SECRET_SIZE];
	vs_result r;

	hpke->suite = suite_of(setup);
	VS_TRY(vs_hpke_extract(&hpke->suite, none, "psk_id_hash", setup->psk_id, context + 1));
	VS_TRY(vs_hpke_extract(&hpke->suite, none, "info_hash", setup->info,
	                       context + 1 + VS_HPKE_SECRET_SIZE));
	r = vs_hpke_extract(&hpke->suite, vs_bytes_from(shared_secret, VS_HPKE_SECRET_SIZE),
	                    "secret", setup->psk, secret);
	if (r.code == VS_E_OK)
		r = expand_aead(hpke, setup->aead, secret, view);
	if (r.code == VS_E_OK)
		r = vs_hpke_expand(&hpke->suite, secret, "exp", view, hpke->exporter_secret,
		                   sizeof(hpke->exporter_secret));
	OPENSSL_cleanse(secret, sizeof(secret));
	return r;
}

static vs_result
context_new(const struct vs_hpke_setup *setup, enum direction direction,
            const uint8_t shared_secret[static VS_HPKE_SECRET_SIZE], struct vs_hpke **hpke_out)
{
	struct vs_hpke *hpke = calloc(1, sizeof(*hpke));
	vs_result r;

	if (hpke == NULL)
		return VS_FAIL(NO_MEMORY);
	hpke->direction = direction;
	r = schedule(hpke, setup, shared_secret);
	if (r.code == VS_E_OK) {
		*hpke_out = hpke;
		hpke = NULL;
	}
	vs_hpke_free(&hpke);
	return r;
}

vs_result
vs_hpke_sender_new(const struct vs_hpke_setup *setup, struct vs_bytes receiver_public,
                   uint8_t enc_out[static VS_HPKE_ENCAPSULATED_SIZE_MAX], size_t *enc_size_out,
                   struct vs_hpke **hpke_out)
{
	uint8_t secret[VS_HPKE_SECRET_SIZE], enc[VS_HPKE_ENCAPSULATED_SIZE_MAX];
	size_t enc_size = 0;
	vs_result r;

	assert(setup != NULL && enc_size_out != NULL && hpke_out != NULL);
	VS_TRY(check_setup(setup, SENDS));
	r = vs_hpke_encapsulate(setup, receiver_public, secret, enc, &enc_size);
	if (r.code == VS_E_OK)
		r = context_new(setup, SENDS, secret, hpke_out);
	if (r.code == VS_E_OK) {
		memcpy(enc_out, enc, enc_size);
		*enc_size_out = enc_size;
	}
	OPENSSL_cleanse(secret, sizeof(secret));
	return r;
}

vs_result
vs_hpke_receiver_new(const struct vs_hpke_setup *setup, const struct vs_pkey *receiver,
                     struct vs_bytes enc, struct vs_hpke **hpke_out)
{
	uint8_t secret[VS_HPKE_SECRET_SIZE];
	vs_result r;

	assert(setup != NULL && receiver != NULL && hpke_out != NULL);
	VS_TRY(check_setup(setup, RECEIVES));
	if (!is_key_for(receiver, setup->kem))
		return VS_FAIL(BAD_VALUE);
	r = vs_hpke_decapsulate(setup, receiver, enc, secret);
	if (r.code == VS_E_BAD_VALUE)
		r = VS_FAIL(NOT_AUTHENTIC);
	if (r.code == VS_E_OK)
		r = context_new(setup, RECEIVES, secret, hpke_out);
	OPENSSL_cleanse(secret, sizeof(secret));
	return r;
}

void
vs_hpke_free(struct vs_hpke **hpke)
{
	assert(hpke != NULL);
	if (*hpke == NULL)
		return;
	vs_aead_free(&(*hpke)->aead);
	OPENSSL_cleanse(*hpke, sizeof(**hpke));
	free(*hpke);
	*hpke = NULL;
}

static bool
is_usable(const struct vs_hpke *hpke, enum direction direction)
{
	return hpke->direction == direction && hpke->aead != NULL &&
	       hpke->count < VS_HPKE_MESSAGES_MAX;
}

/* ComputeNonce (RFC 9180 5.2). */
static void
next_nonce(const struct vs_hpke *hpke, uint8_t nonce[static VS_AEAD_NONCE_SIZE])
{
	memcpy(nonce, hpke->base_nonce, VS_AEAD_NONCE_SIZE);
	for (unsigned i = 0; i < sizeof(hpke->count); i++)
		nonce[VS_AEAD_NONCE_SIZE - 1 - i] ^= (uint8_t)(hpke->count >> (8 * i));
}

vs_result
vs_hpke_seal(struct vs_hpke *hpke, struct vs_bytes aad, struct vs_bytes plain,
             struct vs_buf *sealed)
{
	uint8_t nonce[VS_AEAD_NONCE_SIZE], *room = NULL;

	assert(hpke != NULL && sealed != NULL);
	if (!is_usable(hpke, SENDS))
		return VS_FAIL(NOT_NOW);
	if (plain.size > SIZE_MAX - VS_HPKE_TAG_SIZE)
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_buf_reserve(sealed, plain.size + VS_HPKE_TAG_SIZE, &room));
	next_nonce(hpke, nonce);
	hpke->count++; /* before it: a nonce is never used twice, whatever happens */
	VS_TRY(vs_aead_seal(hpke->aead, nonce, aad, plain, room));
	sealed->size += plain.size + VS_HPKE_TAG_SIZE;
	return VS_OK;
}

vs_result
vs_hpke_open(struct vs_hpke *hpke, struct vs_bytes aad, struct vs_bytes sealed,
             struct vs_buf *plain)
{
	uint8_t nonce[VS_AEAD_NONCE_SIZE], *room = NULL;

	assert(hpke != NULL && plain != NULL);
	if (!is_usable(hpke, RECEIVES))
		return VS_FAIL(NOT_NOW);
	if (sealed.size < VS_HPKE_TAG_SIZE)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(vs_buf_reserve(plain, sealed.size - VS_HPKE_TAG_SIZE, &room));
	next_nonce(hpke, nonce);
	VS_TRY(vs_aead_open(hpke->aead, nonce, aad, sealed, room));
	hpke->count++;
	plain->size += sealed.size - VS_HPKE_TAG_SIZE;
	return VS_OK;
}

vs_result
vs_hpke_export(const struct vs_hpke *hpke, struct vs_bytes context, uint8_t *secret_out,
               size_t size)
{
	assert(hpke != NULL && secret_out != NULL);
	if (context.size > VS_HPKE_INPUT_SIZE_MAX)
		return VS_FAIL(TOO_LONG);
	return vs_hpke_expand(&hpke->suite, hpke->exporter_secret, "sec", context, secret_out,
	                      size);
}

vs_result
vs_hpke_seal_once(const struct vs_hpke_setup *setup, struct vs_bytes receiver_public,
                  struct vs_bytes aad, struct vs_bytes plain,
                  uint8_t enc_out[static VS_HPKE_ENCAPSULATED_SIZE_MAX], size_t *enc_size_out,
                  struct vs_buf *sealed)
{
	uint8_t enc[VS_HPKE_ENCAPSULATED_SIZE_MAX];
	struct vs_hpke *hpke = NULL;
	size_t enc_size = 0;
	vs_result r;

	VS_TRY(vs_hpke_sender_new(setup, receiver_public, enc, &enc_size, &hpke));
	r = vs_hpke_seal(hpke, aad, plain, sealed);
	if (r.code == VS_E_OK) {
		memcpy(enc_out, enc, enc_size);
		*enc_size_out = enc_size;
	}
	vs_hpke_free(&hpke);
	return r;
}

vs_result
vs_hpke_open_once(const struct vs_hpke_setup *setup, const struct vs_pkey *receiver,
                  struct vs_bytes enc, struct vs_bytes aad, struct vs_bytes sealed,
                  struct vs_buf *plain)
{
	struct vs_hpke *hpke = NULL;
	vs_result r;

	VS_TRY(vs_hpke_receiver_new(setup, receiver, enc, &hpke));
	r = vs_hpke_open(hpke, aad, sealed, plain);
	vs_hpke_free(&hpke);
	return r;
}
