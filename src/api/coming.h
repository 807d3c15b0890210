/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person who comes in, whatever they show: throttled by source and by login, judged in the pool
 * for hashes, answered alike whatever was wrong. Not for other folders.
 */
#pragma once

#include "api/passkeys.h"
#include "net/throttle.h"
#include "wire/base64.h"

/* What a passkey signed, as it came. */
struct vs_api_assertion {
	struct vs_api_place place;
	uint8_t challenge[VS_WEBAUTHN_CHALLENGE_SIZE];
	uint8_t id[VS_API_ASSERTION_SIZE], client[VS_API_ASSERTION_SIZE];
	uint8_t data[VS_API_ASSERTION_SIZE], signature[VS_API_ASSERTION_SIZE];
	size_t id_size, client_size, data_size, signature_size;
};

struct vs_api_coming {
	uint64_t number;
	int64_t now_ms;
	char tenant[VS_CORE_TENANT_SIZE], login[VS_CORE_LOGIN_SIZE], code[8];
	char id[VS_CORE_USER_ID_SIZE]; /* of an invitation, or a passkey */
	char password[VS_LIMIT_PASSWORD_SIZE + 1];
	uint8_t invitation[VS_SHA256_SIZE];
	struct vs_api_assertion assertion;
	bool is_possible;     /* its tenant is open; the work is done in any case */
	bool has_used_code;   /* a one-time code was asked for, and was right */
	bool has_new_secrets; /* a code was used, a password set, a passkey has counted */
	struct vs_core_user user;
	struct vs_api_secrets secrets;
	struct vs_source source;
	const char *reason; /* for the log */
};

/* From calloc; taken in any case, and answered. */
void vs_api_come(struct vs_api *api, const struct vs_api_request *request,
                 struct vs_api_coming *coming, vs_result (*build)(struct vs_api_read *));
/* The body was not even one: coming may be NULL. */
void vs_api_coming_turn_away(const struct vs_api_request *request, struct vs_api_coming *coming,
                             vs_result r, const char *detail);
/* NOT_AUTHENTIC; the reason, static, is for the log. */
VS_RESULT vs_api_coming_refuse(struct vs_api_coming *coming, const char *reason);
