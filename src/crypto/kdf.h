/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from keys and from passphrases. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/digest.h"

#define VS_KDF_HKDF_SIZE_MAX (255u * VS_SHA256_SIZE)

/* HKDF-SHA256 (RFC 5869): extract, then expand. TOO_LONG above VS_KDF_HKDF_SIZE_MAX. */
VS_RESULT vs_kdf_hkdf(struct vs_bytes salt, struct vs_bytes key, struct vs_bytes info,
                      uint8_t *key_out, size_t size);
/* Its halves, for protocols that have their own order of them (HPKE, Noise). An empty salt is one
 * of 32 zero bytes. */
VS_RESULT vs_kdf_hkdf_extract(struct vs_bytes salt, struct vs_bytes key,
                              uint8_t prk_out[static VS_SHA256_SIZE]);
VS_RESULT vs_kdf_hkdf_expand(const uint8_t prk[static VS_SHA256_SIZE], struct vs_bytes info,
                             uint8_t *key_out, size_t size);

#define VS_KDF_ARGON2_MEMORY_MIN_KIB 8192u
#define VS_KDF_ARGON2_SALT_SIZE_MIN  16u

/* Argon2id (RFC 9106), version 0x13, one lane. BAD_VALUE below VS_KDF_ARGON2_MEMORY_MIN_KIB, one
 * pass, a salt of VS_KDF_ARGON2_SALT_SIZE_MIN bytes or a key of 16; and above
 * VS_LIMIT_ARGON2_MEMORY_KIB or VS_LIMIT_ARGON2_PASSES, which would keep a machine from starting.
 * Takes from tens of milliseconds to a second: never in a reactor. */
VS_RESULT vs_kdf_argon2id(struct vs_bytes passphrase, struct vs_bytes salt, uint32_t memory_kib,
                          uint32_t passes, uint8_t *key_out, size_t size);
