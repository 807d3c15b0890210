/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include "test.h"

static void
test_clocks(void)
{
	uint64_t us = vs_clock_mono_us();

	CHECK(vs_clock_mono_us() >= us);
	CHECK(vs_clock_mono_ms() >= us / 1000);
	CHECK(vs_clock_wall_ms() > INT64_C(1577836800000)); /* 2020 */
}

static void
check_text(int64_t wall_ms, const char *expected)
{
	char text[VS_TIME_TEXT_SIZE];
	int64_t back = -1;

	vs_time_format(wall_ms, text);
	CHECK(strcmp(text, expected) == 0);
	CHECK_OK(vs_time_parse(vs_bytes_from_text(text), &back));
	CHECK(back == wall_ms);
}

static void
test_format(void)
{
	char text[VS_TIME_TEXT_SIZE];

	check_text(0, "1970-01-01T00:00:00.000Z");
	check_text(INT64_C(951782400000), "2000-02-29T00:00:00.000Z");
	check_text(INT64_C(1795181905123), "2026-11-20T13:38:25.123Z");
	check_text(INT64_C(4107542399999), "2100-02-28T23:59:59.999Z");
	check_text(INT64_C(253402300799999), "9999-12-31T23:59:59.999Z");
	vs_time_format(-1, text);
	CHECK(strcmp(text, "1970-01-01T00:00:00.000Z") == 0);
	vs_time_format(INT64_MAX, text);
	CHECK(strcmp(text, "9999-12-31T23:59:59.999Z") == 0);
}

/* Every day of 8000 years there and back. */
static void
test_every_day(void)
{
	int64_t last = INT64_C(253402300799999);

	for (int64_t ms = 86399999; ms <= last; ms += 86400000) {
		char text[VS_TIME_TEXT_SIZE];
		int64_t back = -1;

		vs_time_format(ms, text);
		CHECK_OK(vs_time_parse(vs_bytes_from_text(text), &back));
		CHECK(back == ms);
	}
}

static void
check_parse(const char *text, int64_t expected)
{
	int64_t ms = -1;

	CHECK_OK(vs_time_parse(vs_bytes_from_text(text), &ms));
	CHECK(ms == expected);
}

/* RFC 3339 5.8, the five examples, and the forms that 5.6 allows. */
static void
test_parse(void)
{
	check_parse("1985-04-12T23:20:50.52Z", INT64_C(482196050520));
	check_parse("1996-12-19T16:39:57-08:00", INT64_C(851042397000));
	check_parse("1990-12-31T23:59:60Z", INT64_C(662687999999));
	check_parse("1990-12-31T15:59:60-08:00", INT64_C(662687999999));
	check_parse("1937-01-01T12:00:27.87+00:20", INT64_C(-1041337172130));
	check_parse("1970-01-01t00:00:00z", 0);
	check_parse("1970-01-01T00:00:00-00:00", 0);
	check_parse("1970-01-01T00:00:00.0019999999999999999999999Z", 1);
	check_parse("1970-01-01T00:00:00.9+23:59", 900 - 86340000);
	check_parse("0000-01-01T00:00:00Z", INT64_C(-62167219200000));
	check_parse("2024-02-29T00:00:00Z", INT64_C(1709164800000));
}

static void
test_parse_refuses(void)
{
	static const char *const bad[] = {
	    "",
	    "2",
	    "2022-02-29T00:00:00Z",
	    "1900-02-29T00:00:00Z",
	    "2022-00-01T00:00:00Z",
	    "2022-13-01T00:00:00Z",
	    "2022-01-00T00:00:00Z",
	    "2022-04-31T00:00:00Z",
	    "2022-01-01T24:00:00Z",
	    "2022-01-01T00:60:00Z",
	    "2022-01-01T00:00:61Z",
	    "2022-01-01T00:00:60Z",
	    "2022-01-01T12:59:60Z",
	    "2022-01-01 00:00:00Z",
	    "2022-01-01T00:00:00",
	    "2022-01-01T00:00:00.Z",
	    "2022-01-01T00:00:00,5Z",
	    "2022-01-01T00:00Z",
	    "2022-01-01T00:00:00+24:00",
	    "2022-01-01T00:00:00+00:60",
	    "2022-01-01T00:00:00+0000",
	    "2022-01-01T00:00:00+00",
	    "2022-01-01T00:00:00ZZ",
	    "2022-01-01T00:00:00Z ",
	    " 2022-01-01T00:00:00Z",
	    "+022-01-01T00:00:00Z",
	    "2022-1-01T00:00:00Z",
	    "20220101T000000Z",
	    "2022-01-01",
	    "12022-01-01T00:00:00Z",
	};
	int64_t ms = 77;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(vs_time_parse(vs_bytes_from_text(bad[i]), &ms), BAD_TIME);
	CHECK_ERR(vs_time_parse(VS_BYTES_LITERAL("2022-01-01T00:00:00Z\0"), &ms), BAD_TIME);
	CHECK(ms == 77);
}

int
main(void)
{
	CASE(test_clocks);
	CASE(test_format);
	CASE(test_every_day);
	CASE(test_parse);
	CASE(test_parse_refuses);
	return 0;
}
