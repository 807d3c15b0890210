/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes of the passwords that operators choose: Argon2id (RFC 9106), 19 MiB, two passes, one lane,
 * as text "$argon2id$v=19$m=..,t=..,p=1$salt$hash". Fifteen milliseconds each: only in the pool for
 * hashes, never in a reactor.
 */
#pragma once

#include "base/bytes.h"

#define VS_USERHASH_TEXT_SIZE 128 /* with its NUL */

/* A random salt of 16 bytes. */
VS_RESULT vs_userhash_make(struct vs_bytes password, char text_out[static VS_USERHASH_TEXT_SIZE]);
/* NOT_AUTHENTIC. BAD_VALUE: not such a text, or one that asks for more than four times the memory
 * or passes of ours. */
VS_RESULT vs_userhash_check(struct vs_bytes password, const char *text);
