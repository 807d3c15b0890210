/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/webhook.h"

#include <stdio.h>

#include "crypto/sign.h"
#include "test.h"
#include "wire/base64.h"

/* The example of the specification's reference libraries. */
static void
known_signature(void)
{
	char signature[VS_ALERT_SIGNATURE_SIZE];
	struct vs_buf secret;

	vs_buf_init(&secret, 64);
	CHECK_OK(vs_alert_webhook_secret(
	    VS_BYTES_LITERAL("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"), &secret));
	CHECK_OK(vs_alert_webhook_sign(vs_buf_view(&secret), vs_bytes_from(NULL, 0), NULL,
	                               "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
	                               VS_BYTES_LITERAL("{\"test\": 2432232314}"), signature));
	CHECK(strcmp(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=") == 0);
	vs_buf_done(&secret);
}

static void
both_signatures(void)
{
	static const char signed_text[] = "id.7.{}";
	char signature[VS_ALERT_SIGNATURE_SIZE], *second;
	uint8_t raw[64];
	struct vs_pkey *key = NULL;
	size_t size = 0;

	CHECK_OK(vs_pkey_new(VS_PKEY_ED25519, &key));
	CHECK_OK(vs_alert_webhook_sign(VS_BYTES_LITERAL("0123456789abcdef01234567"),
	                               vs_bytes_from(NULL, 0), key, "id", 7, VS_BYTES_LITERAL("{}"),
	                               signature));
	second = strstr(signature, " v1a,");
	CHECK(strncmp(signature, "v1,", 3) == 0 && second != NULL);
	CHECK_OK(
	    vs_base64_decode(VS_BASE64, vs_bytes_from_text(second + 5), raw, sizeof(raw), &size));
	CHECK_OK(vs_sign_check(key, VS_SIGN_EDDSA, VS_SIGN_RAW, vs_bytes_from_text(signed_text),
	                       vs_bytes_from(raw, size)));
	CHECK_ERR(vs_sign_check(key, VS_SIGN_EDDSA, VS_SIGN_RAW, VS_BYTES_LITERAL("id.8.{}"),
	                        vs_bytes_from(raw, size)),
	          NOT_AUTHENTIC);
	vs_pkey_free(&key);
}

static void
secrets(void)
{
	struct vs_buf secret;

	vs_buf_init(&secret, 64);
	CHECK_ERR(vs_alert_webhook_secret(VS_BYTES_LITERAL("too short"), &secret), BAD_VALUE);
	CHECK_ERR(vs_alert_webhook_secret(VS_BYTES_LITERAL("whsec_!!!!"), &secret), BAD_VALUE);
	CHECK_ERR(vs_alert_webhook_secret(VS_BYTES_LITERAL("whsec_QUJD"), &secret), BAD_VALUE);
	CHECK_ERR(vs_alert_webhook_secret(
		      VS_BYTES_LITERAL("0123456789012345678901234567890123456789012345678901234567"
	                               "8901234"),
		      &secret),
	          BAD_VALUE);
	CHECK(secret.size == 0);
	CHECK_OK(
	    vs_alert_webhook_secret(VS_BYTES_LITERAL("0123456789abcdef01234567\r\n"), &secret));
	CHECK(secret.size == 24);
	vs_buf_done(&secret);
}

static void
the_body(void)
{
	struct vs_core_event event;
	struct vs_buf out;

	vs_core_event_init(&event, VS_EVENT_SECURITY, 1000);
	event.severity = VS_CORE_CRITICAL;
	(void)snprintf(event.type, sizeof(event.type), "AttemptedReplayAttacks");
	(void)snprintf(event.station, sizeof(event.station), "CS-1");
	(void)snprintf(event.detail, sizeof(event.detail), "a \"quote\"");
	vs_buf_init(&out, 4096);
	CHECK_OK(vs_alert_webhook_body("r", &event, 3, &out));
	CHECK(vs_bytes_equal_text(
	    vs_buf_view(&out),
	    "{\"type\":\"security.AttemptedReplayAttacks\",\"timestamp\":\"1970-01-01T00:00:01."
	    "000Z\","
	    "\"data\":{\"rule\":\"r\",\"count\":3,\"kind\":\"security\","
	    "\"event\":\"AttemptedReplayAttacks\",\"severity\":\"critical\",\"tenant\":null,"
	    "\"station\":\"CS-1\",\"ref\":null,\"detail\":\"a \\\"quote\\\"\"}}"));
	vs_buf_done(&out);
}

/* While receivers change from one secret to the next: each finds its own. */
static void
both_secrets_while_they_change(void)
{
	const struct vs_bytes new = VS_BYTES_LITERAL("0123456789abcdef01234567"),
			      old = VS_BYTES_LITERAL("89abcdef0123456789abcdef"), none = {NULL, 0},
			      body = VS_BYTES_LITERAL("{}");
	char both[VS_ALERT_SIGNATURE_SIZE], first[VS_ALERT_SIGNATURE_SIZE],
	    second[VS_ALERT_SIGNATURE_SIZE], expected[2 * VS_ALERT_SIGNATURE_SIZE];

	CHECK_OK(vs_alert_webhook_sign(new, old, NULL, "id", 7, body, both));
	CHECK_OK(vs_alert_webhook_sign(new, none, NULL, "id", 7, body, first));
	CHECK_OK(vs_alert_webhook_sign(old, none, NULL, "id", 7, body, second));
	(void)snprintf(expected, sizeof(expected), "%s %s", first, second);
	CHECK(strcmp(both, expected) == 0 && strcmp(first, second) != 0);
}

int
main(void)
{
	CASE(known_signature);
	CASE(both_signatures);
	CASE(secrets);
	CASE(the_body);
	CASE(both_secrets_while_they_change);
	return 0;
}
