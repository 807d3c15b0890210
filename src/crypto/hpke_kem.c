/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hpke_kem.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <string.h>

#include "crypto/kdf.h"

#define VERSION        "HPKE-v1"
#define LABEL_SIZE_MAX 16
#define DH_SIZE        32
#define CONTEXT_MAX    (3 * VS_HPKE_ENCAPSULATED_SIZE_MAX) /* enc, receiver, sender */
#define DERIVE_TRIES   256                                 /* RFC 9180 7.1.3 */
#define DERIVE_IKM_MIN 32
#define MESSAGE_MAX                                                                                \
	(2 + sizeof(VERSION) + VS_HPKE_SUITE_ID_SIZE + LABEL_SIZE_MAX + VS_HPKE_INPUT_SIZE_MAX)

/* What goes into HKDF, one piece after the other. */
struct message {
	uint8_t data[MESSAGE_MAX];
	size_t size;
	bool is_full;
};

static void
put(struct message *message, const void *data, size_t size)
{
	if (size > sizeof(message->data) - message->size) {
		message->is_full = true;
		return;
	}
	if (size > 0)
		memcpy(message->data + message->size, data, size);
	message->size += size;
}

static void
put_labeled(struct message *message, const struct vs_hpke_suite_id *suite, const char *label,
            struct vs_bytes rest)
{
	put(message, VERSION, sizeof(VERSION) - 1);
	put(message, suite->data, suite->size);
	put(message, label, strlen(label));
	put(message, rest.data, rest.size);
}

static enum vs_pkey_kind
kind_of(enum vs_hpke_kem kem)
{
	return kem == VS_HPKE_P256 ? VS_PKEY_P256 : VS_PKEY_X25519;
}

struct vs_hpke_suite_id
vs_hpke_suite_id_of_kem(enum vs_hpke_kem kem)
{
	return (struct vs_hpke_suite_id){{'K', 'E', 'M', (uint8_t)(kem >> 8), (uint8_t)kem}, 5};
}

vs_result
vs_hpke_extract(const struct vs_hpke_suite_id *suite, struct vs_bytes salt, const char *label,
                struct vs_bytes ikm, uint8_t prk_out[static VS_HPKE_SECRET_SIZE])
{
	struct message message = {.size = 0};
	vs_result r = VS_FAIL(TOO_LONG);

	put_labeled(&message, suite, label, ikm);
	if (!message.is_full)
		r = vs_kdf_hkdf_extract(salt, vs_bytes_from(message.data, message.size), prk_out);
	OPENSSL_cleanse(&message, sizeof(message));
	return r;
}

vs_result
vs_hpke_expand(const struct vs_hpke_suite_id *suite, const uint8_t prk[static VS_HPKE_SECRET_SIZE],
               const char *label, struct vs_bytes info, uint8_t *key_out, size_t size)
{
	const uint8_t length[2] = {(uint8_t)(size >> 8), (uint8_t)size};
	struct message message = {.size = 0};

	put(&message, length, sizeof(length));
	put_labeled(&message, suite, label, info);
	if (message.is_full || size > VS_HPKE_EXPORT_SIZE_MAX)
		return VS_FAIL(TOO_LONG);
	return vs_kdf_hkdf_expand(prk, vs_bytes_from(message.data, message.size), key_out, size);
}

/* ExtractAndExpand (RFC 9180 4.1). */
static vs_result
shared_secret(enum vs_hpke_kem kem, struct vs_bytes dh, struct vs_bytes context,
              uint8_t secret_out[static VS_HPKE_SECRET_SIZE])
{
	struct vs_hpke_suite_id suite = vs_hpke_suite_id_of_kem(kem);
	uint8_t prk[VS_HPKE_SECRET_SIZE];
	vs_result r = vs_hpke_extract(&suite, vs_bytes_from(NULL, 0), "eae_prk", dh, prk);

	if (r.code == VS_E_OK)
		r = vs_hpke_expand(&suite, prk, "shared_secret", context, secret_out,
		                   VS_HPKE_SECRET_SIZE);
	OPENSSL_cleanse(prk, sizeof(prk));
	return r;
}

struct context {
	uint8_t data[CONTEXT_MAX];
	size_t size;
};

/* The receiver's public key was used for Diffie-Hellman before: it has the size of its kind. */
static void
add(struct context *context, struct vs_bytes part)
{
	assert(part.size <= sizeof(context->data) - context->size);
	memcpy(context->data + context->size, part.data, part.size);
	context->size += part.size;
}

static vs_result
add_public(struct context *context, const struct vs_pkey *key)
{
	uint8_t raw[VS_PKEY_PUBLIC_SIZE_MAX];
	size_t size = 0;

	VS_TRY(vs_pkey_raw_public(key, raw, &size));
	add(context, vs_bytes_from(raw, size));
	return VS_OK;
}

