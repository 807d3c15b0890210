/* SPDX-License-Identifier: Apache-2.0 */
#include "api/challenge.h"

#include "../../test.h"

static struct vs_api_challenges challenges;

static void
good_once(void)
{
	uint8_t bytes[VS_WEBAUTHN_CHALLENGE_SIZE], other[VS_WEBAUTHN_CHALLENGE_SIZE] = {0};

	vs_api_challenge_make(&challenges, "", 1000, bytes);
	CHECK(vs_api_challenge_take(&challenges, "", 1000, other).code == VS_E_NOT_AUTHENTIC);
	CHECK_OK(vs_api_challenge_take(&challenges, "", 1001, bytes));
	CHECK(vs_api_challenge_take(&challenges, "", 1001, bytes).code == VS_E_NOT_AUTHENTIC);
}

static void
for_whom_it_was_made_and_not_for_long(void)
{
	uint8_t bytes[VS_WEBAUTHN_CHALLENGE_SIZE];

	vs_api_challenge_make(&challenges, "u:1", 1000, bytes);
	CHECK(vs_api_challenge_take(&challenges, "u:2", 1000, bytes).code == VS_E_NOT_AUTHENTIC);
	/* It is gone: nobody tries twice. */
	CHECK(vs_api_challenge_take(&challenges, "u:1", 1000, bytes).code == VS_E_NOT_AUTHENTIC);
	vs_api_challenge_make(&challenges, "u:1", 1000, bytes);
	CHECK(vs_api_challenge_take(&challenges, "", 1000, bytes).code == VS_E_NOT_AUTHENTIC);
	vs_api_challenge_make(&challenges, "u:1", 1000, bytes);
	CHECK(vs_api_challenge_take(&challenges, "u:1", 1000 + VS_API_CHALLENGE_MS, bytes).code ==
	      VS_E_NOT_AUTHENTIC);
}

static void
the_oldest_is_dropped(void)
{
	uint8_t first[VS_WEBAUTHN_CHALLENGE_SIZE], bytes[VS_WEBAUTHN_CHALLENGE_SIZE];

	vs_api_challenge_make(&challenges, "", 1000, first);
	for (size_t i = 0; i < VS_LIMIT_LOGIN_CHALLENGES; i++)
		vs_api_challenge_make(&challenges, "", 1000, bytes);
	CHECK(vs_api_challenge_take(&challenges, "", 1000, first).code == VS_E_NOT_AUTHENTIC);
	CHECK_OK(vs_api_challenge_take(&challenges, "", 1000, bytes));
}

int
main(void)
{
	CASE(good_once);
	CASE(for_whom_it_was_made_and_not_for_long);
	CASE(the_oldest_is_dropped);
	return 0;
}
