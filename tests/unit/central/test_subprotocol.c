/* SPDX-License-Identifier: Apache-2.0 */
#include "central/subprotocol.h"

#include "test.h"

#define V16  (1u << VS_CORE_OCPP_16)
#define V201 (1u << VS_CORE_OCPP_201)
#define V21  (1u << VS_CORE_OCPP_21)

static const char *
choose(const char *offered, const struct vs_core_policy *policy)
{
	struct vs_http_headers headers = {0};
	bool is_unsealed = false;

	if (offered != NULL) {
		headers.count = 1;
		headers.items[0].name = VS_BYTES_LITERAL("Sec-WebSocket-Protocol");
		headers.items[0].value = vs_bytes_from_text(offered);
	}
	return vs_central_subprotocol_choose(&headers, policy, false, &is_unsealed);
}

static bool
is(const char *offered, uint32_t versions, const char *expected)
{
	struct vs_core_policy policy = {.versions = versions};
	const char *chosen = choose(offered, &policy);

	if (expected == NULL || chosen == NULL)
		return expected == chosen;
	return strcmp(chosen, expected) == 0;
}

/* OCPP 2.0.1 Part 4 3.1.2; TC_B_58 */
static void
takes_the_first_it_speaks(void)
{
	CHECK(is("ocpp1.6", 0, "ocpp1.6") && is("ocpp2.0.1", 0, "ocpp2.0.1"));
	CHECK(is("ocpp2.1", 0, "ocpp2.1"));
	CHECK(is("ocpp1.6,ocpp2.0.1,ocpp2.1", 0, "ocpp1.6"));
	CHECK(is("ocpp2.0.1, ocpp2.1", 0, "ocpp2.0.1"));
	CHECK(is("ocpp0.1 , ocpp2.1", 0, "ocpp2.1"));
	CHECK(is("ocpp0.1", 0, NULL) && is("ocpp2.0.1.1", 0, NULL) && is("OCPP1.6", 0, NULL));
	CHECK(is("ocpp2.0", 0, NULL) && is("ocpp1.5,soap", 0, NULL) && is("", 0, NULL));
}

static void
takes_only_what_the_policy_allows(void)
{
	CHECK(is("ocpp1.6,ocpp2.0.1,ocpp2.1", V201, "ocpp2.0.1"));
	CHECK(is("ocpp1.6,ocpp2.0.1,ocpp2.1", V21 | V201, "ocpp2.0.1"));
	CHECK(is("ocpp2.1,ocpp2.0.1", V21 | V201, "ocpp2.1"));
	CHECK(is("ocpp1.6", V201 | V21, NULL) && is("ocpp2.1", V16, NULL));
}

/* Facts 24: chargers that name no subprotocol. One that names a wrong one is not meant. */
static void
assumes_16_only_when_it_is_told_to(void)
{
	struct vs_core_policy policy = {.quirks = 1u << VS_CORE_QUIRK_NO_SUBPROTOCOL};

	CHECK(is(NULL, 0, NULL));
	CHECK(strcmp(choose(NULL, &policy), VS_CENTRAL_SUBPROTOCOL_ASSUMED) == 0);
	CHECK(choose("ocpp0.1", &policy) == NULL && choose("", &policy) == NULL);
	CHECK(strcmp(choose("ocpp2.1", &policy), "ocpp2.1") == 0);
	policy.versions = V201;
	CHECK(choose(NULL, &policy) == NULL);
}

static struct vs_core_policy wanted;
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
	return vs_central_subprotocol_choose(&headers, &wanted, can_seal, &is_unsealed);
}

static bool
got_is(const char *got, const char *expected)
{
	return got != NULL && strcmp(got, expected) == 0;
}

static void
chooses_by_the_policy_of_the_station(void)
{
	wanted.e2e = VS_CORE_E2E_OFF;
	CHECK(got_is(chosen("ocpp2.0.1+e2, ocpp2.0.1", NULL, true), "ocpp2.0.1"));
	CHECK(chosen("ocpp2.0.1+e2", NULL, true) == NULL && !is_unsealed);
	wanted.e2e = VS_CORE_E2E_PREFER;
	CHECK(got_is(chosen("ocpp2.0.1", "ocpp2.0.1+e2", true), "ocpp2.0.1+e2"));
	CHECK(got_is(chosen("ocpp2.0.1", NULL, true), "ocpp2.0.1"));
	CHECK(got_is(chosen("ocpp2.0.1, ocpp2.0.1+e2", NULL, false), "ocpp2.0.1"));
	wanted.e2e = VS_CORE_E2E_REQUIRE;
	CHECK(got_is(chosen("ocpp2.0.1+e2", NULL, true), "ocpp2.0.1+e2"));
	CHECK(chosen("ocpp2.0.1", NULL, true) == NULL && is_unsealed);
	CHECK(chosen("ocpp2.0.1+e2, ocpp2.0.1", NULL, false) == NULL && is_unsealed);
	CHECK(chosen("mqtt", NULL, true) == NULL && !is_unsealed);
	CHECK(chosen(NULL, NULL, true) == NULL && !is_unsealed);
}

static void
names_are_exact(void)
{
	wanted.e2e = VS_CORE_E2E_PREFER;
	CHECK(chosen("OCPP2.0.1, ocpp2.0.1+E2, ocpp2.0", NULL, true) == NULL);
	CHECK(vs_central_subprotocol_is_sealed("ocpp2.0.1+e2"));
	CHECK(!vs_central_subprotocol_is_sealed("ocpp2.0.1") &&
	      !vs_central_subprotocol_is_sealed("x") && !vs_central_subprotocol_is_sealed(NULL));
}

static void
knows_the_version(void)
{
	CHECK(vs_central_subprotocol_version("ocpp1.6") == VS_OCPP_16);
	CHECK(vs_central_subprotocol_version("ocpp2.0.1") == VS_OCPP_201);
	CHECK(vs_central_subprotocol_version("ocpp2.0.1+e2") == VS_OCPP_201);
	CHECK(vs_central_subprotocol_version("ocpp2.1") == VS_OCPP_21);
	CHECK(vs_central_subprotocol_version(VS_CENTRAL_SUBPROTOCOL_ASSUMED) == VS_OCPP_16);
}

int
main(void)
{
	CASE(takes_the_first_it_speaks);
	CASE(takes_only_what_the_policy_allows);
	CASE(assumes_16_only_when_it_is_told_to);
	CASE(chooses_by_the_policy_of_the_station);
	CASE(names_are_exact);
	CASE(knows_the_version);
	return 0;
}
