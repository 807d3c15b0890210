/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One-time tokens that let a device register itself.
 *
 * The token is shown once; only its SHA-256 is kept (it has 256 random bits, so that no salt or
 * slow hash would help). It may be bound to one identity, and allows so many registrations until it
 * expires. Using it and adding the station are one transaction of the store.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/station.h"

#define VS_CORE_ENROLMENT_ID_SIZE 17 /* 16 hexadecimal digits: names it in lists */
#define VS_CORE_ENROLMENT_PREFIX  "vse_"

struct vs_core_enrolment {
	char id[VS_CORE_ENROLMENT_ID_SIZE];
	char tenant[VS_CORE_TENANT_SIZE];
	uint8_t token_sha256[32];
	char identity[VS_CORE_IDENTITY_SIZE]; /* "": any that is free */
	enum vs_core_auth auth;               /* of the stations it makes */
	int64_t uses_left, created_ms, expires_ms;
};

/* May this identity be registered with it now? The reason is for the operator alone. */
bool vs_core_enrolment_allows(const struct vs_core_enrolment *enrolment, const char *identity,
                              int64_t now_ms, const char **reason_out);
