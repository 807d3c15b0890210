/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose token it is: a JWT of the issuer that the settings name (ES256 or EdDSA; sub is the device,
 * tid its tenant), or a device's own token, of which the store knows the SHA-256. Whatever is wrong
 * is NOT_AUTHENTIC; the word is for the log.
 */
#pragma once

#include "core/ports.h"
#include "core/registry.h"
#include "crypto/jwt.h"

#define VS_SENSOR_TOKEN_SIZE_MAX 8192
#define VS_SENSOR_TOKEN_LIFE_S   86400
#define VS_SENSOR_TOKEN_SKEW_S   60

struct vs_sensor_token_rules {
	struct vs_port_reader reader;
	const struct vs_core_registry *registry; /* of tenants that are closed; NULL: none is */
	const struct vs_jose_key *key; /* NULL: no JWT counts. Not for two threads at a time */
	const char *issuer, *audience;
};

struct vs_sensor_identity {
	struct vs_core_sensor sensor;
	char jti[VS_JWT_TEXT_SIZE];    /* "": by the device's own token */
	int64_t issued_ms, expires_ms; /* 0: never */
};

/* Blocking: it asks the store. fingerprint: SHA-256 of the certificate that was shown, or NULL. */
VS_RESULT vs_sensor_token_check(const struct vs_sensor_token_rules *rules, struct vs_bytes token,
                                const uint8_t *fingerprint, int64_t now_ms,
                                struct vs_sensor_identity *identity_out, const char **why_out);
