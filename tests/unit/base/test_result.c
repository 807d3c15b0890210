/* SPDX-License-Identifier: Apache-2.0 */
#include "base/result.h"

#include "test.h"

static vs_result
pass_on(vs_result r)
{
	VS_TRY(r);
	return VS_OK;
}

static void
test_rows(void)
{
	CHECK(strcmp(vs_err_name(VS_E_OK), "OK") == 0);
	CHECK(vs_err_code(VS_E_OK) == 0);
	CHECK(vs_err_http(VS_E_OK) == 200);
	CHECK(strcmp(vs_err_name(VS_E_TOO_LONG), "TOO_LONG") == 0);
	CHECK(vs_err_code(VS_E_TOO_LONG) == 1103);
	CHECK(vs_err_http(VS_E_TOO_LONG) == 413);
	CHECK(strcmp(vs_err_ocpp(VS_E_TOO_LONG), "FormatViolation") == 0);
	CHECK(strcmp(vs_err_text(VS_E_NO_MEMORY), "out of memory") == 0);
}

/* A code that was given once means the same for ever: two rows must never share it. */
static void
test_codes_are_unique(void)
{
	for (int a = 1; a < VS_E_COUNT; a++) {
		int code = vs_err_code((enum vs_err)a), http = vs_err_http((enum vs_err)a);

		CHECK(code > 1000 && code < 10000);
		CHECK(http >= 400 && http < 600);
		CHECK(strlen(vs_err_text((enum vs_err)a)) > 0);
		for (int b = a + 1; b < VS_E_COUNT; b++)
			CHECK(vs_err_code((enum vs_err)b) != code);
	}
}

static void
test_try(void)
{
	CHECK_OK(pass_on(VS_OK));
	CHECK_ERR(pass_on(VS_FAIL(BAD_TIME)), BAD_TIME);
}

int
main(void)
{
	CASE(test_rows);
	CASE(test_codes_are_unique);
	CASE(test_try);
	return 0;
}
