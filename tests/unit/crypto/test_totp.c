/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/totp.h"

#include <string.h>

#include "../../test.h"

/* RFC 6238 appendix B and RFC 4226 appendix D, the last six digits. */
static const uint8_t secret[] = "12345678901234567890";

static void
codes_of_the_rfc(void)
{
	static const struct {
		int64_t at_s;
		const char *code;
	} known[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
	             {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
	char code[VS_TOTP_CODE_SIZE];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		CHECK_OK(vs_totp_code(secret, known[i].at_s / VS_TOTP_STEP_S, code));
		CHECK(strcmp(code, known[i].code) == 0);
	}
	CHECK_OK(vs_totp_code(secret, 0, code));
	CHECK(strcmp(code, "755224") == 0);
	CHECK_OK(vs_totp_code(secret, 9, code));
	CHECK(strcmp(code, "520489") == 0);
}

static void
a_step_to_each_side_and_no_more(void)
{
	char code[VS_TOTP_CODE_SIZE];
	int64_t step = -1;

	CHECK_OK(vs_totp_code(secret, 1000, code));
	for (int64_t at = 998; at <= 1002; at++) {
		vs_result r = vs_totp_check(secret, at * VS_TOTP_STEP_S + 29, 0,
		                            vs_bytes_from_text(code), &step);

		CHECK((r.code == VS_E_OK) == (at >= 999 && at <= 1001));
		CHECK(r.code != VS_E_OK || step == 1000);
	}
}

static void
a_code_works_once(void)
{
	char code[VS_TOTP_CODE_SIZE], before[VS_TOTP_CODE_SIZE];
	int64_t step = -1;

	CHECK_OK(vs_totp_code(secret, 1000, code));
	CHECK_OK(vs_totp_code(secret, 999, before));
	CHECK_OK(vs_totp_check(secret, 30000, 999, vs_bytes_from_text(code), &step));
	CHECK(step == 1000);
	CHECK_ERR(vs_totp_check(secret, 30000, step, vs_bytes_from_text(code), &step),
	          NOT_AUTHENTIC);
	/* Nor one from before the last that was used. */
	CHECK_ERR(vs_totp_check(secret, 30000, 1000, vs_bytes_from_text(before), &step),
	          NOT_AUTHENTIC);
}

static void
what_is_no_code(void)
{
	static const char *const bad[] = {"", "75522", "7552245", "75522a", " 55224", "000000"};
	int64_t step = 77;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(vs_totp_check(secret, 10, -1, vs_bytes_from_text(bad[i]), &step),
		          NOT_AUTHENTIC);
	CHECK_ERR(vs_totp_check(secret, -1, -1, VS_BYTES_LITERAL("755224"), &step), NOT_AUTHENTIC);
	CHECK(step == 77);
}

/* The base32 that oathtool and the RFC's own secret give. */
static void
a_secret_as_text(void)
{
	char text[VS_TOTP_SECRET_TEXT_SIZE];

	vs_totp_secret_text(secret, text);
	CHECK(strcmp(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") == 0);
}

int
main(void)
{
	CASE(codes_of_the_rfc);
	CASE(a_step_to_each_side_and_no_more);
	CASE(a_code_works_once);
	CASE(what_is_no_code);
	CASE(a_secret_as_text);
	return 0;
}
