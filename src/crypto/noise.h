/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Noise Protocol Framework (revision 34), two patterns of it:
 *
 *   Noise_NNpsk0_25519_AESGCM_SHA256   -> psk, e            <- e, ee
 *   Noise_KKpsk0_25519_AESGCM_SHA256   -> psk, e, es, ss    <- e, ee, se
 *
 * A handshake is two messages, the initiator's and the responder's, each with a payload; then it is
 * split into one cipher for each direction. With NNpsk0 the first message is proven by the psk
 * alone: who has another psk is refused after hashing and one AES-GCM call, before the responder
 * has made a key or computed any Diffie-Hellman (vs_noise_agreements stays 0). KKpsk0 cannot do
 * that: its first payload is sealed under es and ss, so any first message costs the responder two.
 *
 * The first message can be replayed; its payload may select parameters and nothing else. A peer has
 * proven itself with its first message under the split ciphers.
 *
 * No I/O, no clock; randomness only through the source of ephemeral keys. Nothing here is for two
 * threads at a time. Everything that can be wrong with what came in is NOT_AUTHENTIC.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "crypto/pkey.h"

enum vs_noise_pattern { VS_NOISE_NNPSK0, VS_NOISE_KKPSK0 };
enum vs_noise_role { VS_NOISE_INITIATOR, VS_NOISE_RESPONDER };

#define VS_NOISE_PSK_SIZE         32
#define VS_NOISE_HASH_SIZE        32
#define VS_NOISE_TAG_SIZE         16
#define VS_NOISE_PUBLIC_SIZE      32
#define VS_NOISE_OVERHEAD         (VS_NOISE_PUBLIC_SIZE + VS_NOISE_TAG_SIZE) /* of both messages */
#define VS_NOISE_MESSAGE_SIZE_MAX 65535
#define VS_NOISE_MESSAGES_MAX     ((uint64_t)VS_LIMIT_SESSION_MESSAGES << 20) /* one direction */

/* A new X25519 key; vs_noise_new's default makes a random one. */
typedef vs_result vs_noise_key_source(void *user, struct vs_pkey **key_out);

struct vs_noise_options {
	enum vs_noise_pattern pattern;
	enum vs_noise_role role;
	struct vs_bytes prologue;    /* borrowed for the call; both sides must say the same */
	const uint8_t *psk;          /* VS_NOISE_PSK_SIZE bytes, borrowed for the call */
	const struct vs_pkey *own;   /* KKpsk0: our private X25519 key, borrowed until the split */
	struct vs_bytes peer_public; /* KKpsk0: raw, borrowed for the call */
	vs_noise_key_source *key_source; /* NULL: random; tests replay vectors with it */
	void *key_source_user;
};

struct vs_noise;        /* a handshake */
struct vs_noise_cipher; /* one direction after it */

/* BAD_VALUE: the static keys are not what the pattern needs. */
VS_RESULT vs_noise_new(const struct vs_noise_options *options, struct vs_noise **noise_out);
void vs_noise_free(struct vs_noise **noise); /* wipes */

/* Append our message, or the payload of the peer's. NOT_NOW when it is not this side's turn, or
 * after a failure: a handshake that failed is over. TOO_LONG: past VS_NOISE_MESSAGE_SIZE_MAX. */
VS_RESULT vs_noise_write(struct vs_noise *noise, struct vs_bytes payload, struct vs_buf *message);
VS_RESULT vs_noise_read(struct vs_noise *noise, struct vs_bytes message, struct vs_buf *payload);

bool vs_noise_is_done(const struct vs_noise *noise); /* both messages have passed */
/* Diffie-Hellman computations so far. */
unsigned vs_noise_agreements(const struct vs_noise *noise);
/* Once, when done: the two ciphers, and what identifies this handshake (for channel binding). */
VS_RESULT vs_noise_split(struct vs_noise *noise, struct vs_noise_cipher **send_out,
                         struct vs_noise_cipher **receive_out,
                         uint8_t hash_out[static VS_NOISE_HASH_SIZE]);

/* When done: a secret of this handshake for another use, bound to `info`. It comes from the third
 * output of the HKDF whose first two are the ciphers, so neither tells anything of the other. */
VS_RESULT vs_noise_export(const struct vs_noise *noise, struct vs_bytes info,
                          uint8_t key_out[static VS_NOISE_HASH_SIZE]);

void vs_noise_cipher_free(struct vs_noise_cipher **cipher);
/* The number of the next message, from 0: what the peer must have said, or what we will say. */
uint64_t vs_noise_cipher_count(const struct vs_noise_cipher *cipher);
/* Append ciphertext and tag, or the plain text. NOT_NOW after VS_NOISE_MESSAGES_MAX: time for
 * another handshake. A message that does not open leaves the count where it was. */
VS_RESULT vs_noise_cipher_seal(struct vs_noise_cipher *cipher, struct vs_bytes aad,
                               struct vs_bytes plain, struct vs_buf *sealed);
VS_RESULT vs_noise_cipher_open(struct vs_noise_cipher *cipher, struct vs_bytes aad,
                               struct vs_bytes sealed, struct vs_buf *plain);
