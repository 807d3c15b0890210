/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 and hexadecimal, strict: one text for one value, no white space, no missing or extra
 * padding, no stray bits in the last character (RFC 4648 3.5).
 *
 * Neither branches nor memory addresses depend on the bytes that are coded, only on their count, so
 * that keys may pass (a refused text tells that it was refused, and no more).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum vs_base64 {
	VS_BASE64,            /* RFC 4648 4: "+/", padded */
	VS_BASE64_URL,        /* RFC 4648 5: "-_", not padded */
	VS_BASE64_URL_PADDED, /* "-_", padded (Fernet) */
	VS_BASE64_LOOSE,      /* "+/", padded; read with all or none of the padding */
};

/* Characters without a NUL; size <= SIZE_MAX / 2. */
size_t vs_base64_text_size(enum vs_base64 kind, size_t size);
#define VS_BASE64_TEXT_SIZE(size) (((size) + 2) / 3 * 4 + 1) /* room for any kind and the NUL */

/* text_size must be larger than vs_base64_text_size(); a NUL follows. Returns the characters before
 * it. */
size_t vs_base64_encode(enum vs_base64 kind, struct vs_bytes data, char *text, size_t text_size);

/* BAD_ENCODING, or TOO_LONG when it decodes to more than data_size bytes. data is all zero on
 * failure. */
VS_RESULT vs_base64_decode(enum vs_base64 kind, struct vs_bytes text, uint8_t *data,
                           size_t data_size, size_t *size_out);

/* Lower case; text_size > 2 * data.size; a NUL follows. Returns 2 * data.size. */
size_t vs_hex_encode(struct vs_bytes data, char *text, size_t text_size);
/* Both cases; BAD_ENCODING (odd count, not hexadecimal), TOO_LONG. data is all zero on failure. */
VS_RESULT vs_hex_decode(struct vs_bytes text, uint8_t *data, size_t data_size, size_t *size_out);
