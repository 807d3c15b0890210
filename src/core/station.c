/* SPDX-License-Identifier: Apache-2.0 */
#include "core/station.h"

#include <assert.h>
#include <string.h>

const char *
vs_core_auth_text(enum vs_core_auth auth)
{
	switch (auth) {
	case VS_CORE_AUTH_BASIC:
		return "basic";
	case VS_CORE_AUTH_MTLS:
		return "mtls";
	case VS_CORE_AUTH_MTLS_BASIC:
		return "mtls+basic";
	case VS_CORE_AUTH_NONE:
		return "none";
	case VS_CORE_AUTH_COUNT:
		break;
	}
	return "";
}

vs_result
vs_core_auth_parse(struct vs_bytes text, enum vs_core_auth *auth_out)
{
	assert(auth_out != NULL);
	for (int i = 0; i < VS_CORE_AUTH_COUNT; i++) {
		enum vs_core_auth auth = (enum vs_core_auth)i;

		if (vs_bytes_equal_text(text, vs_core_auth_text(auth))) {
			*auth_out = auth;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

size_t
vs_core_station_verifier_size(const struct vs_core_station *station)
{
	assert(station != NULL);
	if (!station->has_verifier)
		return 0;
	return station->verifier_kind == VS_CORE_VERIFIER_PEPPERED
	           ? VS_CORE_PEPPERED_SIZE
	           : strnlen((const char *)station->verifier, sizeof(station->verifier));
}

bool
vs_core_station_verifier_set(struct vs_core_station *station, enum vs_core_verifier kind,
                             uint32_t pepper_version, struct vs_bytes verifier)
{
	assert(station != NULL);
	station->has_verifier = false;
	explicit_bzero(station->verifier, sizeof(station->verifier));
	if (kind >= VS_CORE_VERIFIER_COUNT || verifier.size == 0 ||
	    verifier.size >= sizeof(station->verifier) ||
	    (kind == VS_CORE_VERIFIER_PEPPERED && verifier.size != VS_CORE_PEPPERED_SIZE))
		return false;
	memcpy(station->verifier, verifier.data, verifier.size);
	station->has_verifier = true;
	station->verifier_kind = kind;
	station->pepper_version = pepper_version;
	return true;
}

bool
vs_core_auth_has_certificate(enum vs_core_auth auth)
{
	return auth == VS_CORE_AUTH_MTLS || auth == VS_CORE_AUTH_MTLS_BASIC;
}

bool
vs_core_auth_has_password(enum vs_core_auth auth)
{
	return auth == VS_CORE_AUTH_BASIC || auth == VS_CORE_AUTH_MTLS_BASIC;
}

bool
vs_core_station_is_news(const struct vs_core_station *station, const struct vs_core_proof *proof)
{
	assert(station != NULL && proof != NULL);
	return proof->profile > station->policy.profile_reached ||
	       (proof->is_next_auth && station->has_next_auth) ||
	       (proof->is_next_verifier && station->has_next_verifier);
}

void
vs_core_station_prove(struct vs_core_station *station, const struct vs_core_proof *proof)
{
	assert(station != NULL && proof != NULL);
	if (proof->profile > station->policy.profile_reached)
		station->policy.profile_reached = proof->profile;
	if (proof->is_next_auth && station->has_next_auth) {
		station->auth = station->next_auth;
		station->has_next_auth = false;
	}
	if (proof->is_next_verifier && station->has_next_verifier) {
		(void)vs_core_station_verifier_set(
		    station, VS_CORE_VERIFIER_PEPPERED, station->next_pepper_version,
		    vs_bytes_from(station->next_verifier, sizeof(station->next_verifier)));
		station->has_next_verifier = false;
		explicit_bzero(station->next_verifier, sizeof(station->next_verifier));
	}
}

const char *
vs_core_registration_text(enum vs_core_registration registration)
{
	switch (registration) {
	case VS_CORE_REGISTRATION_NONE:
		return "None";
	case VS_CORE_REGISTRATION_PENDING:
		return "Pending";
	case VS_CORE_REGISTRATION_ACCEPTED:
		return "Accepted";
	case VS_CORE_REGISTRATION_REJECTED:
		return "Rejected";
	case VS_CORE_REGISTRATION_COUNT:
		break;
	}
	return "";
}

static bool
is_identity_byte(uint8_t byte)
{
	if ((byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
	    (byte >= '0' && byte <= '9'))
		return true;
	return byte != 0 && strchr("*-_=+|@.", byte) != NULL;
}

bool
vs_core_identity_is_valid(struct vs_bytes identity)
{
	if (identity.size == 0 || identity.size > VS_LIMIT_IDENTITY_SIZE)
		return false;
	for (size_t i = 0; i < identity.size; i++) {
		if (!is_identity_byte(identity.data[i]))
			return false;
	}
	return true;
}
