/* SPDX-License-Identifier: Apache-2.0 */
#include "field/d2.h"

#include "made.h"

/* Computed with python3-cryptography from the text of field.h: key 00..1f, salt a0..af, tenant t1,
 * device dev-7, epoch 7. */
#define V0 "A50mUbHbA5j9yyZDI_A3ryjlZcB2zgX7"
#define V1 "CxFrS1uScuR9s088s3dmvXTz7yrZoKFe"
#define V2 "YB31dxZHfDOWPjCBUVwo0h5R6K_fsNFr"

#define HEAD(k, s, n, ts)                                                                          \
	"{\"device_id\":\"dev-7\",\"enc\":{\"v\":2,\"k\":" k ",\"s\":\"" s "\",\"n\":" n           \
	"},\"ts\":" ts ",\"readings\":["
#define READING(type, value, unit)                                                                 \
	"{\"sensor_type\":\"" type "\",\"value\":\"" value "\",\"unit\":\"" unit                   \
	"\",\"encrypted\":true}"
#define SALT "oKGio6SlpqeoqaqrrK2urw"
#define TS   "1795000000123"
#define R0   READING("temperature", V0, "C")
#define R1   "{\"sensor_type\":\"state\",\"value\":\"" V1 "\",\"encrypted\":true}"
#define R2   READING("humidity", V2, "\\u00b0%")
#define GOOD HEAD("7", SALT, "1234", TS) R0 "," R1 "," R2 "]}"

static struct vs_field_d2 *
field_of(const char *tenant, const char *device, uint32_t epoch)
{
	uint8_t salt[VS_FIELD_SALT_SIZE];
	struct vs_field_d2 *field = NULL;

	for (unsigned i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)(0xa0 + i);
	CHECK_OK(vs_field_d2_new(made_key, tenant, device, epoch, salt, &field));
	return field;
}

static bool
opens(struct vs_field_d2 *field, const char *json)
{
	struct vs_field_values values;
	struct made made;
	vs_result r;

	vs_field_values_init(&values);
	CHECK_OK(made_read(&made, json));
	CHECK(made.message.profile == VS_FIELD_D2);
	r = vs_field_d2_open(field, &made.message, &values);
	CHECK(r.code == VS_E_OK || (r.code == VS_E_NOT_AUTHENTIC && values.count == 0));
	vs_field_values_done(&values);
	made_done(&made);
	return r.code == VS_E_OK;
}

static void
known_answers(void)
{
	struct vs_field_d2 *field = field_of("t1", "dev-7", 7);
	struct vs_field_place place = {.n = 1234, .ts_ms = 1795000000123, .count = 3};
	struct vs_field_values values;
	struct vs_buf value;
	struct made made;

	vs_field_values_init(&values);
	vs_buf_init(&value, 1000);
	CHECK_OK(made_read(&made, GOOD));
	CHECK(made.message.n == 1234 && made.message.epoch == 7 && made.message.has_ts);
	CHECK_OK(vs_field_d2_open(field, &made.message, &values));
	CHECK(values.count == 3);
	CHECK(vs_bytes_equal_text(vs_field_values_at(&values, 0), "25.4"));
	CHECK(vs_bytes_equal_text(vs_field_values_at(&values, 1), "\"open\""));
	CHECK(vs_bytes_equal_text(vs_field_values_at(&values, 2), "true"));
	place.index = 2;
	place.type = VS_BYTES_LITERAL("humidity");
	place.unit = VS_BYTES_LITERAL("\xc2\xb0%");
	CHECK_OK(vs_field_d2_seal(field, &place, VS_BYTES_LITERAL("true"), &value));
	CHECK(vs_bytes_equal_text(vs_buf_view(&value), V2));
	CHECK_ERR(vs_field_d2_seal(field, &place, VS_BYTES_LITERAL("[1]"), &value), BAD_MESSAGE);
	vs_buf_done(&value);
	vs_field_values_done(&values);
	made_done(&made);
	vs_field_d2_free(&field);
	vs_field_d2_free(&field);
}

/* Swapped, dropped, relabelled, moved: nothing opens anywhere else. */
static void
bound_to_its_place(void)
{
	struct vs_field_d2 *field = field_of("t1", "dev-7", 7), *other;

	CHECK(opens(field, GOOD));
	CHECK(!opens(field, HEAD("7", SALT, "1234", TS) R1 "," R0 "," R2 "]}"));
	CHECK(!opens(field, HEAD("7", SALT, "1234", TS) R0 "," R1 "]}"));
	CHECK(!opens(field, HEAD("7", SALT, "1235", TS) R0 "," R1 "," R2 "]}"));
	CHECK(!opens(field, HEAD("7", SALT, "1234", "1795000000124") R0 "," R1 "," R2 "]}"));
	CHECK(!opens(field,
	             HEAD("7", SALT, "1234", TS) READING("pressure", V0, "C") "," R1 "," R2 "]}"));
	CHECK(!opens(field, HEAD("7", SALT, "1234", TS)
	                        READING("temperature", V0, "F") "," R1 "," R2 "]}"));
	other = field_of("t2", "dev-7", 7);
	CHECK(!opens(other, GOOD));
	vs_field_d2_free(&other);
	other = field_of("t1", "dev-8", 7);
	CHECK(!opens(other, GOOD));
	vs_field_d2_free(&other);
	other = field_of("t1", "dev-7", 8);
	CHECK(!opens(other, GOOD));
	vs_field_d2_free(&other);
	vs_field_d2_free(&field);
}

/* Every bit of a value, and what is no base64url of a sealed scalar. */
static void
changed_values(void)
{
	static const char *const bad[] = {"", "A50m", "A50mUbHbA5j9yyZDI_A3ryjlZcB2zgX7A",
	                                  "A50mUbHbA5j9yyZDI/A3ryjlZcB2zgX7"};
	struct vs_field_d2 *field = field_of("t1", "dev-7", 7);
	struct vs_field_values values;
	struct made made;
	char text[33] = V0;

	vs_field_values_init(&values);
	CHECK_OK(made_read(&made, GOOD));
	made.message.readings[0].value = vs_bytes_from(text, 32);
	for (unsigned i = 0; i < 32; i++) {
		char was = text[i];

		text[i] = was == 'Q' ? 'R' : 'Q';
		CHECK_ERR(vs_field_d2_open(field, &made.message, &values), NOT_AUTHENTIC);
		text[i] = was;
	}
	CHECK_OK(vs_field_d2_open(field, &made.message, &values));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		made.message.readings[0].value = vs_bytes_from_text(bad[i]);
		CHECK_ERR(vs_field_d2_open(field, &made.message, &values), NOT_AUTHENTIC);
	}
	vs_field_values_done(&values);
	made_done(&made);
	vs_field_d2_free(&field);
}

static void
salt(void)
{
	static const uint8_t expected[16] = {0x63, 0x0d, 0xcd, 0x29, 0x66, 0xc4, 0x33, 0x66,
	                                     0x91, 0x12, 0x54, 0x48, 0xbb, 0xb2, 0x5b, 0x4f};
	uint8_t out[16];

	CHECK_OK(vs_field_d2_salt(made_key, made_key + 16, out));
	CHECK(memcmp(out, expected, sizeof(out)) == 0);
}

int
main(void)
{
	CASE(known_answers);
	CASE(bound_to_its_place);
	CASE(changed_values);
	CASE(salt);
	return 0;
}
