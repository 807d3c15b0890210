/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CBC of one AES key in both directions, with PKCS#7: what crypto/cbc.c and crypto/fernet.c stand
 * on. Opening takes the same time whatever the padding is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/algorithm.h"

#define VS_BLOCK_SIZE 16

struct vs_block {
	EVP_CIPHER_CTX *seal, *open;
};

VS_RESULT vs_block_init(struct vs_block *block, enum vs_cipher cipher, const uint8_t *key);
void vs_block_done(struct vs_block *block); /* of one that was zero or was initialised */
#define VS_BLOCK_SEALED_SIZE(size) ((size) / VS_BLOCK_SIZE * VS_BLOCK_SIZE + VS_BLOCK_SIZE)
/* out: VS_BLOCK_SEALED_SIZE(plain.size) bytes. TOO_LONG above 2^30 bytes. */
VS_RESULT vs_block_seal(struct vs_block *block, const uint8_t iv[static VS_BLOCK_SIZE],
                        struct vs_bytes plain, uint8_t *out);
/* Appends the plain text; NOT_AUTHENTIC, and nothing of it is left in the buffer then. */
VS_RESULT vs_block_open(struct vs_block *block, const uint8_t iv[static VS_BLOCK_SIZE],
                        struct vs_bytes sealed, struct vs_buf *plain);
