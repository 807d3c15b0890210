/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static char name[8];
static int64_t number, at_ms;
static bool flag;
static struct vs_bytes object;
static char detail[VS_API_DETAIL_SIZE];
static struct vs_api_field fields[5];

static vs_result
read_body(const char *body)
{
	static const struct vs_api_field pristine[5] = {
	    {.name = "name", .is_required = true, .size = sizeof(name), .target = name},
	    {.name = "number", .type = VS_API_FIELD_INT, .low = 1, .high = 9, .target = &number},
	    {.name = "flag", .type = VS_API_FIELD_BOOL, .target = &flag},
	    {.name = "at", .type = VS_API_FIELD_TIME, .target = &at_ms},
	    {.name = "object", .type = VS_API_FIELD_OBJECT, .target = &object},
	};

	memcpy(fields, pristine, sizeof(fields));
	return vs_api_body_read(vs_bytes_from_text(body), fields, 5, detail);
}

static void
all_types(void)
{
	CHECK_OK(read_body(
	    "{\"name\":\"a\\u0062\",\"number\":9,\"flag\":true,\"at\":\"1970-01-01T00:00:01Z\","
	    "\"object\":{\"x\":[1]}}"));
	CHECK(strcmp(name, "ab") == 0 && number == 9 && flag && at_ms == 1000);
	CHECK(vs_bytes_equal_text(object, "{\"x\":[1]}"));
	number = 5;
	CHECK_OK(read_body(" {\"name\":\"1234567\",\"number\":null} "));
	CHECK(number == 5 && fields[1].is_present && fields[1].is_null && !fields[2].is_present);
}

static void
hostile_bodies(void)
{
	CHECK_ERR(read_body(""), MISSING);
	CHECK(strstr(detail, "name") != NULL);
	CHECK_ERR(read_body("{}"), MISSING);
	CHECK_ERR(read_body("{\"name\":null}"), MISSING);
	CHECK_ERR(read_body("{\"name\":\"12345678\"}"), TOO_LONG);
	CHECK(strcmp(detail, "name: at most 7 bytes are allowed") == 0);
	CHECK_ERR(read_body("{\"name\":\"a\\u0000\"}"), BAD_VALUE);
	CHECK_ERR(read_body("{\"name\":1}"), WRONG_TYPE);
	CHECK_ERR(read_body("{\"name\":\"a\",\"number\":10}"), OUT_OF_RANGE);
	CHECK(strcmp(detail, "number: a number from 1 to 9 is expected") == 0);
	CHECK_ERR(read_body("{\"name\":\"a\",\"number\":1.5}"), WRONG_TYPE);
	CHECK_ERR(read_body("{\"name\":\"a\",\"flag\":1}"), WRONG_TYPE);
	CHECK_ERR(read_body("{\"name\":\"a\",\"at\":\"2022-02-29T00:00:00Z\"}"), BAD_TIME);
	CHECK_ERR(read_body("{\"name\":\"a\",\"object\":[]}"), WRONG_TYPE);
	CHECK_ERR(read_body("{\"name\":\"a\",\"other\":1}"), UNEXPECTED);
	CHECK_ERR(read_body("{\"name\":\"a\",\"n\\u0061me\":\"b\"}"), DUPLICATE_KEY);
	CHECK_ERR(read_body("[]"), WRONG_TYPE);
	CHECK(read_body("{\"name\":\"a\"").code != VS_E_OK && strstr(detail, "not JSON") != NULL);
	CHECK(read_body("{\"name\":\"a\"} x").code != VS_E_OK);
	CHECK(read_body("{\"name\":\"\xff\"}").code != VS_E_OK);
}

int
main(void)
{
	CASE(all_types);
	CASE(hostile_bodies);
	return 0;
}
