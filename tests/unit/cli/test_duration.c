/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/duration.h"

#include "test.h"

static void
units(void)
{
	int64_t ms = -1;

	CHECK_OK(vs_cli_duration_parse("90s", &ms));
	CHECK(ms == 90000);
	CHECK_OK(vs_cli_duration_parse("90m", &ms));
	CHECK(ms == 5400000);
	CHECK_OK(vs_cli_duration_parse("24h", &ms));
	CHECK(ms == 86400000);
	CHECK_OK(vs_cli_duration_parse("7d", &ms));
	CHECK(ms == 7 * INT64_C(86400000));
	CHECK_OK(vs_cli_duration_parse("0", &ms));
	CHECK(ms == 0);
	CHECK_OK(vs_cli_duration_parse("100d", &ms));
}

static void
what_is_none(void)
{
	static const char *const texts[] = {"",    "h",   "24",   "-1h", "+1h",
	                                    " 1h", "1 h", "1h30", "1w",  "0x10h"};
	int64_t ms = 7;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_ERR(vs_cli_duration_parse(texts[i], &ms), BAD_VALUE);
	CHECK_ERR(vs_cli_duration_parse("101d", &ms), OUT_OF_RANGE);
	CHECK_ERR(vs_cli_duration_parse("99999999999999999999999s", &ms), OUT_OF_RANGE);
	CHECK(ms == 7);
}

int
main(void)
{
	CASE(units);
	CASE(what_is_none);
	return 0;
}
