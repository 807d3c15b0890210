/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/envelope.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/random.h"
#include "crypto/algorithm.h"

#define KEY_SIZE_MAX 32

static const struct {
	const char *digest;
} hashes[] = {
    [VS_ENVELOPE_SHA256] = {"SHA2-256"},
    [VS_ENVELOPE_SHA1] = {"SHA1"},
};

static bool
form_is_valid(const struct vs_envelope_form *form)
{
	return (form->hash == VS_ENVELOPE_SHA256 || form->hash == VS_ENVELOPE_SHA1) &&
	       (form->key_size == 16 || form->key_size == 32) &&
	       (form->nonce_size == 12 || form->nonce_size == 16);
}

static bool
set_oaep(EVP_PKEY_CTX *context, enum vs_envelope_hash hash)
{
	return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_oaep_md_name(context, hashes[hash].digest, NULL) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, hashes[hash].digest, NULL) == 1;
}

static bool
wrap_key(const struct vs_pkey *receiver, const struct vs_envelope_form *form, const uint8_t *key,
         struct vs_envelope *envelope)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(vs_pkey_evp(receiver), NULL);
	bool is_wrapped;

	envelope->wrapped_size = sizeof(envelope->wrapped);
	is_wrapped = context != NULL && EVP_PKEY_encrypt_init(context) == 1 &&
	             set_oaep(context, form->hash) &&
	             EVP_PKEY_encrypt(context, envelope->wrapped, &envelope->wrapped_size, key,
	                              form->key_size) == 1;
	EVP_PKEY_CTX_free(context);
	return is_wrapped;
}

/* What the sender wrapped, or random bytes: which of them it was, nobody is told. INTERNAL: not
 * even a try was possible. */
static vs_result
unwrap_key(const struct vs_pkey *receiver, const struct vs_envelope_form *form,
           struct vs_bytes wrapped, uint8_t key_out[static KEY_SIZE_MAX])
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(vs_pkey_evp(receiver), NULL);
	uint8_t opened[VS_ENVELOPE_WRAPPED_MAX] = {0};
	size_t size = sizeof(opened);
	vs_result r = VS_FAIL(INTERNAL);
	unsigned is_key, mask;

	vs_random_bytes(key_out, KEY_SIZE_MAX);
	if (context == NULL || EVP_PKEY_decrypt_init(context) != 1 ||
	    !set_oaep(context, form->hash))
		goto out;
	is_key = EVP_PKEY_decrypt(context, opened, &size, wrapped.data, wrapped.size) == 1;
	is_key &= size == form->key_size;
	mask = 0u - is_key;
	for (size_t i = 0; i < KEY_SIZE_MAX; i++)
		key_out[i] = (uint8_t)((key_out[i] & ~mask) | (opened[i] & mask));
	r = VS_OK;
out:
	vs_algorithm_forget_errors(); /* what libcrypto would say of the padding must not linger
	                                 either */
	OPENSSL_cleanse(opened, sizeof(opened));
	EVP_PKEY_CTX_free(context);
	return r;
}

static const EVP_CIPHER *
cipher_of(const struct vs_envelope_form *form)
{
	return vs_algorithm_cipher(form->key_size == 16 ? VS_CIPHER_AES128_GCM
	                                                : VS_CIPHER_AES256_GCM);
}

static bool
gcm_begin(EVP_CIPHER_CTX *context, const struct vs_envelope_form *form, const uint8_t *key,
          const uint8_t *nonce, struct vs_bytes aad, int is_sealing)
{
	int size = 0;

	return context != NULL &&
	       EVP_CipherInit_ex(context, cipher_of(form), NULL, NULL, NULL, is_sealing) == 1 &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, form->nonce_size, NULL) == 1 &&
	       EVP_CipherInit_ex(context, NULL, NULL, key, nonce, is_sealing) == 1 &&
	       (aad.size == 0 ||
	        EVP_CipherUpdate(context, NULL, &size, aad.data, (int)aad.size) == 1);
}

