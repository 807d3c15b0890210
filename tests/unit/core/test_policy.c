/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy.h"

#include "test.h"

static void
zero_is_the_default(void)
{
	const struct vs_core_policy policy = {0};
	char text[VS_CORE_QUIRKS_TEXT_SIZE];

	for (int i = 0; i < VS_CORE_OCPP_COUNT; i++)
		CHECK(vs_core_policy_allows(&policy, (enum vs_core_version)i));
	for (int i = 0; i < VS_CORE_QUIRK_COUNT; i++)
		CHECK(!vs_core_policy_forgives(&policy, (enum vs_core_quirk)i));
	for (uint32_t profile = 0; profile <= VS_CORE_PROFILE_MAX; profile++)
		CHECK(!vs_core_policy_is_downgrade(&policy, profile, 0));
	vs_core_versions_write(policy.versions, text);
	CHECK(strcmp(text, "all") == 0);
	vs_core_quirks_write(policy.quirks, text);
	CHECK(strcmp(text, "none") == 0);
}

static void
words_and_back(void)
{
	enum vs_core_e2e e2e = VS_CORE_E2E_COUNT;
	enum vs_core_sign sign = VS_CORE_SIGN_COUNT;
	enum vs_core_replay replay = VS_CORE_REPLAY_COUNT;

	for (int i = 0; i < VS_CORE_E2E_COUNT; i++) {
		CHECK_OK(vs_core_e2e_parse(
		    vs_bytes_from_text(vs_core_e2e_text((enum vs_core_e2e)i)), &e2e));
		CHECK(e2e == (enum vs_core_e2e)i);
	}
	for (int i = 0; i < VS_CORE_SIGN_COUNT; i++) {
		CHECK_OK(vs_core_sign_parse(
		    vs_bytes_from_text(vs_core_sign_text((enum vs_core_sign)i)), &sign));
		CHECK(sign == (enum vs_core_sign)i);
	}
	for (int i = 0; i < VS_CORE_REPLAY_COUNT; i++) {
		CHECK_OK(vs_core_replay_parse(
		    vs_bytes_from_text(vs_core_replay_text((enum vs_core_replay)i)), &replay));
		CHECK(replay == (enum vs_core_replay)i);
	}
	CHECK_ERR(vs_core_e2e_parse(vs_bytes_from_text("Require"), &e2e), BAD_VALUE);
	CHECK_ERR(vs_core_sign_parse(vs_bytes_from_text(""), &sign), BAD_VALUE);
	CHECK_ERR(vs_core_replay_parse(vs_bytes_from_text("on"), &replay), BAD_VALUE);
	CHECK(strcmp(vs_core_quirk_text(VS_CORE_QUIRK_BAD_DATE), "bad-date") == 0);
}

static void
masks(void)
{
	char text[VS_CORE_QUIRKS_TEXT_SIZE];
	uint32_t mask = 99;

	CHECK_OK(vs_core_versions_parse(vs_bytes_from_text("2.1,1.6"), &mask));
	CHECK(mask == 5);
	vs_core_versions_write(mask, text);
	CHECK(strcmp(text, "1.6,2.1") == 0);
	CHECK_OK(vs_core_versions_parse(vs_bytes_from_text("all"), &mask));
	CHECK(mask == 0);
	/* Every quirk fits the text. */
	vs_core_quirks_write(UINT32_MAX, text);
	CHECK_OK(vs_core_quirks_parse(vs_bytes_from_text(text), &mask));
	CHECK(mask == (UINT32_C(1) << VS_CORE_QUIRK_COUNT) - 1);
	CHECK_OK(vs_core_quirks_parse(vs_bytes_from_text("none"), &mask));
	CHECK(mask == 0);
	mask = 99;
	CHECK_ERR(vs_core_versions_parse(vs_bytes_from_text(""), &mask), BAD_VALUE);
	CHECK_ERR(vs_core_versions_parse(vs_bytes_from_text("2.0"), &mask), BAD_VALUE);
	CHECK_ERR(vs_core_versions_parse(vs_bytes_from_text("2.0.1,"), &mask), BAD_VALUE);
	CHECK_ERR(vs_core_versions_parse(vs_bytes_from_text("all,1.6"), &mask), BAD_VALUE);
	CHECK_ERR(vs_core_quirks_parse(vs_bytes_from_text("bad-date, no-pong"), &mask), BAD_VALUE);
	CHECK_ERR(vs_core_quirks_parse(vs_bytes_from_text("none,bad-date"), &mask), BAD_VALUE);
	CHECK(mask == 99);
}

static void
ratchet(void)
{
	struct vs_core_policy policy = {.profile_reached = 3};

	CHECK(!vs_core_policy_is_downgrade(&policy, 3, 1000));
	CHECK(vs_core_policy_is_downgrade(&policy, 2, 1000));
	CHECK(vs_core_policy_is_downgrade(&policy, 0, 1000));
	policy.profile_lowered_until_ms = 2000;
	CHECK(!vs_core_policy_is_downgrade(&policy, 2, 1999));
	CHECK(vs_core_policy_is_downgrade(&policy, 2, 2000));
}

static void
rows_of_a_later_program(void)
{
	struct vs_core_policy policy = {.versions = 0x80,
	                                .e2e = (enum vs_core_e2e)9,
	                                .sign = (enum vs_core_sign)9,
	                                .replay = (enum vs_core_replay)9,
	                                .quirks = UINT32_MAX,
	                                .profile_reached = 9};

	vs_core_policy_check(&policy);
	for (int i = 0; i < VS_CORE_OCPP_COUNT; i++)
		CHECK(!vs_core_policy_allows(&policy, (enum vs_core_version)i));
	CHECK(policy.e2e == VS_CORE_E2E_REQUIRE && policy.sign == VS_CORE_SIGN_STRICT &&
	      policy.replay == VS_CORE_REPLAY_CUSTOMDATA);
	CHECK(policy.profile_reached == VS_CORE_PROFILE_MAX);
	CHECK(policy.quirks == (UINT32_C(1) << VS_CORE_QUIRK_COUNT) - 1);
	policy = (struct vs_core_policy){.versions = 0x82};
	vs_core_policy_check(&policy);
	CHECK(policy.versions == 2);
}

int
main(void)
{
	CASE(zero_is_the_default);
	CASE(words_and_back);
	CASE(masks);
	CASE(ratchet);
	CASE(rows_of_a_later_program);
	return 0;
}
