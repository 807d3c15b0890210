/* SPDX-License-Identifier: Apache-2.0 */
/* Who may use this system: tenants, their users, tokens and sessions, as the store keeps them.
 * Values. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/role.h"
#include "core/station.h"

#define VS_CORE_USER_ID_SIZE      19 /* "u:" and 16 hexadecimal digits: no identity has a colon */
#define VS_CORE_LOGIN_SIZE        65
#define VS_CORE_LABEL_SIZE        65 /* what people call something */
#define VS_CORE_API_TOKEN_ID_SIZE 17

/* An organisation. ERASED: its keys are destroyed; its name is never used again. */
enum vs_core_tenant_state {
	VS_CORE_TENANT_ACTIVE,
	VS_CORE_TENANT_DISABLED, /* nobody of it is let in, no device either */
	VS_CORE_TENANT_ERASED,
	VS_CORE_TENANT_STATES
};
const char *vs_core_tenant_state_text(enum vs_core_tenant_state state); /* "active", ... */

struct vs_core_tenant {
	char tenant[VS_CORE_TENANT_SIZE];
	char label[VS_CORE_LABEL_SIZE];
	enum vs_core_tenant_state state;
	int64_t created_ms, changed_ms;
};

/* A person. What they log in by is in `secrets`, which only api knows to read. */
struct vs_core_user {
	char tenant[VS_CORE_TENANT_SIZE];
	char id[VS_CORE_USER_ID_SIZE];
	char login[VS_CORE_LOGIN_SIZE]; /* unique within the tenant, without regard to case */
	enum vs_core_role role;
	bool is_enabled;
	int64_t created_ms, changed_ms;
};

/* For programs. Shown once as vso_ID_SECRET; kept as its SHA-256 (256 random bits). */
struct vs_core_api_token {
	char tenant[VS_CORE_TENANT_SIZE];
	char id[VS_CORE_API_TOKEN_ID_SIZE];
	char label[VS_CORE_LABEL_SIZE];
	enum vs_core_role role;
	uint8_t sha256[32];
	char user[VS_CORE_USER_ID_SIZE];         /* who made it; "": the installation's token */
	int64_t created_ms, expires_ms, used_ms; /* ABSENT: never */
};

/* A session: who holds the cookie with this hash. */
struct vs_core_login {
	uint8_t sha256[32];
	char tenant[VS_CORE_TENANT_SIZE];
	char user[VS_CORE_USER_ID_SIZE]; /* "": by the admin token, its link, or break-glass */
	enum vs_core_role role;          /* of whom has no user; a user's role is their own */
	int64_t created_ms, used_ms;
};

/* [a-z0-9] and inner '-', 1 to 32 of them. */
bool vs_core_tenant_is_valid(struct vs_bytes name);
/* 1 to 64 characters of [A-Za-z0-9._@+-]. */
bool vs_core_login_is_valid(struct vs_bytes login);

/*
 * Identities of stations are unique in the whole installation, because a URL and a certificate name
 * them alone. Those of a tenant other than the installation's own begin with its name and a dot
 * ("acme.CS-1"), so that no tenant can meet an identity of another one.
 */
bool vs_core_identity_fits(struct vs_bytes identity, const char *tenant);
