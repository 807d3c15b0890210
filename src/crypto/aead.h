/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authenticated encryption: AES-256-GCM (default) and ChaCha20-Poly1305 (where AES has no
 * hardware).
 *
 * One struct vs_aead holds one key, expanded once: keep one for each connection direction or data
 * key in use. Not for two threads at a time. Sealed bytes are ciphertext, then the tag of 16 bytes.
 * Every way to fail to open is NOT_AUTHENTIC, and nothing of the plain text is let out then.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define VS_AEAD_KEY_SIZE   32
#define VS_AEAD_NONCE_SIZE 12
#define VS_AEAD_TAG_SIZE   16

/* The numbers are on the wire and in the store. */
enum vs_aead_suite { VS_AEAD_AES256GCM = 0x01, VS_AEAD_CHACHA20POLY1305 = 0x02 };

struct vs_aead;

VS_RESULT vs_aead_new(enum vs_aead_suite suite, const uint8_t key[static VS_AEAD_KEY_SIZE],
                      struct vs_aead **aead_out);
void vs_aead_free(struct vs_aead **aead); /* wipes the key schedule */
/* Another key in the same object. */
VS_RESULT vs_aead_rekey(struct vs_aead *aead, const uint8_t key[static VS_AEAD_KEY_SIZE]);
/* sealed_out: plain.size + VS_AEAD_TAG_SIZE bytes; may be plain.data itself, not overlap otherwise.
 */
VS_RESULT vs_aead_seal(struct vs_aead *aead, const uint8_t nonce[static VS_AEAD_NONCE_SIZE],
                       struct vs_bytes aad, struct vs_bytes plain, uint8_t *sealed_out);
/* plain_out: sealed.size - VS_AEAD_TAG_SIZE bytes, zeroed when it is NOT_AUTHENTIC; may be
 * sealed.data itself. */
VS_RESULT vs_aead_open(struct vs_aead *aead, const uint8_t nonce[static VS_AEAD_NONCE_SIZE],
                       struct vs_bytes aad, struct vs_bytes sealed, uint8_t *plain_out);
