/* SPDX-License-Identifier: Apache-2.0 */
/* How the readings of a message are protected: profiles.def. */
#pragma once

#include "base/bytes.h"

enum vs_field_profile {
#define VS_FIELD_PROFILE(name, word, help) VS_FIELD_##name,
#include "field/profiles.def"
#undef VS_FIELD_PROFILE
	VS_FIELD_PROFILES /* must be last */
};

const char *vs_field_profile_word(enum vs_field_profile profile);
VS_RESULT vs_field_profile_parse(struct vs_bytes word,
                                 enum vs_field_profile *profile_out); /* BAD_VALUE */
