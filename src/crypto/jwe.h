/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Web Encryption (RFC 7516), compact, through libjose.
 *
 * A key has one way of key management and one content encryption, and what comes in must name
 * exactly these. It is read strictly before libjose sees it: size limit, five parts of canonical
 * base64url of the right sizes, a header without a member twice, without "zip" (a bomb) and "crit".
 * Whatever is wrong with what came in is NOT_AUTHENTIC. Not for two threads at a time.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/pkey.h"

enum vs_jwe_alg {
#define VS_JWE(name, jose, key, wrap, header) VS_JWE_##name,
#include "crypto/jwe.def"
#undef VS_JWE
	VS_JWE_ALGS /* must be last */
};
enum vs_jwe_enc { VS_JWE_A256GCM, VS_JWE_A128CBC_HS256, VS_JWE_A256CBC_HS512, VS_JWE_ENCS };

struct vs_jwe_key;

/* A shared secret: 32 bytes to wrap keys with, or with DIR as long as the content key (32, with
 * A256CBC-HS512 64): BAD_VALUE. WRONG_TYPE: the algorithm needs a pair of keys. Copied. */
VS_RESULT vs_jwe_key_new_secret(enum vs_jwe_alg alg, enum vs_jwe_enc enc, struct vs_bytes secret,
                                struct vs_jwe_key **key_out);
/* The receiver's P-256 key: public to seal, private to open. WRONG_TYPE. Copied. */
VS_RESULT vs_jwe_key_new_pair(enum vs_jwe_alg alg, enum vs_jwe_enc enc, const struct vs_pkey *pkey,
                              struct vs_jwe_key **key_out);
void vs_jwe_key_free(struct vs_jwe_key **key); /* wipes */

/* Append. TOO_LONG: what would be over VS_LIMIT_JWE_SIZE. */
VS_RESULT vs_jwe_seal(const struct vs_jwe_key *key, struct vs_bytes plain, struct vs_buf *text);
VS_RESULT vs_jwe_open(const struct vs_jwe_key *key, struct vs_bytes text, struct vs_buf *plain);
