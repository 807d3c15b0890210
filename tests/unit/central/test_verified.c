/* SPDX-License-Identifier: Apache-2.0 */
#include "central/verified.h"

#include "test.h"

static struct vs_core_station
station_of(const char *identity, const char *verifier)
{
	struct vs_core_station station = {.tenant = "default"};

	(void)snprintf(station.identity, sizeof(station.identity), "%s", identity);
	CHECK(vs_core_station_verifier_set(&station, VS_CORE_VERIFIER_BCRYPT, 1,
	                                   vs_bytes_from_text(verifier)));
	return station;
}

static void
only_what_was_right(void)
{
	struct vs_verified *verified = NULL;
	struct vs_core_station one = station_of("CS-1", "$2b$old"),
			       two = station_of("CS-2", "$2b$x");
	struct vs_core_station changed = station_of("CS-1", "$2b$new"), other = one;
	struct vs_bytes password = VS_BYTES_LITERAL("a\0b:c"), wrong = VS_BYTES_LITERAL("a\0b:d");

	(void)snprintf(other.tenant, sizeof(other.tenant), "other");
	CHECK_OK(vs_verified_new(64, &verified));
	CHECK(!vs_verified_find(verified, &one, password, 1));
	vs_verified_add(verified, &one, password, 1);
	CHECK(vs_verified_find(verified, &one, password, 2));
	CHECK(!vs_verified_find(verified, &one, wrong, 2));
	CHECK(!vs_verified_find(verified, &one, VS_BYTES_LITERAL("a"), 2));
	CHECK(!vs_verified_find(verified, &two, password, 2));
	CHECK(!vs_verified_find(verified, &other, password, 2));
	CHECK(vs_verified_find(verified, &one, password, VS_VERIFIED_AGE_MS));
	/* The password was changed: what was remembered is wiped when it is met. */
	CHECK(!vs_verified_find(verified, &changed, password, 2));
	CHECK(!vs_verified_find(verified, &one, password, 2));
	vs_verified_free(&verified);
	vs_verified_free(&verified);
}

static void
not_for_ever(void)
{
	struct vs_verified *verified = NULL;
	struct vs_core_station one = station_of("CS-1", "$2b$old");
	struct vs_bytes password = VS_BYTES_LITERAL("secret");
	uint8_t most[257] = {0};

	CHECK_OK(vs_verified_new(64, &verified));
	vs_verified_add(verified, &one, password, 1000);
	CHECK(!vs_verified_find(verified, &one, password, 1000 + VS_VERIFIED_AGE_MS));
	CHECK(!vs_verified_find(verified, &one, password, 1001)); /* it was wiped */
	vs_verified_add(verified, &one, vs_bytes_from(most, sizeof(most)), 1);
	CHECK(!vs_verified_find(verified, &one, vs_bytes_from(most, sizeof(most)), 1));
	vs_verified_free(&verified);
}

static void
the_oldest_makes_room(void)
{
	struct vs_verified *verified = NULL;
	struct vs_bytes password = VS_BYTES_LITERAL("secret");
	char identity[16];
	size_t found = 0;

	CHECK_OK(vs_verified_new(16, &verified));
	for (unsigned i = 1; i <= 100; i++) {
		struct vs_core_station station;

		(void)snprintf(identity, sizeof(identity), "CS-%u", i);
		station = station_of(identity, "$2b$x");
		vs_verified_add(verified, &station, password, i);
		CHECK(vs_verified_find(verified, &station, password, i));
	}
	for (unsigned i = 1; i <= 100; i++) {
		struct vs_core_station station;

		(void)snprintf(identity, sizeof(identity), "CS-%u", i);
		station = station_of(identity, "$2b$x");
		found += vs_verified_find(verified, &station, password, 100);
	}
	CHECK(found >= 8 && found <= 16);
	vs_verified_free(&verified);
}

int
main(void)
{
	CASE(only_what_was_right);
	CASE(not_for_ever);
	CASE(the_oldest_makes_room);
	return 0;
}
