/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asymmetric keys, private or public only, of the five kinds that are used here.
 *
 * A key is read from PEM or DER (PKCS#8 or SubjectPublicKeyInfo, a certificate for its public key)
 * or from raw bytes; what is read must be exactly that, with nothing behind it, and the key itself
 * is checked: not zero, on its curve, which it must name; RSA of 2048 to 4096 bits with an odd
 * exponent of 65537 at least and 32 bits at most (a longer one makes each check a denial of
 * service), and without the fingerprint of ROCA. A key never changes after it was made: any thread
 * may use it, many at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/secret.h"

enum vs_pkey_kind {
	VS_PKEY_ED25519,
	VS_PKEY_X25519,
	VS_PKEY_P256,
	VS_PKEY_P384,
	VS_PKEY_RSA,
	VS_PKEY_KINDS /* must be last */
};

#define VS_PKEY_PRIVATE_SIZE    32 /* raw: Ed25519 (its seed), X25519, P-256 (big-endian) */
#define VS_PKEY_PUBLIC_SIZE_MAX 97 /* raw: 32; P-256 65, P-384 97 (0x04, x, y) */
#define VS_PKEY_TEXT_SIZE_MAX   16384
#define VS_PKEY_RSA_BITS_MIN    2048
#define VS_PKEY_RSA_BITS_MAX    4096

struct vs_pkey;
struct evp_pkey_st;

/* A new private key; RSA has 3072 bits. */
VS_RESULT vs_pkey_new(enum vs_pkey_kind kind, struct vs_pkey **key_out);
/* RSA of 2048 bits, made in a quarter of the time: for keys that open one message and are gone. */
VS_RESULT vs_pkey_new_rsa_short(struct vs_pkey **key_out);
void vs_pkey_free(struct vs_pkey **key);

enum vs_pkey_kind vs_pkey_kind_of(const struct vs_pkey *key);
bool vs_pkey_is_private(const struct vs_pkey *key);

/* PKCS#8, SEC 1 or PKCS#1 as PEM, or PKCS#8 as DER; never encrypted. BAD_MESSAGE: not such a text,
 * or more than it. BAD_VALUE: a kind that is not used here, or a key that is none. */
VS_RESULT vs_pkey_read_private(struct vs_bytes text, struct vs_pkey **key_out);
/* SubjectPublicKeyInfo or a certificate, as PEM or DER. Errors as above. */
VS_RESULT vs_pkey_read_public(struct vs_bytes text, struct vs_pkey **key_out);
/* VS_PKEY_PRIVATE_SIZE bytes; not for P-384 and RSA (WRONG_TYPE). BAD_VALUE. */
VS_RESULT vs_pkey_read_raw_private(enum vs_pkey_kind kind, struct vs_bytes raw,
                                   struct vs_pkey **key_out);
/* Exactly the bytes of its kind, points uncompressed; not for RSA (WRONG_TYPE). BAD_VALUE. */
VS_RESULT vs_pkey_read_raw_public(enum vs_pkey_kind kind, struct vs_bytes raw,
                                  struct vs_pkey **key_out);

/* PKCS#8 PEM, unencrypted: for a file of mode 0600. NOT_FOUND when only the public half is here. */
VS_RESULT vs_pkey_write_private(const struct vs_pkey *key, struct vs_secret **pem_out);
VS_RESULT vs_pkey_write_public(const struct vs_pkey *key, struct vs_buf *der); /* SPKI, appended */
/* WRONG_TYPE for P-384 and RSA; NOT_FOUND as above. Wipe what you get. */
VS_RESULT vs_pkey_raw_private(const struct vs_pkey *key,
                              uint8_t raw_out[static VS_PKEY_PRIVATE_SIZE]);
/* WRONG_TYPE for RSA. */
VS_RESULT vs_pkey_raw_public(const struct vs_pkey *key,
                             uint8_t raw_out[static VS_PKEY_PUBLIC_SIZE_MAX], size_t *size_out);

/* Diffie-Hellman with a raw public key of the same kind (X25519 or P-256, else WRONG_TYPE): RFC
 * 7748 6.1, or the x coordinate. BAD_VALUE for a point that is none or that gives zero. */
VS_RESULT vs_pkey_agree(const struct vs_pkey *key, struct vs_bytes peer_public,
                        uint8_t shared_out[static 32]);

/* For this folder only: what libcrypto calls it. Borrowed. */
struct evp_pkey_st *vs_pkey_evp(const struct vs_pkey *key);