static bool
gcm_seal(const struct vs_envelope_form *form, const uint8_t *key, struct vs_bytes aad,
         struct vs_bytes plain, struct vs_envelope *envelope, uint8_t *room)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t none[1];
	int size = 0;
	bool is_sealed = gcm_begin(context, form, key, envelope->nonce, aad, 1) &&
	                 (plain.size == 0 || EVP_EncryptUpdate(context, room, &size, plain.data,
	                                                       (int)plain.size) == 1) &&
	                 EVP_EncryptFinal_ex(context, none, &size) == 1 &&
	                 EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, VS_ENVELOPE_TAG_SIZE,
	                                     envelope->tag) == 1;

	EVP_CIPHER_CTX_free(context);
	return is_sealed;
}

static bool
gcm_open(const struct vs_envelope_form *form, const uint8_t *key, struct vs_bytes aad,
         const struct vs_envelope_view *envelope, uint8_t *room)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t tag[VS_ENVELOPE_TAG_SIZE], none[1];
	int size = 0;
	bool is_open;

	memcpy(tag, envelope->tag.data, sizeof(tag));
	is_open = gcm_begin(context, form, key, envelope->nonce.data, aad, 0) &&
	          (envelope->sealed.size == 0 ||
	           EVP_DecryptUpdate(context, room, &size, envelope->sealed.data,
	                             (int)envelope->sealed.size) == 1) &&
	          EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1 &&
	          EVP_DecryptFinal_ex(context, none, &size) == 1;
	EVP_CIPHER_CTX_free(context);
	return is_open;
}

vs_result
vs_envelope_seal(const struct vs_pkey *receiver, const struct vs_envelope_form *form,
                 struct vs_bytes aad, struct vs_bytes plain, struct vs_envelope *envelope_out,
                 struct vs_buf *sealed)
{
	struct vs_envelope envelope = {.wrapped_size = 0};
	uint8_t key[KEY_SIZE_MAX], *room = NULL;
	bool is_sealed;

	assert(receiver != NULL && form != NULL && envelope_out != NULL && sealed != NULL);
	if (!form_is_valid(form))
		return VS_FAIL(BAD_VALUE);
	if (vs_pkey_kind_of(receiver) != VS_PKEY_RSA)
		return VS_FAIL(WRONG_TYPE);
	if (plain.size > INT32_MAX || aad.size > INT32_MAX)
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_buf_reserve(sealed, plain.size, &room));
	vs_random_bytes(key, sizeof(key));
	vs_random_bytes(envelope.nonce, form->nonce_size);
	is_sealed = wrap_key(receiver, form, key, &envelope) &&
	            gcm_seal(form, key, aad, plain, &envelope, room);
	OPENSSL_cleanse(key, sizeof(key));
	if (!is_sealed)
		return VS_FAIL(INTERNAL);
	sealed->size += plain.size;
	*envelope_out = envelope;
	return VS_OK;
}

vs_result
vs_envelope_open(const struct vs_pkey *receiver, const struct vs_envelope_form *form,
                 struct vs_bytes aad, const struct vs_envelope_view *envelope, struct vs_buf *plain)
{
	uint8_t key[KEY_SIZE_MAX], *room = NULL;
	vs_result r;

	assert(receiver != NULL && form != NULL && envelope != NULL && plain != NULL);
	if (!form_is_valid(form))
		return VS_FAIL(BAD_VALUE);
	if (vs_pkey_kind_of(receiver) != VS_PKEY_RSA || !vs_pkey_is_private(receiver))
		return VS_FAIL(WRONG_TYPE);
	if (envelope->sealed.size > INT32_MAX || aad.size > INT32_MAX)
		return VS_FAIL(TOO_LONG);
	/* The peer knows these sizes as well as we do: refusing here tells it nothing. */
	if (envelope->tag.size != VS_ENVELOPE_TAG_SIZE ||
	    envelope->nonce.size != form->nonce_size ||
	    envelope->wrapped.size != (size_t)EVP_PKEY_get_size(vs_pkey_evp(receiver)))
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(vs_buf_reserve(plain, envelope->sealed.size, &room));
	r = unwrap_key(receiver, form, envelope->wrapped, key);
	if (r.code == VS_E_OK && !gcm_open(form, key, aad, envelope, room)) {
		OPENSSL_cleanse(room, envelope->sealed.size);
		r = VS_FAIL(NOT_AUTHENTIC);
	}
	if (r.code == VS_E_OK)
		plain->size += envelope->sealed.size;
	OPENSSL_cleanse(key, sizeof(key));
	return r;
}
