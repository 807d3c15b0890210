/* SPDX-License-Identifier: Apache-2.0 */
#include "field/compat.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cbc.h"
#include "wire/base64.h"

struct vs_field_compat {
	struct vs_cbc *cbc;
	struct vs_v1m *v1m;
	struct vs_buf plain; /* of what is being opened; wiped after it */
};

vs_result
vs_field_compat_new(const uint8_t key[static VS_FIELD_KEY_SIZE],
                    struct vs_field_compat **compat_out)
{
	struct vs_field_compat *compat = calloc(1, sizeof(*compat));
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(compat_out != NULL);
	if (compat == NULL)
		return r;
	vs_buf_init(&compat->plain, VS_LIMIT_WS_MESSAGE_SIZE);
	r = vs_cbc_new(key, &compat->cbc);
	if (r.code == VS_E_OK)
		r = vs_v1m_new(key, &compat->v1m);
	if (r.code != VS_E_OK) {
		vs_field_compat_free(&compat);
		return r;
	}
	*compat_out = compat;
	return VS_OK;
}

static void
wipe(struct vs_buf *plain)
{
	if (plain->size > 0)
		explicit_bzero(plain->data, plain->size);
	vs_buf_reset(plain);
}

void
vs_field_compat_free(struct vs_field_compat **compat)
{
	assert(compat != NULL);
	if (*compat == NULL)
		return;
	vs_cbc_free(&(*compat)->cbc);
	vs_v1m_free(&(*compat)->v1m);
	wipe(&(*compat)->plain);
	vs_buf_done(&(*compat)->plain);
	free(*compat);
	*compat = NULL;
}

static vs_result
open_value(struct vs_field_compat *compat, struct vs_bytes text, struct vs_buf *json)
{
	uint8_t sealed[VS_LIMIT_SENSOR_VALUE_SIZE];
	size_t size = 0;

	wipe(&compat->plain);
	if (vs_base64_decode(VS_BASE64, text, sealed, sizeof(sealed), &size).code != VS_E_OK)
		size = 0; /* refused below, after the same call */
	VS_TRY(vs_cbc_open(compat->cbc, vs_bytes_from(sealed, size), &compat->plain));
	return vs_field_value_from_text(vs_buf_view(&compat->plain), json);
}

static vs_result
open_d1(struct vs_field_compat *compat, const struct vs_field_message *message,
        struct vs_field_values *values)
{
	vs_result all = VS_OK;

	for (size_t i = 0; i < message->count; i++) {
		size_t before = values->text.size;
		vs_result r = open_value(compat, message->readings[i].value, &values->text);

		if (r.code != VS_E_OK)
			all = r;
		values->sizes[i] = values->text.size - before;
	}
	return all;
}

static vs_result
open_d1m(struct vs_field_compat *compat, const char *tenant, const char *device,
         const struct vs_field_message *message, struct vs_field_values *values)
{
	struct vs_v1m_reading readings[VS_LIMIT_SENSOR_READINGS];
	size_t sizes[VS_LIMIT_SENSOR_READINGS], at = 0;
	const struct vs_v1m_message signed_message = {.tenant = vs_bytes_from_text(tenant),
	                                              .device = vs_bytes_from_text(device),
	                                              .n = message->n,
	                                              .readings = readings,
	                                              .count = message->count};

	for (size_t i = 0; i < message->count; i++)
		readings[i] =
		    (struct vs_v1m_reading){message->readings[i].type, message->readings[i].unit,
		                            message->readings[i].value};
	wipe(&compat->plain);
	VS_TRY(vs_v1m_open(compat->v1m, &signed_message,
	                   vs_bytes_from(message->mac, sizeof(message->mac)), &compat->plain,
	                   sizes));
	for (size_t i = 0; i < message->count; i++) {
		size_t before = values->text.size;

		VS_TRY(vs_field_value_from_text(vs_bytes_from(compat->plain.data + at, sizes[i]),
		                                &values->text));
		values->sizes[i] = values->text.size - before;
		at += sizes[i];
	}
	return VS_OK;
}

vs_result
vs_field_compat_open(struct vs_field_compat *compat, const char *tenant, const char *device,
                     const struct vs_field_message *message, struct vs_field_values *values)
{
	vs_result r;

	assert(compat != NULL && tenant != NULL && device != NULL && message != NULL &&
	       values != NULL);
	vs_field_values_reset(values);
	r = message->profile == VS_FIELD_D1M ? open_d1m(compat, tenant, device, message, values)
	                                     : open_d1(compat, message, values);
	wipe(&compat->plain);
	if (r.code == VS_E_OK) {
		values->count = message->count;
		return VS_OK;
	}
	vs_field_values_reset(values);
	return r.code == VS_E_NO_MEMORY ? r : VS_FAIL(NOT_AUTHENTIC);
}

vs_result
vs_field_compat_seal(struct vs_field_compat *compat, struct vs_bytes text, struct vs_buf *value)
{
	assert(compat != NULL && value != NULL);
	return vs_v1m_seal_value(compat->v1m, text, value);
}

vs_result
vs_field_compat_mac(struct vs_field_compat *compat, const struct vs_v1m_message *message,
                    uint8_t mac_out[static VS_V1M_MAC_SIZE])
{
	assert(compat != NULL && message != NULL);
	return vs_v1m_mac(compat->v1m, message, mac_out);
}
