/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relying party's side of passkeys (Web Authentication Level 2): registration without
 * attestation (7.1) and assertion (7.2), for ES256 and EdDSA. Pure: challenges, their life and the
 * keys are the caller's. The user must have been verified (UV): a passkey stands for password and
 * second factor together. Any thread.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "crypto/digest.h"

#define VS_WEBAUTHN_ID_SIZE_MAX     255
#define VS_WEBAUTHN_PUBLIC_SIZE_MAX 65
#define VS_WEBAUTHN_CHALLENGE_SIZE  32
#define VS_WEBAUTHN_ES256           (-7) /* COSE (RFC 9053) */
#define VS_WEBAUTHN_EDDSA           (-8)

/* What an authenticator was registered by. */
struct vs_webauthn_key {
	uint8_t id[VS_WEBAUTHN_ID_SIZE_MAX];
	size_t id_size;
	int alg;
	uint8_t public[VS_WEBAUTHN_PUBLIC_SIZE_MAX]; /* Ed25519: 32 bytes; P-256: 0x04, x, y */
	size_t public_size;
	uint32_t count; /* of its signatures, as it said; 0: it does not count */
};

struct vs_webauthn_expect {
	const char *origin; /* "https://csms.example:9444" */
	const char *rp_id;  /* "csms.example" */
	uint8_t challenge[VS_WEBAUTHN_CHALLENGE_SIZE];
};

/* The challenge within clientDataJSON, to find who it was given to. BAD_MESSAGE. Nothing else of it
 * is checked here. */
VS_RESULT vs_webauthn_challenge(struct vs_bytes client_data,
                                uint8_t challenge_out[static VS_WEBAUTHN_CHALLENGE_SIZE]);
/* BAD_MESSAGE: malformed; UNSUPPORTED: another algorithm, or an attestation; NOT_AUTHENTIC: not for
 * this challenge, origin or relying party, or the user was not verified. */
VS_RESULT vs_webauthn_register(const struct vs_webauthn_expect *expect, struct vs_bytes client_data,
                               struct vs_bytes attestation_object, struct vs_webauthn_key *key_out);
/* NOT_AUTHENTIC: as above, the signature is wrong, or the count did not rise (a copy of the
 * authenticator). count_out: what is to be kept. */
VS_RESULT vs_webauthn_assert(const struct vs_webauthn_expect *expect,
                             const struct vs_webauthn_key *key, struct vs_bytes client_data,
                             struct vs_bytes authenticator_data, struct vs_bytes signature,
                             uint32_t *count_out);
