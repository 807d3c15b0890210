/* SPDX-License-Identifier: Apache-2.0 */
#include "core/entropy.h"

#include "base/random.h"
#include "test.h"

static bool
is_random(const char *text)
{
	return vs_core_password_is_random(vs_bytes_from_text(text));
}

static void
what_people_type(void)
{
	static const char *const typed[] = {
	    "",
	    "0123456789abcdef",
	    "correct horse battery staple",
	    "correcthorsebatterystaple",
	    "Correct7Horse9Battery3Staple",
	    "VoltsealChargePoint2026-Berlin",
	    "Sommer2025Sommer2025Sommer2025",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "00000000000000000000000000000000",
	    "12345678901234567890123456789012345678",
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890abcd",
	    "P4ssw0rd!P4ssw0rd!",
	    "stra\xc3\x9f"
	    "e-und-gr\xc3\xb6\xc3\x9f"
	    "e-der-stadt",
	};

	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++)
		CHECK(!is_random(typed[i]));
}

static void
what_machines_make(void)
{
	uint8_t key[20];
	unsigned found = 0;

	CHECK(is_random("k3Tz0QvYb7LmW2xR9sHd4NfA"));
	CHECK(is_random("9f86d081884c7d659a2feaa0c55ad015"));
	CHECK(is_random("9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B"));
	CHECK(vs_core_password_is_random(
	    VS_BYTES_LITERAL("\x00\xff\x3a\x4b\x5c\x6d\x7e\x8f\x90\xa1\xb2\xc3\xd4\xe5\xf6\x07")));
	/* Nearly all of them: one that is missed is only checked more slowly. */
	for (int i = 0; i < 200; i++) {
		char text[25];

		vs_random_text(text, sizeof(text));
		found += is_random(text);
		vs_random_bytes(key, sizeof(key));
	}
	CHECK(found > 160);
	memset(key, 0x80, sizeof(key));
	CHECK(!vs_core_password_is_random(vs_bytes_from(key, sizeof(key))));
	CHECK(!vs_core_password_is_random(vs_bytes_from(key, 15)));
}

int
main(void)
{
	CASE(what_people_type);
	CASE(what_machines_make);
	return 0;
}
