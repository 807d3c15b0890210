/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/reply.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "wire/base64.h"

static const struct {
	uint16_t code;
	const char *word;
} closes[VS_SENSOR_CLOSES] = {
#define VS_SENSOR_CLOSE(name, code, word, help) [VS_SENSOR_CLOSE_##name] = {code, word},
#include "sensor/closes.def"
#undef VS_SENSOR_CLOSE
};
static const struct {
	const char *word, *text;
} replies[VS_SENSOR_REPLIES] = {
#define VS_SENSOR_REPLY(name, word, text) [VS_SENSOR_REPLY_##name] = {word, text},
#include "sensor/replies.def"
#undef VS_SENSOR_REPLY
};

uint16_t
vs_sensor_close_code(enum vs_sensor_close why)
{
	assert(why < VS_SENSOR_CLOSES);
	return closes[why].code;
}

const char *
vs_sensor_close_word(enum vs_sensor_close why)
{
	assert(why < VS_SENSOR_CLOSES);
	return closes[why].word;
}

const char *
vs_sensor_reply_word(enum vs_sensor_reply reply)
{
	assert(reply < VS_SENSOR_REPLIES);
	return replies[reply].word;
}

static void
write_bytes(struct vs_json_writer *json, const char *name, enum vs_base64 kind, const uint8_t *data,
            size_t size)
{
	char text[VS_BASE64_TEXT_SIZE(VS_FIELD_SEALED_KEY_SIZE)];

	(void)vs_base64_encode(kind, vs_bytes_from(data, size), text, sizeof(text));
	vs_json_write_key(json, name);
	vs_json_write_text(json, text);
	explicit_bzero(text, sizeof(text));
}

static void
write_text(struct vs_json_writer *json, const char *name, const char *text)
{
	vs_json_write_key(json, name);
	vs_json_write_text(json, text);
}

static void
write_int(struct vs_json_writer *json, const char *name, int64_t value)
{
	vs_json_write_key(json, name);
	vs_json_write_int(json, value);
}

static vs_result
write_delivery(struct vs_json_writer *json, const struct vs_field_delivery *delivery)
{
	uint8_t enc[32], sealed[VS_FIELD_SEALED_KEY_SIZE];

	write_int(json, "epoch", delivery->epoch);
	if (delivery->public_key == NULL) {
		write_text(json, "key_delivery", "tls");
		write_bytes(json, "encryption_key", VS_BASE64, delivery->key, VS_KEYS_KEY_SIZE);
		return VS_OK;
	}
	VS_TRY(vs_field_delivery_seal(delivery, enc, sealed));
	write_text(json, "key_delivery", "hpke");
	vs_json_write_key(json, "key");
	vs_json_write_object(json);
	write_bytes(json, "enc", VS_BASE64_URL, enc, sizeof(enc));
	write_bytes(json, "ct", VS_BASE64_URL, sealed, sizeof(sealed));
	vs_json_write_object_end(json);
	return VS_OK;
}

vs_result
vs_sensor_reply_info(const struct vs_sensor_info *info, struct vs_buf *out)
{
	bool is_sealed = info->delivery.key != NULL;
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	write_text(&json, "type", "device_info");
	write_text(&json, "device_uuid", info->delivery.device);
	write_text(&json, "tenant", info->delivery.tenant);
	vs_json_write_key(&json, "encryption_enabled");
	vs_json_write_bool(&json, is_sealed);
	write_text(&json, "alg", is_sealed ? "d2" : "clear");
	write_text(&json, "least", vs_field_profile_word(info->least));
	if (is_sealed)
		VS_TRY(write_delivery(&json, &info->delivery));
	write_bytes(&json, "sn", VS_BASE64_URL, info->sn, sizeof(info->sn));
	if (info->expires_ms != 0)
		write_int(&json, "expires", info->expires_ms);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_sensor_reply_key(const struct vs_field_delivery *delivery,
                    const uint8_t oid[static VS_KEYS_OID_SIZE], int64_t until_ms,
                    struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	write_text(&json, "type", "key_update");
	VS_TRY(write_delivery(&json, delivery));
	write_bytes(&json, "oid", VS_BASE64_URL, oid, VS_KEYS_OID_SIZE);
	write_int(&json, "until", until_ms);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_sensor_reply_taken(size_t count, const uint64_t *n, struct vs_buf *out)
{
	struct vs_json_writer json;
	char text[64];

	(void)snprintf(text, sizeof(text), "%zu reading%s received and saved", count,
	               count == 1 ? "" : "s");
	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	write_text(&json, "status", "success");
	write_text(&json, "message", text);
	if (n != NULL)
		write_int(&json, "n", (int64_t)*n);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_sensor_reply_refused(enum vs_sensor_reply reply, const uint64_t *n, struct vs_buf *out)
{
	struct vs_json_writer json;

	assert(reply < VS_SENSOR_REPLIES);
	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	write_text(&json, "status", "error");
	write_text(&json, "code", replies[reply].word);
	write_text(&json, "message", replies[reply].text);
	if (n != NULL)
		write_int(&json, "n", (int64_t)*n);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_sensor_reply_done(const char *message, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	write_text(&json, "status", "success");
	write_text(&json, "message", message);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}
