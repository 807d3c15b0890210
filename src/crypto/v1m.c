/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/v1m.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/cbc.h"
#include "crypto/enc.h"
#include "crypto/hmac.h"
#include "crypto/kdf.h"
#include "wire/base64.h"

struct vs_v1m {
	struct vs_cbc *cbc;
	struct vs_hmac *hmac;
	struct vs_buf sealed; /* the value at hand, behind its base64 */
};

static vs_result
mac_new(const uint8_t *key, struct vs_hmac **hmac_out)
{
	uint8_t mac_key[VS_SHA256_SIZE] = {0};
	struct vs_bytes info;
	struct vs_enc enc;
	vs_result r;

	vs_enc_init(&enc, "voltseal/v1m/mac");
	VS_TRY(vs_enc_view(&enc, &info));
	r = vs_kdf_hkdf(vs_bytes_from(NULL, 0), vs_bytes_from(key, VS_V1M_KEY_SIZE), info, mac_key,
	                sizeof(mac_key));
	if (r.code == VS_E_OK)
		r = vs_hmac_new(vs_bytes_from(mac_key, sizeof(mac_key)), hmac_out);
	explicit_bzero(mac_key, sizeof(mac_key));
	return r;
}

vs_result
vs_v1m_new(const uint8_t key[static VS_V1M_KEY_SIZE], struct vs_v1m **v1m_out)
{
	struct vs_v1m *v1m = calloc(1, sizeof(*v1m));
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(v1m_out != NULL);
	if (v1m == NULL)
		goto out;
	vs_buf_init(&v1m->sealed, VS_LIMIT_WS_MESSAGE_SIZE);
	r = vs_cbc_new(key, &v1m->cbc);
	if (r.code != VS_E_OK)
		goto out;
	r = mac_new(key, &v1m->hmac);
	if (r.code != VS_E_OK)
		goto out;
	*v1m_out = v1m;
	v1m = NULL;
out:
	vs_v1m_free(&v1m);
	return r;
}

void
vs_v1m_free(struct vs_v1m **v1m)
{
	assert(v1m != NULL);
	if (*v1m == NULL)
		return;
	vs_cbc_free(&(*v1m)->cbc);
	vs_hmac_free(&(*v1m)->hmac);
	vs_buf_done(&(*v1m)->sealed);
	free(*v1m);
	*v1m = NULL;
}

vs_result
vs_v1m_seal_value(struct vs_v1m *v1m, struct vs_bytes plain, struct vs_buf *value)
{
	uint8_t *text = NULL;
	size_t text_size;

	assert(v1m != NULL && value != NULL);
	vs_buf_reset(&v1m->sealed);
	VS_TRY(vs_cbc_seal(v1m->cbc, plain, &v1m->sealed));
	text_size = vs_base64_text_size(VS_BASE64, v1m->sealed.size) + 1; /* a NUL follows it */
	VS_TRY(vs_buf_reserve(value, text_size, &text));
	value->size +=
	    vs_base64_encode(VS_BASE64, vs_buf_view(&v1m->sealed), (char *)text, text_size);
	return VS_OK;
}

/* As vs_enc_bytes(), straight into the MAC: a message is larger than a struct vs_enc. */
static vs_result
add_field(struct vs_hmac *hmac, struct vs_bytes field)
{
	uint8_t size[2] = {(uint8_t)(field.size >> 8), (uint8_t)field.size};

	if (field.size > UINT16_MAX)
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_hmac_add(hmac, vs_bytes_from(size, sizeof(size))));
	return vs_hmac_add(hmac, field);
}

vs_result
vs_v1m_mac(struct vs_v1m *v1m, const struct vs_v1m_message *message,
           uint8_t mac_out[static VS_V1M_MAC_SIZE])
{
	uint8_t mac[VS_SHA256_SIZE];
	struct vs_bytes head;
	struct vs_enc enc;

	assert(v1m != NULL && message != NULL &&
	       (message->readings != NULL || message->count == 0));
	if (message->count > UINT16_MAX)
		return VS_FAIL(TOO_LONG);
	vs_enc_init(&enc, "voltseal/v1m");
	vs_enc_bytes(&enc, message->tenant);
	vs_enc_bytes(&enc, message->device);
	vs_enc_u64(&enc, message->n);
	vs_enc_u16(&enc, (uint16_t)message->count);
	VS_TRY(vs_enc_view(&enc, &head));
	VS_TRY(vs_hmac_begin(v1m->hmac));
	VS_TRY(vs_hmac_add(v1m->hmac, head));
	for (size_t i = 0; i < message->count; i++) {
		VS_TRY(add_field(v1m->hmac, message->readings[i].sensor_type));
		VS_TRY(add_field(v1m->hmac, message->readings[i].unit));
		VS_TRY(add_field(v1m->hmac, message->readings[i].value));
	}
	VS_TRY(vs_hmac_end(v1m->hmac, mac));
	memcpy(mac_out, mac, VS_V1M_MAC_SIZE);
	return VS_OK;
}

/* Of a message whose MAC was right. */
static vs_result
open_value(struct vs_v1m *v1m, struct vs_bytes value, struct vs_buf *plain)
{
	size_t size = 0, size_max = value.size / 4 * 3;
	uint8_t *room = NULL;

	if (size_max == 0)
		return VS_FAIL(NOT_AUTHENTIC);
	vs_buf_reset(&v1m->sealed);
	VS_TRY(vs_buf_reserve(&v1m->sealed, size_max, &room));
	if (vs_base64_decode(VS_BASE64, value, room, size_max, &size).code != VS_E_OK)
		return VS_FAIL(NOT_AUTHENTIC);
	return vs_cbc_open(v1m->cbc, vs_bytes_from(room, size), plain);
}

vs_result
vs_v1m_open(struct vs_v1m *v1m, const struct vs_v1m_message *message, struct vs_bytes mac,
            struct vs_buf *plain, size_t *sizes_out)
{
	uint8_t expected[VS_V1M_MAC_SIZE];
	size_t before;
	vs_result r;

	assert(v1m != NULL && message != NULL && plain != NULL &&
	       (sizes_out != NULL || message->count == 0));
	if (mac.size != sizeof(expected))
		return VS_FAIL(NOT_AUTHENTIC);
	r = vs_v1m_mac(v1m, message, expected);
	if (r.code == VS_E_TOO_LONG)
		return VS_FAIL(NOT_AUTHENTIC); /* nobody could have made a MAC of it */
	if (r.code != VS_E_OK)
		return r;
	if (!vs_crypto_equal(mac.data, expected, sizeof(expected)))
		return VS_FAIL(NOT_AUTHENTIC);
	before = plain->size;
	for (size_t i = 0; i < message->count && r.code == VS_E_OK; i++) {
		size_t start = plain->size;

		r = open_value(v1m, message->readings[i].value, plain);
		sizes_out[i] = plain->size - start;
	}
	if (r.code != VS_E_OK && plain->size > before) {
		explicit_bzero(plain->data + before, plain->size - before);
		plain->size = before;
	}
	return r;
}
