/* SPDX-License-Identifier: Apache-2.0 */
#include "field/delivery.h"

#include <assert.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/enc.h"
#include "crypto/hpke.h"
#include "crypto/kdf.h"

static const struct vs_hpke_setup suite = {
    .kem = VS_HPKE_X25519, .aead = VS_HPKE_AES256GCM, .mode = VS_HPKE_BASE};

static vs_result
make_info(const struct vs_field_delivery *delivery, struct vs_enc *enc, struct vs_bytes *info_out)
{
	vs_enc_init(enc, "voltseal/fld-key/v2");
	vs_enc_text(enc, delivery->tenant);
	vs_enc_text(enc, delivery->device);
	vs_enc_u32(enc, delivery->epoch);
	return vs_enc_view(enc, info_out);
}

vs_result
vs_field_delivery_seal(const struct vs_field_delivery *delivery,
                       uint8_t enc_out[static VS_FIELD_PUBLIC_KEY_SIZE],
                       uint8_t sealed_out[static VS_FIELD_SEALED_KEY_SIZE])
{
	uint8_t encapsulated[VS_HPKE_ENCAPSULATED_SIZE_MAX];
	struct vs_hpke_setup setup = suite;
	struct vs_buf sealed;
	struct vs_enc enc;
	size_t size = 0;
	vs_result r;

	assert(delivery->key != NULL && delivery->public_key != NULL);
	VS_TRY(make_info(delivery, &enc, &setup.info));
	vs_buf_init(&sealed, VS_FIELD_SEALED_KEY_SIZE);
	r = vs_hpke_seal_once(&setup, vs_bytes_from(delivery->public_key, VS_FIELD_PUBLIC_KEY_SIZE),
	                      vs_bytes_from(NULL, 0),
	                      vs_bytes_from(delivery->key, VS_FIELD_KEY_SIZE), encapsulated, &size,
	                      &sealed);
	if (r.code == VS_E_OK &&
	    (size != VS_FIELD_PUBLIC_KEY_SIZE || sealed.size != VS_FIELD_SEALED_KEY_SIZE))
		r = VS_FAIL(INTERNAL);
	if (r.code == VS_E_OK) {
		memcpy(enc_out, encapsulated, VS_FIELD_PUBLIC_KEY_SIZE);
		memcpy(sealed_out, sealed.data, VS_FIELD_SEALED_KEY_SIZE);
	}
	vs_buf_done(&sealed);
	return r;
}

vs_result
vs_field_delivery_open(const struct vs_field_delivery *delivery, const struct vs_pkey *private_key,
                       const uint8_t enc[static VS_FIELD_PUBLIC_KEY_SIZE],
                       const uint8_t sealed[static VS_FIELD_SEALED_KEY_SIZE],
                       uint8_t key_out[static VS_FIELD_KEY_SIZE])
{
	struct vs_hpke_setup setup = suite;
	struct vs_buf plain;
	struct vs_enc info;
	vs_result r;

	assert(delivery != NULL && private_key != NULL);
	VS_TRY(make_info(delivery, &info, &setup.info));
	vs_buf_init(&plain, VS_FIELD_SEALED_KEY_SIZE);
	r = vs_hpke_open_once(&setup, private_key, vs_bytes_from(enc, VS_FIELD_PUBLIC_KEY_SIZE),
	                      vs_bytes_from(NULL, 0),
	                      vs_bytes_from(sealed, VS_FIELD_SEALED_KEY_SIZE), &plain);
	if (r.code == VS_E_OK && plain.size != VS_FIELD_KEY_SIZE)
		r = VS_FAIL(NOT_AUTHENTIC);
	if (r.code == VS_E_OK)
		memcpy(key_out, plain.data, VS_FIELD_KEY_SIZE);
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.capacity);
	vs_buf_done(&plain);
	return r;
}

vs_result
vs_field_delivery_proof(const struct vs_field_delivery *delivery,
                        const uint8_t oid[static VS_FIELD_OID_SIZE], uint8_t proof_out[static 32])
{
	uint8_t key[VS_FIELD_KEY_SIZE] = {0};
	struct vs_bytes info;
	struct vs_enc enc;
	vs_result r;

	assert(delivery != NULL && delivery->key != NULL);
	vs_enc_init(&enc, "voltseal/ack");
	vs_enc_text(&enc, delivery->tenant);
	vs_enc_text(&enc, delivery->device);
	vs_enc_u32(&enc, delivery->epoch);
	vs_enc_text(&enc, "u");
	VS_TRY(vs_enc_view(&enc, &info));
	r = vs_kdf_hkdf(vs_bytes_from(NULL, 0), vs_bytes_from(delivery->key, VS_FIELD_KEY_SIZE),
	                info, key, sizeof(key));
	if (r.code == VS_E_OK)
		r = vs_crypto_hmac_sha256(vs_bytes_from(key, sizeof(key)),
		                          vs_bytes_from(oid, VS_FIELD_OID_SIZE), proof_out);
	explicit_bzero(key, sizeof(key));
	return r;
}
