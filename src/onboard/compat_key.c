/* SPDX-License-Identifier: Apache-2.0 */
/* The private key of a claim of E1: sealed under a key that is derived as the claim's secret is, so
 * that whoever has the store alone cannot open anything. base64 of nonce, ciphertext, tag. */
#include <assert.h>
#include <string.h>

#include "base/random.h"
#include "base/secret.h"
#include "crypto/aead.h"
#include "crypto/enc.h"
#include "onboard/inside.h"
#include "wire/base64.h"

#define PEM_MAX 4096

static vs_result
make_aead(struct vs_onboard *onboard, const struct vs_core_claim *claim, struct vs_aead **aead_out)
{
	uint8_t key[VS_AEAD_KEY_SIZE];
	vs_result r;

	VS_TRY(vs_onboard_claim_key(onboard, claim, VS_ONBOARD_E1_LABEL, key));
	r = vs_aead_new(VS_AEAD_AES256GCM, key, aead_out);
	explicit_bzero(key, sizeof(key));
	return r;
}

static vs_result
make_aad(const struct vs_core_claim *claim, struct vs_enc *enc, struct vs_bytes *aad_out)
{
	vs_enc_init(enc, VS_ONBOARD_E1_LABEL);
	vs_enc_text(enc, claim->tenant);
	vs_enc_text(enc, claim->id);
	return vs_enc_view(enc, aad_out);
}

static vs_result
seal(struct vs_aead *aead, const struct vs_core_claim *claim, struct vs_bytes pem,
     struct vs_buf *text)
{
	uint8_t sealed[VS_AEAD_NONCE_SIZE + PEM_MAX + VS_AEAD_TAG_SIZE];
	const size_t size = VS_AEAD_NONCE_SIZE + pem.size + VS_AEAD_TAG_SIZE;
	const size_t room_size = vs_base64_text_size(VS_BASE64, size) + 1;
	struct vs_bytes aad;
	struct vs_enc enc;
	uint8_t *room;

	if (pem.size > PEM_MAX)
		return VS_FAIL(TOO_LONG);
	VS_TRY(make_aad(claim, &enc, &aad));
	vs_random_bytes(sealed, VS_AEAD_NONCE_SIZE);
	VS_TRY(vs_aead_seal(aead, sealed, aad, pem, sealed + VS_AEAD_NONCE_SIZE));
	VS_TRY(vs_buf_reserve(text, room_size, &room));
	text->size +=
	    vs_base64_encode(VS_BASE64, vs_bytes_from(sealed, size), (char *)room, room_size);
	return VS_OK;
}

vs_result
vs_onboard_compat_key_seal(struct vs_onboard *onboard, const struct vs_core_claim *claim,
                           const struct vs_pkey *key, struct vs_buf *text)
{
	struct vs_secret *pem = NULL;
	struct vs_aead *aead = NULL;
	vs_result r;

	assert(claim != NULL && key != NULL && text != NULL);
	r = vs_pkey_write_private(key, &pem);
	if (r.code == VS_E_OK)
		r = make_aead(onboard, claim, &aead);
	if (r.code == VS_E_OK)
		r = seal(aead, claim, vs_bytes_from(vs_secret_bytes(pem), vs_secret_size(pem)),
		         text);
	vs_aead_free(&aead);
	vs_secret_free(&pem);
	return r;
}

static vs_result
open_sealed(struct vs_aead *aead, const struct vs_core_claim *claim, struct vs_bytes text,
            struct vs_pkey **key_out)
{
	uint8_t sealed[VS_AEAD_NONCE_SIZE + PEM_MAX + VS_AEAD_TAG_SIZE];
	struct vs_bytes aad;
	struct vs_enc enc;
	size_t size = 0;
	vs_result r;

	VS_TRY(vs_base64_decode(VS_BASE64, text, sealed, sizeof(sealed), &size));
	if (size <= VS_AEAD_NONCE_SIZE + VS_AEAD_TAG_SIZE)
		return VS_FAIL(NOT_FOUND);
	VS_TRY(make_aad(claim, &enc, &aad));
	r = vs_aead_open(aead, sealed, aad,
	                 vs_bytes_from(sealed + VS_AEAD_NONCE_SIZE, size - VS_AEAD_NONCE_SIZE),
	                 sealed + VS_AEAD_NONCE_SIZE);
	if (r.code == VS_E_OK)
		r = vs_pkey_read_private(
		    vs_bytes_from(sealed + VS_AEAD_NONCE_SIZE,
		                  size - VS_AEAD_NONCE_SIZE - VS_AEAD_TAG_SIZE),
		    key_out);
	explicit_bzero(sealed, sizeof(sealed));
	return r;
}

vs_result
vs_onboard_compat_key_open(struct vs_onboard *onboard, const struct vs_core_claim *claim,
                           struct vs_pkey **key_out)
{
	const struct vs_port_reader *reader = &onboard->options.reader;
	struct vs_aead *aead = NULL;
	struct vs_buf text;
	vs_result r;

	assert(claim != NULL && key_out != NULL);
	vs_buf_init(&text, VS_ONBOARD_E1_KEY_MAX);
	r = reader->claim_e1_key(reader->self, claim->tenant, claim->id, &text);
	if (r.code == VS_E_OK)
		r = make_aead(onboard, claim, &aead);
	if (r.code == VS_E_OK)
		r = open_sealed(aead, claim, vs_buf_view(&text), key_out);
	vs_aead_free(&aead);
	vs_buf_done(&text);
	return r;
}
