/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/reply.h"

#include <string.h>

#include "test.h"

static const uint8_t made_key[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                     11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                     22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static struct vs_buf out;

static bool
is_text(const char *text)
{
	bool is = vs_bytes_equal_text(vs_buf_view(&out), text);

	vs_buf_reset(&out);
	return is;
}

static void
answers(void)
{
	const uint64_t n = 7;

	CHECK_OK(vs_sensor_reply_taken(3, &n, &out));
	CHECK(is_text("{\"status\":\"success\",\"message\":\"3 readings received and saved\","
	              "\"n\":7}"));
	CHECK_OK(vs_sensor_reply_taken(1, NULL, &out));
	CHECK(is_text("{\"status\":\"success\",\"message\":\"1 reading received and saved\"}"));
	CHECK_OK(vs_sensor_reply_refused(VS_SENSOR_REPLY_DUPLICATE, &n, &out));
	CHECK(is_text("{\"status\":\"error\",\"code\":\"duplicate\",\"message\":\"this number was "
	              "accepted before: it is stored\",\"n\":7}"));
	CHECK_OK(vs_sensor_reply_done("authenticated", &out));
	CHECK(is_text("{\"status\":\"success\",\"message\":\"authenticated\"}"));
}

static void
info(void)
{
	struct vs_sensor_info info = {.delivery = {.tenant = "t", .device = "d", .epoch = 3},
	                              .least = VS_FIELD_D1};

	CHECK_OK(vs_sensor_reply_info(&info, &out));
	CHECK(is_text("{\"type\":\"device_info\",\"device_uuid\":\"d\",\"tenant\":\"t\","
	              "\"encryption_enabled\":false,\"alg\":\"clear\",\"least\":\"d1\","
	              "\"sn\":\"AAAAAAAAAAAAAAAAAAAAAA\"}"));
	info.delivery.key = made_key;
	info.expires_ms = 5;
	CHECK_OK(vs_sensor_reply_info(&info, &out));
	CHECK(is_text("{\"type\":\"device_info\",\"device_uuid\":\"d\",\"tenant\":\"t\","
	              "\"encryption_enabled\":true,\"alg\":\"d2\",\"least\":\"d1\",\"epoch\":3,"
	              "\"key_delivery\":\"tls\",\"encryption_key\":"
	              "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\","
	              "\"sn\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"expires\":5}"));
}

/* With a public key the key itself is nowhere in the text. */
static void
sealed_key(void)
{
	struct vs_field_delivery delivery = {
	    .tenant = "t", .device = "d", .epoch = 3, .key = made_key};
	uint8_t public_key[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_pkey *key = NULL;
	size_t size = 0;

	CHECK_OK(vs_pkey_new(VS_PKEY_X25519, &key));
	CHECK_OK(vs_pkey_raw_public(key, public_key, &size));
	CHECK(size == 32);
	delivery.public_key = public_key;
	CHECK_OK(vs_sensor_reply_key(&delivery, made_key, 5, &out));
	CHECK_OK(vs_buf_append_byte(&out, 0));
	CHECK(strstr((const char *)out.data, "encryption_key") == NULL);
	CHECK(strstr((const char *)out.data, "\"key\":{\"enc\":\"") != NULL);
	vs_buf_reset(&out);
	vs_pkey_free(&key);
}

static void
closes(void)
{
	for (unsigned i = 0; i < VS_SENSOR_CLOSES; i++) {
		uint16_t code = vs_sensor_close_code(i);

		CHECK(code == 1011 || code == 1012 || code == 1013 ||
		      (code >= 4000 && code < 5000));
		for (unsigned k = 0; k < i; k++)
			CHECK(vs_sensor_close_code(k) != code &&
			      strcmp(vs_sensor_close_word(k), vs_sensor_close_word(i)) != 0);
	}
}

int
main(void)
{
	vs_buf_init(&out, VS_SENSOR_REPLY_SIZE_MAX);
	CASE(answers);
	CASE(info);
	CASE(sealed_key);
	CASE(closes);
	vs_buf_done(&out);
	return 0;
}
