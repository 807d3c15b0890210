/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Envelopes of RSA-OAEP and AES-GCM (mode 0x84): an AES key of the sender's choice, encrypted to an
 * RSA key, and what is sealed under it. Only for devices that cannot speak HPKE: there is no
 * forward secrecy, and nothing says who made an envelope.
 *
 * Opening is implicit rejection: when the key part does not decrypt, or has another size than it
 * must have, a random key takes its place and the tag fails. So there is one error, NOT_AUTHENTIC,
 * after one RSA operation and one AES-GCM operation, whatever was wrong.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "crypto/pkey.h"

#define VS_ENVELOPE_TAG_SIZE       16
#define VS_ENVELOPE_NONCE_SIZE_MAX 16
#define VS_ENVELOPE_WRAPPED_MAX    512 /* RSA of 4096 bits */

/* The digest of OAEP, and of its MGF1. */
enum vs_envelope_hash { VS_ENVELOPE_SHA256, VS_ENVELOPE_SHA1 };

struct vs_envelope_form {
	enum vs_envelope_hash hash; /* SHA-1 only for what demands it */
	uint8_t key_size;           /* 16 or 32 */
	uint8_t nonce_size;         /* 12 or 16 */
};
#define VS_ENVELOPE_DEFAULT ((struct vs_envelope_form){VS_ENVELOPE_SHA256, 32, 12})

/* The parts as they travel, each on its own. */
struct vs_envelope {
	uint8_t wrapped[VS_ENVELOPE_WRAPPED_MAX]; /* the AES key */
	size_t wrapped_size;
	uint8_t nonce[VS_ENVELOPE_NONCE_SIZE_MAX];
	uint8_t tag[VS_ENVELOPE_TAG_SIZE];
};
struct vs_envelope_view {
	struct vs_bytes wrapped, nonce, tag, sealed;
};

/* BAD_VALUE: a form that is none. WRONG_TYPE: the key is not RSA. The cipher text, as long as the
 * plain text, is appended. */
VS_RESULT vs_envelope_seal(const struct vs_pkey *receiver, const struct vs_envelope_form *form,
                           struct vs_bytes aad, struct vs_bytes plain,
                           struct vs_envelope *envelope_out, struct vs_buf *sealed);
/* The plain text is appended. */
VS_RESULT vs_envelope_open(const struct vs_pkey *receiver, const struct vs_envelope_form *form,
                           struct vs_bytes aad, const struct vs_envelope_view *envelope,
                           struct vs_buf *plain);
