/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/members.h"

#include "test.h"

struct all {
	char text[5];
	struct vs_buf buf;
	uint8_t blob[4];
	int64_t number, time;
};

static vs_result
read_it(const char *json, struct all *all)
{
	const struct vs_provision_member members[] = {
	    {"text", VS_PROVISION_TEXT, true, sizeof(all->text), all->text},
	    {"buf", VS_PROVISION_BUF, false, 0, &all->buf},
	    {"blob", VS_PROVISION_BLOB, false, sizeof(all->blob), all->blob},
	    {"number", VS_PROVISION_NUMBER, false, 0, &all->number},
	    {"time", VS_PROVISION_TIME, false, 0, &all->time},
	};
	vs_result r;

	vs_buf_done(&all->buf);
	memset(all, 0, sizeof(*all));
	vs_buf_init(&all->buf, 64);
	r = vs_provision_members_read(vs_bytes_from_text(json), members, 5);
	if (r.code == VS_E_OK) {
		struct vs_buf again;

		/* What is written is read back, and is what was read when nothing was escaped. */
		vs_buf_init(&again, 256);
		CHECK_OK(vs_provision_members_write(members, 5, &again));
		if (strchr(json, '\\') == NULL && strchr(json, ' ') == NULL)
			CHECK(vs_bytes_equal_text(vs_buf_view(&again), json));
		vs_buf_done(&again);
	}
	return r;
}

static void
good(void)
{
	struct all all = {.number = 0};

	CHECK_OK(read_it("{\"text\":\"abcd\",\"buf\":\"line\",\"blob\":\"AQIDBA\",\"number\":7,"
	                 "\"time\":\"2026-11-21T00:00:00.000Z\"}",
	                 &all));
	CHECK(strcmp(all.text, "abcd") == 0 && all.number == 7);
	CHECK(all.blob[3] == 4 && all.time == INT64_C(1795219200000));
	CHECK_OK(read_it("{\"text\":\"\",\"buf\":\"a\\nb\\u00e9\"}   \n", &all));
	CHECK(vs_bytes_equal_text(vs_buf_view(&all.buf), "a\nb\xc3\xa9"));
	CHECK_OK(read_it("{\"text\":\"x\"}", &all));
	vs_buf_done(&all.buf);
}

static void
bad(void)
{
	struct all all = {.number = 0};

	CHECK_ERR(read_it("{}", &all), MISSING);
	CHECK_ERR(read_it("[]", &all), WRONG_TYPE);
	CHECK_ERR(read_it("{\"text\":\"abcde\"}", &all), TOO_LONG);
	CHECK_ERR(read_it("{\"text\":\"a\",\"more\":1}", &all), UNEXPECTED);
	CHECK_ERR(read_it("{\"text\":\"a\",\"text\":\"a\"}", &all), DUPLICATE_KEY);
	CHECK_ERR(read_it("{\"text\":\"a\"}x", &all), TRAILING);
	CHECK_ERR(read_it("{\"text\":1}", &all), WRONG_TYPE);
	CHECK_ERR(read_it("{\"text\":\"a\",\"blob\":\"AQID\"}", &all), BAD_VALUE);
	CHECK_ERR(read_it("{\"text\":\"a\",\"blob\":\"AQIDBB\"}", &all), BAD_ENCODING);
	CHECK(read_it("{\"text\":\"a\",\"blob\":\"AQIDBA==\"}", &all).code != VS_E_OK);
	CHECK_ERR(read_it("{\"text\":\"a\",\"number\":-1}", &all), OUT_OF_RANGE);
	CHECK_ERR(read_it("{\"text\":\"a\",\"number\":9007199254740993}", &all), OUT_OF_RANGE);
	CHECK_ERR(read_it("{\"text\":\"a\",\"number\":1.5}", &all), WRONG_TYPE);
	CHECK_ERR(read_it("{\"text\":\"a\",\"time\":\"today\"}", &all), BAD_TIME);
	CHECK_ERR(read_it("{\"text\":\"a\\u0000\"}", &all), BAD_VALUE);
	CHECK_ERR(read_it("{\"text\":\"a\",\"buf\":\"a\\u0000\"}", &all), BAD_VALUE);
	CHECK_ERR(read_it("{\"text\":\"a\",\"buf\":\"0123456789012345678901234567890123456789"
	                  "012345678901234567890123456789\"}",
	                  &all),
	          TOO_LONG);
	vs_buf_done(&all.buf);
}

int
main(void)
{
	CASE(good);
	CASE(bad);
	return 0;
}
