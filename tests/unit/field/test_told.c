/* SPDX-License-Identifier: Apache-2.0 */
#include "field/told.h"

#include <string.h>

#include "made.h"

static struct vs_json_tape tape;
static struct vs_field_told told;

static vs_result
read_it(const char *text)
{
	return vs_field_told_read(&tape, vs_bytes_from_text(text), &told);
}

#define INFO "{\"type\":\"device_info\",\"device_uuid\":\"d\",\"tenant\":\"t\","
#define SN   "\"sn\":\"AAECAwQFBgcICQoLDA0ODw\""
#define KEY                                                                                        \
	"\"key_delivery\":\"tls\",\"encryption_key\":"                                             \
	"\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\","

static void
info(void)
{
	CHECK_OK(read_it(INFO "\"encryption_enabled\":false,\"least\":\"clear\"," SN "}"));
	CHECK(told.kind == VS_FIELD_TOLD_INFO && !told.is_sealed && told.least == VS_FIELD_CLEAR);
	CHECK(strcmp(told.tenant, "t") == 0 && told.sn[15] == 15);
	CHECK_OK(read_it(INFO "\"encryption_enabled\":true,\"least\":\"d2\",\"epoch\":7," KEY SN
	                      ",\"new_one\":1}"));
	CHECK(told.is_sealed && told.is_bare && told.epoch == 7 && told.least == VS_FIELD_D2);
	CHECK(memcmp(told.key, made_key, sizeof(told.key)) == 0);
	CHECK_ERR(read_it(INFO "\"encryption_enabled\":true,\"least\":\"d2\"," KEY SN "}"),
	          MISSING);
	CHECK_ERR(
	    read_it(INFO "\"encryption_enabled\":true,\"least\":\"d2\",\"epoch\":0," KEY SN "}"),
	    OUT_OF_RANGE);
	CHECK_ERR(
	    read_it(INFO "\"encryption_enabled\":true,\"least\":\"d9\",\"epoch\":7," KEY SN "}"),
	    BAD_VALUE);
	CHECK_ERR(read_it(INFO "\"encryption_enabled\":true,\"least\":\"d2\",\"epoch\":7,"
	                       "\"key_delivery\":\"tls\",\"encryption_key\":\"AAECAw==\"," SN "}"),
	          BAD_ENCODING);
	CHECK_ERR(read_it(INFO "\"encryption_enabled\":true,\"least\":\"d2\",\"epoch\":7,"
	                       "\"key_delivery\":\"hpke\"," SN "}"),
	          MISSING);
}

static void
answers(void)
{
	CHECK_OK(
	    read_it("{\"status\":\"success\",\"message\":\"3 readings\",\"n\":9007199254740991}"));
	CHECK(told.kind == VS_FIELD_TOLD_TAKEN && told.has_n && told.n == 9007199254740991);
	CHECK_OK(read_it("{\"status\":\"success\"}"));
	CHECK(told.kind == VS_FIELD_TOLD_TAKEN && !told.has_n);
	CHECK_OK(read_it("{\"status\":\"error\",\"code\":\"resync\",\"n\":0}"));
	CHECK(told.kind == VS_FIELD_TOLD_REFUSED && strcmp(told.code, "resync") == 0 && told.has_n);
	CHECK_ERR(read_it("{\"status\":\"error\"}"), MISSING);
	CHECK_ERR(read_it("{\"status\":\"error\",\"code\":\"0123456789012345678901234567890\"}"),
	          TOO_LONG);
	CHECK_ERR(read_it("{\"status\":\"success\",\"n\":-1}"), OUT_OF_RANGE);
	CHECK_ERR(read_it("{\"type\":\"other\"}"), UNKNOWN_TYPE);
	CHECK_ERR(read_it("{}"), UNKNOWN_TYPE);
	CHECK_ERR(read_it("["), TRUNCATED);
}

static void
update(void)
{
	CHECK_OK(read_it("{\"type\":\"key_update\",\"epoch\":8," KEY
	                 "\"oid\":\"AAECAwQFBgcICQoLDA0ODw\",\"until\":5}"));
	CHECK(told.kind == VS_FIELD_TOLD_KEY && told.epoch == 8 && told.oid[15] == 15);
	CHECK_ERR(read_it("{\"type\":\"key_update\",\"epoch\":8," KEY "\"oid\":\"AAEC\"}"),
	          BAD_ENCODING);
	CHECK_ERR(
	    read_it("{\"type\":\"key_update\",\"epoch\":8,\"oid\":\"AAECAwQFBgcICQoLDA0ODw\"}"),
	    MISSING);
}

int
main(void)
{
	vs_json_tape_init(&tape);
	CASE(info);
	CASE(answers);
	CASE(update);
	vs_json_tape_done(&tape);
	return 0;
}
