/* SPDX-License-Identifier: Apache-2.0 */
#include "core/enrolment.h"

#include <string.h>

#include "test.h"

static struct vs_core_enrolment
token(const char *identity)
{
	struct vs_core_enrolment enrolment = {
	    .tenant = "default", .uses_left = 1, .created_ms = 1000, .expires_ms = 2000};

	(void)snprintf(enrolment.identity, sizeof(enrolment.identity), "%s", identity);
	return enrolment;
}

static void
a_good_token_allows(void)
{
	struct vs_core_enrolment any = token(""), bound = token("CS-1");
	const char *reason = NULL;

	CHECK(vs_core_enrolment_allows(&any, "CS-1", 1999, &reason));
	CHECK(vs_core_enrolment_allows(&bound, "CS-1", 1000, &reason));
	CHECK(reason == NULL);
}

static void
refuses(const struct vs_core_enrolment *enrolment, const char *identity, int64_t now_ms,
        const char *word)
{
	const char *reason = NULL;

	CHECK(!vs_core_enrolment_allows(enrolment, identity, now_ms, &reason));
	CHECK(reason != NULL && strstr(reason, word) != NULL);
}

static void
what_is_wrong_is_told(void)
{
	struct vs_core_enrolment enrolment = token("CS-1");

	refuses(&enrolment, "CS-2", 1500, "another identity");
	refuses(&enrolment, "cs-1", 1500, "another identity");
	refuses(&enrolment, "CS-1", 2000, "expired");
	enrolment.uses_left = 0;
	refuses(&enrolment, "CS-1", 1500, "used up");
}

int
main(void)
{
	CASE(a_good_token_allows);
	CASE(what_is_wrong_is_told);
	return 0;
}
