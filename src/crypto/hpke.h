/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hybrid public key encryption (RFC 9180), all four modes.
 *
 * Suites: KEM X25519 (default) or P-256 (sites that must keep to FIPS), KDF HKDF-SHA256, AEAD
 * AES-256-GCM (default) or ChaCha20-Poly1305, or none (export only). The suite and the mode are
 * said by the caller and never taken from what the peer sent.
 *
 * A context seals or opens messages in order, at most VS_HPKE_MESSAGES_MAX of them (NOT_NOW after
 * that); not for two threads at a time. On the receiver's side everything that can be wrong with
 * what came in, from the encapsulated key to the tag, is NOT_AUTHENTIC; a message that does not
 * open leaves the sequence where it was.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "crypto/pkey.h"

/* The numbers of the registries of RFC 9180 7. */
enum vs_hpke_kem { VS_HPKE_P256 = 0x0010, VS_HPKE_X25519 = 0x0020 };
enum vs_hpke_aead {
	VS_HPKE_AES256GCM = 0x0002,
	VS_HPKE_CHACHA20POLY1305 = 0x0003,
	VS_HPKE_EXPORT_ONLY = 0xffff,
};
enum vs_hpke_mode { VS_HPKE_BASE, VS_HPKE_PSK, VS_HPKE_AUTH, VS_HPKE_AUTH_PSK };

#define VS_HPKE_ENCAPSULATED_SIZE_MAX 65   /* X25519: 32; P-256: 65 */
#define VS_HPKE_PSK_SIZE_MIN          32   /* RFC 9180 9.5 */
#define VS_HPKE_INPUT_SIZE_MAX        1280 /* each of info, psk, psk_id and exporter context */
#define VS_HPKE_TAG_SIZE              16
#define VS_HPKE_MESSAGES_MAX          ((uint64_t)VS_LIMIT_SESSION_MESSAGES << 20)
#define VS_HPKE_EXPORT_SIZE_MAX       (255 * 32)

/* Everything is borrowed for the call. What a mode does not use must be empty (BAD_VALUE). */
struct vs_hpke_setup {
	enum vs_hpke_kem kem;
	enum vs_hpke_aead aead;
	enum vs_hpke_mode mode;
	struct vs_bytes info;
	struct vs_bytes psk, psk_id;         /* PSK, AUTH_PSK: at least VS_HPKE_PSK_SIZE_MIN, 1 */
	const struct vs_pkey *sender;        /* AUTH, AUTH_PSK, when sealing: our private key */
	struct vs_bytes sender_public;       /* AUTH, AUTH_PSK, when opening: raw */
	const struct vs_pkey *ephemeral_key; /* NULL; tests replay vectors with it */
};

struct vs_hpke;

/* BAD_VALUE: the setup, or the receiver's raw public key, is not acceptable. */
VS_RESULT vs_hpke_sender_new(const struct vs_hpke_setup *setup, struct vs_bytes receiver_public,
                             uint8_t enc_out[static VS_HPKE_ENCAPSULATED_SIZE_MAX],
                             size_t *enc_size_out, struct vs_hpke **hpke_out);
VS_RESULT vs_hpke_receiver_new(const struct vs_hpke_setup *setup, const struct vs_pkey *receiver,
                               struct vs_bytes enc, struct vs_hpke **hpke_out);
void vs_hpke_free(struct vs_hpke **hpke); /* wipes */

/* Appends ciphertext and tag. NOT_NOW on a receiver's, spent or export-only context. */
VS_RESULT vs_hpke_seal(struct vs_hpke *hpke, struct vs_bytes aad, struct vs_bytes plain,
                       struct vs_buf *sealed);
/* Appends the plain text. NOT_NOW on a sender's, spent or export-only context. */
VS_RESULT vs_hpke_open(struct vs_hpke *hpke, struct vs_bytes aad, struct vs_bytes sealed,
                       struct vs_buf *plain);
/* A secret that both sides can compute; size at most VS_HPKE_EXPORT_SIZE_MAX. */
VS_RESULT vs_hpke_export(const struct vs_hpke *hpke, struct vs_bytes context, uint8_t *secret_out,
                         size_t size);

/* One message to or from one key. */
VS_RESULT vs_hpke_seal_once(const struct vs_hpke_setup *setup, struct vs_bytes receiver_public,
                            struct vs_bytes aad, struct vs_bytes plain,
                            uint8_t enc_out[static VS_HPKE_ENCAPSULATED_SIZE_MAX],
                            size_t *enc_size_out, struct vs_buf *sealed);
VS_RESULT vs_hpke_open_once(const struct vs_hpke_setup *setup, const struct vs_pkey *receiver,
                            struct vs_bytes enc, struct vs_bytes aad, struct vs_bytes sealed,
                            struct vs_buf *plain);

/* DeriveKeyPair (RFC 9180 7.1.3): a key from at least 32 secret bytes. */
VS_RESULT vs_hpke_key_derive(enum vs_hpke_kem kem, struct vs_bytes ikm, struct vs_pkey **key_out);
