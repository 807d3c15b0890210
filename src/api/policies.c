/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of a station (core/policy.h) in request bodies and answers. */
#include <stdio.h>
#include <string.h>

#include "api/state.h"

static const char quirks_wanted[] = "quirks: none is expected, or with commas between them:"
#define VS_QUIRK(name, word, what) " " word
#include "core/quirks.def"
#undef VS_QUIRK
    ;

void
vs_api_policy_fields(struct vs_api_policy_wishes *wishes,
                     struct vs_api_field fields[static VS_API_POLICY_FIELDS])
{
	const struct vs_api_field all[VS_API_POLICY_FIELDS] = {
	    {.name = "versions", .size = sizeof(wishes->versions), .target = wishes->versions},
	    {.name = "e2e", .size = sizeof(wishes->e2e), .target = wishes->e2e},
	    {.name = "sign", .size = sizeof(wishes->sign), .target = wishes->sign},
	    {.name = "replay", .size = sizeof(wishes->replay), .target = wishes->replay},
	    {.name = "quirks", .size = sizeof(wishes->quirks), .target = wishes->quirks},
	    {.name = "profile_lowered_until",
	     .type = VS_API_FIELD_TIME,
	     .target = &wishes->profile_lowered_until_ms},
	    {.name = "expired_until",
	     .type = VS_API_FIELD_TIME,
	     .target = &wishes->expired_until_ms}};

	memcpy(fields, all, sizeof(all));
}

static vs_result
refuse(char detail[static VS_API_DETAIL_SIZE], const char *text)
{
	(void)snprintf(detail, VS_API_DETAIL_SIZE, "%s", text);
	return VS_FAIL(BAD_VALUE);
}

/* null ends it; a time is taken up to `most` from now. */
static vs_result
until_take(const struct vs_api_field *field, int64_t now_ms, int64_t most, int64_t *until_ms,
           char detail[static VS_API_DETAIL_SIZE])
{
	int64_t wanted = *(const int64_t *)field->target;

	if (!field->is_present)
		return VS_OK;
	if (!field->is_null && wanted > now_ms + most) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "%s: at most %d hours from now are allowed", field->name,
		               (int)(most / (INT64_C(3600) * 1000)));
		return VS_FAIL(OUT_OF_RANGE);
	}
	*until_ms = field->is_null ? 0 : wanted;
	return VS_OK;
}

vs_result
vs_api_policy_take(const struct vs_api_policy_wishes *wishes,
                   const struct vs_api_field fields[static VS_API_POLICY_FIELDS], int64_t now_ms,
                   struct vs_core_policy *policy, char detail[static VS_API_DETAIL_SIZE])
{
	struct vs_core_policy changed = *policy;

	if (wishes->versions[0] != '\0' &&
	    vs_core_versions_parse(vs_bytes_from_text(wishes->versions), &changed.versions).code !=
	        VS_E_OK)
		return refuse(detail, "versions: all, or some of 1.6,2.0.1,2.1 are expected");
	if (wishes->e2e[0] != '\0' &&
	    vs_core_e2e_parse(vs_bytes_from_text(wishes->e2e), &changed.e2e).code != VS_E_OK)
		return refuse(detail, "e2e: off, prefer or require is expected");
	if (wishes->sign[0] != '\0' &&
	    vs_core_sign_parse(vs_bytes_from_text(wishes->sign), &changed.sign).code != VS_E_OK)
		return refuse(detail, "sign: off, accept, prefer, require or strict is expected");
	if (wishes->replay[0] != '\0' &&
	    vs_core_replay_parse(vs_bytes_from_text(wishes->replay), &changed.replay).code !=
	        VS_E_OK)
		return refuse(detail, "replay: off or customdata is expected");
	if (wishes->quirks[0] != '\0' &&
	    vs_core_quirks_parse(vs_bytes_from_text(wishes->quirks), &changed.quirks).code !=
	        VS_E_OK)
		return refuse(detail, quirks_wanted);
	VS_TRY(until_take(&fields[VS_API_POLICY_LOWERED], now_ms, VS_CORE_LOWERED_MAX_MS,
	                  &changed.profile_lowered_until_ms, detail));
	VS_TRY(until_take(&fields[VS_API_POLICY_EXPIRED], now_ms, VS_CORE_EXPIRED_ALLOWED_MAX_MS,
	                  &changed.expired_until_ms, detail));
	*policy = changed;
	return VS_OK;
}

bool
vs_api_policy_is_tighter(const struct vs_core_policy *before, const struct vs_core_policy *after)
{
	return before->versions != after->versions || before->e2e != after->e2e ||
	       before->sign != after->sign || before->replay != after->replay ||
	       before->quirks != after->quirks ||
	       after->profile_lowered_until_ms < before->profile_lowered_until_ms ||
	       after->expired_until_ms < before->expired_until_ms;
}

static void
write_until(struct vs_json_writer *json, const char *key, int64_t until_ms)
{
	vs_api_write_time(json, key, until_ms == 0 ? VS_CORE_ABSENT : until_ms);
}

void
vs_api_write_policy(struct vs_json_writer *json, const struct vs_core_policy *policy)
{
	char text[VS_CORE_QUIRKS_TEXT_SIZE];

	vs_core_versions_write(policy->versions, text);
	vs_api_write_text(json, "versions", text);
	vs_api_write_text(json, "e2e", vs_core_e2e_text(policy->e2e));
	vs_api_write_text(json, "sign", vs_core_sign_text(policy->sign));
	vs_api_write_text(json, "replay", vs_core_replay_text(policy->replay));
	vs_core_quirks_write(policy->quirks, text);
	vs_api_write_text(json, "quirks", text);
	vs_api_write_int(json, "profile_reached", policy->profile_reached);
	write_until(json, "profile_lowered_until", policy->profile_lowered_until_ms);
	write_until(json, "expired_until", policy->expired_until_ms);
}
