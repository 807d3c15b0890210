/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/webhook.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/sign.h"
#include "wire/base64.h"
#include "wire/json.h"

#define PREFIX     "whsec_"
#define SECRET_MIN 24
#define SECRET_MAX 64
#define SIGNED_MAX 65536

static void
write_text(struct vs_json_writer *json, const char *key, const char *text)
{
	vs_json_write_key(json, key);
	if (text[0] == '\0')
		vs_json_write_null(json);
	else
		vs_json_write_text(json, text);
}

vs_result
vs_alert_webhook_body(const char *rule, const struct vs_core_event *event, uint32_t count,
                      struct vs_buf *out)
{
	static const char *const severities[] = {"info", "notice", "warning", "critical"};
	const char *kind = vs_core_event_kind_text(event->kind);
	struct vs_json_writer json;
	char type[128];

	(void)snprintf(type, sizeof(type), "%s.%s", kind, event->type);
	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	write_text(&json, "type", type);
	vs_json_write_key(&json, "timestamp");
	vs_json_write_time(&json, event->at_ms);
	vs_json_write_key(&json, "data");
	vs_json_write_object(&json);
	write_text(&json, "rule", rule);
	vs_json_write_key(&json, "count");
	vs_json_write_int(&json, count);
	write_text(&json, "kind", kind);
	write_text(&json, "event", event->type);
	write_text(&json, "severity", severities[event->severity]);
	write_text(&json, "tenant", event->tenant);
	write_text(&json, "station", event->station);
	write_text(&json, "ref", event->id);
	write_text(&json, "detail", event->detail);
	vs_json_write_object_end(&json);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

static vs_result
sign_v1(struct vs_bytes secret, struct vs_bytes content, char *text, size_t size)
{
	uint8_t mac[VS_SHA256_SIZE];

	VS_TRY(vs_crypto_hmac_sha256(secret, content, mac));
	(void)snprintf(text, size, "v1,");
	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(mac, sizeof(mac)), text + 3, size - 3);
	return VS_OK;
}

static vs_result
sign_v1a(const struct vs_pkey *key, struct vs_bytes content, char *text, size_t size)
{
	struct vs_buf signature;
	vs_result r;

	vs_buf_init(&signature, VS_SIGN_SIZE_MAX);
	r = vs_sign_make(key, VS_SIGN_EDDSA, VS_SIGN_RAW, content, &signature);
	if (r.code == VS_E_OK) {
		(void)snprintf(text, size, " v1a,");
		(void)vs_base64_encode(VS_BASE64, vs_buf_view(&signature), text + 5, size - 5);
	}
	vs_buf_done(&signature);
	return r;
}

vs_result
vs_alert_webhook_sign(struct vs_bytes secret, struct vs_bytes old, const struct vs_pkey *key,
                      const char *id, int64_t timestamp_s, struct vs_bytes body,
                      char signature_out[static VS_ALERT_SIGNATURE_SIZE])
{
	char text[VS_ALERT_SIGNATURE_SIZE] = "";
	struct vs_buf content;
	vs_result r;

	vs_buf_init(&content, SIGNED_MAX);
	r = vs_buf_printf(&content, "%s.%" PRId64 ".", id, timestamp_s);
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(&content, body);
	if (r.code == VS_E_OK)
		r = sign_v1(secret, vs_buf_view(&content), text, sizeof(text));
	if (r.code == VS_E_OK && old.size > 0) {
		size_t used = strlen(text);

		text[used] = ' ';
		r = sign_v1(old, vs_buf_view(&content), text + used + 1, sizeof(text) - used - 1);
	}
	if (r.code == VS_E_OK && key != NULL)
		r = sign_v1a(key, vs_buf_view(&content), text + strlen(text),
		             sizeof(text) - strlen(text));
	vs_buf_done(&content);
	if (r.code == VS_E_OK)
		memcpy(signature_out, text, sizeof(text));
	return r;
}

vs_result
vs_alert_webhook_secret(struct vs_bytes file, struct vs_buf *secret)
{
	uint8_t room[SECRET_MAX];
	size_t size = 0;
	vs_result r = VS_OK;

	while (file.size > 0 && strchr("\r\n", file.data[file.size - 1]) != NULL)
		file.size--;
	if (file.size > strlen(PREFIX) &&
	    vs_bytes_equal_text(vs_bytes_from(file.data, strlen(PREFIX)), PREFIX))
		r = vs_base64_decode(
		    VS_BASE64,
		    vs_bytes_from(file.data + strlen(PREFIX), file.size - strlen(PREFIX)), room,
		    sizeof(room), &size);
	else if (file.size <= sizeof(room)) {
		memcpy(room, file.data, file.size);
		size = file.size;
	}
	if (r.code != VS_E_OK || size < SECRET_MIN)
		r = VS_FAIL(BAD_VALUE);
	if (r.code == VS_E_OK)
		r = vs_buf_append(secret, room, size);
	explicit_bzero(room, sizeof(room));
	return r;
}
