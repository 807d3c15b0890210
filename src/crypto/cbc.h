/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-256-CBC with PKCS#7 padding: the field format that old devices speak (IV of 16 bytes, then
 * the cipher text; mode 0x82).
 *
 * It is not authenticated: whoever can change the bytes changes the plain text, and whoever can ask
 * often enough reads it. Only behind a MAC (crypto/v1m.h), or inside TLS with a budget of failures.
 * Every way to fail to open is NOT_AUTHENTIC and takes the same time for bytes of the same count.
 * One object holds one key, prepared once; not for two threads at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define VS_CBC_KEY_SIZE   32
#define VS_CBC_IV_SIZE    16
#define VS_CBC_BLOCK_SIZE 16

struct vs_cbc;

VS_RESULT vs_cbc_new(const uint8_t key[static VS_CBC_KEY_SIZE], struct vs_cbc **cbc_out);
void vs_cbc_free(struct vs_cbc **cbc); /* wipes the key schedule */
/* Appends a random IV and the cipher text. */
VS_RESULT vs_cbc_seal(struct vs_cbc *cbc, struct vs_bytes plain, struct vs_buf *sealed);
/* With an IV that is given, for known answers. */
VS_RESULT vs_cbc_seal_with(struct vs_cbc *cbc, const uint8_t iv[static VS_CBC_IV_SIZE],
                           struct vs_bytes plain, struct vs_buf *sealed);
/* Appends the plain text. */
VS_RESULT vs_cbc_open(struct vs_cbc *cbc, struct vs_bytes sealed, struct vs_buf *plain);
