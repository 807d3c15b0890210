/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/envelope.h"

#include <assert.h>
#include <string.h>

#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/enc.h"

#define LABEL     "voltseal/wrap/v1"
#define FORMAT    0xE1
#define HEAD_SIZE 14 /* envelope, suite, nonce */

static_assert(HEAD_SIZE + VS_AEAD_TAG_SIZE == VS_KEYS_ENVELOPE_SIZE, "what sealing adds");
static_assert(VS_AEAD_KEY_SIZE == VS_KEYS_KEY_SIZE, "a parent is a key of the AEAD");
static_assert(VS_KEYS_KEY_SIZE + VS_KEYS_ENVELOPE_SIZE <= VS_KEYS_WRAPPED_SIZE, "a key fits");

static void
encode(struct vs_enc *enc, const struct vs_keys_envelope_name *name)
{
	vs_enc_init(enc, LABEL);
	vs_enc_text(enc, name->kind);
	vs_enc_text(enc, name->tenant);
	vs_enc_text(enc, name->id);
	vs_enc_u32(enc, name->version);
}

vs_result
vs_keys_envelope_seal(const uint8_t parent[static VS_KEYS_KEY_SIZE],
                      const struct vs_keys_envelope_name *name, struct vs_bytes plain,
                      uint8_t *wrapped_out)
{
	struct vs_aead *aead = NULL;
	struct vs_bytes aad;
	struct vs_enc enc;
	vs_result r;

	assert(name != NULL && wrapped_out != NULL);
	encode(&enc, name);
	VS_TRY(vs_enc_view(&enc, &aad));
	VS_TRY(vs_aead_new(VS_AEAD_AES256GCM, parent, &aead));
	wrapped_out[0] = FORMAT;
	wrapped_out[1] = VS_AEAD_AES256GCM;
	vs_random_bytes(wrapped_out + 2, VS_AEAD_NONCE_SIZE);
	r = vs_aead_seal(aead, wrapped_out + 2, aad, plain, wrapped_out + HEAD_SIZE);
	vs_aead_free(&aead);
	return r;
}

vs_result
vs_keys_envelope_open(const uint8_t parent[static VS_KEYS_KEY_SIZE],
                      const struct vs_keys_envelope_name *name, struct vs_bytes wrapped,
                      uint8_t *plain_out)
{
	struct vs_aead *aead = NULL;
	struct vs_bytes aad;
	struct vs_enc enc;
	vs_result r;

	assert(name != NULL && plain_out != NULL);
	if (wrapped.size < VS_KEYS_ENVELOPE_SIZE || wrapped.data[0] != FORMAT ||
	    (wrapped.data[1] != VS_AEAD_AES256GCM && wrapped.data[1] != VS_AEAD_CHACHA20POLY1305))
		return VS_FAIL(NOT_AUTHENTIC);
	encode(&enc, name);
	VS_TRY(vs_enc_view(&enc, &aad));
	VS_TRY(vs_aead_new((enum vs_aead_suite)wrapped.data[1], parent, &aead));
	r = vs_aead_open(aead, wrapped.data + 2, aad,
	                 vs_bytes_from(wrapped.data + HEAD_SIZE, wrapped.size - HEAD_SIZE),
	                 plain_out);
	vs_aead_free(&aead);
	return r;
}

vs_result
vs_keys_envelope_wrap(const uint8_t parent[static VS_KEYS_KEY_SIZE],
                      const struct vs_keys_envelope_name *name,
                      const uint8_t key[static VS_KEYS_KEY_SIZE],
                      struct vs_keys_wrapped *wrapped_out)
{
	struct vs_keys_wrapped wrapped = {.size = VS_KEYS_KEY_SIZE + VS_KEYS_ENVELOPE_SIZE};

	VS_TRY(vs_keys_envelope_seal(parent, name, vs_bytes_from(key, VS_KEYS_KEY_SIZE),
	                             wrapped.data));
	*wrapped_out = wrapped;
	return VS_OK;
}

vs_result
vs_keys_envelope_unwrap(const uint8_t parent[static VS_KEYS_KEY_SIZE],
                        const struct vs_keys_envelope_name *name,
                        const struct vs_keys_wrapped *wrapped,
                        uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	uint8_t key[VS_KEYS_KEY_SIZE];
	vs_result r;

	if (wrapped->size != VS_KEYS_KEY_SIZE + VS_KEYS_ENVELOPE_SIZE)
		return VS_FAIL(NOT_AUTHENTIC);
	r = vs_keys_envelope_open(parent, name, vs_bytes_from(wrapped->data, wrapped->size), key);
	if (r.code == VS_E_OK)
		memcpy(key_out, key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	return r;
}
