/* SPDX-License-Identifier: Apache-2.0 */
#include "field/compose.h"

#include <assert.h>
#include <string.h>

#include "wire/base64.h"

static void
write_bytes(struct vs_json_writer *json, const char *name, enum vs_base64 kind, const uint8_t *data,
            size_t size)
{
	char text[VS_BASE64_TEXT_SIZE(VS_FIELD_SEALED_KEY_SIZE)];

	(void)vs_base64_encode(kind, vs_bytes_from(data, size), text, sizeof(text));
	vs_json_write_key(json, name);
	vs_json_write_text(json, text);
}

/* What D1 takes for the value: the text of a string, any other scalar as it is written. */
static vs_result
compat_text(struct vs_bytes scalar, struct vs_bytes *text_out)
{
	VS_TRY(vs_field_value_check(scalar));
	if (scalar.data[0] != '"') {
		*text_out = scalar;
		return VS_OK;
	}
	if (memchr(scalar.data, '\\', scalar.size) != NULL)
		return VS_FAIL(BAD_VALUE);
	*text_out = vs_bytes_from(scalar.data + 1, scalar.size - 2);
	return VS_OK;
}

static vs_result
seal_one(const struct vs_field_draft *draft, size_t index, struct vs_buf *value)
{
	const struct vs_field_sample *sample = &draft->samples[index];
	const struct vs_field_place place = {.n = draft->n,
	                                     .ts_ms = draft->ts_ms,
	                                     .index = (uint16_t)index,
	                                     .count = (uint16_t)draft->count,
	                                     .type = sample->type,
	                                     .unit = sample->unit};
	struct vs_bytes text = {NULL, 0};

	switch (draft->profile) {
	case VS_FIELD_D2:
		return vs_field_d2_seal(draft->d2, &place, sample->json, value);
	case VS_FIELD_D1:
	case VS_FIELD_D1M:
		VS_TRY(compat_text(sample->json, &text));
		return vs_field_compat_seal(draft->compat, text, value);
	case VS_FIELD_CLEAR:
		VS_TRY(vs_field_value_check(sample->json));
		return vs_buf_append_bytes(value, sample->json);
	case VS_FIELD_PROFILES:
		break;
	}
	return VS_FAIL(BAD_VALUE);
}

/* All values, one behind the other: the MAC of D1m is over them as they are sent. */
static vs_result
seal_all(const struct vs_field_draft *draft, struct vs_buf *values, size_t *sizes)
{
	for (size_t i = 0; i < draft->count; i++) {
		size_t before = values->size;

		VS_TRY(seal_one(draft, i, values));
		sizes[i] = values->size - before;
	}
	return VS_OK;
}

static void
write_item(struct vs_json_writer *json, const struct vs_field_draft *draft, size_t index,
           struct vs_bytes value)
{
	const struct vs_field_sample *sample = &draft->samples[index];

	vs_json_write_object(json);
	vs_json_write_key(json, "sensor_type");
	vs_json_write_string(json, sample->type);
	vs_json_write_key(json, "value");
	if (draft->profile == VS_FIELD_CLEAR)
		vs_json_write_raw(json, value);
	else
		vs_json_write_string(json, value);
	vs_json_write_key(json, "unit");
	vs_json_write_string(json, sample->unit);
	if (draft->profile != VS_FIELD_CLEAR) {
		vs_json_write_key(json, "encrypted");
		vs_json_write_bool(json, true);
	}
	vs_json_write_object_end(json);
}

