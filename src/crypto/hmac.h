/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC-SHA256 (RFC 2104) with a key that is prepared once, for messages that come in parts. For a
 * key used once: vs_crypto_hmac_sha256(). Not for two threads at a time.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/digest.h"

struct vs_hmac;

VS_RESULT vs_hmac_new(struct vs_bytes key, struct vs_hmac **hmac_out); /* a key of 0 bytes too */
void vs_hmac_free(struct vs_hmac **hmac);                              /* wipes */
/* A message: begin, its parts, end. */
VS_RESULT vs_hmac_begin(struct vs_hmac *hmac);
VS_RESULT vs_hmac_add(struct vs_hmac *hmac, struct vs_bytes part);
VS_RESULT vs_hmac_end(struct vs_hmac *hmac, uint8_t mac_out[static VS_SHA256_SIZE]);
/* Begin, the one part, end. */
VS_RESULT vs_hmac_of(struct vs_hmac *hmac, struct vs_bytes message,
                     uint8_t mac_out[static VS_SHA256_SIZE]);
