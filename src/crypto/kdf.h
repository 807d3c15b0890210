/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from keys and from passphrases. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* HKDF-SHA256 (RFC 5869); size at most 255 * 32. */
VS_RESULT vs_kdf_hkdf(struct vs_bytes salt, struct vs_bytes key, struct vs_bytes info,
                      uint8_t *key_out, size_t size);
/* Argon2id (RFC 9106), one lane. BAD_VALUE below 8 MiB, one pass, or a salt of 16 bytes. Takes from
 * tens of milliseconds to a second: never in a reactor. */
VS_RESULT vs_kdf_argon2id(struct vs_bytes passphrase, struct vs_bytes salt, uint32_t memory_kib,
                          uint32_t passes, uint8_t *key_out, size_t size);
