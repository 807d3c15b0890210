/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Web Tokens (RFC 7519): a signed set of claims, held against what this side demands.
 *
 * Required: iss, aud, sub, exp, jti. Checked when there: nbf, iat. Times are whole seconds since
 * 1970; a skew is allowed for both ends. No clock: the caller says what time it is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/jws.h"

#define VS_JWT_TEXT_SIZE       129 /* of a claim, with its NUL */
#define VS_JWT_THUMBPRINT_SIZE 32

enum vs_jwt_fault {
#define VS_JWT_FAULT(name, text) VS_JWT_##name,
#include "crypto/jwt.def"
#undef VS_JWT_FAULT
	VS_JWT_FAULTS /* must be last */
};

struct vs_jwt_demand {
	const char *issuer, *audience;
	int64_t now_s;
	int64_t skew_max_s;
	int64_t life_max_s; /* from now to exp */
};

struct vs_jwt_claims {
	char subject[VS_JWT_TEXT_SIZE];
	char id[VS_JWT_TEXT_SIZE];     /* jti */
	char tenant[VS_JWT_TEXT_SIZE]; /* tid; "" when there is none */
	int64_t expires_s;
	int64_t issued_s; /* iat; 0 when there is none */
	/* cnf.x5t#S256 (RFC 8705): the token counts only with this certificate. */
	uint8_t thumbprint[VS_JWT_THUMBPRINT_SIZE];
	bool has_thumbprint;
};

const char *vs_jwt_fault_text(enum vs_jwt_fault fault);

/* NOT_AUTHENTIC for every fault; *fault_out (may be NULL) says which, VS_JWT_NONE when it is good.
 * The caller has yet to look for the id and the subject among what is revoked. */
VS_RESULT vs_jwt_check(const struct vs_jws *jws, const struct vs_jose_key *key,
                       const struct vs_jwt_demand *demand, struct vs_jwt_claims *claims_out,
                       enum vs_jwt_fault *fault_out);

/* Appends a compact token with "typ":"JWT" of these claims, nbf = iat = claims->issued_s. */
VS_RESULT vs_jwt_make(const struct vs_jose_key *key, enum vs_sign_alg alg, const char *issuer,
                      const char *audience, const struct vs_jwt_claims *claims,
                      struct vs_buf *token);
