/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What passkeys are asked to sign: random, good once and for five minutes, in memory only. At most
 * VS_LIMIT_LOGIN_CHALLENGES; the oldest is dropped, so that whoever asks for many costs others a
 * second try and no memory. In the api's reactor.
 */
#pragma once

#include "base/limits.h"
#include "core/access.h"
#include "crypto/webauthn.h"

#define VS_API_CHALLENGE_MS (5 * 60 * 1000)

struct vs_api_challenge {
	uint8_t bytes[VS_WEBAUTHN_CHALLENGE_SIZE];
	int64_t until_ms;                /* 0: free */
	char user[VS_CORE_USER_ID_SIZE]; /* who registers; "": for a login */
};

struct vs_api_challenges {
	struct vs_api_challenge list[VS_LIMIT_LOGIN_CHALLENGES];
	size_t next;
};

void vs_api_challenge_make(struct vs_api_challenges *challenges, const char *user, int64_t now_ms,
                           uint8_t bytes_out[static VS_WEBAUTHN_CHALLENGE_SIZE]);
/* NOT_AUTHENTIC: none of ours, used, too old, or somebody else's. It is gone in any case. */
VS_RESULT vs_api_challenge_take(struct vs_api_challenges *challenges, const char *user,
                                int64_t now_ms,
                                const uint8_t bytes[static VS_WEBAUTHN_CHALLENGE_SIZE]);
