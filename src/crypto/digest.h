/* SPDX-License-Identifier: Apache-2.0 */
/* Digests and MACs in one call, and the one comparison for secrets. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

#define VS_SHA256_SIZE 32
#define VS_SHA1_SIZE   20
#define VS_MD5_SIZE    16

VS_RESULT vs_crypto_sha256(struct vs_bytes data, uint8_t digest_out[static VS_SHA256_SIZE]);
VS_RESULT vs_crypto_sha1(struct vs_bytes data,
                         uint8_t digest_out[static VS_SHA1_SIZE]); /* RFC 6455 4.2.2 only */
VS_RESULT vs_crypto_md5(struct vs_bytes data,
                        uint8_t digest_out[static VS_MD5_SIZE]); /* OCPP 2.0.1 L03 only */
VS_RESULT vs_crypto_hmac_sha256(struct vs_bytes key, struct vs_bytes data,
                                uint8_t mac_out[static VS_SHA256_SIZE]);
/* Compare without telling, by its duration, where the first difference is. */
bool vs_crypto_equal(const void *a, const void *b, size_t size);
