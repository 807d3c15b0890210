/* SPDX-License-Identifier: Apache-2.0 */
#include "core/station.h"

#include "test.h"

static void
identity_rules(void)
{
	char text[64];

	CHECK(vs_core_identity_is_valid(vs_bytes_from_text("CS-0001")));
	CHECK(vs_core_identity_is_valid(vs_bytes_from_text("a*b-c_d=e+f|g@h.i")));
	CHECK(!vs_core_identity_is_valid(vs_bytes_from_text("")));
	/* A00.FR.204: no ':' because of Basic. */
	CHECK(!vs_core_identity_is_valid(vs_bytes_from_text("CS:1")));
	CHECK(!vs_core_identity_is_valid(vs_bytes_from_text("CS 1")));
	CHECK(!vs_core_identity_is_valid(vs_bytes_from_text("../x")));
	CHECK(!vs_core_identity_is_valid(vs_bytes_from_text("CS\xc3\xa9")));
	CHECK(!vs_core_identity_is_valid(VS_BYTES_LITERAL("CS\0")));
	memset(text, 'x', sizeof(text));
	CHECK(vs_core_identity_is_valid(vs_bytes_from(text, 48)));
	CHECK(!vs_core_identity_is_valid(vs_bytes_from(text, 49)));
	for (int byte = 0; byte < 256; byte++) {
		uint8_t one = (uint8_t)byte;
		bool want = (byte != 0 && strchr("*-_=+|@.", byte) != NULL) ||
		            (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
		            (byte >= 'a' && byte <= 'z');

		CHECK(vs_core_identity_is_valid(vs_bytes_from(&one, 1)) == want);
	}
}

static void
texts(void)
{
	enum vs_core_auth auth = VS_CORE_AUTH_COUNT;

	for (int i = 0; i < VS_CORE_AUTH_COUNT; i++) {
		CHECK_OK(vs_core_auth_parse(
		    vs_bytes_from_text(vs_core_auth_text((enum vs_core_auth)i)), &auth));
		CHECK((int)auth == i);
	}
	CHECK_ERR(vs_core_auth_parse(VS_BYTES_LITERAL("nobody"), &auth), BAD_VALUE);
	CHECK_ERR(vs_core_auth_parse(VS_BYTES_LITERAL(""), &auth), BAD_VALUE);
	CHECK(auth == VS_CORE_AUTH_NONE);
	CHECK(strcmp(vs_core_registration_text(VS_CORE_REGISTRATION_NONE), "None") == 0);
	CHECK(strcmp(vs_core_registration_text(VS_CORE_REGISTRATION_PENDING), "Pending") == 0);
	CHECK(strcmp(vs_core_registration_text(VS_CORE_REGISTRATION_ACCEPTED), "Accepted") == 0);
	CHECK(strcmp(vs_core_registration_text(VS_CORE_REGISTRATION_REJECTED), "Rejected") == 0);
}

static void
verifiers(void)
{
	struct vs_core_station station = {.pepper_version = 9};
	uint8_t bytes[VS_CORE_VERIFIER_SIZE];

	memset(bytes, 'x', sizeof(bytes));
	CHECK(vs_core_station_verifier_size(&station) == 0);
	CHECK(vs_core_station_verifier_set(&station, VS_CORE_VERIFIER_PEPPERED, 2,
	                                   vs_bytes_from(bytes, 32)));
	CHECK(station.has_verifier && station.pepper_version == 2 &&
	      vs_core_station_verifier_size(&station) == 32);
	CHECK(!vs_core_station_verifier_set(&station, VS_CORE_VERIFIER_PEPPERED, 2,
	                                    vs_bytes_from(bytes, 31)));
	CHECK(!station.has_verifier && vs_core_station_verifier_size(&station) == 0);
	CHECK(vs_core_station_verifier_set(&station, VS_CORE_VERIFIER_BCRYPT_RAW, 0,
	                                   vs_bytes_from(bytes, 60)));
	CHECK(vs_core_station_verifier_size(&station) == 60 && station.verifier[60] == 0);
	CHECK(!vs_core_station_verifier_set(&station, VS_CORE_VERIFIER_BCRYPT, 0,
	                                    vs_bytes_from(bytes, sizeof(bytes))));
	CHECK(!vs_core_station_verifier_set(&station, VS_CORE_VERIFIER_BCRYPT, 0,
	                                    vs_bytes_from(NULL, 0)));
	CHECK(!vs_core_station_verifier_set(&station, VS_CORE_VERIFIER_COUNT, 0,
	                                    vs_bytes_from(bytes, 32)));
}

int
main(void)
{
	CASE(identity_rules);
	CASE(texts);
	CASE(verifiers);
	return 0;
}
