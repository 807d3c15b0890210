/* SPDX-License-Identifier: Apache-2.0 */
#include "field/d2.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/digest.h"
#include "crypto/enc.h"
#include "crypto/kdf.h"
#include "wire/base64.h"

#define LABEL        "voltseal/fld/v2"
#define PLAIN_UNIT   8u
#define MATERIAL     (VS_AEAD_KEY_SIZE + VS_AEAD_NONCE_SIZE)
#define SEALED_LIMIT (VS_LIMIT_SENSOR_VALUE_SIZE + PLAIN_UNIT + VS_AEAD_TAG_SIZE)

struct vs_field_d2 {
	struct vs_aead *aead;
	uint8_t iv[VS_AEAD_NONCE_SIZE];
	struct vs_enc head; /* of every AAD: as far as the salt */
};

static vs_result
make_keys(struct vs_field_d2 *field, const uint8_t *key, const char *tenant, const char *device,
          uint32_t epoch, const uint8_t *salt)
{
	uint8_t material[MATERIAL] = {0};
	struct vs_bytes info;
	struct vs_enc enc;
	vs_result r;

	vs_enc_init(&enc, LABEL);
	vs_enc_text(&enc, tenant);
	vs_enc_text(&enc, device);
	vs_enc_u32(&enc, epoch);
	vs_enc_text(&enc, "u");
	VS_TRY(vs_enc_view(&enc, &info));
	r = vs_kdf_hkdf(vs_bytes_from(salt, VS_FIELD_SALT_SIZE),
	                vs_bytes_from(key, VS_FIELD_KEY_SIZE), info, material, sizeof(material));
	if (r.code == VS_E_OK)
		r = vs_aead_new(VS_AEAD_AES256GCM, material, &field->aead);
	memcpy(field->iv, material + VS_AEAD_KEY_SIZE, sizeof(field->iv));
	explicit_bzero(material, sizeof(material));
	return r;
}

vs_result
vs_field_d2_new(const uint8_t key[static VS_FIELD_KEY_SIZE], const char *tenant, const char *device,
                uint32_t epoch, const uint8_t salt[static VS_FIELD_SALT_SIZE],
                struct vs_field_d2 **field_out)
{
	struct vs_field_d2 *field = calloc(1, sizeof(*field));
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(tenant != NULL && device != NULL && field_out != NULL);
	if (field == NULL)
		return r;
	r = make_keys(field, key, tenant, device, epoch, salt);
	vs_enc_init(&field->head, LABEL);
	vs_enc_text(&field->head, tenant);
	vs_enc_text(&field->head, device);
	vs_enc_u32(&field->head, epoch);
	vs_enc_bytes(&field->head, vs_bytes_from(salt, VS_FIELD_SALT_SIZE));
	if (r.code != VS_E_OK) {
		vs_field_d2_free(&field);
		return r;
	}
	*field_out = field;
	return VS_OK;
}

void
vs_field_d2_free(struct vs_field_d2 **field)
{
	assert(field != NULL);
	if (*field == NULL)
		return;
	vs_aead_free(&(*field)->aead);
	explicit_bzero(*field, sizeof(**field));
	free(*field);
	*field = NULL;
}

static vs_result
make_aad(const struct vs_field_d2 *field, const struct vs_field_place *place, struct vs_enc *enc,
         struct vs_bytes *aad_out)
{
	/* Only what is in use of it is copied. */
	memcpy(enc->data, field->head.data, field->head.size);
	enc->size = field->head.size;
	enc->is_full = field->head.is_full;
	vs_enc_u64(enc, place->n);
	vs_enc_u64(enc, place->ts_ms);
	vs_enc_u16(enc, place->index);
	vs_enc_u16(enc, place->count);
	vs_enc_bytes(enc, place->type);
	vs_enc_bytes(enc, place->unit);
	return vs_enc_view(enc, aad_out);
}

static void
make_nonce(const struct vs_field_d2 *field, uint64_t n, uint16_t index,
           uint8_t nonce[static VS_AEAD_NONCE_SIZE])
{
	memcpy(nonce, field->iv, VS_AEAD_NONCE_SIZE);
	for (unsigned i = 0; i < 8; i++)
		nonce[2 + i] ^= (uint8_t)(n >> (56 - 8 * i));
	nonce[10] ^= (uint8_t)(index >> 8);
	nonce[11] ^= (uint8_t)index;
}