static vs_result
write_mac(struct vs_json_writer *json, const struct vs_field_draft *draft,
          const struct vs_buf *values, const size_t *sizes)
{
	struct vs_v1m_reading readings[VS_LIMIT_SENSOR_READINGS];
	const struct vs_v1m_message message = {.tenant = vs_bytes_from_text(draft->tenant),
	                                       .device = vs_bytes_from_text(draft->device),
	                                       .n = draft->n,
	                                       .readings = readings,
	                                       .count = draft->count};
	uint8_t mac[VS_V1M_MAC_SIZE] = {0};
	size_t at = 0;

	for (size_t i = 0; i < draft->count; at += sizes[i++])
		readings[i] =
		    (struct vs_v1m_reading){draft->samples[i].type, draft->samples[i].unit,
		                            vs_bytes_from(values->data + at, sizes[i])};
	VS_TRY(vs_field_compat_mac(draft->compat, &message, mac));
	vs_json_write_key(json, "n");
	vs_json_write_int(json, (int64_t)draft->n);
	write_bytes(json, "mac", VS_BASE64, mac, sizeof(mac));
	return VS_OK;
}

static void
write_enc(struct vs_json_writer *json, const struct vs_field_draft *draft)
{
	vs_json_write_key(json, "enc");
	vs_json_write_object(json);
	vs_json_write_key(json, "v");
	vs_json_write_int(json, 2);
	vs_json_write_key(json, "k");
	vs_json_write_int(json, draft->epoch);
	write_bytes(json, "s", VS_BASE64_URL, draft->salt, VS_FIELD_SALT_SIZE);
	vs_json_write_key(json, "n");
	vs_json_write_int(json, (int64_t)draft->n);
	vs_json_write_object_end(json);
	if (draft->r != NULL)
		write_bytes(json, "r", VS_BASE64_URL, draft->r, VS_FIELD_SALT_SIZE);
}

static vs_result
write_message(const struct vs_field_draft *draft, const struct vs_buf *values, const size_t *sizes,
              struct vs_buf *text)
{
	struct vs_json_writer json;
	size_t at = 0;

	vs_json_write_begin(&json, text);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "device_id");
	vs_json_write_text(&json, draft->device);
	if (draft->profile == VS_FIELD_D2)
		write_enc(&json, draft);
	else if (draft->profile == VS_FIELD_D1M)
		VS_TRY(write_mac(&json, draft, values, sizes));
	if (draft->ts_ms != 0) {
		vs_json_write_key(&json, "ts");
		vs_json_write_int(&json, (int64_t)draft->ts_ms);
	}
	vs_json_write_key(&json, "readings");
	vs_json_write_array(&json);
	for (size_t i = 0; i < draft->count; at += sizes[i++])
		write_item(&json, draft, i, vs_bytes_from(values->data + at, sizes[i]));
	vs_json_write_array_end(&json);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_field_compose(const struct vs_field_draft *draft, struct vs_buf *text)
{
	size_t sizes[VS_LIMIT_SENSOR_READINGS], before = text->size;
	struct vs_buf values;
	vs_result r;

	assert(draft != NULL && draft->tenant != NULL && draft->device != NULL);
	if (draft->count == 0 || draft->count > VS_LIMIT_SENSOR_READINGS)
		return VS_FAIL(BAD_VALUE);
	vs_buf_init(&values, VS_LIMIT_WS_MESSAGE_SIZE);
	r = seal_all(draft, &values, sizes);
	if (r.code == VS_E_OK)
		r = write_message(draft, &values, sizes, text);
	if (r.code != VS_E_OK)
		text->size = before;
	vs_buf_done(&values);
	return r;
}

vs_result
vs_field_compose_ack(const struct vs_field_delivery *delivery,
                     const uint8_t oid[static VS_FIELD_OID_SIZE], struct vs_buf *text)
{
	struct vs_json_writer json;
	uint8_t proof[32] = {0};

	VS_TRY(vs_field_delivery_proof(delivery, oid, proof));
	vs_json_write_begin(&json, text);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "type");
	vs_json_write_text(&json, "key_ack");
	vs_json_write_key(&json, "epoch");
	vs_json_write_int(&json, delivery->epoch);
	write_bytes(&json, "oid", VS_BASE64_URL, oid, VS_FIELD_OID_SIZE);
	write_bytes(&json, "proof", VS_BASE64_URL, proof, sizeof(proof));
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}
