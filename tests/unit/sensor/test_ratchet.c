/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/ratchet.h"

#include "test.h"

/* By the rule and not by the table: never weaker than what was reached or is asked for. */
static void
every_pair(void)
{
	for (unsigned reached = 0; reached < VS_FIELD_PROFILES; reached++)
		for (unsigned least = 0; least < VS_FIELD_PROFILES; least++)
			for (unsigned sent = 0; sent < VS_FIELD_PROFILES; sent++) {
				enum vs_sensor_verdict expected = sent < reached || sent < least
				                                      ? VS_SENSOR_REFUSE
				                                  : sent > reached ? VS_SENSOR_RAISE
				                                                   : VS_SENSOR_TAKE;

				CHECK(vs_sensor_ratchet(reached, least, sent) == expected);
			}
}

static void
words(void)
{
	enum vs_field_profile profile = VS_FIELD_CLEAR;

	for (unsigned i = 0; i < VS_FIELD_PROFILES; i++) {
		CHECK_OK(
		    vs_field_profile_parse(vs_bytes_from_text(vs_field_profile_word(i)), &profile));
		CHECK(profile == i);
	}
	CHECK_ERR(vs_field_profile_parse(VS_BYTES_LITERAL("D2"), &profile), BAD_VALUE);
	CHECK(profile == VS_FIELD_D2);
}

int
main(void)
{
	CASE(every_pair);
	CASE(words);
	return 0;
}
