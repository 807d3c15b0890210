/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mode A1 without a key on the wire that anybody could read: the monitor shows no password but a
 * nonce, and Central's answer is the key of the session wrapped (AES-KWP, RFC 5649) under
 *
 *   HKDF-SHA256(salt = nonce_c || nonce_s, psk, enc("voltseal/a1/wrap", tenant, identity, u32 kid))
 *
 *   monitor   AUTHENTICATE#cp#WRAPPED-kid#b64u(nonce_c)
 *   Central   AUTHENTICATED#cp#b64u(nonce_s || wrapped)
 *
 * Whoever has the psk can unwrap it, and proves that with its first token. Pure.
 */
#pragma once

#include "framed/token.h"

#define VS_FRAMED_NONCE_SIZE        16
#define VS_FRAMED_WRAPPING_KEY_SIZE 32
#define VS_FRAMED_WRAPPED_TEXT_SIZE 76 /* of nonce_s and 40 bytes, and a NUL */
#define VS_FRAMED_ASKED_SIZE        24 /* "WRAPPED-4294967295" */

struct vs_framed_wrapping {
	const char *tenant, *identity;
	uint32_t kid; /* the psk's number */
	uint8_t theirs[VS_FRAMED_NONCE_SIZE],
	    ours[VS_FRAMED_NONCE_SIZE]; /* of monitor, of Central */
};

/* The two fields of AUTHENTICATE after the name. BAD_VALUE: it asks for something else. */
VS_RESULT vs_framed_wrapped_asked(struct vs_bytes what, struct vs_bytes nonce,
                                  struct vs_framed_wrapping *wrapping_out);
void vs_framed_wrapped_ask(uint32_t kid, char what[static VS_FRAMED_ASKED_SIZE]);

/* Wipe it after use. */
VS_RESULT vs_framed_wrapping_key(const struct vs_framed_wrapping *wrapping, const uint8_t *psk,
                                 uint8_t key_out[static VS_FRAMED_WRAPPING_KEY_SIZE]);
/* key: the 44 characters of a Fernet key. BAD_ENCODING. */
VS_RESULT vs_framed_wrap(const uint8_t wrapping_key[static VS_FRAMED_WRAPPING_KEY_SIZE],
                         const struct vs_framed_wrapping *wrapping, struct vs_bytes key,
                         char text_out[static VS_FRAMED_WRAPPED_TEXT_SIZE]);
/* The monitor: wrapping's `ours` comes out of the text. NOT_AUTHENTIC. */
VS_RESULT vs_framed_unwrap(struct vs_framed_wrapping *wrapping, const uint8_t *psk,
                           struct vs_bytes text, char key_out[static VS_FRAMED_KEY_TEXT_SIZE]);
