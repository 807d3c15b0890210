/* SPDX-License-Identifier: Apache-2.0 */
/* What registration and login by passkey share. Not for other folders. */
#pragma once

#include "api/challenge.h"
#include "api/users.h"

#define VS_API_ASSERTION_SIZE 1024 /* of each part that an authenticator or a browser gives */
#define VS_API_ASSERTION_TEXT VS_BASE64_TEXT_SIZE(VS_API_ASSERTION_SIZE)
/* tenant '/' user: what an authenticator gives back of whom its key is. At most 64 bytes (WebAuthn
 * 5.4.3). */
#define VS_API_HANDLE_SIZE (VS_CORE_TENANT_SIZE + VS_CORE_USER_ID_SIZE)

/* Where the browser is: its origin, and the relying party, which is the host without its port. */
struct vs_api_place {
	char origin[128], rp_id[112];
};
/* BAD_VALUE: an address, or too long a name: passkeys are of names. */
VS_RESULT vs_api_place_read(const struct vs_http_request *http, struct vs_api_place *place_out);

/* A part in base64url. BAD_VALUE. */
VS_RESULT vs_api_part_read(const char *text, uint8_t part[static VS_API_ASSERTION_SIZE],
                           size_t *size_out);
/* Answer with a new challenge; user "": for a login. */
void vs_api_challenge_answer(struct vs_api *api, const struct vs_api_request *request,
                             const char *user);
