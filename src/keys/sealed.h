/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a sealed value lies in the store: 0xE1, suite, data key id u32be, nonce 12, ciphertext, tag
 * 16. No I/O; the parser looks at the form only, the tag is the opener's.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/aead.h"

#define VS_KEYS_SEALED_MARK     0xE1
#define VS_KEYS_SEALED_HEAD     (2u + 4u + VS_AEAD_NONCE_SIZE)
#define VS_KEYS_SEALED_OVERHEAD (VS_KEYS_SEALED_HEAD + VS_AEAD_TAG_SIZE)

struct vs_keys_sealed {
	enum vs_aead_suite suite;
	uint32_t dek_id;
	const uint8_t *nonce;   /* VS_AEAD_NONCE_SIZE; borrowed from the value */
	struct vs_bytes sealed; /* ciphertext and tag; borrowed */
};

/* NOT_AUTHENTIC: it is none. */
VS_RESULT vs_keys_sealed_read(struct vs_bytes value, struct vs_keys_sealed *envelope_out);
void vs_keys_sealed_head(enum vs_aead_suite suite, uint32_t dek_id,
                         const uint8_t nonce[static VS_AEAD_NONCE_SIZE],
                         uint8_t head_out[static VS_KEYS_SEALED_HEAD]);
