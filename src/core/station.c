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
