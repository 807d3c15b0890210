/* SPDX-License-Identifier: Apache-2.0 */
#include "central/subprotocol.h"

#include "test.h"

static struct vs_core_policy policy;
static bool is_unsealed;

/* Two header lines, as RFC 6455 4.1 allows; NULL: no second one. */
static const char *
chosen(const char *first, const char *second, bool can_seal)
{
	struct vs_http_headers headers = {.count = 0};
	const char *const lines[] = {first, second};

	for (size_t i = 0; i < 2 && lines[i] != NULL; i++) {
		headers.items[headers.count].name = VS_BYTES_LITERAL("Sec-WebSocket-Protocol");
		headers.items[headers.count].value = vs_bytes_from_text(lines[i]);
		headers.count++;
	}
	return vs_central_subprotocol_choose(&headers, &policy, can_seal, &is_unsealed);
}

static bool
is(const char *got, const char *expected)
{
	return got != NULL && strcmp(got, expected) == 0;
}

static void
chooses_by_the_policy_of_the_station(void)
{
	policy.e2e = VS_CORE_E2E_OFF;
	CHECK(is(chosen("ocpp2.0.1+e2, ocpp2.0.1", NULL, true), "ocpp2.0.1"));
	CHECK(chosen("ocpp2.0.1+e2", NULL, true) == NULL && !is_unsealed);
	policy.e2e = VS_CORE_E2E_PREFER;
	CHECK(is(chosen("ocpp2.0.1", "ocpp2.0.1+e2", true), "ocpp2.0.1+e2"));
	CHECK(is(chosen("ocpp2.0.1", NULL, true), "ocpp2.0.1"));
	CHECK(is(chosen("ocpp2.0.1, ocpp2.0.1+e2", NULL, false), "ocpp2.0.1"));
	policy.e2e = VS_CORE_E2E_REQUIRE;
	CHECK(is(chosen("ocpp2.0.1+e2", NULL, true), "ocpp2.0.1+e2"));
	CHECK(chosen("ocpp2.0.1", NULL, true) == NULL && is_unsealed);
	CHECK(chosen("ocpp2.0.1+e2, ocpp2.0.1", NULL, false) == NULL && is_unsealed);
	CHECK(chosen("mqtt", NULL, true) == NULL && !is_unsealed);
	CHECK(chosen(NULL, NULL, true) == NULL && !is_unsealed);
}

static void
names_are_exact(void)
{
	policy.e2e = VS_CORE_E2E_PREFER;
	CHECK(chosen("OCPP2.0.1, ocpp2.0.1+E2, ocpp2.0", NULL, true) == NULL);
	CHECK(vs_central_subprotocol_is_sealed("ocpp2.0.1+e2"));
	CHECK(!vs_central_subprotocol_is_sealed("ocpp2.0.1") &&
	      !vs_central_subprotocol_is_sealed("x") && !vs_central_subprotocol_is_sealed(NULL));
}

int
main(void)
{
	CASE(chooses_by_the_policy_of_the_station);
	CASE(names_are_exact);
	return 0;
}
