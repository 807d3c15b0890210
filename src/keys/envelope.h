/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing a secret under its parent: 0xE1, suite, nonce of 12 random bytes, ciphertext, tag of 16;
 * AAD = enc("voltseal/wrap/v1", kind, tenant, id, u32 version), so that a wrapped key that stands
 * in another's place does not open. Only the key process has parents to wrap with.
 */
#pragma once

#include "keys/key.h"

#define VS_KEYS_ENVELOPE_SIZE 30

struct vs_keys_envelope_name {
	const char *kind, *tenant, *id;
	uint32_t version;
};

/* wrapped_out: plain.size + VS_KEYS_ENVELOPE_SIZE bytes. */
VS_RESULT vs_keys_envelope_seal(const uint8_t parent[static VS_KEYS_KEY_SIZE],
                                const struct vs_keys_envelope_name *name, struct vs_bytes plain,
                                uint8_t *wrapped_out);
/* plain_out: wrapped.size - VS_KEYS_ENVELOPE_SIZE bytes, zeros when it is NOT_AUTHENTIC. */
VS_RESULT vs_keys_envelope_open(const uint8_t parent[static VS_KEYS_KEY_SIZE],
                                const struct vs_keys_envelope_name *name, struct vs_bytes wrapped,
                                uint8_t *plain_out);
/* The same for a key of VS_KEYS_KEY_SIZE. */
VS_RESULT vs_keys_envelope_wrap(const uint8_t parent[static VS_KEYS_KEY_SIZE],
                                const struct vs_keys_envelope_name *name,
                                const uint8_t key[static VS_KEYS_KEY_SIZE],
                                struct vs_keys_wrapped *wrapped_out);
VS_RESULT vs_keys_envelope_unwrap(const uint8_t parent[static VS_KEYS_KEY_SIZE],
                                  const struct vs_keys_envelope_name *name,
                                  const struct vs_keys_wrapped *wrapped,
                                  uint8_t key_out[static VS_KEYS_KEY_SIZE]);
