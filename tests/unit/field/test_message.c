/* SPDX-License-Identifier: Apache-2.0 */
#include "made.h"

#define S   "oKGio6SlpqeoqaqrrK2urw"
#define ENC "\"enc\":{\"v\":2,\"k\":7,\"s\":\"" S "\",\"n\":1}"
#define ONE "\"readings\":[{\"sensor_type\":\"t\",\"value\":\"AA\",\"encrypted\":true}]"

static enum vs_err
code_of(const char *json)
{
	struct made made;
	vs_result r = made_read(&made, json);

	made_done(&made);
	return r.code;
}
#define IS(json, name) CHECK(code_of(json) == VS_E_##name)

static void
of_the_document(void)
{
	struct made made;

	CHECK_OK(made_read(
	    &made, "{\"device_id\":\"ba95b707-fd40-48aa-86d4-54ebae968254\",\"readings\":["
		   "{\"sensor_type\":\"vibration\",\"value\":\"AAEC\",\"unit\":\"Hz\","
		   "\"encrypted\":true},{\"sensor_type\":\"temperature\",\"value\":\"AAED\","
		   "\"unit\":\"\\u00b0C\",\"encrypted\":true}]}"));
	CHECK(made.message.kind == VS_FIELD_READINGS && made.message.profile == VS_FIELD_D1);
	CHECK(vs_bytes_equal_text(made.message.device, "ba95b707-fd40-48aa-86d4-54ebae968254"));
	CHECK(made.message.count == 2 && !made.message.is_single && !made.message.has_ts);
	CHECK(vs_bytes_equal_text(made.message.readings[0].value, "AAEC"));
	CHECK(vs_bytes_equal_text(made.message.readings[1].unit, "\xc2\xb0"
	                                                         "C"));
	made_done(&made);
}

static void
single_and_object(void)
{
	struct made made;

	CHECK_OK(made_read(&made, "{\"device_id\":\"d\",\"sensor_type\":\"t\",\"value\":25.40,"
	                          "\"unit\":\"C\",\"firmware\":1}"));
	CHECK(made.message.is_single && made.message.count == 1);
	CHECK(made.message.profile == VS_FIELD_CLEAR);
	CHECK(vs_bytes_equal_text(made.message.readings[0].value, "25.40"));
	made_done(&made);
	CHECK_OK(made_read(&made, "{\"readings\":{\"temperature\":25.4,\"door\":\"open\"}}"));
	CHECK(made.message.count == 2 && made.message.profile == VS_FIELD_CLEAR);
	CHECK(vs_bytes_equal_text(made.message.readings[1].type, "door"));
	CHECK(vs_bytes_equal_text(made.message.readings[1].value, "\"open\""));
	made_done(&made);
}

static void
sealed(void)
{
	struct made made;

	CHECK_OK(made_read(&made, "{\"r\":\"" S "\"," ENC ",\"ts\":1795000000123," ONE "}"));
	CHECK(made.message.profile == VS_FIELD_D2 && made.message.has_r);
	CHECK(made.message.epoch == 7 && made.message.n == 1 && made.message.salt[0] == 0xa0);
	made_done(&made);
	IS("{" ENC "," ONE "}", MISSING); /* ts is under the tag */
	IS("{" ENC ",\"ts\":1,\"n\":2," ONE "}", UNEXPECTED);
	IS("{" ENC ",\"ts\":1,\"who\":2," ONE "}", UNEXPECTED);
	IS("{\"enc\":{\"v\":2,\"k\":7,\"s\":\"" S "\",\"n\":1,\"x\":1},\"ts\":1," ONE "}",
	   UNEXPECTED);
	IS("{\"enc\":{\"v\":3,\"k\":7,\"s\":\"" S "\",\"n\":1},\"ts\":1," ONE "}", OUT_OF_RANGE);
	IS("{\"enc\":{\"v\":2,\"k\":0,\"s\":\"" S "\",\"n\":1},\"ts\":1," ONE "}", OUT_OF_RANGE);
	IS("{\"enc\":{\"v\":2,\"k\":7,\"s\":\"AAAA\",\"n\":1},\"ts\":1," ONE "}", BAD_ENCODING);
	IS("{\"enc\":{\"v\":2,\"k\":7,\"s\":\"" S "\",\"n\":-1},\"ts\":1," ONE "}", OUT_OF_RANGE);
	IS("{\"enc\":7,\"ts\":1," ONE "}", WRONG_TYPE);
	IS("{" ENC ",\"ts\":1,\"readings\":[{\"sensor_type\":\"t\",\"value\":1}]}", CONFLICT);
	IS("{\"n\":1,\"mac\":\"AAAAAAAAAAAAAAAAAAAAAA==\"," ONE "}", OK);
	IS("{\"mac\":\"AAAAAAAAAAAAAAAAAAAAAA==\"," ONE "}", CONFLICT);
	IS("{\"n\":1,\"mac\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"x\":1," ONE "}", UNEXPECTED);
	IS("{\"n\":1,\"mac\":\"AAAA\"," ONE "}", BAD_ENCODING);
}