static vs_result
agree_as_sender(const struct vs_hpke_setup *setup, const struct vs_pkey *ephemeral,
                struct vs_bytes receiver_public, struct context *context,
                uint8_t secret_out[static VS_HPKE_SECRET_SIZE])
{
	uint8_t dh[2 * DH_SIZE];
	size_t dh_size = DH_SIZE;
	vs_result r = vs_pkey_agree(ephemeral, receiver_public, dh);

	if (r.code != VS_E_OK)
		goto out;
	add(context, receiver_public);
	if (setup->sender != NULL) {
		r = vs_pkey_agree(setup->sender, receiver_public, dh + DH_SIZE);
		if (r.code == VS_E_OK)
			r = add_public(context, setup->sender);
		if (r.code != VS_E_OK)
			goto out;
		dh_size += DH_SIZE;
	}
	r = shared_secret(setup->kem, vs_bytes_from(dh, dh_size),
	                  vs_bytes_from(context->data, context->size), secret_out);
out:
	OPENSSL_cleanse(dh, sizeof(dh));
	return r;
}

vs_result
vs_hpke_encapsulate(const struct vs_hpke_setup *setup, struct vs_bytes receiver_public,
                    uint8_t secret_out[static VS_HPKE_SECRET_SIZE],
                    uint8_t enc_out[static VS_HPKE_ENCAPSULATED_SIZE_MAX], size_t *enc_size_out)
{
	struct vs_pkey *made = NULL;
	const struct vs_pkey *ephemeral = setup->ephemeral_key;
	struct context context = {.size = 0};
	size_t enc_size;
	vs_result r;

	if (ephemeral == NULL) {
		VS_TRY(vs_pkey_new(kind_of(setup->kem), &made));
		ephemeral = made;
	}
	r = add_public(&context, ephemeral);
	enc_size = context.size;
	if (r.code == VS_E_OK)
		r = agree_as_sender(setup, ephemeral, receiver_public, &context, secret_out);
	if (r.code == VS_E_OK) {
		memcpy(enc_out, context.data, enc_size);
		*enc_size_out = enc_size;
	}
	vs_pkey_free(&made);
	return r;
}

vs_result
vs_hpke_decapsulate(const struct vs_hpke_setup *setup, const struct vs_pkey *receiver,
                    struct vs_bytes enc, uint8_t secret_out[static VS_HPKE_SECRET_SIZE])
{
	struct context context = {.size = 0};
	uint8_t dh[2 * DH_SIZE];
	size_t dh_size = DH_SIZE;
	vs_result r = vs_pkey_agree(receiver, enc, dh);

	if (r.code != VS_E_OK)
		goto out;
	add(&context, enc);
	r = add_public(&context, receiver);
	if (r.code != VS_E_OK)
		goto out;
	if (setup->sender_public.size > 0) {
		r = vs_pkey_agree(receiver, setup->sender_public, dh + DH_SIZE);
		if (r.code != VS_E_OK)
			goto out;
		add(&context, setup->sender_public);
		dh_size += DH_SIZE;
	}
	r = shared_secret(setup->kem, vs_bytes_from(dh, dh_size),
	                  vs_bytes_from(context.data, context.size), secret_out);
out:
	OPENSSL_cleanse(dh, sizeof(dh));
	return r;
}

static vs_result
derive_p256(const struct vs_hpke_suite_id *suite, const uint8_t prk[static VS_HPKE_SECRET_SIZE],
            struct vs_pkey **key_out)
{
	vs_result r = VS_FAIL(BAD_VALUE);
	uint8_t raw[VS_PKEY_PRIVATE_SIZE];

	/* The bitmask of P-256 is 0xff. */
	for (unsigned i = 0; i < DERIVE_TRIES && r.code == VS_E_BAD_VALUE; i++) {
		uint8_t counter = (uint8_t)i;

		r = vs_hpke_expand(suite, prk, "candidate", vs_bytes_from(&counter, 1), raw,
		                   sizeof(raw));
		if (r.code == VS_E_OK)
			r = vs_pkey_read_raw_private(VS_PKEY_P256, vs_bytes_from(raw, sizeof(raw)),
			                             key_out);
	}
	OPENSSL_cleanse(raw, sizeof(raw));
	return r;
}

vs_result
vs_hpke_key_derive(enum vs_hpke_kem kem, struct vs_bytes ikm, struct vs_pkey **key_out)
{
	struct vs_hpke_suite_id suite = vs_hpke_suite_id_of_kem(kem);
	uint8_t prk[VS_HPKE_SECRET_SIZE], raw[VS_PKEY_PRIVATE_SIZE];
	vs_result r;

	assert(key_out != NULL);
	if (ikm.size < DERIVE_IKM_MIN)
		return VS_FAIL(BAD_VALUE);
	r = vs_hpke_extract(&suite, vs_bytes_from(NULL, 0), "dkp_prk", ikm, prk);
	if (r.code == VS_E_OK && kem == VS_HPKE_P256) {
		r = derive_p256(&suite, prk, key_out);
	} else if (r.code == VS_E_OK) {
		r = vs_hpke_expand(&suite, prk, "sk", vs_bytes_from(NULL, 0), raw, sizeof(raw));
		if (r.code == VS_E_OK)
			r = vs_pkey_read_raw_private(VS_PKEY_X25519,
			                             vs_bytes_from(raw, sizeof(raw)), key_out);
	}
	OPENSSL_cleanse(raw, sizeof(raw));
	OPENSSL_cleanse(prk, sizeof(prk));
	return r;
}
