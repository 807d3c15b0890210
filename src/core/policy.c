/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const char *const versions[] = {"1.6", "2.0.1", "2.1"};
static const char *const e2es[] = {"off", "prefer", "require"};
static const char *const signs[] = {"off", "accept", "prefer", "require", "strict"};
static const char *const replays[] = {"off", "customdata"};
static const char *const quirks[] = {
#define VS_QUIRK(name, word, what) word,
#include "core/quirks.def"
#undef VS_QUIRK
};
static_assert(sizeof(versions) / sizeof(versions[0]) == VS_CORE_OCPP_COUNT, "a word for each");
static_assert(sizeof(e2es) / sizeof(e2es[0]) == VS_CORE_E2E_COUNT, "a word for each");
static_assert(sizeof(signs) / sizeof(signs[0]) == VS_CORE_SIGN_COUNT, "a word for each");
static_assert(sizeof(replays) / sizeof(replays[0]) == VS_CORE_REPLAY_COUNT, "a word for each");

#define ALL(count) ((UINT32_C(1) << (count)) - 1)

static const char *
word(const char *const *words, size_t count, unsigned at)
{
	return at < count ? words[at] : "";
}

const char *
vs_core_e2e_text(enum vs_core_e2e e2e)
{
	return word(e2es, VS_CORE_E2E_COUNT, e2e);
}

const char *
vs_core_sign_text(enum vs_core_sign sign)
{
	return word(signs, VS_CORE_SIGN_COUNT, sign);
}

const char *
vs_core_replay_text(enum vs_core_replay replay)
{
	return word(replays, VS_CORE_REPLAY_COUNT, replay);
}

const char *
vs_core_quirk_text(enum vs_core_quirk quirk)
{
	return word(quirks, VS_CORE_QUIRK_COUNT, quirk);
}

/* --- words to numbers ------------------------------------------------------------------------- */

static vs_result
find(const char *const *words, size_t count, struct vs_bytes text, unsigned *at_out)
{
	for (unsigned i = 0; i < count; i++) {
		if (vs_bytes_equal_text(text, words[i])) {
			*at_out = i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

vs_result
vs_core_e2e_parse(struct vs_bytes text, enum vs_core_e2e *e2e_out)
{
	unsigned at = 0;

	VS_TRY(find(e2es, VS_CORE_E2E_COUNT, text, &at));
	*e2e_out = (enum vs_core_e2e)at;
	return VS_OK;
}

vs_result
vs_core_sign_parse(struct vs_bytes text, enum vs_core_sign *sign_out)
{
	unsigned at = 0;

	VS_TRY(find(signs, VS_CORE_SIGN_COUNT, text, &at));
	*sign_out = (enum vs_core_sign)at;
	return VS_OK;
}

vs_result
vs_core_replay_parse(struct vs_bytes text, enum vs_core_replay *replay_out)
{
	unsigned at = 0;

	VS_TRY(find(replays, VS_CORE_REPLAY_COUNT, text, &at));
	*replay_out = (enum vs_core_replay)at;
	return VS_OK;
}

static vs_result
mask_parse(const char *const *words, size_t count, struct vs_bytes text, uint32_t *mask_out)
{
	uint32_t mask = 0;
	size_t from = 0;

	for (size_t i = 0; i <= text.size; i++) {
		unsigned at = 0;

		if (i < text.size && text.data[i] != ',')
			continue;
		VS_TRY(find(words, count, vs_bytes_from(text.data + from, i - from), &at));
		mask |= UINT32_C(1) << at;
		from = i + 1;
	}
	*mask_out = mask;
	return VS_OK;
}

vs_result
vs_core_versions_parse(struct vs_bytes text, uint32_t *versions_out)
{
	if (vs_bytes_equal_text(text, "all")) {
		*versions_out = 0;
		return VS_OK;
	}
	return text.size == 0 ? VS_FAIL(BAD_VALUE)
	                      : mask_parse(versions, VS_CORE_OCPP_COUNT, text, versions_out);
}

vs_result
vs_core_quirks_parse(struct vs_bytes text, uint32_t *quirks_out)
{
	if (vs_bytes_equal_text(text, "none")) {
		*quirks_out = 0;
		return VS_OK;
	}
	return text.size == 0 ? VS_FAIL(BAD_VALUE)
	                      : mask_parse(quirks, VS_CORE_QUIRK_COUNT, text, quirks_out);
}

/* --- numbers to words ------------------------------------------------------------------------- */

static void
mask_write(const char *const *words, size_t count, uint32_t mask, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < count; i++) {
		size_t more = strlen(words[i]);

		if ((mask & UINT32_C(1) << i) == 0 || used + more + 2 > size)
			continue;
		if (used > 0)
			text[used++] = ',';
		memcpy(text + used, words[i], more + 1);
		used += more;
	}
}

void
vs_core_versions_write(uint32_t mask, char text[static VS_CORE_VERSIONS_TEXT_SIZE])
{
	if (mask == 0)
		memcpy(text, "all", 4);
	else
		mask_write(versions, VS_CORE_OCPP_COUNT, mask, text, VS_CORE_VERSIONS_TEXT_SIZE);
}

void
vs_core_quirks_write(uint32_t mask, char text[static VS_CORE_QUIRKS_TEXT_SIZE])
{
	if (mask == 0)
		memcpy(text, "none", 5);
	else
		mask_write(quirks, VS_CORE_QUIRK_COUNT, mask, text, VS_CORE_QUIRKS_TEXT_SIZE);
}

/* --- asking ----------------------------------------------------------------------------------- */

bool
vs_core_policy_allows(const struct vs_core_policy *policy, enum vs_core_version version)
{
	assert(policy != NULL && version < VS_CORE_OCPP_COUNT);
	return policy->versions == 0 || (policy->versions & UINT32_C(1) << version) != 0;
}

bool
vs_core_policy_forgives(const struct vs_core_policy *policy, enum vs_core_quirk quirk)
{
	assert(policy != NULL && quirk < VS_CORE_QUIRK_COUNT);
	return (policy->quirks & UINT32_C(1) << quirk) != 0;
}

bool
vs_core_policy_is_downgrade(const struct vs_core_policy *policy, uint32_t profile, int64_t now_ms)
{
	assert(policy != NULL);
	return profile < policy->profile_reached && policy->profile_lowered_until_ms <= now_ms;
}

void
vs_core_policy_check(struct vs_core_policy *policy)
{
	uint32_t known;

	assert(policy != NULL);
	/* A version of a later program: none but those known here, and never "all" by chance. */
	known = policy->versions & ALL(VS_CORE_OCPP_COUNT);
	if (known != 0 || policy->versions == 0)
		policy->versions = known;
	policy->quirks &= ALL(VS_CORE_QUIRK_COUNT);
	if (policy->e2e >= VS_CORE_E2E_COUNT)
		policy->e2e = VS_CORE_E2E_REQUIRE;
	if (policy->sign >= VS_CORE_SIGN_COUNT)
		policy->sign = VS_CORE_SIGN_STRICT;
	if (policy->replay >= VS_CORE_REPLAY_COUNT)
		policy->replay = VS_CORE_REPLAY_CUSTOMDATA;
	if (policy->profile_reached > VS_CORE_PROFILE_MAX)
		policy->profile_reached = VS_CORE_PROFILE_MAX;
}
