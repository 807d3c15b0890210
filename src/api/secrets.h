/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user logs in by, as JSON that the store seals: password hash, key of the second factor,
 * passkeys, and an invitation that has not been used. Lives in the pool and in jobs; wiped after
 * use.
 */
#pragma once

#include <stdbool.h>

#include "base/limits.h"
#include "core/access.h"
#include "crypto/digest.h"
#include "crypto/totp.h"
#include "crypto/userhash.h"
#include "crypto/webauthn.h"

struct vs_api_passkey {
	struct vs_webauthn_key key;
	char label[VS_CORE_LABEL_SIZE];
	int64_t created_ms;
};

struct vs_api_secrets {
	char password[VS_USERHASH_TEXT_SIZE]; /* its hash; "": none */
	bool has_totp, has_next_totp;         /* next: shown, and not confirmed yet */
	uint8_t totp[VS_TOTP_SECRET_SIZE], next_totp[VS_TOTP_SECRET_SIZE];
	int64_t totp_step; /* of the last code that was used */
	bool has_invitation;
	uint8_t invitation[VS_SHA256_SIZE]; /* of the token of the link */
	int64_t invited_until_ms;
	struct vs_api_passkey passkeys[VS_LIMIT_PASSKEYS];
	size_t passkey_count;
};

/* Appends. */
VS_RESULT vs_api_secrets_write(const struct vs_api_secrets *secrets, struct vs_buf *out);
/* Empty: none at all. BAD_MESSAGE: not what write has written. */
VS_RESULT vs_api_secrets_read(struct vs_bytes text, struct vs_api_secrets *secrets_out);
