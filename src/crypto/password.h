/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifiers of generated device passwords: HMAC-SHA256 under the installation's pepper.
 *
 * Fast on purpose: the passwords are ours and have at least 128 bits, so that no hash speed helps a
 * guesser, and a reconnecting fleet does not melt the server (OCPP 2.0.1 A01.FR.08: identity and
 * pepper are the salt).
 */
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

#define VS_CRYPTO_VERIFIER_SIZE 32
#define VS_CRYPTO_PEPPER_SIZE   32
#define VS_CRYPTO_PASSWORD_TEXT_SIZE                                                               \
	25 /* 24 characters of [A-Za-z0-9]: 142 bits; within OCPP's 16 to 40 */

/* verifier = HMAC-SHA256(pepper, "voltseal/pw/v1" 0x00 lp(tenant) lp(identity) lp(password)), lp =
 * u16be length, bytes. */
VS_RESULT vs_crypto_password_verifier(struct vs_secret *pepper, struct vs_bytes tenant,
                                      struct vs_bytes identity, struct vs_bytes password,
                                      uint8_t verifier_out[static VS_CRYPTO_VERIFIER_SIZE]);
