/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords that bcrypt has found right, so that a station that reconnects is not hashed again.
 *
 * 64 bytes for each: HMAC-SHA256 of tenant, identity and password under a key that is random at
 * each start, a digest of the verifier that it was checked against, and until when it counts. A
 * changed password is another verifier: what was remembered of the old one is wiped when it is met.
 * Nothing wrong is ever remembered. Not thread-safe; the owner locks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/station.h"

#define VS_VERIFIED_AGE_MS (24u * 3600u * 1000u)

struct vs_verified;

VS_RESULT vs_verified_new(size_t count, struct vs_verified **verified_out);
void vs_verified_free(struct vs_verified **verified); /* wiped */
bool vs_verified_find(struct vs_verified *verified, const struct vs_core_station *station,
                      struct vs_bytes password, uint64_t now_ms);
void vs_verified_add(struct vs_verified *verified, const struct vs_core_station *station,
                     struct vs_bytes password, uint64_t now_ms);
