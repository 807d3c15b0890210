/* SPDX-License-Identifier: Apache-2.0 */
#include "field/profile.h"

#include "test.h"

static void
words(void)
{
	enum vs_field_profile profile = VS_FIELD_PROFILES;

	for (unsigned i = 0; i < VS_FIELD_PROFILES; i++) {
		CHECK_OK(
		    vs_field_profile_parse(vs_bytes_from_text(vs_field_profile_word(i)), &profile));
		CHECK(profile == i);
	}
	CHECK_ERR(vs_field_profile_parse(VS_BYTES_LITERAL("D2"), &profile), BAD_VALUE);
	CHECK_ERR(vs_field_profile_parse(VS_BYTES_LITERAL(""), &profile), BAD_VALUE);
	CHECK(profile == VS_FIELD_PROFILES - 1);
	/* The ratchet counts on the order. */
	CHECK(VS_FIELD_CLEAR < VS_FIELD_D1 && VS_FIELD_D1 < VS_FIELD_D1M &&
	      VS_FIELD_D1M < VS_FIELD_D2);
}

int
main(void)
{
	CASE(words);
	return 0;
}