vs_result
vs_field_d2_seal(struct vs_field_d2 *field, const struct vs_field_place *place,
                 struct vs_bytes json, struct vs_buf *value)
{
	uint8_t nonce[VS_AEAD_NONCE_SIZE], sealed[SEALED_LIMIT];
	size_t size = (json.size + PLAIN_UNIT - 1) / PLAIN_UNIT * PLAIN_UNIT, text_size;
	struct vs_bytes aad;
	struct vs_enc enc;
	uint8_t *text = NULL;

	assert(field != NULL && place != NULL && value != NULL);
	VS_TRY(vs_field_value_check(json));
	VS_TRY(make_aad(field, place, &enc, &aad));
	make_nonce(field, place->n, place->index, nonce);
	memset(sealed, ' ', size);
	memcpy(sealed, json.data, json.size);
	VS_TRY(vs_aead_seal(field->aead, nonce, aad, vs_bytes_from(sealed, size), sealed));
	size += VS_AEAD_TAG_SIZE;
	text_size = vs_base64_text_size(VS_BASE64_URL, size) + 1; /* a NUL follows it */
	VS_TRY(vs_buf_reserve(value, text_size, &text));
	value->size +=
	    vs_base64_encode(VS_BASE64_URL, vs_bytes_from(sealed, size), (char *)text, text_size);
	return VS_OK;
}

static vs_result
open_one(struct vs_field_d2 *field, const struct vs_field_place *place, struct vs_bytes text,
         struct vs_field_values *values)
{
	uint8_t nonce[VS_AEAD_NONCE_SIZE], plain[SEALED_LIMIT];
	struct vs_bytes aad;
	struct vs_enc enc;
	size_t size = 0;
	vs_result r;

	if (vs_base64_decode(VS_BASE64_URL, text, plain, sizeof(plain), &size).code != VS_E_OK ||
	    size < PLAIN_UNIT + VS_AEAD_TAG_SIZE || size % PLAIN_UNIT != 0)
		return VS_FAIL(NOT_AUTHENTIC);
	if (make_aad(field, place, &enc, &aad).code != VS_E_OK)
		return VS_FAIL(NOT_AUTHENTIC); /* nobody could have sealed it */
	make_nonce(field, place->n, place->index, nonce);
	VS_TRY(vs_aead_open(field->aead, nonce, aad, vs_bytes_from(plain, size), plain));
	size -= VS_AEAD_TAG_SIZE;
	while (size > 0 && plain[size - 1] == ' ')
		size--;
	/* By the device itself, and still no reading. */
	r = vs_field_value_check(vs_bytes_from(plain, size));
	r = r.code == VS_E_OK ? vs_buf_append(&values->text, plain, size) : VS_FAIL(NOT_AUTHENTIC);
	explicit_bzero(plain, sizeof(plain));
	values->sizes[place->index] = size;
	return r;
}

vs_result
vs_field_d2_open(struct vs_field_d2 *field, const struct vs_field_message *message,
                 struct vs_field_values *values)
{
	struct vs_field_place place = {
	    .n = message->n, .ts_ms = message->ts_ms, .count = (uint16_t)message->count};

	assert(field != NULL && values != NULL);
	vs_field_values_reset(values);
	for (size_t i = 0; i < message->count; i++) {
		vs_result r;

		place.index = (uint16_t)i;
		place.type = message->readings[i].type;
		place.unit = message->readings[i].unit;
		r = open_one(field, &place, message->readings[i].value, values);
		if (r.code != VS_E_OK) {
			vs_field_values_reset(values);
			return r;
		}
		values->count = i + 1;
	}
	return VS_OK;
}

vs_result
vs_field_d2_salt(const uint8_t sn[static VS_FIELD_SALT_SIZE],
                 const uint8_t r[static VS_FIELD_SALT_SIZE],
                 uint8_t salt_out[static VS_FIELD_SALT_SIZE])
{
	uint8_t both[2 * VS_FIELD_SALT_SIZE], digest[VS_SHA256_SIZE];

	memcpy(both, sn, VS_FIELD_SALT_SIZE);
	memcpy(both + VS_FIELD_SALT_SIZE, r, VS_FIELD_SALT_SIZE);
	VS_TRY(vs_crypto_sha256(vs_bytes_from(both, sizeof(both)), digest));
	memcpy(salt_out, digest, VS_FIELD_SALT_SIZE);
	return VS_OK;
}
