/* SPDX-License-Identifier: Apache-2.0 */
#include "core/authorise.h"

#include "test.h"

static void
put(struct vs_core_registry *registry, const char *token, const char *status, const char *group,
    int64_t expires_ms)
{
	struct vs_core_token_row row = {
	    .tenant = "default", .type = "ISO14443", .expires_ms = expires_ms};

	(void)snprintf(row.token, sizeof(row.token), "%s", token);
	(void)snprintf(row.status, sizeof(row.status), "%s", status);
	(void)snprintf(row.group, sizeof(row.group), "%s", group);
	CHECK_OK(vs_core_registry_token_put(registry, &row));
}

static void
every_answer(void)
{
	struct vs_core_registry *registry = NULL;
	struct vs_core_authorisation answer;

	CHECK_OK(vs_core_registry_new(&registry));
	put(registry, "AA01", "Accepted", "FLEET", VS_CORE_ABSENT);
	put(registry, "AA02", "Blocked", "", VS_CORE_ABSENT);
	put(registry, "AA03", "Accepted", "", 1000);

	vs_core_authorise(registry, "default", "ISO14443", "AA01", 5, &answer);
	CHECK(strcmp(answer.status, "Accepted") == 0 && strcmp(answer.group, "FLEET") == 0);
	/* Blocked is said as Blocked, not as Invalid. */
	vs_core_authorise(registry, "default", "ISO14443", "AA02", 5, &answer);
	CHECK(strcmp(answer.status, "Blocked") == 0 && answer.group[0] == '\0');
	vs_core_authorise(registry, "default", "ISO14443", "AA03", 999, &answer);
	CHECK(strcmp(answer.status, "Accepted") == 0);
	vs_core_authorise(registry, "default", "ISO14443", "AA03", 1000, &answer);
	CHECK(strcmp(answer.status, "Expired") == 0);
	/* 4.8: an unknown idToken is Invalid, not an error. */
	vs_core_authorise(registry, "default", "ISO14443", "nobody", 5, &answer);
	CHECK(strcmp(answer.status, "Invalid") == 0);
	vs_core_authorise(registry, "other", "ISO14443", "AA01", 5, &answer);
	CHECK(strcmp(answer.status, "Invalid") == 0 && answer.group[0] == '\0');
	/* identifierString: compared without regard to case. */
	vs_core_authorise(registry, "default", "ISO14443", "aa01", 5, &answer);
	CHECK(strcmp(answer.status, "Accepted") == 0);
	/* C02: a start without a token. */
	vs_core_authorise(registry, "default", "NoAuthorization", "", 5, &answer);
	CHECK(strcmp(answer.status, "Accepted") == 0);
	vs_core_authorise(registry, "default", "ISO14443", "", 5, &answer);
	CHECK(strcmp(answer.status, "Invalid") == 0);
	vs_core_registry_free(&registry);
}

int
main(void)
{
	CASE(every_answer);
	return 0;
}
