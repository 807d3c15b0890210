/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fernet tokens (the Fernet specification, version 0x80): AES-128-CBC and HMAC-SHA256.
 *
 * Only for what demands them: key = 16 bytes signing, 16 bytes encryption. The decoder is strict:
 * base64url with its canonical padding and nothing else, so that one token has one text. It checks
 * text, version and length, then the MAC, then the time, and decrypts last; every failure, from a
 * wrong length to wrong padding, is NOT_AUTHENTIC. A token is not bound to a place or a direction,
 * and may be shown again: whoever opens it asks a set of `mac` it has seen.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define VS_FERNET_KEY_SIZE 32
#define VS_FERNET_MAC_SIZE 32
#define VS_FERNET_IV_SIZE  16

struct vs_fernet; /* one key, prepared once; not for two threads at a time */

VS_RESULT vs_fernet_new(const uint8_t key[static VS_FERNET_KEY_SIZE],
                        struct vs_fernet **fernet_out);
/* From the 44 characters of base64url that everybody writes down. BAD_ENCODING. */
VS_RESULT vs_fernet_new_from_text(struct vs_bytes text, struct vs_fernet **fernet_out);
void vs_fernet_free(struct vs_fernet **fernet);
/* Appends the token, at most VS_LIMIT_FERNET_SIZE characters, else TOO_LONG. now_s: seconds since
 * 1970, not negative. */
VS_RESULT vs_fernet_seal(struct vs_fernet *fernet, struct vs_bytes plain, int64_t now_s,
                         struct vs_buf *token);
/* With an IV that is given, for known answers. */
VS_RESULT vs_fernet_seal_with(struct vs_fernet *fernet, const uint8_t iv[static VS_FERNET_IV_SIZE],
                              struct vs_bytes plain, int64_t now_s, struct vs_buf *token);

struct vs_fernet_window {
	int64_t now_s;      /* not negative */
	int64_t age_max_s;  /* negative: any age */
	int64_t skew_max_s; /* how far in the future a token may be */
};
struct vs_fernet_facts {
	int64_t made_s;
	uint8_t mac[VS_FERNET_MAC_SIZE];
};
/* Appends the plain text; facts_out may be NULL. */
VS_RESULT vs_fernet_open(struct vs_fernet *fernet, struct vs_bytes token,
                         const struct vs_fernet_window *window, struct vs_buf *plain,
                         struct vs_fernet_facts *facts_out);
