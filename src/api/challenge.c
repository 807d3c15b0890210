/* SPDX-License-Identifier: Apache-2.0 */
#include "api/challenge.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"

void
vs_api_challenge_make(struct vs_api_challenges *challenges, const char *user, int64_t now_ms,
                      uint8_t bytes_out[static VS_WEBAUTHN_CHALLENGE_SIZE])
{
	struct vs_api_challenge *challenge;

	assert(challenges != NULL && user != NULL);
	challenge = &challenges->list[challenges->next++ % VS_LIMIT_LOGIN_CHALLENGES];
	vs_random_bytes(challenge->bytes, sizeof(challenge->bytes));
	challenge->until_ms = now_ms + VS_API_CHALLENGE_MS;
	(void)snprintf(challenge->user, sizeof(challenge->user), "%s", user);
	memcpy(bytes_out, challenge->bytes, sizeof(challenge->bytes));
}

vs_result
vs_api_challenge_take(struct vs_api_challenges *challenges, const char *user, int64_t now_ms,
                      const uint8_t bytes[static VS_WEBAUTHN_CHALLENGE_SIZE])
{
	assert(challenges != NULL && user != NULL);
	for (size_t i = 0; i < VS_LIMIT_LOGIN_CHALLENGES; i++) {
		struct vs_api_challenge *challenge = &challenges->list[i];
		bool is_good;

		if (challenge->until_ms == 0 ||
		    !vs_crypto_equal(challenge->bytes, bytes, sizeof(challenge->bytes)))
			continue;
		is_good = challenge->until_ms > now_ms && strcmp(challenge->user, user) == 0;
		*challenge = (struct vs_api_challenge){.until_ms = 0};
		return is_good ? VS_OK : VS_FAIL(NOT_AUTHENTIC);
	}
	return VS_FAIL(NOT_AUTHENTIC);
}
