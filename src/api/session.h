/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operator sessions: who holds a cookie of ours. No clock and no connection here.
 *
 * The id is 256 random bits; only its SHA-256 is kept, in memory and in the session file, so that
 * neither a dump nor the file lets anybody in. Idle VS_API_SESSION_IDLE_MS, absolute
 * VS_API_SESSION_AGE_MS. An open live stream counts as use. Cap: VS_LIMIT_API_SESSIONS, the one
 * unused for longest is dropped.
 */
#pragma once

#include "base/limits.h"
#include "crypto/digest.h"

#define VS_API_SESSION_IDLE_MS   ((int64_t)30 * 60 * 1000)
#define VS_API_SESSION_AGE_MS    ((int64_t)12 * 3600 * 1000)
#define VS_API_SESSION_TEXT_SIZE 44 /* base64url of 32 bytes and NUL */

struct vs_api_session {
	uint8_t hash[VS_SHA256_SIZE];
	int64_t created_ms; /* wall clock; 0: free */
	int64_t used_ms;
};

struct vs_api_sessions {
	struct vs_api_session items[VS_LIMIT_API_SESSIONS];
};

/* A new session; its id goes to the caller and nowhere else. The caller wipes `text`. */
VS_RESULT vs_api_session_add(struct vs_api_sessions *sessions, int64_t now_ms,
                             char text[static VS_API_SESSION_TEXT_SIZE]);
/* NOT_AUTHENTIC: unknown, expired, malformed. Marks it as used. hash_out (may be NULL) names it
 * later. */
VS_RESULT vs_api_session_use(struct vs_api_sessions *sessions, struct vs_bytes text, int64_t now_ms,
                             uint8_t *hash_out);
/* The same for a stream that was opened by it. */
VS_RESULT vs_api_session_touch(struct vs_api_sessions *sessions,
                               const uint8_t hash[static VS_SHA256_SIZE], int64_t now_ms);
void vs_api_session_remove(struct vs_api_sessions *sessions,
                           const uint8_t hash[static VS_SHA256_SIZE]);

/* The session file: one line of "hash-hex created-ms used-ms" for each. */
VS_RESULT vs_api_sessions_write(const struct vs_api_sessions *sessions, struct vs_buf *out);
/* Takes what is well formed and still valid; the rest is left out. */
void vs_api_sessions_read(struct vs_api_sessions *sessions, struct vs_bytes text, int64_t now_ms);