static void
others(void)
{
	struct made made;

	CHECK_OK(made_read(&made, "{\"type\":\"reauth\",\"token\":\"a.b.c\"}"));
	CHECK(made.message.kind == VS_FIELD_REAUTH);
	CHECK(vs_bytes_equal_text(made.message.token, "a.b.c"));
	made_done(&made);
	CHECK_OK(made_read(&made, "{\"type\":\"key_ack\",\"epoch\":8,\"oid\":\"" S "\",\"proof\":"
	                          "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"));
	CHECK(made.message.kind == VS_FIELD_ACK && made.message.epoch == 8);
	made_done(&made);
	IS("{\"type\":\"reauth\"}", MISSING);
	IS("{\"type\":\"key_ack\",\"epoch\":8}", MISSING);
	IS("{\"type\":\"other\"}", UNKNOWN_TYPE);
}

static void
wrong(void)
{
	IS("", TRUNCATED);
	IS("[]", WRONG_TYPE);
	IS("{}", MISSING);
	IS("{\"readings\":[]}", WRONG_COUNT);
	IS("{\"readings\":7}", WRONG_TYPE);
	IS("{\"readings\":[7]}", WRONG_TYPE);
	IS("{\"readings\":[{\"value\":7}]}", MISSING);
	IS("{\"readings\":[{\"sensor_type\":\"\",\"value\":7}]}", OUT_OF_RANGE);
	IS("{\"readings\":[{\"sensor_type\":\"t\"}]}", MISSING);
	IS("{\"readings\":[{\"sensor_type\":\"t\",\"value\":[7]}]}", WRONG_TYPE);
	IS("{\"readings\":[{\"sensor_type\":\"t\",\"value\":7,\"encrypted\":true}]}", WRONG_TYPE);
	IS("{\"readings\":[{\"sensor_type\":\"t\",\"value\":\"A\",\"encrypted\":1}]}", WRONG_TYPE);
	IS("{\"readings\":[{\"sensor_type\":\"t\",\"value\":\"A\",\"encrypted\":true},"
	   "{\"sensor_type\":\"t\",\"value\":1}]}",
	   CONFLICT);
	IS("{\"device_id\":\"a\\u0000b\",\"readings\":[{\"sensor_type\":\"t\",\"value\":7}]}",
	   BAD_VALUE);
}

static void
limits(void)
{
	struct vs_buf json;

	vs_buf_init(&json, 100000);
	for (unsigned count = VS_LIMIT_SENSOR_READINGS; count < VS_LIMIT_SENSOR_READINGS + 2;
	     count++) {
		vs_buf_reset(&json);
		CHECK_OK(vs_buf_append_text(&json, "{\"readings\":["));
		for (unsigned i = 0; i < count; i++)
			CHECK_OK(vs_buf_printf(&json, "%s{\"type\":\"t\",\"value\":%u}",
			                       i == 0 ? "" : ",", i));
		CHECK_OK(vs_buf_append(&json, "]}", 3));
		CHECK(code_of((const char *)json.data) ==
		      (count == VS_LIMIT_SENSOR_READINGS ? VS_E_OK : VS_E_WRONG_COUNT));
	}
	vs_buf_reset(&json);
	CHECK_OK(vs_buf_append_text(&json, "{\"sensor_type\":\"t\",\"value\":\""));
	for (unsigned i = 0; i < VS_LIMIT_SENSOR_VALUE_SIZE; i++)
		CHECK_OK(vs_buf_append_byte(&json, 'a'));
	CHECK_OK(vs_buf_append(&json, "\"}", 3));
	CHECK(code_of((const char *)json.data) == VS_E_TOO_LONG);
	vs_buf_done(&json);
}

int
main(void)
{
	CASE(of_the_document);
	CASE(single_and_object);
	CASE(sealed);
	CASE(others);
	CASE(wrong);
	CASE(limits);
	return 0;
}
