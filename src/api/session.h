/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operator sessions: who holds a cookie of ours. No clock, no connection and no store here; the
 * store has the same rows, so that a session outlives a restart.
 *
 * The id is 256 random bits; only its SHA-256 is kept, so that neither a dump nor the store lets
 * anybody in. Idle VS_API_SESSION_IDLE_MS, absolute VS_API_SESSION_AGE_MS. An open live stream
 * counts as use. Cap: VS_LIMIT_API_SESSIONS, the one unused for longest is dropped.
 */
#pragma once

#include "base/limits.h"
#include "core/access.h"
#include "crypto/digest.h"

#define VS_API_SESSION_IDLE_MS   ((int64_t)30 * 60 * 1000)
#define VS_API_SESSION_AGE_MS    ((int64_t)12 * 3600 * 1000)
#define VS_API_SESSION_TEXT_SIZE 44 /* base64url of 32 bytes and NUL */

struct vs_api_session {
	struct vs_core_login login; /* created_ms 0: free */
	int64_t saved_ms;           /* used_ms as the store has it */
};

struct vs_api_sessions {
	struct vs_api_session items[VS_LIMIT_API_SESSIONS];
};

/* A new id: as text for the cookie alone, which the caller wipes; its hash and times into the
 * login, whose tenant, user and role are the caller's. */
VS_RESULT vs_api_session_make(int64_t now_ms, struct vs_core_login *login,
                              char text[static VS_API_SESSION_TEXT_SIZE]);
/* It holds from now on. */
void vs_api_session_put(struct vs_api_sessions *sessions, const struct vs_core_login *login,
                        int64_t now_ms);
/* NOT_AUTHENTIC: unknown, expired, malformed. Marks it as used. */
VS_RESULT vs_api_session_use(struct vs_api_sessions *sessions, struct vs_bytes text, int64_t now_ms,
                             struct vs_core_login *login_out);
/* The same for a stream that was opened by it. */
VS_RESULT vs_api_session_touch(struct vs_api_sessions *sessions,
                               const uint8_t hash[static VS_SHA256_SIZE], int64_t now_ms);
void vs_api_session_remove(struct vs_api_sessions *sessions,
                           const uint8_t hash[static VS_SHA256_SIZE]);
/* All of a user; user NULL: all of the tenant. */
void vs_api_session_remove_of(struct vs_api_sessions *sessions, const char *tenant,
                              const char *user);
/* One that was used since it was saved, or NULL; it counts as saved now. */
const struct vs_core_login *vs_api_session_unsaved(struct vs_api_sessions *sessions,
                                                   int64_t now_ms);
/* Those that the store has, and no others; one that was used here since stays used then. Takes
 * them: `stored` is empty afterwards. */
void vs_api_session_replace(struct vs_api_sessions *sessions, struct vs_api_sessions *stored,
                            int64_t now_ms);
