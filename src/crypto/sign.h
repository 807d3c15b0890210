/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures: Ed25519 (RFC 8032), ECDSA on P-256 and P-384, RSA PKCS#1 v1.5 and PSS (salt as long
 * as the digest, MGF1 with the same digest). The rows are in sign.def.
 *
 * Each signature has one size, or for ECDSA in DER one encoding: anything longer, shorter or
 * encoded otherwise is NOT_AUTHENTIC, like a signature of something else. A key is used with an
 * algorithm of its kind or not at all (WRONG_TYPE). Any thread.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/pkey.h"

enum vs_sign_alg {
#define VS_SIGN(name, jose, kind, digest, number_size) VS_SIGN_##name,
#include "crypto/sign.def"
#undef VS_SIGN
	VS_SIGN_ALGS /* must be last */
};

/* How an ECDSA signature is written; the others have one form, which is both. */
enum vs_sign_form {
	VS_SIGN_RAW, /* r, s, each of fixed size, big-endian (JOSE, IEEE P1363) */
	VS_SIGN_DER, /* SEQUENCE of two INTEGERs (X.509, CMS) */
};

#define VS_SIGN_SIZE_MAX 512 /* RSA of 4096 bits */

const char *vs_sign_name(enum vs_sign_alg alg); /* "ES256" */
/* NOT_FOUND. Names are case-sensitive. */
VS_RESULT vs_sign_find(struct vs_bytes name, enum vs_sign_alg *alg_out);
bool vs_sign_fits(enum vs_sign_alg alg, const struct vs_pkey *key);

/* Appends the signature. NOT_FOUND when the key has no private half. */
VS_RESULT vs_sign_make(const struct vs_pkey *key, enum vs_sign_alg alg, enum vs_sign_form form,
                       struct vs_bytes message, struct vs_buf *signature);
VS_RESULT vs_sign_check(const struct vs_pkey *key, enum vs_sign_alg alg, enum vs_sign_form form,
                        struct vs_bytes message, struct vs_bytes signature);
