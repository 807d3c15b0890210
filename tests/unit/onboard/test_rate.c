/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard/rate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "test.h"

#define BURST (VS_LIMIT_PROVISION_CLAIM_RATE * VS_ONBOARD_RATE_BURST)

static struct vs_onboard_rate *rate;

static bool
claim_at(const char *claim, int64_t now_ms)
{
	return vs_onboard_rate_take(rate, vs_bytes_from_text(claim), now_ms);
}

static size_t
claim_flood(const char *claim, size_t count, int64_t now_ms)
{
	size_t taken = 0;

	for (size_t i = 0; i < count; i++)
		taken += claim_at(claim, now_ms);
	return taken;
}

static void
one_claim_has_its_own(void)
{
	CHECK_OK(vs_onboard_rate_init(rate));
	CHECK(claim_flood("one", 1000, 1000) == BURST);
	CHECK(claim_at("other", 1000)); /* what one has used up, the other has not */
	CHECK(!claim_at("one", 1000 + 1000 / VS_LIMIT_PROVISION_CLAIM_RATE - 1));
	CHECK(claim_at("one", 1000 + 1000 / VS_LIMIT_PROVISION_CLAIM_RATE));
	CHECK(claim_flood("one", 1000, 1000000) == BURST); /* full again, and no fuller */
	vs_onboard_rate_done(rate);
}

static void
claims_that_are_none(void)
{
	size_t unknown = 0, known = 0;

	CHECK_OK(vs_onboard_rate_init(rate));
	for (size_t i = 0; i < 100000; i++)
		unknown += vs_onboard_rate_take_sum(rate, false, 5000);
	CHECK(unknown == VS_LIMIT_PROVISION_UNKNOWN_RATE * VS_ONBOARD_RATE_BURST);
	/* They have cost those that exist nothing. */
	for (size_t i = 0; i < 100000; i++)
		known += vs_onboard_rate_take_sum(rate, true, 5000);
	CHECK(known == VS_LIMIT_PROVISION_RATE * VS_ONBOARD_RATE_BURST);
	vs_onboard_rate_done(rate);
}

/* More claims than the table has places: each may begin, whoever was thrown out for it. */
static void
many_claims(void)
{
	char name[32];

	CHECK_OK(vs_onboard_rate_init(rate));
	for (int i = 0; i < 5 * VS_ONBOARD_RATE_SETS * VS_ONBOARD_RATE_WAYS; i++) {
		(void)snprintf(name, sizeof(name), "claim-%d", i);
		CHECK(claim_at(name, 1000 + i / 100));
	}
	vs_onboard_rate_done(rate);
}

static void
a_clock_that_is_set_back(void)
{
	CHECK_OK(vs_onboard_rate_init(rate));
	CHECK(claim_flood("one", 1000, 100000000) == BURST);
	CHECK(claim_at("one", 1000)); /* not shut out until the old time comes again */
	vs_onboard_rate_done(rate);
}

int
main(void)
{
	rate = malloc(sizeof(*rate));
	CHECK(rate != NULL);
	CASE(one_claim_has_its_own);
	CASE(claims_that_are_none);
	CASE(many_claims);
	CASE(a_clock_that_is_set_back);
	free(rate);
	return 0;
}
