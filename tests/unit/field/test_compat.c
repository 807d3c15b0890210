/* SPDX-License-Identifier: Apache-2.0 */
#include "field/compat.h"

#include "crypto/cbc.h"
#include "crypto/v1m.h"
#include "made.h"
#include "wire/base64.h"

/* Computed with python3-cryptography: key 00..1f, IV 00..0f and 10..1f. */
#define V0 "AAECAwQFBgcICQoLDA0ODxeMYA7GOvBOHdE2zNUnVPs="
#define V1 "EBESExQVFhcYGRobHB0eH4kLLXoH9uxLytMq8dwTMHc="
#define D1(v0, v1)                                                                                 \
	"{\"device_id\":\"dev-7\",\"readings\":[{\"sensor_type\":\"temperature\",\"value\":\"" v0  \
	"\",\"unit\":\"C\",\"encrypted\":true},{\"sensor_type\":\"state\",\"value\":\"" v1         \
	"\",\"unit\":\"\",\"encrypted\":true}]}"

static vs_result
open_json(struct vs_field_compat *compat, const char *json, struct vs_field_values *values)
{
	struct made made;
	vs_result r;

	CHECK_OK(made_read(&made, json));
	r = vs_field_compat_open(compat, "t1", "dev-7", &made.message, values);
	made_done(&made);
	return r;
}

static void
d1(void)
{
	struct vs_field_compat *compat = NULL;
	struct vs_field_values values;

	vs_field_values_init(&values);
	CHECK_OK(vs_field_compat_new(made_key, &compat));
	CHECK_OK(open_json(compat, D1(V0, V1), &values));
	CHECK(values.count == 2);
	CHECK(vs_bytes_equal_text(vs_field_values_at(&values, 0), "25.4"));
	CHECK(vs_bytes_equal_text(vs_field_values_at(&values, 1), "\"open\""));
	CHECK_ERR(open_json(compat, D1("", V1), &values), NOT_AUTHENTIC);
	CHECK(values.count == 0 && values.text.size == 0);
	CHECK_ERR(open_json(compat, D1("AAEC", V1), &values), NOT_AUTHENTIC);
	CHECK_ERR(open_json(compat, D1(V0, "no base64"), &values), NOT_AUTHENTIC);
	vs_field_compat_free(&compat);
	vs_field_compat_free(&compat);
	vs_field_values_done(&values);
}

/* Whatever the last block decrypts to, whoever asks sees one error: of all 256 values of the byte
 * that a padding oracle turns, those that are padded well and those that are not look alike, unless
 * the message is a good one. */
static void
one_answer(void)
{
	struct vs_field_compat *compat = NULL;
	struct vs_field_values values;
	unsigned good = 0, refused = 0;
	struct made made;
	uint8_t raw[32];
	size_t size = 0;

	vs_field_values_init(&values);
	CHECK_OK(vs_field_compat_new(made_key, &compat));
	CHECK_OK(vs_base64_decode(VS_BASE64, VS_BYTES_LITERAL(V0), raw, sizeof(raw), &size));
	CHECK_OK(made_read(&made, D1(V0, V1)));
	for (unsigned delta = 0; delta < 256; delta++) {
		char text[64];
		vs_result r;

		raw[15] ^= (uint8_t)delta;
		(void)vs_base64_encode(VS_BASE64, vs_bytes_from(raw, sizeof(raw)), text,
		                       sizeof(text));
		raw[15] ^= (uint8_t)delta;
		made.message.readings[0].value = vs_bytes_from_text(text);
		r = vs_field_compat_open(compat, "t1", "dev-7", &made.message, &values);
		CHECK(r.code == VS_E_OK || r.code == VS_E_NOT_AUTHENTIC);
		good += r.code == VS_E_OK;
		refused += r.code == VS_E_NOT_AUTHENTIC;
	}
	/* The padding itself (12 bytes of 0x0c) and, by turning it, one byte of 0x01. */
	CHECK(good == 2 && refused == 254);
	made_done(&made);
	vs_field_compat_free(&compat);
	vs_field_values_done(&values);
}

static void
d1m(void)
{
	struct vs_field_compat *compat = NULL;
	struct vs_field_values values;
	struct vs_v1m *device = NULL;
	struct made made;

	vs_field_values_init(&values);
	CHECK_OK(vs_field_compat_new(made_key, &compat));
	CHECK_OK(vs_v1m_new(made_key, &device));
	CHECK_OK(made_read(
	    &made, "{\"n\":9,\"mac\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"readings\":[{\"sensor_type\":"
		   "\"t\",\"value\":\"" V0 "\",\"unit\":\"C\",\"encrypted\":true}]}"));
	CHECK(made.message.profile == VS_FIELD_D1M);
	CHECK_ERR(vs_field_compat_open(compat, "t1", "dev-7", &made.message, &values),
	          NOT_AUTHENTIC);
	{
		const struct vs_v1m_reading reading = {VS_BYTES_LITERAL("t"), VS_BYTES_LITERAL("C"),
		                                       VS_BYTES_LITERAL(V0)};
		const struct vs_v1m_message message = {VS_BYTES_LITERAL("t1"),
		                                       VS_BYTES_LITERAL("dev-7"), 9, &reading, 1};

		CHECK_OK(vs_v1m_mac(device, &message, made.message.mac));
	}
	CHECK_OK(vs_field_compat_open(compat, "t1", "dev-7", &made.message, &values));
	CHECK(vs_bytes_equal_text(vs_field_values_at(&values, 0), "25.4"));
	CHECK_ERR(vs_field_compat_open(compat, "t2", "dev-7", &made.message, &values),
	          NOT_AUTHENTIC);
	CHECK_ERR(vs_field_compat_open(compat, "t1", "dev-8", &made.message, &values),
	          NOT_AUTHENTIC);
	made.message.n = 10;
	CHECK_ERR(vs_field_compat_open(compat, "t1", "dev-7", &made.message, &values),
	          NOT_AUTHENTIC);
	made_done(&made);
	vs_v1m_free(&device);
	vs_field_compat_free(&compat);
	vs_field_values_done(&values);
}

int
main(void)
{
	CASE(d1);
	CASE(one_answer);
	CASE(d1m);
	return 0;
}
