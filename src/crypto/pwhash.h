/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slow password hashes for what people choose and what is imported: bcrypt `$2b$` (libxcrypt). Tens
 * of milliseconds each: only in the slow pool, never in a reactor. What Voltseal generates is
 * verified by crypto/password.h instead.
 *
 * bcrypt reads 72 bytes and stops at a NUL, so a password is given to it as
 * base64(HMAC-SHA256(pepper, password)), except for imported hashes (`raw`), where a longer
 * password or one with a NUL is refused instead of cut.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define VS_PWHASH_TEXT_SIZE 64 /* "$2b$12$" and 53 characters, and a NUL */
#define VS_PWHASH_COST_MIN  4
#define VS_PWHASH_COST_MAX                                                                         \
	12 /* above it an imported hash is refused: it would be a door for denial of service */

/* password: what bcrypt is to see; VALUE errors: BAD_VALUE for a NUL or more than 72 bytes. */
VS_RESULT vs_pwhash_make(struct vs_bytes password, unsigned cost,
                         char text_out[static VS_PWHASH_TEXT_SIZE]);
/* NOT_AUTHENTIC when it does not match. text: `$2a$`, `$2b$` or `$2y$`. */
VS_RESULT vs_pwhash_check(struct vs_bytes password, const char *text);
/* BAD_VALUE: not bcrypt, or its cost is out of bounds. */
VS_RESULT vs_pwhash_inspect(const char *text, unsigned *cost_out);
