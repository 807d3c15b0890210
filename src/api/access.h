/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tenants, users and API tokens in memory, so that who asks is known without a query. Loaded from
 * the store at start, changed after each commit; no secret is in it but hashes of random tokens.
 * Belongs to the API's reactor.
 */
#pragma once

#include "core/ports.h"

struct vs_map;

struct vs_api_access {
	struct vs_map *tenants, *users,
	    *tokens; /* of struct vs_api_.. below, by their names, ids */
};

struct vs_api_person {
	struct vs_core_user user; /* without its login */
	int64_t totp_step;        /* of the last code that was used */
};

VS_RESULT vs_api_access_init(struct vs_api_access *access);
void vs_api_access_done(struct vs_api_access *access);
/* All that the store has; blocking: at start. session is called for each session. */
VS_RESULT vs_api_access_load(struct vs_api_access *access, const struct vs_port_reader *reader,
                             bool (*session)(const struct vs_core_login *, void *), void *arg);
/* What is known of its users and is not in the store: as `before` has it. */
void vs_api_access_remember(struct vs_api_access *access, const struct vs_api_access *before);

/* Copies; BUSY when no more fit. An erased tenant takes its users and tokens with it. */
VS_RESULT vs_api_access_put_tenant(struct vs_api_access *access,
                                   const struct vs_core_tenant *tenant);
VS_RESULT vs_api_access_put_user(struct vs_api_access *access, const struct vs_core_user *user);
VS_RESULT vs_api_access_put_token(struct vs_api_access *access,
                                  const struct vs_core_api_token *token);
void vs_api_access_remove_user(struct vs_api_access *access, const char *tenant, const char *id);
void vs_api_access_remove_token(struct vs_api_access *access, const char *tenant, const char *id);

/* NULL: there is none. */
struct vs_core_tenant *vs_api_access_tenant(const struct vs_api_access *access, const char *tenant);
bool vs_api_access_is_active(const struct vs_api_access *access, const char *tenant);
/* tenant NULL: of any. One of another tenant is none. */
struct vs_api_person *vs_api_access_user(const struct vs_api_access *access, const char *tenant,
                                         const char *id);
struct vs_core_api_token *vs_api_access_token(const struct vs_api_access *access,
                                              const char *tenant, const char *id);
/* Enabled users with this role, one left out: who is the last administrator? */
size_t vs_api_access_count(const struct vs_api_access *access, const char *tenant,
                           enum vs_core_role role, const char *but_id);
/* Why this tenant can have no station of this identity (static text), or NULL. Says nothing of what
 * other tenants have. */
const char *vs_api_identity_fault(const struct vs_api_access *access, const char *tenant,
                                  const char *identity);
