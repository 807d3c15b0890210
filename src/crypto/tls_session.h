/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resumable sessions of one server context, and who each belongs to.
 *
 * Kept in memory, keyed by a random session id, sharded, at most VS_LIMIT_TLS_SESSIONS, the oldest
 * dropped first. A session is stored without the peer's certificate: its place is taken by the
 * identity that was read out of it, so that a station that is away costs some 600 bytes and a
 * resume never parses X.509. A session may be used again; each resume issues another one too, and
 * the one used longest ago is dropped first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

struct ssl_ctx_st;

/* Make the context keep sessions for the given time. The table lives and dies with the context. */
VS_RESULT vs_tls_session_keep(struct ssl_ctx_st *context, uint32_t lifetime_s);
size_t vs_tls_session_count(struct ssl_ctx_st *context);
