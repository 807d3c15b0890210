/* SPDX-License-Identifier: Apache-2.0 */
#include "field/profile.h"

#include <assert.h>

static const char *const words[VS_FIELD_PROFILES] = {
#define VS_FIELD_PROFILE(name, word, help) [VS_FIELD_##name] = (word),
#include "field/profiles.def"
#undef VS_FIELD_PROFILE
};

const char *
vs_field_profile_word(enum vs_field_profile profile)
{
	assert(profile < VS_FIELD_PROFILES);
	return words[profile];
}

vs_result
vs_field_profile_parse(struct vs_bytes word, enum vs_field_profile *profile_out)
{
	assert(profile_out != NULL);
	for (unsigned i = 0; i < VS_FIELD_PROFILES; i++) {
		if (vs_bytes_equal_text(word, words[i])) {
			*profile_out = i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}
