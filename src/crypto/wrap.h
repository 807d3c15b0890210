/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-256 key wrap with padding (RFC 5649, SP 800-38F KWP): keys under keys, without a nonce. The
 * same key under the same wrapping key gives the same bytes; nothing else may be bound to it. Where
 * a context has to be bound, crypto/aead.h seals.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define VS_WRAP_KEY_SIZE           32
#define VS_WRAP_SIZE_MAX           4096 /* of what is wrapped */
#define VS_WRAP_WRAPPED_SIZE(size) (((size) + 7) / 8 * 8 + 8)

/* key: 1 to VS_WRAP_SIZE_MAX bytes, else BAD_VALUE, TOO_LONG. wrapped_out:
 * VS_WRAP_WRAPPED_SIZE(key.size) bytes. */
VS_RESULT vs_wrap_seal(const uint8_t wrapping_key[static VS_WRAP_KEY_SIZE], struct vs_bytes key,
                       uint8_t *wrapped_out);
/* NOT_AUTHENTIC; also when the key is longer than size_max. *size_out: the bytes of the key. */
VS_RESULT vs_wrap_open(const uint8_t wrapping_key[static VS_WRAP_KEY_SIZE], struct vs_bytes wrapped,
                       uint8_t *key_out, size_t size_max, size_t *size_out);
